"""Everything the audit has about one procuração: its own acts, those of the line it stands in, and every use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Select, bindparam, literal, select

from idp.audit import Row
from idp.audit.subjects import procuracao as named
from idp.audit.subjects import subjects
from idp.domain.procuracao import Procuracao
from idp.errors import NotFound
from idp.storage.sql import rows
from idp.storage.sql.engine import answering
from idp.storage.sql.statements import chain, procuracao
from idp.storage.sql.tables import atos, procuracoes
from idp.storage.sql.trail import SqlAuditTrail

_DEEPEST = 16
_ABOVE = chain(bindparam("key"))
_ANCESTORS = select(*procuracao(_ABOVE)).where(_ABOVE.c.elo > 0).order_by(_ABOVE.c.elo)
_first: Select[Any] = select(procuracoes, literal(1).label("elo")).where(procuracoes.c.pai == bindparam("key"))
_below = _first.cte("abaixo", recursive=True)
_BELOW = _below.union_all(
    select(procuracoes, _below.c.elo + 1).where(procuracoes.c.pai == _below.c.id, _below.c.elo < _DEEPEST)
)
_DESCENDANTS = select(*procuracao(_BELOW)).order_by(_BELOW.c.elo, _BELOW.c.id)
_ACTS = select(atos).where(atos.c.procuracao.in_(bindparam("ids", expanding=True))).order_by(atos.c.em, atos.c.id)
_ONE = select(*procuracao()).where(procuracoes.c.id == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Case:
    """A procuração as it is now, those it descends from (nearest first), and the substabelecimentos below it."""

    procuracao: Procuracao
    ancestors: Sequence[Procuracao]
    descendants: Sequence[Procuracao]
    acts: Sequence[Mapping[str, Any]] = ()
    """What was done to each of them, with the texts shown, as ``atos`` keeps it."""


def case(reader: Engine, id: str) -> Case:
    """Raises NotFound."""
    with answering(), reader.connect() as connection:
        found = _all(connection, _ONE, id) if id.isprintable() else []
        if not found:
            raise NotFound(f"procuracao {id}")
        above, below = _all(connection, _ANCESTORS, id), _all(connection, _DESCENDANTS, id)
        ids = [one.id for one in (*found, *above, *below)]
        acts = connection.execute(_ACTS, {"ids": ids}).mappings()
        return Case(found[0], above, below, [{str(name): value for name, value in act.items()} for act in acts])


def case_rows(trail: SqlAuditTrail, about: Case) -> Iterator[Row]:
    """The sealed rows that belong to the case, in the chain's order: everything about the procuração and those below
    it, and of those above it what befell them, not how others used them."""
    ours = {named(one.id) for one in (about.procuracao, *about.descendants)}
    above = {named(one.id) for one in about.ancestors}
    for row in trail.search([ours | above]):
        if row.payload is None:
            continue
        found = subjects(orjson.loads(row.payload))
        if found & ours or (row.kind.startswith("procuracao.") and found & above):
            yield row


def _all(connection: Connection, statement: Select[Any], id: str) -> list[Procuracao]:
    return [rows.procuracao(row) for row in connection.execute(statement, {"key": id})]
