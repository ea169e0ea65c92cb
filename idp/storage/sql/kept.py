"""Connections that stay checked out of their engine between two uses.

To check one out, reset it and check it in costs several times what SQLite's own BEGIN and COMMIT take, and a request
does it three to five times. Kept ones are as many as were ever used at once: at most one for each thread that serves.
What goes wrong is the pool's to mend: a connection that saw any error goes back to it, and after an error of the
database's the others are closed, which may be as broken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from idp.storage.sql.engine import answering

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Of one engine, until it is disposed of. ``dress`` makes of each connection, once, what its users are handed; it
    holds nothing but the connection."""

    def __init__(self, engine: Engine, dress: Callable[[Connection], _T]) -> None:
        self._engine = engine
        self._dress = dress
        self._free: deque[tuple[Connection, _T]] = deque()  # its pop and append are atomic
        event.listen(engine, "engine_disposed", lambda _: self._release())

    @contextmanager
    def begin(self) -> Iterator[_T]:
        """One transaction. Raises StoreUnavailable."""
        with self._lent() as (connection, dressed), connection.begin():
            yield dressed

    @contextmanager
    def connect(self) -> Iterator[_T]:
        """Statements each by itself, on an engine in autocommit. Raises StoreUnavailable."""
        with self._lent() as (connection, dressed):
            yield dressed
            if connection.in_transaction():  # SQLAlchemy's own bookkeeping: the database has none open
                connection.rollback()

    @contextmanager
    def _lent(self) -> Iterator[tuple[Connection, _T]]:
        with answering():
            try:
                lent = self._free.pop()
            except IndexError:
                connection = self._engine.connect()
                lent = connection, self._dress(connection)
            try:
                yield lent
            except BaseException as error:
                lent[0].close()
                if isinstance(error, DBAPIError):
                    self._release()
                raise
            self._free.append(lent)

    def _release(self) -> None:
        while self._free:
            connection, _ = self._free.pop()
            connection.detach()  # its pool may be one that nobody asks any more
            connection.close()
