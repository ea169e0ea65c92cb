"""Audit rows found by what they are about: for pages (newest first, a page at a time) and for the audit's search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, exists, func, or_, select, union_all

from idp.audit import Row
from idp.audit.subjects import client, person, procuracao
from idp.domain.documents import Documento
from idp.ports.audit import ALL, Act, Narrow
from idp.storage.sql.engine import answering, snapshot
from idp.storage.sql.tables import audit, audit_subjects

USES = ("code.issued", "code.refused")
"""One a login: that a procuração, or another right, was relied on."""
_TOGETHER = 100
_BATCH = 1000
SKEW = timedelta(hours=1)
"""By how much the moments of rows may go back along the chain: clocks of several machines, long transactions."""

Cursor = tuple[datetime, int]


class SqlAuditTrail:
    """Implements :class:`idp.ports.audit.AuditTrail` on the reading engine."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader

    def uses_of(
        self,
        procuracoes: Collection[str],
        *,
        before: Cursor | None = None,
        limit: int = 50,
        kinds: Collection[str] = USES,
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        about = [procuracao(id) for id in procuracoes]
        return self.newest(about, before=before, limit=limit, kinds=kinds, narrow=narrow)

    def on_behalf_of(
        self,
        documento: Documento,
        *,
        before: Cursor | None = None,
        limit: int = 50,
        kinds: Collection[str] = USES,
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        about = person(documento, "representado")
        return self.newest(about, before=before, limit=limit, kinds=kinds, narrow=narrow)

    def acts_of(
        self,
        documento: Documento,
        *,
        before: Cursor | None = None,
        limit: int = 50,
        kinds: Collection[str] = (),
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        about = person(documento, "titular")
        return self.newest(about, before=before, limit=limit, kinds=kinds, narrow=narrow)

    def act(self, id: int) -> Act | None:
        with answering(), self._reader.connect() as connection:
            row = next(_by_id(connection, [id]), None)
        return None if row is None or row.payload is None else Act(row.id, row.kind, row.at, orjson.loads(row.payload))

    def newest(
        self,
        subjects: Sequence[str],
        *,
        before: Cursor | None = None,
        limit: int = 50,
        kinds: Collection[str] = (),
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        """At most ``limit`` acts about any of ``subjects`` (``idp.audit.subjects``), newest first."""
        with answering(), self._reader.connect() as connection:
            found: set[tuple[datetime, int]] = set()
            for start in range(0, len(subjects), _TOGETHER):
                found.update(_newest(connection, subjects[start : start + _TOGETHER], before, limit, kinds, narrow))
            chosen = sorted(found, reverse=True)[:limit]
            rows = {row.id: row for row in _by_id(connection, [id for _, id in chosen])}
        return [
            Act(id, rows[id].kind, at, orjson.loads(rows[id].payload))
            for at, id in chosen
            if id in rows and rows[id].payload is not None
        ]

    def search(
        self,
        about: Iterable[Collection[str]] = (),
        *,
        kinds: Collection[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        """Sealed rows in the chain's order, streamed: about some subject of each collection, of one of ``kinds``, from
        ``since`` on and before ``until``. Without subjects the chain is read between the two moments."""
        within = [*_within(audit.c.at, since, until), audit.c.sequence.is_not(None)]
        if kinds:
            within.append(audit.c.kind.in_(kinds))
        with answering(), snapshot(self._reader) as connection:
            groups = list(about)
            for group in groups:
                named = select(audit_subjects.c.id).where(
                    audit_subjects.c.subject.in_(group), *_within(audit_subjects.c.at, since, until)
                )
                within.append(audit.c.id.in_(named))
            if not groups:
                within += _between(connection, since, until)
            statement = select(audit).where(*within).order_by(audit.c.sequence)
            for row in connection.execution_options(yield_per=_BATCH).execute(statement):
                yield Row(*row)


def _newest(
    connection: Connection,
    subjects: Sequence[str],
    before: Cursor | None,
    limit: int,
    kinds: Collection[str],
    narrow: Narrow,
) -> Iterator[tuple[datetime, int]]:
    """The newest of each subject: a walk along its part of the index, never the sum of them sorted."""
    parts = []
    for subject in subjects:
        at, id = audit_subjects.c.at, audit_subjects.c.id
        part = select(at, id).where(audit_subjects.c.subject == subject)
        if kinds:
            part = part.where(audit_subjects.c.kind.in_(kinds))
        if before is not None:
            part = part.where(at <= before[0], or_(at < before[0], and_(at == before[0], id < before[1])))
        part = part.where(*_narrowed(at, id, narrow))
        newest = part.order_by(at.desc(), id.desc()).limit(limit).subquery()
        parts.append(select(newest.c.at, newest.c.id))
    for row in connection.execute(union_all(*parts)):
        yield row.at, row.id


def _narrowed(at: ColumnElement[datetime], id: ColumnElement[int], narrow: Narrow) -> Iterator[ColumnElement[bool]]:
    """One look into the index for each row, besides the walk."""
    if narrow.since is not None:
        yield at >= narrow.since
    also = [client(narrow.client)] if narrow.client is not None else []
    also += person(narrow.titular, "titular") if narrow.titular is not None else ()
    for subject in also:
        other = audit_subjects.alias()
        yield exists().where(other.c.subject == subject, other.c.at == at, other.c.id == id)


def _by_id(connection: Connection, ids: Sequence[int]) -> Iterator[Any]:
    for start in range(0, len(ids), _BATCH):
        yield from connection.execute(select(audit).where(audit.c.id.in_(ids[start : start + _BATCH])))


def _within(at: ColumnElement[datetime], since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return ([at >= since] if since else []) + ([at < until] if until else [])


def _between(connection: Connection, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """The part of the chain that may hold the moments: moments have no index of their own, for every login would pay
    for it, but along the chain they grow."""
    last = connection.execute(select(func.max(audit.c.sequence))).scalar() or 0
    limits = []
    if since:
        limits.append(audit.c.sequence >= first_at(connection, since - SKEW, last))
    if until:
        limits.append(audit.c.sequence < first_at(connection, until + SKEW, last))
    return limits


def first_at(connection: Connection, at: datetime, last: int) -> int:
    """The first sequence whose row is not older than ``at``; one after ``last`` where all are. By halving."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(_moment(middle)).scalar()
        if found is not None and found >= at:
            high = middle
        else:
            low = middle + 1
    return low


def _moment(sequence: int) -> Select[datetime]:
    return select(audit.c.at).where(audit.c.sequence == sequence)
