"""Registered relying parties, and what they publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.domain.client import Client
from idp.domain.registration import InitialToken


class Clients(Protocol):
    """Registered clients, cached in the process for at most ``settings.cache_seconds``."""

    def get(self, client_id: str) -> Client | None:
        """The client, enabled or not; None when unknown."""
        ...

    def browser_origins(self) -> frozenset[str]:
        """``Client.browser_origins`` of all clients together."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """What a client's host answered with 200. ``content_type`` is as sent, possibly empty."""

    body: bytes
    content_type: str


class Documents(Protocol):
    """What clients publish and receive: key sets, lists of redirect URIs, request objects, logout tokens. The only way
    in which a request may lead to another machine: https, public addresses (or hosts the operator named), no redirect,
    no proxy, and neither long nor much. ``client`` is whose registration holds the address: each has a share of what
    may be asked at once, so that one with slow hosts takes nobody else's turn. Both raise DocumentUnavailable."""

    def get(self, url: str, client: Client, *, limit: int = 64 * 1024, seconds: float = 3.0) -> Document:
        """The document at ``url``, of at most ``limit`` bytes, within ``seconds``."""
        ...

    def post(self, url: str, client: Client, form: Mapping[str, str], *, seconds: float = 3.0) -> int:
        """Send a form; the status of the answer, whatever it is."""
        ...


class ClientRegistry(Protocol):
    """Administration of clients; bumps the version that makes caches reload. Raises NotFound."""

    def add(self, client: Client, at: datetime, actor: str) -> None: ...
    def get(self, client_id: str) -> Client: ...
    def list(self) -> Iterable[Client]: ...
    def update(self, client: Client, at: datetime, actor: str) -> None: ...
    def delete(self, client_id: str, at: datetime, actor: str) -> None: ...


class Registrations(Protocol):
    """Dynamic registration (RFC 7591): initial access tokens, and clients made with them. Each change is one database
    transaction with its audit row."""

    def add_token(self, token: InitialToken, at: datetime, actor: str) -> None: ...
    def tokens(self) -> Sequence[InitialToken]:
        """All of them, oldest first, whether or not they are still good."""
        ...

    def by_digest(self, digest: str) -> InitialToken | None: ...
    def by_id(self, id: str) -> InitialToken | None: ...
    def revoke_token(self, id: str, at: datetime, actor: str) -> None:
        """Raises NotFound where there is none or it is revoked already."""
        ...

    def register(self, client: Client, at: datetime, *, per_hour: int) -> None:
        """Add ``client``, made with the initial access token that ``registered_with`` names, of which one use is spent;
        or openly, unless ``per_hour`` clients were made within the hour. Raises AlreadySpent, TooMany and
        InvalidClient."""
        ...

    def change(self, client_id: str, change: Callable[[Client], Client], at: datetime, actor: str) -> Client:
        """Put what ``change`` makes of the registration as it now is in its place, while nobody else changes it; the
        new one. Raises NotFound, and what ``change`` raises."""
        ...
