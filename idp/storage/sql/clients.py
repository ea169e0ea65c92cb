"""Registered clients: their administration, and the cached reading that protocol requests use."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from idp.domain.client import Client
from idp.errors import InvalidClient, NotFound
from idp.ports import AuditEvent
from idp.storage import codec
from idp.storage.sql.audit import SqlAudit
from idp.storage.sql.engine import answering
from idp.storage.sql.tables import clients, consents, grants, meta

_KEY: BindParameter[str] = bindparam("key")
_GET = select(clients.c.registration).where(clients.c.client_id == _KEY)
_LOCK = _GET.with_for_update()
_LIST = select(clients.c.registration).order_by(clients.c.client_id)
_VERSION = select(meta.c.value).where(meta.c.name == "clients_version")
_BUMP = update(meta).where(meta.c.name == "clients_version").values(value=bindparam("next"))
_ADD = insert(clients)
_UPDATE = (
    update(clients)
    .where(clients.c.client_id == _KEY)
    .values(registration=bindparam("registration"), updated_at=bindparam("updated_at"))
)
_DELETE = delete(clients).where(clients.c.client_id == _KEY)
_FORGET = delete(consents).where(consents.c.client_id == _KEY)
_REVOKE = (
    update(grants).where(grants.c.client_id == _KEY, grants.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
)


class SqlClientRegistry:
    """Implements :class:`idp.ports.ClientRegistry`; each change is one transaction with its audit row. ``add`` raises
    InvalidClient where the client_id is taken."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, client: Client, at: datetime, actor: str) -> None:
        with answering(), self._engine.begin() as connection:
            insert_client(connection, client, at, actor)

    def get(self, client_id: str) -> Client:
        with answering(), self._engine.connect() as connection:
            return _stored(connection, client_id)

    def list(self) -> Iterable[Client]:
        with answering(), self._engine.connect() as connection:
            return [codec.loads(Client, registration) for registration in connection.execute(_LIST).scalars()]

    def update(self, client: Client, at: datetime, actor: str) -> None:
        with answering(), self._engine.begin() as connection:
            replace_client(connection, _stored(connection, client.client_id), client, at, actor)

    def delete(self, client_id: str, at: datetime, actor: str) -> None:
        """Also forgets the consents given to the client and revokes its families."""
        with answering(), self._engine.begin() as connection:
            if connection.execute(_DELETE, {"key": client_id}).rowcount == 0:
                raise NotFound(f"client {client_id}")
            connection.execute(_FORGET, {"key": client_id})
            connection.execute(_REVOKE, {"key": client_id, "at": at})
            _record(connection, "client.deleted", client_id, at, actor)


@dataclass(slots=True)
class _Known:
    """What was read since a change."""

    clients: dict[str, Client] = field(default_factory=dict)
    origins: frozenset[str] | None = None


class CachedClients:
    """Implements :class:`idp.ports.Clients` on the autocommit engine.

    At most once every ``seconds`` (of ``monotonic``) the version that every change bumps is read; while it is the same,
    known clients cost nothing. 0 asks every time.
    """

    def __init__(self, engine: Engine, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._seconds = seconds
        self._monotonic = monotonic
        self._checked: float | None = None
        self._version: str | None = None
        self._known = _Known()

    def get(self, client_id: str) -> Client | None:
        if not client_id.isprintable():  # nobody is registered so, and PostgreSQL takes no NUL in text
            return None
        self._refresh()
        # A reader that is overtaken by a refresh fills what nobody looks at any more.
        known = self._known.clients
        client = known.get(client_id)
        if client is None:
            with answering(), self._engine.connect() as connection:
                registration = connection.execute(_GET, {"key": client_id}).scalar()
            if registration is not None:
                client = known[client_id] = codec.loads(Client, registration)
        return client

    def browser_origins(self) -> frozenset[str]:
        """Every registration is read once after each change: only applications in browsers ask."""
        self._refresh()
        known = self._known
        if known.origins is None:
            with answering(), self._engine.connect() as connection:
                registered = [codec.loads(Client, text) for text in connection.execute(_LIST).scalars()]
            known.origins = frozenset[str]().union(*(client.browser_origins for client in registered))
        return known.origins

    def _refresh(self) -> None:
        now = self._monotonic()
        if self._checked is not None and now - self._checked < self._seconds:
            return
        with answering(), self._engine.connect() as connection:
            version = connection.execute(_VERSION).scalar()
        if version != self._version:
            self._version, self._known = version, _Known()
        self._checked = now


def insert_client(connection: Connection, client: Client, at: datetime, actor: str) -> None:
    """A new client with its audit row. Raises InvalidClient where its client_id is taken; the transaction is then of
    no more use."""
    registration = codec.dumps(client).decode()
    values = {"client_id": client.client_id, "registration": registration, "created_at": at, "updated_at": at}
    try:
        connection.execute(_ADD, values)
    except IntegrityError as error:
        raise InvalidClient("client_id", f"{client.client_id} is taken") from error
    _record(connection, "client.created", client.client_id, at, actor)


def replace_client(connection: Connection, before: Client, client: Client, at: datetime, actor: str) -> None:
    """``client`` in the place of ``before``, with its audit row."""
    registration = codec.dumps(client).decode()
    connection.execute(_UPDATE, {"key": client.client_id, "registration": registration, "updated_at": at})
    same_method = before.auth_method is client.auth_method  # or a method would meet a secret it cannot have
    secret_only = same_method and before != client == replace(before, secret_digest=client.secret_digest)
    _record(connection, "client.secret_rotated" if secret_only else "client.updated", client.client_id, at, actor)


def locked_client(connection: Connection, client_id: str) -> Client:
    """The client, held against change until the transaction ends. Raises NotFound."""
    return _stored(connection, client_id, _LOCK)


def _stored(connection: Connection, client_id: str, statement: Select[Any] = _GET) -> Client:
    registration = connection.execute(statement, {"key": client_id}).scalar()
    if registration is None:
        raise NotFound(f"client {client_id}")
    client: Client = codec.loads(Client, registration)
    return client


def _record(connection: Connection, kind: str, client_id: str, at: datetime, actor: str) -> None:
    connection.execute(_BUMP, {"next": secrets.token_hex(8)})
    SqlAudit(connection).append(AuditEvent(kind, at, {"client": client_id, "actor": actor}))
