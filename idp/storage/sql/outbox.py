"""What clients are to be told of ended sessions, until they have been told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from idp.ports.outbox import Delivery, Notice
from idp.storage.sql.tables import outbox

_COLUMNS = (outbox.c.id, outbox.c.client_id, outbox.c.sub, outbox.c.sid, outbox.c.created_at)
_RECEIPT = (
    outbox.c.attempts,
    outbox.c.next_attempt_at,
    outbox.c.delivered_at,
    outbox.c.given_up_at,
    outbox.c.last_error,
)
_ADD = insert(outbox)
_DUE = (
    select(outbox.c.id)
    .where(outbox.c.next_attempt_at <= bindparam("at"))
    .order_by(outbox.c.next_attempt_at)
    .limit(bindparam("limit"))
)
_ATTEMPT = update(outbox).values(attempts=outbox.c.attempts + 1, next_attempt_at=bindparam("until"))
# The condition stands twice: of two that chose the same row, the second finds it moved when it gets the lock.
_CLAIM = _ATTEMPT.where(outbox.c.id.in_(_DUE), outbox.c.next_attempt_at <= bindparam("at")).returning(
    *_COLUMNS, *_RECEIPT
)
_TAKE_UP = _ATTEMPT.where(
    outbox.c.id.in_(bindparam("ids", expanding=True)), outbox.c.attempts == 0, outbox.c.next_attempt_at.is_not(None)
).returning(*_COLUMNS, *_RECEIPT)
_ONE = update(outbox).where(outbox.c.id == bindparam("key"), outbox.c.delivered_at.is_(None))
_DELIVERED = _ONE.values(delivered_at=bindparam("at"), next_attempt_at=None, given_up_at=None)
_FAILED = _ONE.values(
    last_error=bindparam("error"), next_attempt_at=bindparam("again"), given_up_at=bindparam("gave_up")
)
_RECENT = select(*_COLUMNS, *_RECEIPT).order_by(outbox.c.created_at.desc(), outbox.c.id).limit(bindparam("limit"))
_WAITING = _RECENT.where(outbox.c.next_attempt_at.is_not(None))
_BACKLOG = select(func.count(), func.min(outbox.c.created_at)).where(outbox.c.next_attempt_at.is_not(None))
_GIVEN_UP = select(func.count()).where(outbox.c.given_up_at.is_not(None))
_PURGE = delete(outbox).where(outbox.c.next_attempt_at.is_(None), outbox.c.created_at <= bindparam("before"))


class SqlOutbox:
    """Implements :class:`idp.ports.outbox.Outbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notices: Sequence[Notice], due: datetime) -> None:
        if notices:
            self._connection.execute(_ADD, [_values(notice, due) for notice in notices])

    def due(self, at: datetime) -> bool:
        return self._connection.execute(_DUE, {"at": at, "limit": 1}).first() is not None

    def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        found = self._connection.execute(_CLAIM, {"at": at, "until": until, "limit": limit}).all()
        return sorted(map(_delivery, found), key=lambda one: one.notice.at)

    def take_up(self, ids: Sequence[str], until: datetime) -> Sequence[Delivery]:
        if not ids:
            return ()
        return [_delivery(row) for row in self._connection.execute(_TAKE_UP, {"ids": list(ids), "until": until}).all()]

    def delivered(self, id: str, at: datetime) -> None:
        self._connection.execute(_DELIVERED, {"key": id, "at": at})

    def failed(self, id: str, at: datetime, error: str, again: datetime | None) -> None:
        values = {"key": id, "error": error, "again": again, "gave_up": at if again is None else None}
        self._connection.execute(_FAILED, values)

    def recent(self, limit: int, *, waiting: bool = False) -> Sequence[Delivery]:
        found = self._connection.execute(_WAITING if waiting else _RECENT, {"limit": limit}).all()
        return [_delivery(row) for row in found]

    def backlog(self) -> tuple[int, datetime | None, int]:
        """How many wait to be delivered, the moment of the oldest, and how many of those kept were given up."""
        count, oldest = self._connection.execute(_BACKLOG).one()
        return count, oldest, self._connection.execute(_GIVEN_UP).scalar_one()

    def purge(self, before: datetime) -> int:
        """Forget receipts of what was told of until ``before``; how many."""
        return self._connection.execute(_PURGE, {"before": before}).rowcount


def _values(notice: Notice, due: datetime) -> dict[str, Any]:
    return {
        "id": notice.id,
        "client_id": notice.client_id,
        "sub": notice.sub,
        "sid": notice.sid,
        "created_at": notice.at,
        "next_attempt_at": due,
        "attempts": 0,
    }


def _delivery(row: Sequence[Any]) -> Delivery:
    return Delivery(Notice(*row[: len(_COLUMNS)]), *row[len(_COLUMNS) :])
