"""Dynamic registration: initial access tokens, and clients made with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, Engine, bindparam, func, insert, select, update
from sqlalchemy.engine import RowMapping

from idp.domain.client import Client
from idp.domain.registration import OPEN, InitialToken
from idp.errors import AlreadySpent, NotFound, TooMany
from idp.ports import AuditEvent
from idp.storage import codec
from idp.storage.sql.audit import SqlAudit
from idp.storage.sql.clients import insert_client, locked_client, replace_client
from idp.storage.sql.engine import answering
from idp.storage.sql.tables import clients, registration_tokens

_HOUR = timedelta(hours=1)
_T = registration_tokens.c
_KEY: BindParameter[str] = bindparam("key")
_COLUMNS = (_T.token, _T.uses, _T.revoked_at)
_ADD = insert(registration_tokens)
_LIST = select(*_COLUMNS).order_by(_T.created_at, _T.id)
_BY_DIGEST = select(*_COLUMNS).where(_T.digest == _KEY)
_BY_ID = select(*_COLUMNS).where(_T.id == _KEY)
_SPEND = update(registration_tokens).where(_T.id == _KEY, _T.uses > 0, _T.revoked_at.is_(None)).values(uses=_T.uses - 1)
_REVOKE = update(registration_tokens).where(_T.id == _KEY, _T.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
_RECENT = select(func.count()).select_from(clients).where(clients.c.created_at > bindparam("since"))


class SqlRegistrations:
    """Implements :class:`idp.ports.Registrations`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_token(self, token: InitialToken, at: datetime, actor: str) -> None:
        values = {
            "id": token.id,
            "digest": token.digest,
            "token": codec.dumps(token).decode(),
            "uses": token.uses,
            "created_at": token.created_at,
        }
        with answering(), self._engine.begin() as connection:
            connection.execute(_ADD, values)
            payload = {"token": token.id, "name": token.name, "uses": token.uses, "actor": actor}
            SqlAudit(connection).append(AuditEvent("client.token_created", at, payload))

    def tokens(self) -> Sequence[InitialToken]:
        with answering(), self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(_LIST).mappings()]

    def by_digest(self, digest: str) -> InitialToken | None:
        with answering(), self._engine.connect() as connection:
            row = connection.execute(_BY_DIGEST, {"key": digest}).mappings().one_or_none()
            return _token(row) if row is not None else None

    def by_id(self, id: str) -> InitialToken | None:
        with answering(), self._engine.connect() as connection:
            row = connection.execute(_BY_ID, {"key": id}).mappings().one_or_none()
            return _token(row) if row is not None else None

    def revoke_token(self, id: str, at: datetime, actor: str) -> None:
        with answering(), self._engine.begin() as connection:
            if connection.execute(_REVOKE, {"key": id, "at": at}).rowcount == 0:
                raise NotFound(f"registration token {id}, or it is revoked already")
            SqlAudit(connection).append(AuditEvent("client.token_revoked", at, {"token": id, "actor": actor}))

    def register(self, client: Client, at: datetime, *, per_hour: int) -> None:
        with answering(), self._engine.begin() as connection:
            if client.registered_with == OPEN:
                recent = connection.execute(_RECENT, {"since": at - _HOUR}).scalar_one()
                if recent >= per_hour:
                    raise TooMany(f"{recent} registrations within an hour")
            elif connection.execute(_SPEND, {"key": client.registered_with}).rowcount == 0:
                raise AlreadySpent("initial access token")
            insert_client(connection, client, at, f"registration {client.registered_with}")

    def change(self, client_id: str, change: Callable[[Client], Client], at: datetime, actor: str) -> Client:
        with answering(), self._engine.begin() as connection:
            before = locked_client(connection, client_id)
            after = change(before)
            replace_client(connection, before, after, at, actor)
        return after


def _token(row: RowMapping) -> InitialToken:
    token: InitialToken = codec.loads(InitialToken, row["token"])
    return replace(token, uses=row["uses"], revoked_at=row["revoked_at"])
