"""Requests for procurações."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, or_, select, true, update

from idp.domain.pedido import EstadoPedido, Pedido
from idp.errors import NotFound
from idp.ports.outorga import Alvo, Consulta
from idp.storage.sql import rows
from idp.storage.sql.lists import named, of, page
from idp.storage.sql.tables import pedidos

_COLUMNS = tuple(pedidos.c[name] for name in rows.PEDIDO)
_OPEN = pedidos.c.estado == EstadoPedido.ABERTO.value
_GET = select(*_COLUMNS).where(pedidos.c.id == bindparam("key"))
_GET_LOCKED = _GET.with_for_update()
_ADD = insert(pedidos)
_UPDATE = (
    update(pedidos)
    .where(pedidos.c.id == bindparam("key"))
    .values(estado=bindparam("estado"), estado_em=bindparam("estado_em"), procuracao=bindparam("made"))
)
_DUE = (
    select(*_COLUMNS)
    .where(_OPEN, pedidos.c.expira_em <= bindparam("at"))
    .order_by(pedidos.c.expira_em)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class SqlPedidos:
    """Implements :class:`idp.ports.outorga.Pedidos`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str, *, lock: bool) -> Pedido | None:
        if not id.isprintable():
            return None
        row = self._connection.execute(_GET_LOCKED if lock else _GET, {"key": id}).first()
        return None if row is None else rows.pedido(row)

    def add(self, pedido: Pedido) -> None:
        self._connection.execute(_ADD, rows.pedido_values(pedido))

    def update(self, pedido: Pedido) -> None:
        changed = {
            "key": pedido.id,
            "estado": pedido.estado.value,
            "estado_em": pedido.estado_em,
            "made": pedido.procuracao,
        }
        if self._connection.execute(_UPDATE, changed).rowcount == 0:
            raise NotFound(f"pedido {pedido.id}")

    def made(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Pedido], int]:
        # The outorgante's name is nowhere in a request: who asks knows what he called him. Nor is a CPF learned by
        # searching: who asked by a procuração never typed it.
        matching = and_(true(), *named(consulta.q, (pedidos.c.rotulo_busca,), (pedidos.c.outorgante,)))
        return self._page(of(by, pedidos.c.outorgado_contribuinte, pedidos.c.outorgado), matching, consulta)

    def received(self, by: Sequence[Alvo], consulta: Consulta) -> tuple[Sequence[Pedido], int]:
        matching = and_(true(), *named(consulta.q, (func.lower(pedidos.c.outorgado_nome),), (pedidos.c.outorgado,)))
        return self._page(of(by, pedidos.c.outorgante_contribuinte, pedidos.c.outorgante), matching, consulta)

    def open_with(self, outorgado: Alvo, at: datetime) -> Sequence[str]:
        mine = of([outorgado], pedidos.c.outorgado_contribuinte, pedidos.c.outorgado)
        found = select(pedidos.c.outorgante_contribuinte).where(mine, _OPEN, pedidos.c.expira_em > at)
        return list(self._connection.execute(found).scalars())

    def denied(self, outorgado: Alvo, since: datetime) -> Mapping[str, datetime]:
        mine = of([outorgado], pedidos.c.outorgado_contribuinte, pedidos.c.outorgado)
        denied = and_(mine, pedidos.c.estado == EstadoPedido.NEGADO.value, pedidos.c.estado_em > since)
        party = pedidos.c.outorgante_contribuinte
        found = select(party, func.max(pedidos.c.estado_em, type_=pedidos.c.estado_em.type)).where(denied)
        return {str(who): at for who, at in self._connection.execute(found.group_by(party)).all()}

    def of_lote(self, outorgado: Alvo, lote: str) -> frozenset[str]:
        mine = of([outorgado], pedidos.c.outorgado_contribuinte, pedidos.c.outorgado)
        found = select(pedidos.c.outorgante_contribuinte).where(mine, pedidos.c.lote == lote)
        return frozenset(self._connection.execute(found).scalars())

    def due(self, at: datetime, limit: int) -> Sequence[Pedido]:
        return [rows.pedido(row) for row in self._connection.execute(_DUE, {"at": at, "limit": limit}).all()]

    def _page(self, whose: ColumnElement[bool], matching: Any, consulta: Consulta) -> tuple[Sequence[Pedido], int]:
        open_now = and_(_OPEN, pedidos.c.expira_em > consulta.at)
        meant = {
            "vigentes": open_now,
            "pendentes": open_now,
            "encerradas": or_(~_OPEN, pedidos.c.expira_em <= consulta.at),
            "todas": true(),
        }[consulta.situacao]
        where = and_(whose, meant, matching)
        total = self._connection.execute(select(func.count()).select_from(pedidos).where(where)).scalar_one()
        found = select(*_COLUMNS).where(where).order_by(pedidos.c.criado_em.desc(), pedidos.c.id)
        listed = self._connection.execute(page(found, consulta)).all() if total else []
        return [rows.pedido(row) for row in listed], total
