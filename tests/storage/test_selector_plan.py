"""The selector's list on SQLite, where the planner believes in a cadastro of a hundred thousand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procura import Parte, Procura
from idp.domain.representation import Demanda
from idp.storage.sql import SqlStore, open_store, schema

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PESSOA = PessoaFisica(CPF("90000102253"), "Francisca")
FIRMA = PessoaJuridica(CNPJ("99990001000198"), "Açaí", PESSOA)
DEMANDAS = (Demanda(), Demanda(poder="nfe.consultar", nivel_minimo=Nivel.A3))
LARGE = ("procuracoes", "inscricoes", "contribuintes", "estabelecimentos", "representantes")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    file = tmp_path_factory.mktemp("plan") / "db.sqlite"
    schema.upgrade(f"sqlite:///{file}", "sandbox")
    with sqlite3.connect(file) as connection:
        connection.execute("ANALYZE")
        for table in LARGE:
            connection.execute("DELETE FROM sqlite_stat1 WHERE tbl = ?", [table])
            for _, name, unique, *_ in connection.execute(f"PRAGMA index_list({table})").fetchall():
                columns = len(connection.execute(f"PRAGMA index_info({name})").fetchall())
                sizes = ["100000", *["4"] * (columns - 1), "1" if unique else "4"]
                connection.execute("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", [table, name, " ".join(sizes)])
    connection.close()
    store = open_store(f"sqlite:///{file}")
    yield store
    store.close()


def plans(store: SqlStore, holder: Holder, procura: Procura) -> dict[str, list[str]]:
    """What the list asks for, with the steps of each."""
    asked: list[str] = []

    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(asked.append)

    store.reader.dispose()  # what is kept open would not be checked out again
    pool = store.reader.pool
    event.listen(pool, "checkout", trace)
    try:
        with store.reading() as uow:
            uow.vinculos.page(holder, procura, limit=20)
            uow.vinculos.page(holder, procura, limit=20, offset=40)
            uow.vinculos.count(holder, procura, cap=1000)
            uow.vinculos.pending(holder, procura, limit=5)
    finally:
        event.remove(pool, "checkout", trace)
    selects = {one for one in asked if one.lstrip().upper().startswith(("SELECT", "WITH"))}
    with store.reader.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.connection.set_trace_callback(None)
        found = {one: [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {one}").fetchall()] for one in selects}
        cursor.close()
    return found


@pytest.mark.parametrize("holder", [PESSOA, FIRMA], ids=["pessoa", "firma"])
@pytest.mark.parametrize("parte", Parte)
@pytest.mark.parametrize("demanda", DEMANDAS, ids=["all", "some"])
@pytest.mark.parametrize("q", ["", "acai ltda"], ids=["list", "search"])
def test_the_list_reads_no_table_from_end_to_end(
    store: SqlStore, holder: Holder, parte: Parte, demanda: Demanda, q: str
) -> None:
    found = plans(store, holder, Procura(demanda, Nivel.A3, NOW, parte=parte, q=q))
    assert any("procuracoes" in statement for statement in found), "the list was not seen to ask"
    for statement, steps in found.items():
        aliases = {alias for table in LARGE for alias in _aliases(statement, table)}
        scans = [step for step in steps if step.startswith("SCAN") and step.split()[1] in aliases]
        assert not scans, f"{statement}\n" + "\n".join(steps)


def _aliases(statement: str, table: str) -> set[str]:
    """The names under which a statement reads a table."""
    words = statement.replace(",", " , ").replace("(", " ( ").replace(")", " ) ").split()
    after = [words[at + 1 : at + 3] for at, word in enumerate(words) if word == table]
    return {table} | {(pair[1] if pair[0].upper() == "AS" else pair[0]) for pair in after if len(pair) == 2}
