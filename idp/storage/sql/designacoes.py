"""Designações: whom companies named."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from idp.domain.designacao import Designacao
from idp.domain.documents import CPF
from idp.errors import AlreadySpent, NotFound
from idp.ports.outorga import Alvo
from idp.storage.sql import rows
from idp.storage.sql.lists import of
from idp.storage.sql.statements import Upsert, designacao
from idp.storage.sql.tables import designacoes

_COLUMNS = designacao()
_GET = select(*_COLUMNS).where(designacoes.c.id == bindparam("key"))
_GET_LOCKED = _GET.with_for_update()
_ADD = Upsert(
    lambda insert: (
        insert(designacoes).on_conflict_do_nothing(index_elements=[designacoes.c.id]).returning(designacoes.c.id)
    )
)
_UPDATE = (
    update(designacoes)
    .where(designacoes.c.id == bindparam("key"))
    .values(estado=bindparam("estado"), estado_em=bindparam("estado_em"))
)
_ORDER = (designacoes.c.pessoa_nome, designacoes.c.inicio, designacoes.c.id)
_OF_PERSON = select(*_COLUMNS).where(designacoes.c.pessoa == bindparam("key")).order_by(*_ORDER)


class SqlDesignacoes:
    """Implements :class:`idp.ports.outorga.Designacoes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, id: str, *, lock: bool) -> Designacao | None:
        if not id.isprintable():
            return None
        row = self._connection.execute(_GET_LOCKED if lock else _GET, {"key": id}).first()
        return None if row is None else rows.designacao(row)

    def add(self, designacao: Designacao) -> None:
        if self._connection.execute(_ADD.on(self._connection), rows.designacao_values(designacao)).first() is None:
            raise AlreadySpent(f"designacao {designacao.id}")

    def update(self, designacao: Designacao) -> None:
        changed = {"key": designacao.id, "estado": designacao.estado.value, "estado_em": designacao.estado_em}
        if self._connection.execute(_UPDATE, changed).rowcount == 0:
            raise NotFound(f"designacao {designacao.id}")

    def by_company(self, empresa: Alvo) -> Sequence[Designacao]:
        whose = of([empresa], designacoes.c.empresa_contribuinte, designacoes.c.empresa)
        found = self._connection.execute(select(*_COLUMNS).where(whose).order_by(*_ORDER)).all()
        return [rows.designacao(row) for row in found]

    def of_person(self, cpf: CPF) -> Sequence[Designacao]:
        return [rows.designacao(row) for row in self._connection.execute(_OF_PERSON, {"key": cpf.numero}).all()]
