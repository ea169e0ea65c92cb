"""Acts are found by person, procuração, inscrição and client, by an index, and by whom it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from idp.audit import seal
from idp.audit.subjects import person, subjects
from idp.domain.documents import CNPJ
from idp.ports import AuditEvent, Narrow
from idp.storage.sql import SqlStore, open_store
from tests.audit.world import ADA, BRUCE, EVA, MATRIZ, NOON, story, use
from tests.contracts.conftest import database_url, sqlite_template
from tests.domain.samples import DAY, ada

__all__ = ["database_url", "sqlite_template"]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(database_url)
    story(store)
    seal(store.audit_log(), lambda data: b"", NOON, tmp_path / "checkpoints")
    assert store.audit_log().index() == 15
    yield store
    store.close()


def test_what_a_payload_names() -> None:
    payload = {
        "titular": "12ABC34501DE35",
        "responsavel": "18162247238",
        "representado": "34785515000166",
        "outorgado": "52998224725",
        "choice": "AM:040000010/procuracao/prc_9",
        "cadeia": ["prc_8", 7],
        "client": "dte",
        "claimed": {"documento": "478.911.786-31", "emissor": None},
        "por": "not a document",
        "unknown": "18162247238",
    }
    assert subjects(payload) == {
        "titular:12ABC345",
        "titular:18162247238",
        "representado:34785515",
        "parte:52998224725",
        "inscricao:AM:040000010",
        "procuracao:prc_9",
        "procuracao:prc_8",
        "client:dte",
        "parte:47891178631",
    }
    assert subjects({"titular": 7, "choice": ["x"], "cadeia": "prc", "client": "c" * 400, "claimed": None}) == set()


def test_uses_of_a_procuracao_newest_first_with_those_below_it(store: SqlStore) -> None:
    acts = store.trail().uses_of(["prc_mae"])
    assert [(act.payload["titular"], act.payload["client"], act.at) for act in acts] == [
        (str(EVA), "nfe", NOON + 4 * DAY),
        (str(ADA), "dte", NOON + 3 * DAY),
    ]
    assert acts[0].payload["poder"] == "dte.consultar"
    assert [act.payload["titular"] for act in store.trail().uses_of(["prc_filha"])] == [str(EVA)]
    assert store.trail().uses_of([]) == []
    assert store.trail().uses_of(["prc_none"]) == []


def test_who_acted_for_the_company_on_whatever_basis(store: SqlStore) -> None:
    acts = store.trail().on_behalf_of(CNPJ("34785515000247"))
    assert [act.payload["titular"] for act in acts] == [str(MATRIZ), str(BRUCE), str(BRUCE), str(EVA), str(ADA)]


def test_a_persons_own_acts_and_those_as_responsavel_of_a_company(store: SqlStore) -> None:
    found = store.trail().acts_of(BRUCE, kinds=("code.issued",))
    assert [act.payload["titular"] for act in found] == [str(MATRIZ), str(BRUCE), str(BRUCE)]
    assert [act.kind for act in store.trail().acts_of(ADA)] == ["token.issued", "code.issued"]


def test_a_page_after_a_page(store: SqlStore) -> None:
    trail = store.trail()
    whole = trail.newest(person(MATRIZ), limit=100)
    assert len(whole) == 15
    assert len({(act.at, act.id) for act in whole}) == 15
    paged = []
    before = None
    while page := trail.newest(person(MATRIZ), before=before, limit=4):
        assert len(page) <= 4
        paged += page
        before = (page[-1].at, page[-1].id)
    assert paged == list(whole)


def test_search_agrees_with_everything_asked(store: SqlStore) -> None:
    trail = store.trail()

    def count(*groups: tuple[str, ...], **asked: object) -> int:
        return len(list(trail.search(groups, **asked)))  # type: ignore[arg-type]

    assert count() == 15  # opening the story's chain
    assert count(("client:nfe",)) == 2
    assert count(("client:nfe",), person(ADA)) == 0
    assert count(person(EVA)) == 3
    assert count(("inscricao:AM:040000010",), person(BRUCE)) == 2
    assert count(kinds=("code.issued",)) == 5
    assert count(since=NOON + 6 * DAY, until=NOON + 7 * DAY) == 2
    assert count(person(MATRIZ), since=NOON + 8 * DAY) == 1
    assert count(("client:none",)) == 0
    sequences = [row.sequence for row in trail.search()]
    assert sequences == sorted(sequences, key=lambda one: one or 0)


def test_an_erased_row_is_found_by_nothing(store: SqlStore) -> None:
    ids = [row.id for row in store.trail().search([person(EVA)])]
    assert store.audit_log().erase(ids, AuditEvent("audit.erased", NOON)) == 3
    assert list(store.trail().search([person(EVA)])) == []
    assert [act.payload["titular"] for act in store.trail().uses_of(["prc_mae"])] == [str(ADA)]
    with store.engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM audit_subjects WHERE subject LIKE '%52998224725'"))
        assert left.scalar() == 0


def test_what_was_indexed_stays_and_what_is_new_is_added(store: SqlStore, tmp_path: Path) -> None:
    assert store.audit_log().index() == 0
    use(store, NOON + 9 * DAY, ada, None)
    assert store.audit_log().index() == 0  # not sealed: not found yet
    seal(store.audit_log(), lambda data: b"", NOON, tmp_path / "checkpoints")
    assert store.audit_log().index() == 2
    assert len(store.trail().acts_of(ADA)) == 4


def test_a_page_is_two_reads_by_index(store: SqlStore) -> None:
    """Neither reads a table from end to end, whatever its size."""
    seen: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *rest: object) -> None:
        seen.append((statement, parameters))

    event.listen(store.reader, "before_cursor_execute", note)
    store.trail().uses_of(["prc_mae", "prc_outra"], before=(NOON + 30 * DAY, 9), limit=10)
    event.remove(store.reader, "before_cursor_execute", note)
    assert len(seen) == 2
    if store.reader.dialect.name == "sqlite":
        with store.reader.connect() as connection:
            for statement, parameters in seen:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
                steps = [row[-1] for row in plan]
                scans = [step for step in steps if step.startswith("SCAN") and "subquery" not in step.lower()]
                assert not [step for step in scans if "audit" in step], steps


def test_a_window_of_time_reads_its_part_of_the_chain_only(store: SqlStore) -> None:
    from idp.storage.sql.trail import first_at

    with store.reader.connect() as connection:
        assert first_at(connection, NOON - DAY, 15) == 1
        assert first_at(connection, NOON + 3 * DAY, 15) == 5
        assert first_at(connection, NOON + 3 * DAY + timedelta(seconds=1), 15) == 7
        assert first_at(connection, NOON + 30 * DAY, 15) == 16


def test_narrowed_to_a_person_an_application_and_a_time(store: SqlStore) -> None:
    trail = store.trail()
    every = trail.on_behalf_of(MATRIZ)
    for narrow, kept in (
        (Narrow(titular=EVA), lambda one: one.payload["titular"] == str(EVA)),
        (Narrow(client="dte"), lambda one: one.payload["client"] == "dte"),
        (Narrow(since=every[1].at), lambda one: one.at >= every[1].at),
        (
            Narrow(client="dte", titular=ADA),
            lambda one: (one.payload["client"], one.payload["titular"]) == ("dte", str(ADA)),
        ),
        (Narrow(client="unknown"), lambda one: False),
    ):
        assert trail.on_behalf_of(MATRIZ, narrow=narrow) == [one for one in every if kept(one)]
    assert 0 < len(trail.on_behalf_of(MATRIZ, narrow=Narrow(titular=EVA))) < len(every)


def test_one_act_by_its_id(store: SqlStore) -> None:
    (newest, *_) = store.trail().on_behalf_of(MATRIZ)
    assert store.trail().act(newest.id) == newest
    assert store.trail().act(10**9) is None
