"""The real flow over a real SQLite store, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.domain.certificado import Certificado, CertificateRef, Nivel, TipoCertificado
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.person import PessoaJuridica
from idp.domain.politica import DEFAULT
from idp.domain.representation import Demanda, Regras
from idp.domain.session import Session
from idp.flow.authorize import Journey
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.storage.sql import SqlStore
from tests.flow.fakes import FakeClients, FakeIdentifiers, FakeSessions, FakeTransactions
from tests.model.rules import DEPTH, Needs
from tests.outorga.world import DAY, PEOPLE, T0
from tests.outorga.world import World as Outorgas

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 appendix B
SCOPES = frozenset({"openid", "inscricao", "procuracao", "offline_access"})
CODE, REFRESH = timedelta(seconds=60), timedelta(days=500)
ACCESS = timedelta(seconds=300)
LONG = timedelta(days=5000)
"""Pages, sessions and consents are left open while everything changes under them."""

FILLED = (
    *("grants", "consents", "outbox", "audit", "atos", "pedidos", "designacoes", "procuracoes"),
    *("representantes", "inscricoes", "estabelecimentos", "contribuintes"),
)
"""Tables that a history leaves rows in."""

CERTIFICATE_ENDS = dict.fromkeys(PEOPLE, T0 + 900 * DAY) | {"joao": T0 + 45 * DAY, "firma": T0 + 200 * DAY}

A, S, B, N = (SituacaoCadastral[name] for name in ("ATIVA", "SUSPENSA", "BAIXADA", "NULA"))
_BASE = Client(
    "dte",
    "DT-e",
    redirect_uris=("https://dte.example/cb",),
    secret_digest="0" * 64,
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
    scopes=SCOPES,
    resource="https://api.dte.example",
    poderes=frozenset({"dte.consultar", "dte.dar_ciencia"}),
)


def _client(id: str, **changes: Any) -> Client:
    named = {"redirect_uris": (f"https://{id}.example/cb",), "resource": f"https://api.{id}.example"}
    return replace(_BASE, client_id=id, name=id, **(named | changes))


CLIENTS = {
    one.client_id: one
    for one in (
        _BASE,
        _client(
            "nfe",
            demanda=Demanda(poder="nfe.consultar", situacoes=frozenset({A, S})),
            poderes=frozenset({"nfe.consultar"}),
            switch="keep",
        ),
        _client("cofre", demanda=Demanda(nivel_minimo=Nivel.A3), poderes=None),
        _client(
            "arquivo",
            demanda=Demanda(situacoes=frozenset({A, B, N})),
            auth_method=AuthMethod.NONE,
            secret_digest=None,
            switch="keep",
        ),
    )
}
NEEDS: Mapping[str, Needs] = {
    "dte": Needs(),
    "nfe": Needs(powers=frozenset({"nfe.consultar"}), states=frozenset({"ATIVA", "SUSPENSA"})),
    "cofre": Needs(level="A3"),
    "arquivo": Needs(states=frozenset({"ATIVA", "BAIXADA", "NULA"})),
}
SHOWN: Mapping[str, frozenset[str] | None] = {
    "dte": frozenset({"dte.consultar", "dte.dar_ciencia"}),
    "nfe": frozenset({"nfe.consultar"}),
    "cofre": None,
    "arquivo": frozenset({"dte.consultar", "dte.dar_ciencia"}),
}
"""Which powers each application may be shown."""


class World(Outorgas):
    """People, companies and tables of tests/outorga, with the journey and the redemption on the same store."""

    def __init__(self, store: SqlStore) -> None:
        """Whatever the store holds is replaced."""
        with store.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for table in FILLED:
                connection.exec_driver_sql(f"DELETE FROM {table}")
        Outorgas.seeded(store)
        super().__init__(store, politica=replace(DEFAULT, profundidade=DEPTH))
        self.clients = FakeClients(*CLIENTS.values())
        self.outorga.clients = self.clients
        self.outorga.rascunhos.attempt = lambda *_: True  # type: ignore[method-assign]
        self.sessions = FakeSessions(self.clock)  # type: ignore[arg-type]
        common: dict[str, Any] = {
            "clock": self.clock,
            "store": self.store,
            "clients": self.clients,
            "identifiers": FakeIdentifiers(),
            "revocation": self.lists,
            "policy": Policy(
                regras=Regras(),
                transaction=LONG,
                return_code=CODE,
                code=CODE,
                access_token=ACCESS,
                id_token=timedelta(hours=1),
                refresh_token=REFRESH,
                session=LONG,
                consent=LONG,
            ),
        }
        transactions = FakeTransactions(self.clock)  # type: ignore[arg-type]
        self.journey = Journey(transactions=transactions, sessions=self.sessions, **common)
        self.redemption = Redemption(**common)

    def certificate(self, name: str, level: str) -> Certificado:
        company = isinstance(PEOPLE[name], PessoaJuridica)
        tipo = TipoCertificado.SELO if name == "selo" else TipoCertificado.E_CNPJ if company else TipoCertificado.E_CPF
        ref = CertificateRef("ab" * 32, f"serial-{name}", CERTIFICATE_ENDS[name], "2.16.76.1.2.1.1")
        return Certificado(tipo, Nivel(level), "AC TESTE", ref, f"thumb-{name}")

    def acting(self, name: str, level: str) -> Session:
        """A session by a certificate step made just now."""
        now = self.clock.now()
        held = self.certificate(name, level)
        return Session(f"key-{name}", f"session-{name}", PEOPLE[name], held, now, now + LONG)

    def browsing(self, name: str, level: str, key: str, id: str) -> Session:
        """A session in a browser, its login a while ago."""
        now = self.clock.now()
        held = self.certificate(name, level)
        at = now - timedelta(hours=1)
        session = Session(key, id, PEOPLE[name], held, at, now + LONG)
        self.sessions.put(session)
        return session

    def moment(self, at: datetime) -> None:
        self.clock.at = at
