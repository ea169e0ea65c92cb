"""The audit rows: appended with their act, chained by the sealer, erased at the end of their term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, text, update

from idp.audit import GENESIS, Row, link, sealed_event
from idp.audit.subjects import subjects
from idp.ports import AuditEvent
from idp.storage.sql.engine import answering, snapshot
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import audit, audit_subjects, meta

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
_LINKS = (
    select(audit.c.hash)
    .where(audit.c.sequence.between(bindparam("first"), bindparam("last")))
    .order_by(audit.c.sequence)
)
_WAITING = select(func.count(), func.min(audit.c.at)).where(audit.c.sequence.is_(None))

_INDEXED = "audit_indexed"
_MARK = select(meta.c.value).where(meta.c.name == _INDEXED)
_AFTER = (
    select(audit.c.sequence, audit.c.id, audit.c.kind, audit.c.at, audit.c.payload)
    .where(audit.c.sequence > bindparam("mark"))
    .order_by(audit.c.sequence)
)
_ADD_SUBJECTS = Upsert(lambda insert: insert(audit_subjects).on_conflict_do_nothing())
_SET_MARK = Upsert(
    lambda insert: insert(meta).on_conflict_do_update(
        index_elements=[meta.c.name], set_={"value": insert(meta).excluded.value}
    )
)

_ERASABLE = select(audit.c.id, audit.c.at, audit.c.payload).where(
    audit.c.id.in_(bindparam("ids", expanding=True)),
    audit.c.sequence.is_not(None),
    audit.c.payload.is_not(None),
    audit.c.kind != "audit.erased",
)
_ERASE = update(audit).where(audit.c.id.in_(bindparam("ids", expanding=True))).values(salt=None, payload=None)
_FORGET = delete(audit_subjects).where(
    audit_subjects.c.subject == bindparam("about"),
    audit_subjects.c.at == bindparam("moment"),
    audit_subjects.c.id == bindparam("row"),
)


class SqlAudit:
    """Implements :class:`idp.ports.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, *events: AuditEvent) -> None:
        if len(events) == 1:
            _APPEND.rows(self._connection, sealed_event(events[0]))
        elif events:
            _APPEND.each(self._connection, [sealed_event(event) for event in events])


class SqlAuditLog:
    """Implements :class:`idp.audit.Log`: changes on the transactional engine, reads on the other."""

    def __init__(self, engine: Engine, reader: Engine) -> None:
        self._engine = engine
        self._reader = reader

    def seal(self) -> tuple[int, str] | None:
        """See :class:`idp.audit.Log`. Rows committed meanwhile wait for the next call."""
        with answering(), self._engine.begin() as connection:
            _alone(connection)
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

    def links(self, first: int, last: int) -> Sequence[str]:
        """See :class:`idp.audit.Log`."""
        with answering(), self._reader.connect() as connection:
            return connection.execute(_LINKS, {"first": first, "last": last}).scalars().all()

    def rows(self) -> Iterator[Row]:
        """See :class:`idp.audit.Log`. One consistent view, streamed."""
        with answering(), snapshot(self._reader) as connection:
            for statement in (_SEALED, _UNSEALED):
                for row in connection.execution_options(yield_per=_BATCH).execute(statement):
                    yield Row(*row)

    def unsealed(self) -> tuple[int, datetime | None]:
        """How many rows wait for the sealer, and the moment of the oldest."""
        with answering(), self._reader.connect() as connection:
            count, oldest = connection.execute(_WAITING).one()
            return count, oldest

    def index(self, most: int | None = None) -> int:
        """Write down what the rows sealed since the last call are about, in small transactions; how many they were.
        Of a database from before, all of them; ``most`` leaves the rest to the next call."""
        done = 0
        while (most is None or done < most) and (count := self._index_batch()):
            done += count
        return done

    def _index_batch(self) -> int:
        with answering(), self._engine.begin() as connection:
            _alone(connection)
            mark = int(connection.execute(_MARK).scalar() or 0)
            rows = connection.execute(_AFTER.limit(_BATCH), {"mark": mark}).all()
            if not rows:
                return 0
            values = [
                {"subject": subject, "at": row.at, "id": row.id, "kind": row.kind}
                for row in rows
                if row.payload is not None
                for subject in sorted(subjects(orjson.loads(row.payload)))
            ]
            if values:
                connection.execute(_ADD_SUBJECTS.on(connection), values)
            connection.execute(_SET_MARK.on(connection), {"name": _INDEXED, "value": str(rows[-1].sequence)})
            return len(rows)

    def erase(self, ids: Sequence[int], event: AuditEvent) -> int:
        """Drop payload and salt of these rows, and what says whom they are about; how many there were. ``event`` is
        recorded in the same transaction with that number as ``rows``, unless it is none. Rows not sealed yet, and the
        rows that account for erasures, stay. The chain keeps verifying."""
        with answering(), self._engine.begin() as connection:
            _alone(connection)
            rows = connection.execute(_ERASABLE, {"ids": list(ids)}).all()
            if not rows:
                return 0
            about = [
                {"about": subject, "moment": row.at, "row": row.id}
                for row in rows
                for subject in sorted(subjects(orjson.loads(row.payload)))
            ]
            if about:
                connection.execute(_FORGET, about)
            connection.execute(_ERASE, {"ids": [row.id for row in rows]})
            recorded = AuditEvent(event.kind, event.at, {**event.payload, "rows": len(rows)})
            SqlAudit(connection).append(recorded)
            return len(rows)


def _alone(connection: Connection) -> None:
    """One at a time changes rows that are written: SQLite has one writer, PostgreSQL an advisory lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK})
