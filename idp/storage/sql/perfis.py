"""What holders told of themselves, one JSON document each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.storage import codec
from idp.storage.sql import rows
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import perfis

_WHOSE = perfis.c.titular == bindparam("key")
_GET = Prepared(select(perfis.c.dados).where(_WHOSE))
_FORGET = delete(perfis).where(_WHOSE)


def _put(insert: Callable[..., Any]) -> Any:
    statement = insert(perfis)
    return statement.on_conflict_do_update(index_elements=[perfis.c.titular], set_={"dados": statement.excluded.dados})


_PUT = Upsert(_put)


class SqlPerfis:
    """Implements :class:`idp.ports.Perfis`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, holder: Holder) -> Perfil | None:
        found = _GET.first(self._connection, {"key": rows.contribuinte_id(holder.documento)})
        if found is None:
            return None
        perfil: Perfil = codec.loads(Perfil, found[0])
        return perfil

    def put(self, holder: Holder, perfil: Perfil) -> None:
        values = {"titular": rows.contribuinte_id(holder.documento), "dados": codec.dumps(perfil).decode()}
        self._connection.execute(_PUT.on(self._connection), values)

    def forget(self, holder: Holder) -> None:
        self._connection.execute(_FORGET, {"key": rows.contribuinte_id(holder.documento)})
