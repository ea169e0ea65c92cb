"""For how long each kind of data is kept, and how it goes: one table, enforced by the worker and shown to who asks.

Everything is deleted in small transactions of what was read before, so that no login waits. The audit loses content,
never rows: its chain goes on verifying, and a row of its own says how many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

import orjson
from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select

from idp.audit.subjects import designacao as subject_of_designacao
from idp.audit.subjects import procuracao as subject_of_procuracao
from idp.audit.subjects import subjects
from idp.domain.designacao import EstadoDesignacao
from idp.domain.procuracao import EstadoProcuracao
from idp.ports import AuditEvent
from idp.storage.sql.engine import answering, snapshot
from idp.storage.sql.store import SqlStore
from idp.storage.sql.tables import atos, audit, consents, designacoes, grants, pedidos, procuracoes
from idp.storage.sql.trail import SKEW, first_at

_BATCH = 500
ACCESS = ("login.refused", "login.discarded")
"""Of people who were not let in, by certificates that may not be theirs: kept as an access log, not as evidence."""
_OF_READERS = ("audit.read", "audit.erased", "person.erased")
_IN_FORCE = (
    EstadoProcuracao.PENDENTE.value,
    EstadoProcuracao.ATIVA.value,
    EstadoProcuracao.SUSPENSA.value,
    EstadoDesignacao.ATIVA.value,
)


class Days(Protocol):
    """The settings that say so."""

    @property
    def retention_access_days(self) -> int: ...
    @property
    def retention_procuracoes_days(self) -> int: ...
    @property
    def retention_audit_days(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How long after its end something is kept: ``access`` grants and refused logins, ``procuracoes`` what gave or
    asked for power, ``audit`` the content of the audit's rows."""

    access: timedelta
    procuracoes: timedelta
    audit: timedelta

    @classmethod
    def of(cls, settings: Days) -> Terms:
        return cls(
            access=timedelta(days=settings.retention_access_days),
            procuracoes=timedelta(days=settings.retention_procuracoes_days),
            audit=timedelta(days=settings.retention_audit_days),
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """``data`` in words, the tables it lies in, the term it is kept for and how it goes. ``enforce`` returns how many
    went at a moment; None where something else does it, which ``how`` names."""

    data: str
    tables: tuple[Table, ...]
    term: str
    how: str
    enforce: Callable[[SqlStore, Terms, datetime], int] | None = None


def enforce(store: SqlStore, terms: Terms, at: datetime) -> dict[str, int]:
    """Apply every rule of :data:`RULES`; what went, by the rule's ``data``, without those of which nothing did."""
    done = ((rule.data, rule.enforce(store, terms, at)) for rule in RULES if rule.enforce)
    return {data: count for data, count in done if count}


def due_for_erasure(
    store: SqlStore, about: Collection[str], terms: Terms, at: datetime
) -> tuple[list[int], datetime | None]:
    """The audit's rows about some subject whose term has passed, and when the term of the others ends; None where there
    are none. A row that says who read the audit is evidence about the reader, with a term of its own."""
    due: list[int] = []
    latest: datetime | None = None
    rows = store.trail().search([about])
    found = ((row, row.payload) for row in rows if row.payload is not None and row.kind not in _OF_READERS)
    while some := list(islice(found, _BATCH)):
        ends = _ends_of_kept(store, [payload for _, payload in some])
        for (row, _), fim in zip(some, ends, strict=True):
            term = terms.access if row.kind in ACCESS else terms.audit
            end = max(row.at + term, fim + terms.procuracoes) if fim else row.at + term
            if fim or end > at:
                latest = max(latest or end, end)
            else:
                due.append(row.id)
    return due, latest


def _consents(store: SqlStore, terms: Terms, at: datetime) -> int:
    key = tuple(consents.primary_key.columns)
    return _delete(store, consents, key, consents.c.until <= at)


def _grants(store: SqlStore, terms: Terms, at: datetime) -> int:
    return _delete(store, grants, (grants.c.id,), grants.c.expires_at <= at - terms.access)


def _pedidos(store: SqlStore, terms: Terms, at: datetime) -> int:
    before = at - terms.procuracoes
    return _delete(store, pedidos, (pedidos.c.id,), and_(pedidos.c.expira_em <= before, pedidos.c.fim <= before))


def _designacoes(store: SqlStore, terms: Terms, at: datetime) -> int:
    return _delete_with_acts(store, designacoes, atos.c.designacao, _over(designacoes, at - terms.procuracoes))


def _procuracoes(store: SqlStore, terms: Terms, at: datetime) -> int:
    """From the last of a line upwards: one that others descend from stays until they are gone."""
    child = procuracoes.alias("filha")
    over = and_(
        _over(procuracoes, at - terms.procuracoes),
        ~select(child.c.id).where(child.c.pai == procuracoes.c.id).exists(),
        ~select(pedidos.c.id).where(pedidos.c.procuracao == procuracoes.c.id).exists(),
    )
    total = 0
    while count := _delete_with_acts(store, procuracoes, atos.c.procuracao, over):
        total += count
    return total


def _refused(store: SqlStore, terms: Terms, at: datetime) -> int:
    return _erase(store, at - terms.access, at, "access", ACCESS)


def _audit(store: SqlStore, terms: Terms, at: datetime) -> int:
    return _erase(store, at - terms.audit, at, "audit", None)


RULES: tuple[Rule, ...] = (
    Rule("remembered consents", (consents,), "`consent_days`", "rows deleted at their end", _consents),
    Rule("grants: sign-ins at applications", (grants,), "`retention_access_days` after their end", "deleted", _grants),
    Rule("requests for a procuração", (pedidos,), "`retention_procuracoes_days` after their end", "deleted", _pedidos),
    Rule(
        "designações of employees, with their acts",
        (designacoes, atos),
        "`retention_procuracoes_days` after their end",
        "deleted",
        _designacoes,
    ),
    Rule(
        "procurações, with their acts and texts",
        (procuracoes, atos),
        "`retention_procuracoes_days` after their end, and that of those passed on from them",
        "deleted",
        _procuracoes,
    ),
    Rule(
        "audit: refused and discarded logins",
        (audit,),
        "`retention_access_days`",
        "payload and salt erased, the row stays; `audit.erased` says how many",
        _refused,
    ),
    Rule(
        "audit: everything else",
        (audit,),
        "`retention_audit_days`; of a procuração or designação, as long as it is kept besides",
        "payload and salt erased, the row stays; `audit.erased` says how many",
        _audit,
    ),
)
"""What the worker enforces, in this order: what the audit keeps depends on which procurações there are."""


def _over(table: Table, before: datetime) -> ColumnElement[bool]:
    """Whether it had ended by ``before``: its term, or before that somebody's act."""
    return or_(table.c.fim <= before, and_(table.c.estado.not_in(_IN_FORCE), table.c.estado_em <= before))


def _delete(store: SqlStore, table: Table, key: tuple[Any, ...], over: ColumnElement[bool]) -> int:
    count = 0
    for found in _batches(store, select(*key).where(over)):
        with answering(), store.engine.begin() as connection:
            for row in found:
                whose = [column == value for column, value in zip(key, row, strict=True)]
                count += connection.execute(delete(table).where(*whose, over)).rowcount
    return count


def _delete_with_acts(store: SqlStore, table: Table, owner: ColumnElement[Any], over: ColumnElement[bool]) -> int:
    count = 0
    for found in _batches(store, select(table.c.id).where(over)):
        ids = [row.id for row in found]
        with answering(), store.engine.begin() as connection:
            connection.execute(delete(atos).where(owner.in_(ids)))
            count += connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount
    return count


def _erase(store: SqlStore, before: datetime, at: datetime, term: str, kinds: Sequence[str] | None) -> int:
    event = AuditEvent("audit.erased", at, {"why": "term", "term": term, "before": before.isoformat()})
    log, count = store.audit_log(), 0
    with answering(), store.reader.connect() as connection:
        last = connection.execute(select(func.max(audit.c.sequence))).scalar() or 0
        end = first_at(connection, before + SKEW, last)
    old = select(audit.c.id, audit.c.payload).where(
        audit.c.sequence < end, audit.c.at < before, audit.c.payload.is_not(None), audit.c.kind != "audit.erased"
    )
    for found in _batches(store, old.where(audit.c.kind.in_(kinds)) if kinds else old):
        kept = _ends_of_kept(store, [row.payload for row in found])
        ids = [row.id for row, end in zip(found, kept, strict=True) if end is None]
        count += log.erase(ids, event) if ids else 0
    return count


def _ends_of_kept(store: SqlStore, payloads: Sequence[str]) -> list[datetime | None]:
    """Of each payload the last end of the procurações and designações that it names and that are still kept; None where
    none is."""
    about = [subjects(orjson.loads(payload)) for payload in payloads]
    everything = frozenset().union(*about)
    ends: dict[str, datetime] = {}
    with answering(), store.reader.connect() as connection:
        for table, subject in ((procuracoes, subject_of_procuracao), (designacoes, subject_of_designacao)):
            prefix = subject("")
            ids = [one.removeprefix(prefix) for one in everything if one.startswith(prefix)]
            rows = select(table.c.id, table.c.fim, table.c.estado, table.c.estado_em).where(table.c.id.in_(ids))
            ends |= {subject(row.id): _end(row) for row in connection.execute(rows)}
    return [max((ends[one] for one in some if one in ends), default=None) for some in about]


def _end(row: Any) -> datetime:
    """What :func:`_over` compares, of one row."""
    fim: datetime = row.fim
    return fim if row.estado in _IN_FORCE or row.estado_em is None else min(fim, row.estado_em)


def _batches(store: SqlStore, statement: Select[Any]) -> Iterator[list[Any]]:
    with answering(), snapshot(store.reader) as connection:
        rows = iter(connection.execution_options(yield_per=_BATCH).execute(statement))
        while found := list(islice(rows, _BATCH)):
            yield found
