"""A ready installation without a browser: keys, trust list, cadastro, one client, and visitors who are signed in.

Each visitor is a person with an e-CPF, one procuração from a company of their own, a live session, and a remembered
consent for that one choice: an authorization request of theirs issues a code silently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import insert
from stdnum.br import cnpj, cpf

from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust import TrustList, compile_bundle
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.domain.certificado import Certificado, CertificateRef, Nivel, TipoCertificado
from idp.domain.client import Client, GrantType
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.person import PessoaFisica
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Modo, RepresentationRef
from idp.domain.session import Session
from idp.flow.secret import digest, new_id, new_secret
from idp.keyring import KeyRing
from idp.sandbox.authorities import ISSUING, ROOTS, make_crl, make_issuing, make_root
from idp.settings import Settings, load
from idp.storage.ephemeral import EphemeralSessions, open_ephemeral
from idp.storage.sql import SqlStore, open_store, schema, tables
from idp.web.browser import BROWSER_COOKIE, SESSION_COOKIE

ISSUER = "https://id.portaria.test"
SECRET = "a client secret of forty-three characters !"
SCOPE = "openid profile inscricao procuracao certificado offline_access"
CLIENT = Client(
    "aplicacao",
    "Aplicação",
    ("https://app.portaria.test/retorno",),
    secret_digest=hashlib.sha256(SECRET.encode()).hexdigest(),
    grant_types=frozenset(GrantType),
    scopes=frozenset(SCOPE.split()),
)


@dataclass(frozen=True)
class Visitor:
    """``cookies``: what their browser sends. ``document``: their CPF."""

    cookies: str
    document: str
    inscricao: str


@dataclass(frozen=True)
class Installation:
    """``config``: a file for IDP_CONFIG."""

    config: Path
    settings: Settings
    visitors: tuple[Visitor, ...]


def install(directory: Path, database_url: str, ephemeral_url: str, visitors: int = 64) -> Installation:
    """Fill ``directory`` and an empty database. What it makes is good for an hour at least."""
    values = {
        "realm": "sandbox",
        "issuer": ISSUER,
        "certificate_origin": "https://certificado.portaria.test",
        "mtls_origin": "https://mtls.portaria.test",
        "database_url": database_url,
        "ephemeral_url": ephemeral_url,
        "signing_dir": str(directory / "signing"),
        "trust_dir": str(directory / "trust"),
        "checkpoint_file": str(directory / "checkpoints.jsonl"),
    }
    config = directory / "idp.toml"
    config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    settings = load(**values)
    clock = SystemClock()
    now = clock.now()
    trust = _trust(settings, now)
    schema.upgrade(settings.database_url, settings.realm)
    keys = KeyRing.create(settings.signing_dir, settings.realm, now)
    store = open_store(settings.database_url)
    try:
        store.registry().add(CLIENT, now, "benchmark")
        sessions = EphemeralSessions(open_ephemeral(ephemeral_url, database_url, clock), clock)
        issuing_key = next(iter(trust.eligible)).key
        people = _people(visitors)
        _cadastro(store, people, now)
        return Installation(
            config, settings, tuple(_sign_in(person, store, sessions, keys, issuing_key, now) for person in people)
        )
    finally:
        store.close()


@dataclass(frozen=True)
class _Person:
    holder: PessoaFisica
    company: CNPJ
    choice: RepresentationRef


def _people(count: int) -> Sequence[_Person]:
    found = []
    for number in range(count):
        digits, root = f"{210_000_000 + number}", f"{70_000_000 + number}0001"
        inscricao = InscricaoId("AM", f"{40_000_000 + number:09}")
        found.append(
            _Person(
                PessoaFisica(CPF(digits + cpf._calc_check_digits(digits)), f"PESSOA NUMERO {number}"),
                CNPJ(root + cnpj.calc_check_digits(root)),
                RepresentationRef(inscricao, Modo.PROCURACAO, f"prc-{number}"),
            )
        )
    return found


def _cadastro(store: SqlStore, people: Sequence[_Person], now: datetime) -> None:
    def rows(table: Any, make: Any) -> None:
        with store.engine.begin() as connection:
            connection.execute(insert(table), [make(person) for person in people])

    rows(tables.contribuintes, lambda p: {"id": p.company.raiz, "nome": "COMERCIO EXEMPLO LTDA"})
    rows(
        tables.estabelecimentos,
        lambda p: {"documento": p.company.numero, "contribuinte": p.company.raiz, "matriz": True},
    )
    rows(
        tables.inscricoes,
        lambda p: {
            "uf": p.choice.inscricao.uf,
            "numero": p.choice.inscricao.numero,
            "documento": p.company.numero,
            "contribuinte": p.company.raiz,
            "situacao": "ATIVA",
            "municipio": "Manaus",
        },
    )
    rows(
        tables.representantes,
        lambda p: {"contribuinte": p.company.raiz, "cpf": "90000101281", "nome": "JACIRA BATISTA DE SOUZA"},
    )
    with store.begin() as uow:
        for person in people:
            uow.procuracoes.add(
                Procuracao(
                    str(person.choice.procuracao),
                    person.company,
                    "COMERCIO EXEMPLO LTDA",
                    person.holder.cpf,
                    person.holder.nome,
                    frozenset({"dte.consultar", "dte.dar_ciencia"}),
                    Escopo(TipoEscopo.RAIZ),
                    Vigencia(now - timedelta(days=30), now + timedelta(days=335)),
                    EstadoProcuracao.ATIVA,
                )
            )


def _sign_in(
    person: _Person, store: SqlStore, sessions: EphemeralSessions, keys: KeyRing, issuing_key: str, now: datetime
) -> Visitor:
    cookie = new_secret()
    ref = CertificateRef(
        issuing_key, digest(person.holder.cpf.numero)[:16], now + timedelta(days=300), "2.16.76.1.2.3.903"
    )
    sessions.put(
        Session(
            key=digest(cookie),
            id=new_id(),
            holder=person.holder,
            certificado=Certificado(TipoCertificado.E_CPF, Nivel.A3, "AC FICTICIA FINAL v12", ref, "thumbprint"),
            auth_time=now,
            expires_at=now + timedelta(hours=4),
        )
    )
    with store.begin() as uow:
        uow.consents.remember(
            keys.subject(person.holder, CLIENT),
            CLIENT.client_id,
            person.choice,
            CLIENT.scopes,
            now,
            now + timedelta(days=180),
        )
    return Visitor(
        f"{BROWSER_COOKIE}={new_secret()}; {SESSION_COOKIE}={cookie}",
        person.holder.cpf.numero,
        str(person.choice.inscricao),
    )


def _trust(settings: Settings, now: datetime) -> TrustList:
    """A root and one issuing CA, with empty revocation lists."""
    slug = "raiz-v12"
    root = make_root(next(root for root in ROOTS if root.slug == slug), now)
    issuing = make_issuing(next(ca for ca in ISSUING if ca.root == slug), root, now)
    crls = [make_crl(ca, now, 1, []).public_bytes(Encoding.DER) for ca in (root, issuing)]
    trust = compile_bundle(
        [ca.certificate.public_bytes(Encoding.DER) for ca in (root, issuing)],
        pins={root.certificate.fingerprint(hashes.SHA256()).hex(): slug},
        realm=settings.realm,
        at=now,
        crls=crls,
    )
    settings.trust_dir.mkdir(parents=True)
    trust.save(settings.trust_dir / FILE)
    CrlIndex(settings.trust_dir / DIRECTORY, trust).import_crls(crls, now)
    return trust
