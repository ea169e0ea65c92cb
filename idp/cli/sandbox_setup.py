"""Make a sandbox, or bring one up to date: trust list, database, keys, cadastro and clients, joined from the sandbox,
which knows nothing of the provider's insides, and the provider's own commands."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.cadastro.importacao import importar
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import compile_bundle, read_bundle
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.domain.client import AuthMethod, Client
from idp.domain.client_document import standard_fields
from idp.domain.registration import Ceiling, registered
from idp.errors import ConfigurationError, InvalidClient, NotFound
from idp.keyring import KeyRing
from idp.ports import ClientRegistry
from idp.sandbox import cadastro, carteira, conformance, driver, outorga, pki
from idp.sandbox.conformance import Conformance
from idp.sandbox.layout import Hosts, Ports, Sandbox
from idp.sandbox.personas import Persona
from idp.sandbox.relying_party import SCOPE, RelyingPartyConfig
from idp.settings import Settings, load
from idp.storage.sql import SqlStore, open_store, schema

_ACTOR = "sandbox"
_CLOCK = SystemClock()


def prepare(here: Sandbox, ports: Ports, hosts: Hosts, suite: Conformance | None = None) -> None:
    """Make or bring up to date all that ``here`` needs to run on ``ports`` of ``hosts``; what is there stays.
    ``suite``: what a run for the conformance suite needs besides.

    Raises ConfigurationError when the certificates of an old sandbox have expired.
    """
    now = _CLOCK.now()
    here.directory.mkdir(parents=True, exist_ok=True)
    if here.pki.directory.exists():
        if pki.expired(here.pki, now):
            raise ConfigurationError(f"the certificates in {here.directory} have expired", "delete that directory")
        pki.refresh_crls(here.pki.directory, now)
    else:
        pki.create(here.pki.directory, now)
    here.write_config(ports, hosts, suite.settings if suite else {})
    here.anchor(suite.tls_ca if suite else None)
    settings = load(**here.settings)
    _prepare_trust(here, settings)
    schema.upgrade(settings.database_url, settings.realm)
    if not (settings.signing_dir / "manifest.json").exists():
        KeyRing.create(settings.signing_dir, settings.realm, now)
    store = open_store(settings.database_url)
    try:
        _register_clients(here, store.registry(), ports, hosts)
        if not here.cadastro.exists():
            _import_cadastro(here, store)
        if suite:
            _prepare_suite(suite, store)
    finally:
        store.close()


def _prepare_trust(here: Sandbox, settings: Settings) -> None:
    """Compile the sandbox's own trust list: its pins are its two roots, which no other realm accepts."""
    now = _CLOCK.now()
    crls = [path.read_bytes() for path in here.pki.crls.glob("*.crl")]
    trust = compile_bundle(read_bundle(here.pki.bundle), pins=here.pki.pins, realm=settings.realm, at=now, crls=crls)
    settings.trust_dir.mkdir(parents=True, exist_ok=True)
    trust.save(settings.trust_dir / FILE)
    index = CrlIndex(settings.trust_dir / DIRECTORY, trust)
    index.import_crls(here.pki.crls, now)


def _import_cadastro(here: Sandbox, store: SqlStore) -> None:
    """Once in a sandbox's life: what is revoked or changed in it afterwards stays so."""
    now = _CLOCK.now()
    partial = here.cadastro.with_suffix(".partial")
    cadastro.write(partial, now.date())
    _merge(partial, str(here.settings["timezone"]), store)
    timezone = str(here.settings["timezone"])
    with store.begin() as uow:
        uow.designacoes.add(outorga.designacao(now, timezone))
        uow.pedidos.add(outorga.pedido(now, timezone))
    partial.rename(here.cadastro)


def import_carteira(here: Sandbox, someone: Persona, companies: int) -> Path:
    """``companies`` more in the cadastro, each with a procuração for ``someone`` (idp.sandbox.carteira). Returns the
    file that was imported."""
    file = here.directory / f"carteira-{someone.slug}.csv"
    carteira.write(file, someone, companies, _CLOCK.now().date())
    settings = load(**here.settings)
    store = open_store(settings.database_url)
    try:
        _merge(file, settings.timezone, store)
    finally:
        store.close()
    return file


def _merge(file: Path, timezone: str, store: SqlStore) -> None:
    with file.open(encoding="utf-8", newline="") as text, store.staging(_CLOCK.now()) as staging:
        result = importar(text, staging, summary={"file": file.name, "actor": _ACTOR}, timezone=timezone)
    if not result.applied:
        raise ConfigurationError(f"the sandbox's {file.name} was refused: {result.problems[0]}")


def _register_clients(here: Sandbox, registry: ClientRegistry, ports: Ports, hosts: Hosts) -> None:
    """The relying party keeps its secret over starts; a changed port changes its redirect URI."""
    if here.relying_party.exists():
        secret = RelyingPartyConfig.load(here.relying_party).client_secret
    else:
        secret = secrets.token_urlsafe(32)
    server = here.pki
    config = RelyingPartyConfig(
        issuer=here.issuer,
        client_id="recibos",
        client_secret=secret,
        port=ports.relying_party,
        web_ca=str(here.anchors.resolve()),
        certificate=str(server.server_certificate.resolve()),
        key=str(server.server_key.resolve()),
        host=hosts.relying_party,
    )
    clients = (
        Client(
            config.client_id,
            "Recibos (demonstração)",
            (config.callback,),
            (config.signed_out,),
            secret_digest=hashlib.sha256(secret.encode()).hexdigest(),
            scopes=frozenset(SCOPE.split()),
            resource=config.resource,
        ),
        Client(
            driver.CLIENT_ID,
            "Linha de comando do sandbox",
            (driver.REDIRECT_URI,),
            auth_method=AuthMethod.NONE,
            scopes=frozenset(driver.SCOPE.split()),
            id_token_alg=driver.ID_TOKEN_ALG,
        ),
    )
    for client in clients:
        try:
            known = registry.get(client.client_id)
        except NotFound:
            registry.add(client, _CLOCK.now(), _ACTOR)
        else:
            # Only what this start may have moved; whatever else somebody changed meanwhile is theirs.
            moved = replace(
                known,
                redirect_uris=client.redirect_uris,
                post_logout_redirect_uris=client.post_logout_redirect_uris,
                secret_digest=client.secret_digest,
                resource=client.resource,
            )
            if moved != known:
                registry.update(moved, _CLOCK.now(), _ACTOR)
    config.save(here.relying_party)


def _prepare_suite(suite: Conformance, store: SqlStore) -> None:
    """Its static clients as the file has them now, and everything its person can tell."""
    registry, now = store.registry(), _CLOCK.now()
    for document in suite.clients:
        client = _static(document)
        try:
            registry.get(client.client_id)
        except NotFound:
            registry.add(client, now, _ACTOR)
        else:
            registry.update(client, now, _ACTOR)
    with store.begin() as uow:
        uow.perfis.put(conformance.HOLDER, conformance.PERFIL)


def _static(document: dict[str, Any]) -> Client:
    """Raises ConfigurationError naming what is wrong in the file's client."""
    secret = document.get("client_secret")
    try:
        return registered(
            document["client_id"],
            standard_fields(document),
            Ceiling(frozenset(conformance.REGISTRATION_SCOPES), public_subject=True),
            secret_digest=hashlib.sha256(str(secret).encode()).hexdigest() if secret else None,
            registration_digest="",
            registered_with=_ACTOR,
        )
    except InvalidClient as error:
        raise ConfigurationError(f"[[client]] {document['client_id']}: {error}", "correct it in the file") from error
