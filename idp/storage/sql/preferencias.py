"""What people keep at the top of their lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from idp.domain.representation import RepresentationRef
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import preferencias

_WHOSE = preferencias.c.quem == bindparam("quem")
_FIXADAS = Prepared(
    select(preferencias.c.choice).where(_WHOSE).order_by(preferencias.c.fixada_em, preferencias.c.choice)
)
_SOLTAR = delete(preferencias).where(_WHOSE, preferencias.c.choice == bindparam("escolha"))
_FORGET = delete(preferencias).where(_WHOSE)


def _fixar(insert: Callable[..., Any]) -> Any:
    return insert(preferencias).on_conflict_do_nothing(index_elements=list(preferencias.primary_key.columns))


_FIXAR = Upsert(_fixar)


class SqlPreferencias:
    """Implements :class:`idp.ports.Preferencias`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fixadas(self, quem: str) -> Sequence[RepresentationRef]:
        return [RepresentationRef.parse(choice) for (choice,) in _FIXADAS.rows(self._connection, {"quem": quem})]

    def fixar(self, quem: str, choice: RepresentationRef, at: datetime) -> None:
        values = {"quem": quem, "choice": str(choice), "fixada_em": at}
        self._connection.execute(_FIXAR.on(self._connection), values)

    def soltar(self, quem: str, choice: RepresentationRef) -> None:
        self._connection.execute(_SOLTAR, {"quem": quem, "escolha": str(choice)})

    def forget(self, quem: str) -> None:
        self._connection.execute(_FORGET, {"quem": quem})
