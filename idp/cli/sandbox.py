"""``idp sandbox``: try everything on this machine. Joins the sandbox, which knows nothing of the provider's insides,
to the provider's own commands: trust list, database, keys, clients, cadastro."""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import requests

from idp.cadastro.importacao import importar
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import compile_bundle, read_bundle
from idp.certificate.trust.issuers import FILE
from idp.cli.output import as_json, fail, json_option, note, show
from idp.clock import SystemClock
from idp.domain.client import AuthMethod, Client
from idp.errors import ConfigurationError, NotFound
from idp.keyring import KeyRing
from idp.ports import ClientRegistry
from idp.sandbox import cadastro, driver, pki, processes
from idp.sandbox import demo as demonstration
from idp.sandbox.layout import PORTARIA_TEST, Hosts, Ports, Sandbox
from idp.sandbox.personas import P12_PASSWORD, PERSONAS, Profile, persona
from idp.sandbox.relying_party import SCOPE, RelyingPartyConfig
from idp.settings import Settings, load
from idp.storage.sql import SqlStore, open_store, schema

_ACTOR = "sandbox"
_CLOCK = SystemClock()
_CERTIFIED = click.Choice([p.slug for p in PERSONAS if p.spec.issuer])
DIR = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), default=Path(".sandbox"), help="Where it keeps everything."
)


@click.group()
def sandbox() -> None:
    """Try everything on this machine with a fake ICP-Brasil."""


def _ports(command: Callable[..., Any]) -> Callable[..., Any]:
    for field in ("management", "relying_party", "mtls", "certificate_second", "certificate", "issuer"):
        name, default = f"--{field.replace('_', '-')}-port", getattr(Ports(), field)
        command = click.option(name, type=click.IntRange(1, 65535), default=default, show_default=True)(command)
    return command


@sandbox.command()
@DIR
@_ports
@click.option(
    "--real-names",
    is_flag=True,
    help="Serve id., certificado., mtls. and app.portaria.test instead of localhost; "
    "this machine (/etc/hosts) and the browser must resolve them to 127.0.0.1.",
)
@click.option(
    "--wildcard",
    is_flag=True,
    help="With --real-names: a fresh name below certificado.portaria.test for each login; "
    "the browser must resolve all of them to 127.0.0.1.",
)
def run(
    directory: Path,
    issuer_port: int,
    certificate_port: int,
    certificate_second_port: int,
    mtls_port: int,
    relying_party_port: int,
    management_port: int,
    real_names: bool,
    wildcard: bool,
) -> None:
    """Prepare at the first start, run until Ctrl-C. A second start keeps all data."""
    if wildcard and not real_names:
        raise click.UsageError("--wildcard needs --real-names: there is no name below localhost's")
    ports = Ports(
        issuer_port, certificate_port, mtls_port, relying_party_port, certificate_second_port, management_port
    )
    processes.check_ports(ports)
    here = Sandbox(directory)
    with processes.interruptible():
        try:
            if not here.pki.directory.exists():
                note(f"Preparing the sandbox in {directory} (only the first time)")
            prepare(here, ports, replace(PORTARIA_TEST, wildcard=wildcard) if real_names else Hosts())
            with processes.Running(here) as running:
                _welcome(here)
                running.wait()
        except KeyboardInterrupt:
            note("\nStopped.")


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=click.Choice([p.slug for p in PERSONAS]), help="Who comes.")
@click.option("--for", "inscricao", default="", metavar="UF:INSCRICAO", help="Which choice; the first if not given.")
@json_option
def login(directory: Path, slug: str, inscricao: str) -> None:
    """Sign in as a persona at a running sandbox, without a browser; print the verified ID token and userinfo.

    Exits with 1 when the journey ends on a refusal.
    """
    here = _existing(directory)
    try:
        arrived = driver.login(here, persona(slug), inscricao)
    except requests.ConnectionError as error:
        raise ConfigurationError(f"{here.issuer} does not answer", "start it: idp sandbox run") from error
    except (driver.JourneyError, requests.RequestException) as error:
        fail(1, str(error))
    outcome = "refused" if arrived.code else "login"
    document: dict[str, Any] = {"persona": slug, "outcome": outcome, "code": arrived.code, "heading": arrived.heading}
    document |= {"offered": list(arrived.offered), "id_token": arrived.claims, "userinfo": arrived.userinfo}
    if as_json() or arrived.code:
        show(document, [("refused", f"{arrived.code} {arrived.heading}")])
    else:
        show(document, [*_lines("id_token", arrived.claims), *_lines("userinfo", arrived.userinfo)])
    if arrived.code:
        raise SystemExit(1)


def _lines(what: str, claims: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{what}.{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in claims.items()
    ]


@sandbox.command()
def demo() -> None:
    """Every persona's journey on free ports and in a temporary directory; exits with 0 only if all are as expected."""
    with processes.interruptible(), tempfile.TemporaryDirectory(prefix="portaria-demo-") as name:
        here = Sandbox(Path(name))
        prepare(here, processes.free_ports(), Hosts())
        with processes.Running(here):
            wrong = sum([_report(line) for line in demonstration.journeys(here)])
    if wrong:
        fail(1, f"{wrong} of the journeys did not end as expected")
    click.echo("All journeys ended as expected; every ID token was verified against the JWKS.")


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=_CERTIFIED, help="Whose certificate.")
@json_option
def revoke(directory: Path, slug: str) -> None:
    """Revoke a persona's certificate in its CA's CRL. The provider hears of it by "idp crl sync"."""
    here = _existing(directory)
    crl = pki.revoke(here.pki, persona(slug), _CLOCK.now())
    sync = f"IDP_CONFIG={here.config} {_command()} crl sync --from {crl}"
    show({"revoked": slug, "crl": str(crl), "next": sync})


@sandbox.command()
@DIR
@click.option("--as", "slug", required=True, type=_CERTIFIED, help="Whose certificate.")
@json_option
def renew(directory: Path, slug: str) -> None:
    """Give a persona another certificate, with a key and serial number of its own; the old one stays as it is."""
    p12 = pki.renew(_existing(directory).pki, persona(slug), _CLOCK.now())
    show({"renewed": slug, "p12": str(p12), "password": P12_PASSWORD})


def _existing(directory: Path) -> Sandbox:
    here = Sandbox(directory)
    if not here.config.exists():
        raise ConfigurationError(f"there is no sandbox in {directory}", "start it: idp sandbox run")
    return here


def prepare(here: Sandbox, ports: Ports, hosts: Hosts) -> None:
    """Make or bring up to date all that ``here`` needs to run on ``ports`` of ``hosts``; what is there stays.

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
    here.write_config(ports, hosts)
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
    with partial.open(encoding="utf-8", newline="") as text, store.staging(now) as staging:
        summary = {"file": here.cadastro.name, "actor": _ACTOR}
        result = importar(text, staging, summary=summary, timezone=str(here.settings["timezone"]))
    if not result.applied:
        raise ConfigurationError(f"the demonstration cadastro was refused: {result.problems[0]}")
    partial.rename(here.cadastro)


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
        web_ca=str(server.web_ca.resolve()),
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


def _welcome(here: Sandbox) -> None:
    people = here.directory / "pki" / "personas"
    width = max(len(p.slug) for p in PERSONAS)
    click.echo(
        f"""
Portaria's sandbox is ready. Open   {here.demonstration}   (issuer {here.issuer})

Before that, once, in the browser:
  trust   {here.pki.web_ca}   for web sites (it can only certify this machine and portaria.test)
  import  {people}/*.p12   password: {P12_PASSWORD}

Personas:"""
    )
    for someone in PERSONAS:
        if someone.spec.profile is not Profile.NENHUM:
            click.echo(f"  {someone.slug:{width}}  {someone.shows}")
    command = _command()
    click.echo(
        f"""
How it is: http://{here.settings["management"]}/health/ready and /metrics
Without a browser: {command} sandbox login --dir {here.directory} --as contadora
Other commands on this sandbox: IDP_CONFIG={here.config} {command} client list
Ctrl-C stops it; the data stays in {here.directory}.""",
    )


def _command() -> str:
    """How to call ``idp`` from here: it need not be on the PATH."""
    program = Path(sys.executable).with_name("idp")
    if not program.exists():
        return "idp"
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def _report(line: demonstration.Line) -> bool:
    mark = "FAIL" if line.problems else "ok"
    click.echo(f"{mark:4} {line.name:16} {line.text}")
    for problem in line.problems:
        click.echo(f"     {'':16} -> {problem}")
    return bool(line.problems)
