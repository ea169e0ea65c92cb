"""A procuração is revoked *between* the moment a step reads it and the moment that step commits.

On PostgreSQL, with real concurrency. Each step holds the rows it judged, so the revocation has to wait: it commits
after the step, never between its read and its commit. The control takes the row locks away and must see the revocation
slip in: if it does not, these tests prove nothing.
"""

from __future__ import annotations

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from idp.domain.certificado import Certificado, CertificateRef, Nivel, RevocationStatus, TipoCertificado
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.documents import CNPJ, CPF
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.representation import Motivo, Regras
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest
from idp.errors import InvalidGrant, InvalidToken
from idp.flow.authorize import Journey
from idp.flow.choices import Look
from idp.flow.outcome import AskConsent, Granted, SignedIn
from idp.flow.outorga import Outorga
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.storage.ephemeral import EphemeralSessions, EphemeralTransactions, open_ephemeral
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql.schema import upgrade
from tests.support.postgres import Postgres

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VERIFIER = "a" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "https://app.example/callback"
CHOICE = "AM:040000028/procuracao/prc_1"
OUTORGANTE = CNPJ("12ABC34501DE35")

ROWS = """
INSERT INTO contribuintes (id, nome) VALUES ('12ABC345', 'COMERCIO EXEMPLO LTDA');
INSERT INTO estabelecimentos (documento, contribuinte, matriz) VALUES ('12ABC34501DE35', '12ABC345', true);
INSERT INTO inscricoes (uf, numero, documento, contribuinte, situacao, municipio)
  VALUES ('AM', '040000028', '12ABC34501DE35', '12ABC345', 'ATIVA', 'MANAUS');
INSERT INTO representantes (contribuinte, cpf, nome) VALUES ('12ABC345', '47891178631', 'BRUCE WAYNE');
INSERT INTO procuracoes (id, outorgante, outorgante_contribuinte, outorgante_nome, outorgado, outorgado_contribuinte,
    outorgado_nome, poderes, escopo, inscricoes, inicio, fim, estado, substabelecivel)
  VALUES ('prc_1', '12ABC34501DE35', '12ABC345', 'COMERCIO EXEMPLO LTDA', '18162247238', '18162247238',
    'AUGUSTA ADA KING', 'dte.consultar', 'raiz', '', '2026-01-01T00:00Z', '2027-01-01T00:00Z', 'ATIVA', false);
"""


def session(holder: Holder, tipo: TipoCertificado) -> Session:
    ref = CertificateRef("ab" * 32, "0f", datetime(2028, 1, 1, tzinfo=UTC), "2.16.76.1.2.3.13")
    certificado = Certificado(tipo, Nivel.A3, "AC TESTE", ref, "x" * 43)
    return Session("key", "session", holder, certificado, NOW, NOW + timedelta(hours=1))


class FixedClock:
    def now(self) -> datetime:
        return NOW


class NothingRevoked:
    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return RevocationStatus("good", None, None, None, False)


class Keys:
    def subject(self, holder: Any, client: Client) -> str:
        return "subject"

    def refresh_mac(self, grant_id: str, generation: int) -> str:
        return urlsafe_b64encode(hashlib.sha256(f"{grant_id}.{generation}".encode()).digest()).rstrip(b"=").decode()


@dataclass
class Between:
    """A Store whose ``facts`` runs ``act`` once, right after the real read. ``locking`` False strips the row locks."""

    store: SqlStore
    act: Callable[[], None] | None = None
    locking: bool = True
    ran: int = field(default=0)

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self.store.begin() as uow:
            names = ("procuracoes", "consents", "perfis", "grants", "return_codes", "assertions", "outbox", "audit")
            parts = {name: getattr(uow, name) for name in names}
            yield SimpleNamespace(cadastro=SimpleNamespace(facts=self._facts(uow)), **parts)

    def reading(self) -> Any:
        return self.store.reading()

    def record(self, event: Any) -> None:
        self.store.record(event)

    def _facts(self, uow: Any) -> Callable[..., Any]:
        def facts(holder: Any, ref: Any, *, lock: bool) -> Any:
            assert lock, "a step that ends in a commit must read under lock"
            found = uow.cadastro.facts(holder, ref, lock=lock and self.locking)
            if self.act is not None:
                act, self.act = self.act, None
                self.ran += 1
                act()
            return found

        return facts


class Revoker:
    """Revokes the procuração in a thread of its own, and waits until PostgreSQL says that it waits or is through."""

    def __init__(self, store: SqlStore, admin: psycopg.Connection[Any]) -> None:
        unused: Any = SimpleNamespace()
        self.outorga = Outorga(
            clock=FixedClock(),
            store=store,
            clients=SimpleNamespace(get=lambda client_id: None),  # type: ignore[arg-type]
            revocation=NothingRevoked(),
            rascunhos=unused,
            regras=Regras(),
        )
        self.admin = admin
        self.thread = threading.Thread(target=self._revoke)
        self.committed_before_the_step: bool | None = None

    def _revoke(self) -> None:
        company = PessoaJuridica(OUTORGANTE, "COMERCIO EXEMPLO LTDA", PessoaFisica(CPF("47891178631"), "BRUCE WAYNE"))
        self.outorga.act(session(company, TipoCertificado.E_CNPJ), "revogar", "prc_1")

    def __call__(self) -> None:
        self.thread.start()
        while self.thread.is_alive() and not self._waits():
            self.thread.join(0.01)
        self.committed_before_the_step = not self.thread.is_alive()

    def _waits(self) -> bool:
        row = self.admin.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
        return row is not None and row[0] > 0

    def finish(self) -> None:
        self.thread.join(90)
        assert not self.thread.is_alive()


def _prepare(url: str) -> None:
    upgrade(url, "sandbox")


class World:
    """One holder with one procuração, one client, everything real but the clock, the CRL and the key."""

    def __init__(self, postgres: Postgres) -> None:
        url = postgres.new_database(_prepare)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(ROWS)
        self.store = open_store(url)
        self.between = Between(self.store)
        self.admin = postgres.admin()
        clock = FixedClock()
        self.ephemeral = open_ephemeral("sql", url, clock)
        sessions = EphemeralSessions(self.ephemeral, clock)
        self.client = Client(
            client_id="app",
            name="App",
            redirect_uris=(CALLBACK,),
            auth_method=AuthMethod.BASIC,
            secret_digest="0" * 64,
            grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
            scopes=frozenset({"openid", "inscricao", "procuracao", "offline_access"}),
        )
        hour = timedelta(hours=1)
        policy = Policy(
            regras=Regras(),
            transaction=hour,
            return_code=timedelta(seconds=60),
            code=timedelta(seconds=60),
            access_token=timedelta(seconds=300),
            id_token=hour,
            refresh_token=hour,
            session=hour,
            consent=timedelta(days=1),
        )
        common: dict[str, Any] = {
            "clock": clock,
            "store": self.between,
            "clients": SimpleNamespace(get=lambda client_id: self.client),
            "identifiers": Keys(),
            "revocation": NothingRevoked(),
            "policy": policy,
        }
        self.journey = Journey(transactions=EphemeralTransactions(self.ephemeral, clock), sessions=sessions, **common)
        self.redemption = Redemption(**common)
        sessions.put(session(PessoaFisica(CPF("18162247238"), "AUGUSTA ADA KING"), TipoCertificado.E_CPF))

    def revoker(self) -> Revoker:
        revoker = Revoker(self.store, self.admin)
        self.between.act = revoker
        return revoker

    def ask(self) -> AskConsent:
        """A fresh request, as far as the consent screen."""
        request = AuthorizationRequest(
            client_id="app",
            redirect_uri=CALLBACK,
            scopes=self.client.scopes,
            code_challenge=CHALLENGE,
        )
        begun = self.journey.begin(request, browser="browser", session_key="key")
        assert isinstance(begun, AskConsent)
        asked = self.journey.resume(begun.tx.id, browser="browser", session_key="key", look=Look())
        assert isinstance(asked, AskConsent)
        assert asked.choices is not None
        assert [str(found.ref) for found in asked.choices.available] == [CHOICE]
        return asked

    def choose(self, asked: AskConsent) -> Any:
        """The answer to the consent screen."""
        return self.journey.consented(asked.tx.id, CHOICE, browser="browser", csrf=asked.tx.csrf, session_key="key")

    def code(self) -> str:
        outcome = self.choose(self.ask())
        assert isinstance(outcome, SignedIn)
        assert isinstance(outcome.then, Granted)
        return outcome.then.code

    def redeem(self, code: str) -> Any:
        return self.redemption.code(self.client, code, redirect_uri=CALLBACK, verifier=VERIFIER)

    def close(self) -> None:
        self.admin.close()
        self.store.close()
        self.ephemeral.close()  # type: ignore[attr-defined]

    def kinds(self) -> list[str]:
        with self.store.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT kind FROM audit ORDER BY id").scalars())


@pytest.fixture
def world(postgres: Postgres) -> Iterator[World]:
    world = World(postgres)
    yield world
    world.close()


@pytest.mark.attack("ATK-122")
def test_revocation_during_consent_and_issue_waits_and_then_stops_the_redemption(world: World) -> None:
    revoker = world.revoker()
    code = world.code()
    assert revoker.committed_before_the_step is False
    revoker.finish()
    with pytest.raises(InvalidGrant, match="code"):  # its family was revoked with the procuração
        world.redeem(code)


@pytest.mark.attack("ATK-122")
def test_revocation_during_redemption_waits_and_then_stops_userinfo_and_refresh(world: World) -> None:
    code = world.code()
    revoker = world.revoker()
    authorization = world.redeem(code)
    assert revoker.committed_before_the_step is False
    revoker.finish()
    with pytest.raises(InvalidToken, match="revoked"):
        world.redemption.in_use(authorization.grant.id)
    token = world.redemption.refresh_token(authorization)
    with pytest.raises(InvalidGrant, match="refresh_token"):
        world.redemption.refresh(world.client, token)


@pytest.mark.attack("ATK-130")
def test_revocation_during_refresh_waits_and_then_stops_the_next_refresh(world: World) -> None:
    first = world.redeem(world.code())
    revoker = world.revoker()
    second = world.redemption.refresh(world.client, world.redemption.refresh_token(first))
    assert revoker.committed_before_the_step is False
    revoker.finish()
    with pytest.raises(InvalidGrant, match="refresh_token"):
        world.redemption.refresh(world.client, world.redemption.refresh_token(second))


@pytest.mark.attack("ATK-122")
def test_a_revocation_committed_before_the_choice_shows_the_screen_again(world: World) -> None:
    asked = world.ask()
    revoker = Revoker(world.store, world.admin)
    revoker()
    revoker.finish()
    outcome = world.choose(asked)
    assert isinstance(outcome, AskConsent)
    assert outcome.refused is Motivo.REVOGADA
    assert outcome.choices.available == ()
    assert "code.issued" not in world.kinds()


@pytest.mark.attack("ATK-122")
def test_userinfo_is_one_read_that_sees_every_committed_revocation(world: World) -> None:
    """Nothing is written, so there is nothing to hold: the answer was true at the moment of its only read."""
    authorization = world.redeem(world.code())
    assert world.redemption.in_use(authorization.grant.id).representation.ref == authorization.grant.choice
    revoker = Revoker(world.store, world.admin)
    revoker()
    revoker.finish()
    with pytest.raises(InvalidToken, match="revoked"):
        world.redemption.in_use(authorization.grant.id)


@pytest.mark.parametrize("step", ["issue", "redemption", "refresh"])
def test_control_without_row_locks_the_revocation_slips_in_between(world: World, step: str) -> None:
    """The same three steps with the locks taken away: each produces something after the revocation has committed."""
    world.between.locking = False
    if step == "issue":
        revoker = world.revoker()
        world.code()
    elif step == "redemption":
        code = world.code()
        revoker = world.revoker()
        world.redeem(code)
    else:
        first = world.redeem(world.code())
        revoker = world.revoker()
        world.redemption.refresh(world.client, world.redemption.refresh_token(first))
    assert revoker.committed_before_the_step is True
    kinds = world.kinds()
    assert kinds[-1] == ("code.issued" if step == "issue" else "token.issued")
    assert "procuracao.revogar" in kinds[:-1]
