"""Whatever ends a right, at the very moment a step relies on it: nothing is issued after the ending has committed.

Each step (consent and issue, redemption, refresh, userinfo and introspection) against each ending, by real concurrency
on PostgreSQL with pauses between statements. The control takes the row locks away, and from reads their freshness: the
same number of meetings must then find what these tests are there to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.storage.sql import open_store, schema
from tests.model.arena import ENDINGS, STEPS, Arena, Tally
from tests.support.postgres import Postgres


def prepare(url: str) -> None:
    schema.upgrade(url, "sandbox")


@pytest.fixture(scope="module")
def telling() -> Iterator[Postgres]:
    """A cluster that tells when each transaction committed."""
    cluster = Postgres()
    with cluster.admin() as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    cluster.stop()
    cluster.start()
    yield cluster
    cluster.remove()


def met(cluster: Postgres, count: int, *, safe: bool, seed: int) -> Tally:
    store = open_store(cluster.new_database(prepare))
    try:
        arena = Arena(store, safe=safe, seed=seed)
        return arena.run(arena.prepare(count))
    finally:
        store.close()


def holds(tally: Tally) -> None:
    assert tally.errors == []
    assert +tally.after == {}
    assert tally.left == 0
    for step in STEPS:
        assert sum(tally.before[step, ending] for ending in ENDINGS), f"no {step} came first: nothing was interleaved"


def counted(tally: Tally) -> str:
    before, after = sum(tally.before.values()), sum(tally.after.values())
    return f"{tally.cases} meetings, {before} issued or told before the ending's commit, {after} after it"


@pytest.mark.attack("ATK-122")
@pytest.mark.attack("ATK-130")
def test_nothing_is_issued_after_the_ending(telling: Postgres) -> None:
    holds(met(telling, 160, safe=True, seed=1))


def test_control_without_the_locks_much_is(telling: Postgres) -> None:
    tally = met(telling, 160, safe=False, seed=1)
    assert all(sum(tally.after[step, ending] for ending in ENDINGS) for step in STEPS), tally.after


@pytest.mark.attack("ATK-122")
def test_nothing_is_issued_after_the_ending_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/portaria.sqlite"
    prepare(url)
    store = open_store(url)
    arena = Arena(store)
    holds(arena.run(arena.prepare(64)))
    store.close()


@pytest.mark.deep
@pytest.mark.attack("ATK-122")
@pytest.mark.attack("ATK-130")
def test_ten_thousand_meetings(telling: Postgres, record_property: Callable[[str, object], None]) -> None:
    tally = met(telling, 10_000, safe=True, seed=2)
    record_property("deep", counted(tally))
    holds(tally)
    assert all(tally.before[step, ending] for step in STEPS for ending in ENDINGS), tally.before


@pytest.mark.deep
def test_control_ten_thousand_without_the_locks(
    telling: Postgres, record_property: Callable[[str, object], None]
) -> None:
    tally = met(telling, 10_000, safe=False, seed=2)
    record_property("deep", counted(tally))
    assert all(tally.after[step, ending] for step in STEPS for ending in ENDINGS), tally.after
