"""On PostgreSQL, what facts(lock=True) has read cannot change before our commit; without the lock it can."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from idp.cadastro.importacao import importar
from idp.domain.person import Holder
from idp.domain.representation import Modo, RepresentationRef
from idp.errors import StoreUnavailable
from idp.storage.sql import SqlStore, open_store
from tests.contracts.data import ACAI, EMPRESA_ACAI, EMPRESA_CASTANHA, ESTALEIRO, JOAO, NOW, RAIMUNDO
from tests.support.postgres import Postgres
from tests.support.processes import wait_until

REVOKE = "UPDATE procuracoes SET estado = 'REVOGADA' WHERE id = '{}'"
BY_CHAIN = (JOAO, RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho"))
BY_COMPANY = (EMPRESA_CASTANHA, RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma"))
AS_REPRESENTANTE = (RAIMUNDO, RepresentationRef(ACAI, Modo.REPRESENTANTE_LEGAL))
AS_TITULAR = (EMPRESA_ACAI, RepresentationRef(ACAI, Modo.TITULAR))
CHANGES = {
    "procuracao": (*BY_CHAIN, REVOKE.format("p-filho")),
    "the procuracao above it": (*BY_CHAIN, REVOKE.format("p-raiz")),
    "situacao": (*BY_CHAIN, "UPDATE inscricoes SET situacao = 'BAIXADA' WHERE numero = '049000012'"),
    "representante removed": (*AS_REPRESENTANTE, "DELETE FROM representantes WHERE cpf = '90000107212'"),
    "own representante removed": (*AS_TITULAR, "DELETE FROM representantes WHERE cpf = '90000107212'"),
    "company locked to change its representantes": (
        *AS_TITULAR,
        "SELECT id FROM contribuintes WHERE id = '99990001' FOR NO KEY UPDATE",
    ),
    "the holder's company likewise": (
        *BY_COMPANY,
        "SELECT id FROM contribuintes WHERE id = '99990002' FOR NO KEY UPDATE",
    ),
}


@pytest.fixture
def store(postgres_store: SqlStore) -> SqlStore:
    return postgres_store


@contextmanager
def another(store: SqlStore) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session that is none of ours, in autocommit."""
    url = store.engine.url
    host = str(url.query["host"])
    with psycopg.connect(host=host, user=url.username, dbname=url.database, autocommit=True) as connection:
        yield connection


def waits(watcher: psycopg.Connection[tuple[object, ...]], pid: int) -> bool:
    row = watcher.execute("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    return bool(row and row[0])


@pytest.mark.attack("ATK-122")
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_waits_until_we_have_committed(store: SqlStore, what: str) -> None:
    holder, ref, change = CHANGES[what]
    with another(store) as other, another(store) as watcher, ThreadPoolExecutor(1) as pool:
        with store.begin() as uow:
            assert uow.cadastro.facts(holder, ref, lock=True) is not None
            blocked: Future[object] = pool.submit(other.execute, change)
            wait_until(lambda: waits(watcher, other.info.backend_pid), f"{what} waits")
            assert not blocked.done()
        blocked.result(timeout=90)


@pytest.mark.parametrize("what", CHANGES)
def test_without_the_lock_it_does_not(store: SqlStore, what: str) -> None:
    holder, ref, change = CHANGES[what]
    with another(store) as other, store.begin() as uow:
        assert uow.cadastro.facts(holder, ref, lock=False) is not None
        other.execute("SET lock_timeout = '1s'")
        other.execute(change)


@pytest.mark.attack("ATK-122")
def test_a_change_that_came_first_is_seen(store: SqlStore) -> None:
    """We wait for the revocation under way, and then read what it left."""
    holder, ref, revoke = CHANGES["procuracao"]

    def read(facts_holder: Holder) -> str:
        with store.begin() as uow:
            fatos = uow.cadastro.facts(facts_holder, ref, lock=True)
            assert fatos is not None
            return fatos.cadeia[0].estado.value

    with another(store) as other, another(store) as watcher, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute(revoke)
            reading = pool.submit(read, holder)
            wait_until(lambda: _ours_waits(watcher), "our transaction waits")
        assert reading.result(timeout=90) == "REVOGADA"


@pytest.mark.attack("ATK-122")
def test_a_representante_added_meanwhile_is_seen(store: SqlStore) -> None:
    """Whoever changes representantes holds the company first: the set is read after that wait, never before it."""
    holder, ref, _ = CHANGES["own representante removed"]

    def read(facts_holder: Holder) -> set[str]:
        with store.begin() as uow:
            fatos = uow.cadastro.facts(facts_holder, ref, lock=True)
            assert fatos is not None
            return {str(cpf) for cpf in fatos.representantes_titular}

    with another(store) as other, another(store) as watcher, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("SELECT id FROM contribuintes WHERE id = '99990001' FOR NO KEY UPDATE")
            other.execute("DELETE FROM representantes WHERE contribuinte = '99990001'")
            other.execute("INSERT INTO representantes VALUES ('99990001', '90000106240', 'Nova')")
            reading = pool.submit(read, holder)
            wait_until(lambda: _ours_waits(watcher), "our transaction waits")
        assert reading.result(timeout=90) == {"90000106240"}


@pytest.mark.parametrize("first", ["facts", "get"])
def test_reading_a_procuracao_to_change_it_waits_for_whoever_holds_it(store: SqlStore, first: str) -> None:
    def read() -> str:
        with store.begin() as uow:
            found = uow.procuracoes.get("p-raiz", lock=True)
            assert found is not None
            return found.estado.value

    with another(store) as watcher, ThreadPoolExecutor(1) as pool:
        with store.begin() as uow:
            held = uow.procuracoes.get("p-raiz", lock=True) if first == "get" else None
            uow.cadastro.facts(*BY_CHAIN, lock=True)
            reading = pool.submit(read)
            wait_until(lambda: _ours_waits(watcher), "the second reader waits")
            if held is not None:
                uow.procuracoes.update(held.after("revogar", NOW))
        assert reading.result(timeout=90) == ("ATIVA" if first == "facts" else "REVOGADA")


def test_an_import_that_adds_a_representante_waits_too(store: SqlStore) -> None:
    """Nothing but the company's own row stands in the way of a new one."""
    text = [
        "tipo,documento,nome,cpf\n",
        "representante,99990001000198,Nova,90000106240\n",
    ]

    def run() -> bool:
        with store.staging(NOW) as staging:
            return importar(text, staging, summary={}).applied

    with another(store) as watcher, ThreadPoolExecutor(1) as pool:
        with store.begin() as uow:
            uow.cadastro.facts(*AS_TITULAR, lock=True)
            importing = pool.submit(run)
            wait_until(lambda: _ours_waits(watcher) or importing.done(), "the import waits")
            assert not importing.done()
        assert importing.result(timeout=90)


def test_two_readers_do_not_wait_for_each_other(store: SqlStore) -> None:
    with store.begin() as one, store.begin() as two:
        assert one.cadastro.facts(*BY_CHAIN, lock=True) == two.cadastro.facts(*BY_CHAIN, lock=True)


def test_a_database_that_is_gone_is_said_so(postgres: Postgres) -> None:
    gone = open_store("postgresql+psycopg://portaria@/nothing?host=/tmp/no-such-directory")
    for enter in (gone.begin, gone.reading):
        with pytest.raises(StoreUnavailable), enter() as uow:
            uow.grants.get("g1")
    gone.close()


def _ours_waits(watcher: psycopg.Connection[tuple[object, ...]]) -> bool:
    rows = watcher.execute(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ).fetchall()
    return bool(rows)
