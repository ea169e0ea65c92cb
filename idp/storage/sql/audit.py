"""The audit rows: appended with their act, chained by the sealer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, text, update

from idp.audit import GENESIS, Row, link, sealed_event
from idp.ports import AuditEvent
from idp.storage.sql.engine import answering
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.tables import audit

_APPEND = Prepared(insert(audit).inline())
_BATCH = 1000
_SEALER_LOCK = 0x506F7274  # any number, the same in every process: "Port"
_HEAD = select(audit.c.sequence, audit.c.hash).where(
    audit.c.sequence == select(func.max(audit.c.sequence)).scalar_subquery()
)
_UNSEALED = select(audit).where(audit.c.sequence.is_(None)).order_by(audit.c.id)
_SEAL = (
    update(audit).where(audit.c.id == bindparam("key")).values(sequence=bindparam("next"), hash=bindparam("chained"))
)
_SEALED = select(audit).where(audit.c.sequence.is_not(None)).order_by(audit.c.sequence)
_WAITING = select(func.count(), func.min(audit.c.at)).where(audit.c.sequence.is_(None))
_ERASE = update(audit).where(audit.c.id.in_(bindparam("ids", expanding=True))).values(salt=None, payload=None)


class SqlAudit:
    """Implements :class:`idp.ports.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, event: AuditEvent) -> None:
        _APPEND.rows(self._connection, sealed_event(event))


class SqlAuditLog:
    """Implements :class:`idp.audit.Log` on the transactional engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def seal(self) -> tuple[int, str] | None:
        """See :class:`idp.audit.Log`. Only one sealer works at a time: SQLite has one writer, PostgreSQL an advisory
        lock. Rows committed meanwhile wait for the next call."""
        with answering(), self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK})
            before = connection.execute(_HEAD).first()
            sequence, head = (before.sequence, before.hash) if before else (0, GENESIS)
            start = sequence
            while rows := connection.execute(_UNSEALED.limit(_BATCH)).all():
                changes = []
                for row in rows:
                    sequence += 1
                    head = link(head, sequence, row.kind, row.at, row.commitment)
                    changes.append({"key": row.id, "next": sequence, "chained": head})
                connection.execute(_SEAL, changes)
            return (sequence, head) if sequence > start else None

    def rows(self) -> Iterator[Row]:
        """See :class:`idp.audit.Log`. One consistent view, streamed."""
        with answering(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            for statement in (_SEALED, _UNSEALED):
                for row in connection.execution_options(yield_per=_BATCH).execute(statement):
                    yield Row(*row)

    def unsealed(self) -> tuple[int, datetime | None]:
        """How many rows wait for the sealer, and the moment of the oldest."""
        with answering(), self._engine.connect() as connection:
            count, oldest = connection.execute(_WAITING).one()
            return count, oldest

    def erase(self, ids: Sequence[int]) -> int:
        """Drop payload and salt of these rows; how many there were. The chain keeps verifying."""
        with answering(), self._engine.begin() as connection:
            return connection.execute(_ERASE, {"ids": list(ids)}).rowcount
