"""Remembered consents: one row a scope, so that agreeing to more does not take back what was agreed before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from idp.domain.representation import RepresentationRef
from idp.ports import Remembered
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import consents

_WHOSE = (consents.c.sub == bindparam("sub"), consents.c.client_id == bindparam("client_id"))
_GRANTED = Prepared(
    select(consents.c.scope).where(
        *_WHOSE, consents.c.choice == bindparam("choice"), consents.c.until > bindparam("at")
    )
)
_RECENT = (
    select(consents.c.choice)
    .where(*_WHOSE, consents.c.until > bindparam("at"))
    .group_by(consents.c.choice)
    .order_by(func.max(consents.c.granted_at).desc(), consents.c.choice)
    .limit(bindparam("limit"))
)
_REMEMBERED = (
    select(consents.c.client_id, consents.c.choice, consents.c.scope, consents.c.granted_at, consents.c.until)
    .where(consents.c.sub.in_(bindparam("subs", expanding=True)), consents.c.until > bindparam("at"))
    .order_by(consents.c.client_id, consents.c.granted_at.desc(), consents.c.choice)
)
_TOGETHER = 500
_FORGET = delete(consents).where(*_WHOSE)


def _remember(insert: Callable[..., Any]) -> Any:
    statement = insert(consents)
    return statement.on_conflict_do_update(
        index_elements=list(consents.primary_key.columns),
        set_={"granted_at": statement.excluded.granted_at, "until": statement.excluded.until},
    )


_REMEMBER = Prepared(Upsert(_remember))


class SqlConsents:
    """Implements :class:`idp.ports.Consents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def granted(self, sub: str, client_id: str, choice: RepresentationRef, at: datetime) -> frozenset[str]:
        key = {"sub": sub, "client_id": client_id, "choice": str(choice), "at": at}
        return frozenset(scope for (scope,) in _GRANTED.rows(self._connection, key))

    def recent(self, sub: str, client_id: str, at: datetime, *, limit: int) -> Sequence[RepresentationRef]:
        key = {"sub": sub, "client_id": client_id, "at": at, "limit": limit}
        return [RepresentationRef.parse(choice) for (choice,) in self._connection.execute(_RECENT, key)]

    def remembered(self, subs: Collection[str], at: datetime) -> Sequence[Remembered]:
        names = sorted(set(subs))
        rows: list[Any] = []
        for start in range(0, len(names), _TOGETHER):
            key = {"subs": names[start : start + _TOGETHER], "at": at}
            rows += self._connection.execute(_REMEMBERED, key).all()
        found = []
        for client_id, group in groupby(sorted(rows, key=lambda row: row.client_id), key=lambda row: row.client_id):
            of_client = list(group)
            found.append(
                Remembered(
                    client_id,
                    frozenset(row.scope for row in of_client),
                    tuple(RepresentationRef.parse(choice) for choice in dict.fromkeys(row.choice for row in of_client)),
                    min(row.granted_at for row in of_client),
                    max(row.until for row in of_client),
                )
            )
        return found

    def remember(
        self, sub: str, client_id: str, choice: RepresentationRef, scopes: frozenset[str], at: datetime, until: datetime
    ) -> None:
        common = {"sub": sub, "client_id": client_id, "choice": str(choice), "granted_at": at, "until": until}
        if scopes:
            _REMEMBER.each(self._connection, [{**common, "scope": scope} for scope in sorted(scopes)])

    def forget(self, sub: str, client_id: str) -> None:
        self._connection.execute(_FORGET, {"sub": sub, "client_id": client_id})
