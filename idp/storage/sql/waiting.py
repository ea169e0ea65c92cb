"""SQLite's single writer, waited for in short steps.

SQLite's own busy handler sleeps 1, 2, 5, 10 … ms, many times what a transaction here takes: two writing processes spent
a sixth of their time asleep beside a free lock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

_STEP, _LONGEST = 0.0002, 0.001
_EXTENDED = 0xFF  # the primary result code in an extended one


def connections(seconds: Callable[[], float]) -> type[sqlite3.Connection]:
    """A connection class (``sqlite3.connect(factory=…)``) whose ``execute`` waits for the lock, ``seconds()`` at most,
    and then raises SQLite's "database is locked". It replaces the driver's own ``timeout``.

    Only a statement that did nothing is tried again: outside a transaction, or BEGIN IMMEDIATE itself. ``executemany``
    does not wait, because part of it may be done: it belongs within a transaction.
    """

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
            try:
                super().execute(sql, parameters)
            except sqlite3.OperationalError as error:
                if not _busy(error):
                    raise
                self._again(sql, parameters)
            return self

        def _again(self, sql: str, parameters: Any) -> None:
            give_up = time.monotonic() + seconds()
            step = _STEP
            while True:
                time.sleep(step)
                step = min(step * 1.5, _LONGEST)
                try:
                    super().execute(sql, parameters)
                except sqlite3.OperationalError as error:
                    if not _busy(error) or time.monotonic() > give_up:
                        raise
                else:
                    return

    class Connection(sqlite3.Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **(named | {"timeout": 0}))

        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(Cursor)

        def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
            cursor: Cursor = self.cursor().execute(sql, parameters)
            return cursor

    return Connection


def _busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & _EXTENDED == sqlite3.SQLITE_BUSY
