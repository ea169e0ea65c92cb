"""Procurações: one by one, by their chain, and in long lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select, true, update

from idp.domain.designacao import Designacao
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.errors import AlreadySpent, NotFound
from idp.ports.outorga import VENCENDO, Alvo, Consulta
from idp.storage.sql import rows
from idp.storage.sql.lists import named, of, page
from idp.storage.sql.statements import Upsert, chain, procuracao
from idp.storage.sql.tables import procuracoes

OPEN = tuple(e.value for e in (EstadoProcuracao.PENDENTE, EstadoProcuracao.ATIVA, EstadoProcuracao.SUSPENSA))
_IN_FORCE = (EstadoProcuracao.ATIVA.value, EstadoProcuracao.SUSPENSA.value)
_COLUMNS = procuracao()
_GET = select(*_COLUMNS).where(procuracoes.c.id == bindparam("key"))
_GET_LOCKED = _GET.with_for_update()
_ADD = Upsert(
    lambda insert: (
        insert(procuracoes).on_conflict_do_nothing(index_elements=[procuracoes.c.id]).returning(procuracoes.c.id)
    )
)
_UPDATE = (
    update(procuracoes)
    .where(procuracoes.c.id == bindparam("key"))
    .values(estado=bindparam("estado"), estado_em=bindparam("estado_em"), cedida_a=bindparam("cedida_a"))
)
_chain = chain(bindparam("key"))
_ABOVE = select(*procuracao(_chain)).where(_chain.c.elo > 0).order_by(_chain.c.elo)
_ABOVE_LOCKED = (
    select(*_COLUMNS)
    .join_from(procuracoes, _chain, _chain.c.id == procuracoes.c.id)
    .where(_chain.c.elo > 0)
    .order_by(_chain.c.elo)
    .with_for_update(read=True, of=procuracoes)
)
_CHILDREN = (
    select(*_COLUMNS).where(procuracoes.c.pai == bindparam("key")).order_by(procuracoes.c.inicio, procuracoes.c.id)
)
# Two statements, so that each finds what it needs in the order of one index, however many have ended.
_OVER = (
    select(*_COLUMNS)
    .where(procuracoes.c.estado.in_(OPEN), procuracoes.c.fim <= bindparam("at"))
    .order_by(procuracoes.c.fim)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_UNACCEPTED = (
    select(*_COLUMNS)
    .where(
        procuracoes.c.estado == EstadoProcuracao.PENDENTE.value,
        procuracoes.c.fim > bindparam("at"),
        procuracoes.c.estado_em <= bindparam("since"),
    )
    .order_by(procuracoes.c.fim)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class SqlProcuracoes:
    """Implements :class:`idp.ports.outorga.Procuracoes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str, *, lock: bool) -> Procuracao | None:
        if not id.isprintable():  # PostgreSQL takes no NUL in text
            return None
        row = self._connection.execute(_GET_LOCKED if lock else _GET, {"key": id}).first()
        return None if row is None else rows.procuracao(row)

    def add(self, procuracao: Procuracao) -> None:
        values = {**rows.procuracao_values(procuracao), "criada_em": procuracao.estado_em}
        if self._connection.execute(_ADD.on(self._connection), values).first() is None:
            raise AlreadySpent(f"procuracao {procuracao.id}")

    def update(self, procuracao: Procuracao) -> None:
        changed = {
            "key": procuracao.id,
            "estado": procuracao.estado.value,
            "estado_em": procuracao.estado_em,
            "cedida_a": procuracao.cedida_a,
        }
        if self._connection.execute(_UPDATE, changed).rowcount == 0:
            raise NotFound(f"procuracao {procuracao.id}")

    def above(self, id: str, *, lock: bool) -> Sequence[Procuracao]:
        return self._all(_ABOVE_LOCKED if lock else _ABOVE, {"key": id})

    def children(self, id: str) -> Sequence[Procuracao]:
        return self._all(_CHILDREN, {"key": id})

    def given(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Procuracao], int]:
        c, above = procuracoes.c, procuracoes.alias("acima")
        passed_on = select(above.c.id).where(of(by, above.c.outorgado_contribuinte, above.c.outorgado))
        whose = or_(of(by, c.outorgante_contribuinte, c.outorgante), c.pai.in_(passed_on))
        return self._page(and_(whose, _meant(consulta)), (c.outorgado_busca, c.id), consulta)

    def received(
        self, by: Sequence[Alvo], designacoes: Sequence[Designacao], consulta: Consulta
    ) -> tuple[Sequence[Procuracao], int]:
        c = procuracoes.c
        whose = [of(by, c.outorgado_contribuinte, c.outorgado)]
        for one in designacoes:
            company = c.outorgado_contribuinte == one.empresa.raiz
            if not consulta.raiz:
                company = and_(company, c.outorgado == one.empresa.numero)
            whose.append(and_(company, c.outorgante_contribuinte.in_(one.clientes)) if one.clientes else company)
        return self._page(and_(or_(*whose), _meant(consulta)), (c.outorgante_busca, c.id), consulta)

    def outorgantes(self, by: Alvo) -> frozenset[str]:
        c = procuracoes.c
        mine = of([by], c.outorgado_contribuinte, c.outorgado)
        found = select(c.outorgante_contribuinte).distinct().where(mine, c.estado.in_(OPEN))
        return frozenset(self._connection.execute(found).scalars())

    def due(self, at: datetime, accepted_since: datetime, limit: int) -> Sequence[Procuracao]:
        found = self._all(_OVER, {"at": at, "limit": limit})
        rest = limit - len(found)
        waiting = self._all(_UNACCEPTED, {"at": at, "since": accepted_since, "limit": rest}) if rest else []
        return [*found, *waiting]

    def _all(self, statement: Select[tuple[object, ...]], parameters: dict[str, object]) -> list[Procuracao]:
        return [rows.procuracao(row) for row in self._connection.execute(statement, parameters).all()]

    def _page(
        self, where: ColumnElement[bool], order: Sequence[ColumnElement[str]], consulta: Consulta
    ) -> tuple[Sequence[Procuracao], int]:
        total = self._connection.execute(select(func.count()).select_from(procuracoes).where(where)).scalar_one()
        by = (procuracoes.c.fim, *order) if consulta.ordem == "fim" else order
        found = page(select(*_COLUMNS).where(where).order_by(*by), consulta) if total else None
        return ([] if found is None else self._all(found, {})), total


def _meant(consulta: Consulta) -> ColumnElement[bool]:
    c = procuracoes.c
    conditions = {
        "abertas": and_(c.estado.in_(OPEN), c.fim > consulta.at),
        "vigentes": and_(c.estado.in_(_IN_FORCE), c.fim > consulta.at),
        "vencendo": and_(
            c.estado == EstadoProcuracao.ATIVA.value, c.fim > consulta.at, c.fim <= consulta.at + VENCENDO
        ),
        "pendentes": and_(c.estado == EstadoProcuracao.PENDENTE.value, c.fim > consulta.at),
        "encerradas": or_(c.estado.not_in(OPEN), c.fim <= consulta.at),
    }
    parts = [conditions[consulta.situacao]] if consulta.situacao != "todas" else []
    parts += named(consulta.q, (c.outorgante_busca, c.outorgado_busca), (c.outorgante, c.outorgado))
    return and_(true(), *parts)
