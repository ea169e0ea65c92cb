"""Procurações, one by one."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update

from idp.domain.procuracao import Procuracao
from idp.errors import NotFound
from idp.storage.sql import rows
from idp.storage.sql.statements import procuracao
from idp.storage.sql.tables import procuracoes

_GET = select(*procuracao()).where(procuracoes.c.id == bindparam("key"))
_GET_LOCKED = _GET.with_for_update()
_ADD = insert(procuracoes)
_UPDATE = (
    update(procuracoes)
    .where(procuracoes.c.id == bindparam("key"))
    .values(estado=bindparam("estado"), estado_em=bindparam("estado_em"))
)


class SqlProcuracoes:
    """Implements :class:`idp.ports.Procuracoes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str, *, lock: bool) -> Procuracao | None:
        if not id.isprintable():  # PostgreSQL takes no NUL in text
            return None
        row = self._connection.execute(_GET_LOCKED if lock else _GET, {"key": id}).first()
        return None if row is None else rows.procuracao(row)

    def add(self, procuracao: Procuracao) -> None:
        self._connection.execute(_ADD, rows.procuracao_values(procuracao))

    def update(self, procuracao: Procuracao) -> None:
        changed = {"key": procuracao.id, "estado": procuracao.estado.value, "estado_em": procuracao.estado_em}
        if self._connection.execute(_UPDATE, changed).rowcount == 0:
            raise NotFound(f"procuracao {procuracao.id}")
