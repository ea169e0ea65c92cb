"""Facts fetched from an authority's service: when it is asked, what its answers change, and that while it is down
nothing is guessed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from idp.cadastro import remoto
from idp.cadastro.https import Answer, Failed
from idp.cadastro.remoto import RemoteCadastro
from idp.domain.certificado import Nivel
from idp.domain.person import Holder
from idp.domain.representation import Demanda, Modo, Regras, RepresentationRef, represent
from idp.errors import CadastroStale, CadastroUnavailable
from idp.storage.sql import SqlStore
from tests.cadastro.seed import contribuintes
from tests.contracts.data import (
    ACAI,
    CASTANHA,
    EMPRESA_CASTANHA,
    ESTALEIRO,
    INSCRICAO_TEREZA,
    JOAO,
    RAIMUNDO,
    SEED,
    TEREZA,
    FixedClock,
)

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRESH, AGE = timedelta(minutes=5), timedelta(hours=1)
REGRAS = Regras(cadastro_age=AGE)


class Said:
    """The service without its TLS. ``broken``: the failure it answers with instead."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.contribuintes = contribuintes()
        self.asked: list[tuple[str, str]] = []
        self.broken: str | None = None
        self.age = timedelta()
        self.before: Callable[[str], object] = lambda document: None

    def ask(self, kind: str, document: str, etag: str = "") -> Answer:
        self.asked.append((kind, document))
        self.before(document)
        if self.broken:
            raise Failed(self.broken)
        at = self.clock.now() - self.age
        answer: Any = self.contribuintes.get(document)
        if kind == "representante":
            listing = [
                one
                for one in self.contribuintes.values()
                if any(person["cpf"] == document for person in one.get("representantes", ()))
            ]
            answer = {"cpf": document, "empresas": listing}
        if answer is None:
            return Answer(at)
        body = json.dumps(answer).encode()
        tag = f'"{hash(body)}"'
        return Answer(at, etag=tag, unchanged=True) if tag == etag else Answer(at, body, tag)


class World:
    def __init__(self, store: SqlStore) -> None:
        self.store, self.clock = store, FixedClock(AT)
        self.said = Said(self.clock)
        self.tokens: list[str] = []
        self.source = self.another()

    def another(self) -> RemoteCadastro:
        """A process of its own."""
        rows = self.store.fetched()
        return RemoteCadastro(self.said, rows, self.clock, fresh=FRESH, age=AGE, failed=self.tokens.append)

    def asked(self) -> list[tuple[str, str]]:
        asked = list(self.said.asked)
        self.said.asked.clear()
        return asked

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.store.engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def everything(self) -> list[Any]:
        tables = ("contribuintes", "estabelecimentos", "inscricoes", "representantes", "cadastro_fetches", "audit")
        return [self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

    def represent(self, holder: Holder, ref: RepresentationRef, lock: bool = True) -> str:
        with self.store.begin() as uow:
            fatos = uow.cadastro.facts(holder, ref, lock=lock)
        assert fatos is not None
        at = self.clock.now()
        made = represent(holder, ref.modo, fatos, nivel=Nivel.A3, demanda=Demanda(), regras=REGRAS, at=at)
        return str(made.inscricao.id)


OWN = RepresentationRef(INSCRICAO_TEREZA, Modo.TITULAR)
LEGAL = RepresentationRef(ACAI, Modo.REPRESENTANTE_LEGAL)


@pytest.fixture
def world(store: SqlStore) -> World:
    """Procurações are there, and nothing of the cadastro yet."""
    with store.engine.begin() as connection:
        for table in ("inscricoes", "representantes", "estabelecimentos", "contribuintes"):
            connection.execute(text(f"DELETE FROM {table}"))
    return World(store)


def test_a_login_asks_for_the_holder_and_those_he_represents(world: World) -> None:
    assert world.source.before_choices(RAIMUNDO) is None
    assert world.asked() == [("contribuinte", "90000107212"), ("representante", "90000107212")]
    assert world.represent(RAIMUNDO, LEGAL) == "AM:049000012"
    world.clock.advance(FRESH)
    assert world.source.before_choices(RAIMUNDO) is None
    assert world.asked() == []
    world.clock.advance(timedelta(seconds=1))
    world.source.before_choices(RAIMUNDO)
    assert len(world.asked()) == 2


def test_what_has_not_changed_is_confirmed(world: World) -> None:
    world.source.before_choices(RAIMUNDO)
    before = world.rows("SELECT id, nome FROM contribuintes ORDER BY 1")
    world.clock.advance(AGE)
    world.source.before_choices(RAIMUNDO)
    assert world.rows("SELECT id, nome FROM contribuintes ORDER BY 1") == before
    world.clock.advance(AGE)
    assert world.represent(RAIMUNDO, LEGAL)  # an hour after the second answer, two after the first
    assert len(world.rows("SELECT id FROM audit WHERE kind = 'cadastro.fetched'")) == 2


@pytest.mark.attack("ATK-120")
@pytest.mark.parametrize("lock", [False, True])
def test_facts_that_are_too_old_decide_nothing(world: World, lock: bool) -> None:
    world.source.before_choices(TEREZA)
    world.clock.advance(AGE)
    assert world.represent(TEREZA, OWN, lock)
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(CadastroStale) as stale:
        world.represent(TEREZA, OWN, lock)
    assert stale.value.contribuintes == ("90000108294",)
    world.source.refresh(stale.value.contribuintes)
    assert world.represent(TEREZA, OWN, lock)


@pytest.mark.parametrize("lock", [False, True])
def test_facts_never_fetched_decide_nothing(world: World, store: SqlStore, lock: bool) -> None:
    with store.engine.begin() as connection:
        for statement in SEED[:3]:
            connection.execute(text(statement))
    with pytest.raises(CadastroStale):
        world.represent(TEREZA, OWN, lock)


@pytest.mark.parametrize("lock", [False, True])
def test_the_holders_own_company_counts_too(world: World, lock: bool) -> None:
    """Whether its responsável still represents it is judged, so that must be fresh as well."""
    with world.store.engine.begin() as connection:
        connection.execute(text("UPDATE procuracoes SET estado = 'ATIVA' WHERE id = 'p-firma'"))
    given = RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma")
    world.source.refresh(["12ABC345"])
    with pytest.raises(CadastroStale) as stale:
        world.represent(EMPRESA_CASTANHA, given, lock)
    assert stale.value.contribuintes == ("99990002",)
    world.source.refresh(["99990002"])
    assert world.represent(EMPRESA_CASTANHA, given, lock) == "AM:049000071"


def test_a_holder_the_service_does_not_know_is_fetched_nonetheless(world: World) -> None:
    del world.said.contribuintes["99990002"]
    with world.store.engine.begin() as connection:
        connection.execute(text("UPDATE procuracoes SET estado = 'ATIVA' WHERE id = 'p-firma'"))
    world.source.before_choices(EMPRESA_CASTANHA)
    assert world.represent(EMPRESA_CASTANHA, RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma"))


def test_what_the_service_no_longer_says_goes(world: World) -> None:
    world.source.before_choices(RAIMUNDO)
    company = world.said.contribuintes["99990001"]
    company["representantes"] = [company["representantes"][1]]
    del company["inscricoes"][1], company["estabelecimentos"][1]
    company["inscricoes"][0]["situacao"] = "SUSPENSA"
    world.source.refresh(["99990001"])
    assert world.rows("SELECT numero, situacao FROM inscricoes WHERE contribuinte = '99990001'") == [
        ("049000012", "SUSPENSA")
    ]
    assert world.rows("SELECT cpf FROM representantes WHERE contribuinte = '99990001'") == [("90000101281",)]
    assert world.rows("SELECT documento FROM estabelecimentos WHERE contribuinte = '99990001'") == [("99990001000198",)]
    ((payload,),) = world.rows("SELECT payload FROM audit ORDER BY id DESC LIMIT 1")
    assert json.loads(payload) == {
        "contribuinte": "99990001",
        "changes": {
            "inscricoes": {"written": ["AM:049000012"], "removed": ["AM:049000039"]},
            "representantes": {"removed": ["90000107212"]},
            "estabelecimentos": {"removed": ["99990001000279"]},
        },
    }


def test_a_company_that_lists_him_no_longer(world: World) -> None:
    world.source.before_choices(RAIMUNDO)
    world.said.contribuintes["99990002"]["representantes"] = []
    world.clock.advance(AGE)
    world.source.before_choices(RAIMUNDO)
    assert world.rows("SELECT contribuinte FROM representantes WHERE cpf = '90000107212'") == [("99990001",)]


def test_a_contribuinte_that_is_known_no_longer(world: World) -> None:
    world.source.before_choices(TEREZA)
    del world.said.contribuintes["90000108294"]
    world.source.refresh(["90000108294"])
    assert world.rows("SELECT * FROM inscricoes") == []


def test_an_older_answer_never_replaces_a_newer_one(world: World) -> None:
    world.source.refresh(["90000108294"])
    world.said.contribuintes["90000108294"]["inscricoes"] = []
    world.said.age = timedelta(minutes=10)
    before = world.everything()
    world.source.refresh(["90000108294"])
    assert world.everything() == before


@pytest.mark.parametrize("token", ["unreachable", "timeout", "tls", "malformed", "clock", "truncated"])
def test_while_it_is_down_what_is_young_enough_is_used_and_said_how_old(world: World, token: str) -> None:
    world.source.before_choices(RAIMUNDO)
    world.clock.advance(timedelta(minutes=30))
    world.said.broken = token
    before = world.everything()
    assert world.source.before_choices(RAIMUNDO) == AT
    assert world.everything() == before
    world.clock.advance(timedelta(minutes=31))
    with pytest.raises(CadastroUnavailable):
        world.source.before_choices(RAIMUNDO)
    assert world.everything() == before


def test_an_answer_older_than_allowed_changes_nothing(world: World) -> None:
    world.said.age = AGE + timedelta(seconds=1)
    before = world.everything()
    with pytest.raises(Failed, match="too-old"):
        world.source.before_choices(TEREZA)
    assert world.everything() == before


def test_a_wrong_answer_changes_nothing(world: World) -> None:
    world.source.refresh(["90000108294"])
    before = world.everything()
    for wrong, token in (("99990001", "wrong-document"), ("nobody", "wrong-document")):
        world.said.contribuintes["90000108294"] = contribuintes().get(wrong, {"documento": wrong})
        with pytest.raises(Failed, match=token):
            world.source.refresh(["90000108294"])
    assert world.everything() == before
    assert world.tokens == ["wrong-document"] * 2


def test_a_dead_service_is_left_alone_for_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1000.0]
    monkeypatch.setattr(remoto.time, "monotonic", lambda: seconds[0])
    world.said.broken = "timeout"
    for _ in range(10):
        with pytest.raises(CadastroUnavailable):
            world.source.before_choices(TEREZA)
    assert len(world.asked()) == remoto.FAILURES
    seconds[0] += remoto.PAUSE_SECONDS
    for _ in range(5):
        with pytest.raises(CadastroUnavailable):
            world.source.before_choices(TEREZA)
    assert len(world.asked()) == 1
    seconds[0] += remoto.PAUSE_SECONDS
    world.said.broken = None
    assert world.source.before_choices(TEREZA) is None


def test_one_documents_wrong_answer_is_not_the_services(world: World) -> None:
    world.said.broken = "malformed"
    for _ in range(10):
        with pytest.raises(Failed, match="malformed"):
            world.source.refresh(["90000108294"])
    assert len(world.asked()) == 10


def test_many_logins_at_once_ask_once(world: World) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(document: str) -> None:
        entered.set()
        assert leave.wait(60)

    world.said.before = hold
    done: list[str] = []
    threads = [
        threading.Thread(target=lambda: done.append(str(world.source.refresh(["90000108294"])))) for _ in range(6)
    ]
    threads[0].start()
    assert entered.wait(60)
    for thread in threads[1:]:
        thread.start()
    flying = world.source._flights._flying
    assert list(flying) == [("contribuinte", "90000108294")]
    leave.set()
    for thread in threads:
        thread.join()
    assert (len(done), flying) == (6, {})
    assert len(world.asked()) < 6


def test_a_slow_service_holds_a_few_threads_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    leave = threading.Event()
    inside = threading.Semaphore(0)
    world.said.before = lambda _: (inside.release(), leave.wait(120))
    monkeypatch.setattr(remoto, "ROOM_SECONDS", 0.1)
    failed: list[str] = []
    refused = threading.Semaphore(0)

    def fetch(id: str) -> None:
        try:
            world.source.refresh([id])
        except Failed as error:
            failed.append(error.token)
            refused.release()

    threads = [threading.Thread(target=fetch, args=(f"{i:08}",)) for i in range(remoto.MOST_AT_ONCE + 3)]
    for thread in threads:
        thread.start()
    for _ in range(remoto.MOST_AT_ONCE):
        assert inside.acquire(timeout=60)
    for _ in range(3):
        assert refused.acquire(timeout=60)
    assert failed == ["busy"] * 3
    leave.set()
    for thread in threads:
        thread.join()


def given(world: World, count: int, estado: str = "ATIVA") -> None:
    """Procurações from ``count`` companies to João."""
    insert = (
        "INSERT INTO procuracoes (id, outorgante, outorgante_contribuinte, outorgante_nome, outorgado,"
        " outorgado_contribuinte, outorgado_nome, poderes, escopo, inscricoes, inicio, fim, estado, substabelecivel)"
        " VALUES (:id, :doc, :raiz, 'X', '90000103225', '90000103225', 'João', 'todos', 'raiz', '',"
        " '2026-01-01 00:00:00.000000', '2027-01-01 00:00:00.000000', :estado, FALSE)"
    )
    with world.store.engine.begin() as connection:
        for i in range(count):
            key = {"id": f"{estado}-{i}", "doc": f"{i:08}000100", "raiz": f"{i:08}", "estado": estado}
            connection.execute(text(insert), key)


def test_many_outorgantes_are_not_many_questions(world: World) -> None:
    given(world, 30)
    given(world, 40, "REVOGADA")
    world.source.before_choices(JOAO)
    asked = world.asked()
    assert asked[:2] == [("contribuinte", "90000103225"), ("representante", "90000103225")]
    assert len(asked) == 2 + remoto.MOST_OUTORGANTES
    # The rest is the worker's, and every one again before its age is over.
    assert world.source.refresh_due(1000) == 22
    assert world.source.refresh_due(1000) == 0
    world.clock.advance(AGE / 2 + timedelta(seconds=1))
    assert world.source.refresh_due(5) == 5
    assert world.source.refresh_due(1000) == 27


def test_an_outorgante_that_cannot_be_asked_does_not_stop_a_login(world: World) -> None:
    def down_for_outorgantes(document: str) -> None:
        world.said.broken = None if document == "90000103225" else "timeout"

    world.said.before = down_for_outorgantes
    assert world.source.before_choices(JOAO) is None
    assert len(world.asked()) == 3
    with pytest.raises(Failed):
        world.source.refresh_due(10)


def test_two_processes_at_once_write_one_truth(postgres_store: SqlStore) -> None:
    world = World(postgres_store)
    sources = [world.another() for _ in range(4)]
    threads = [
        threading.Thread(target=lambda one=one: [one.fetch(("representante", "90000107212")) for _ in range(5)])
        for one in sources
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.represent(RAIMUNDO, RepresentationRef(CASTANHA, Modo.REPRESENTANTE_LEGAL)) == "AM:049000063"
    assert len(world.rows("SELECT * FROM representantes")) == 3
