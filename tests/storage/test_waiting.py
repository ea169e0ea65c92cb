"""Who waits for SQLite's writer, and how."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from idp.storage.sql.waiting import connections


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "file") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE written (by TEXT)")
    connection.close()
    return tmp_path / "file"


def opened(path: Path, seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, factory=connections(lambda: seconds), check_same_thread=False)


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "INSERT INTO written VALUES ('second')"])
def test_the_lock_is_taken_as_soon_as_it_is_free(path: Path, statement: str) -> None:
    """Once, although it was tried many times; and long before patience ends."""
    first, second = opened(path, 60), opened(path, 60)
    first.execute("BEGIN IMMEDIATE")
    first.execute("INSERT INTO written VALUES ('first')")
    took: list[float] = []

    def wait() -> None:
        second.cursor().execute(statement)
        took.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    released = time.monotonic()
    first.execute("COMMIT")
    thread.join(60)
    assert took[0] - released < 10
    if second.in_transaction:
        second.execute("INSERT INTO written VALUES ('second')")
        second.execute("COMMIT")
    assert first.execute("SELECT by FROM written").fetchall() == [("first",), ("second",)]
    first.close()
    second.close()


def test_patience_ends(path: Path) -> None:
    first, second = opened(path, 60), opened(path, 0.05)
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()


def test_other_errors_are_not_waited_for(path: Path) -> None:
    connection = opened(path, 60)
    start = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        connection.execute("SELECT * FROM absent")
    assert time.monotonic() - start < 30
    connection.close()
