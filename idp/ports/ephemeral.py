"""What may be lost: requests in progress, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from idp.domain.session import Session
from idp.domain.transaction import Transaction


class Ephemeral(Protocol):
    """Five verbs for what may be lost: transactions in progress, browser sessions, rate limits. Values are bytes, at
    most 64 KiB; a key is a short ASCII string. Never anything that is spent once. All raise StoreUnavailable."""

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Store or replace; gone after ``lifetime``."""
        ...

    def get(self, key: str) -> bytes | None:
        """The value, or None when absent or expired."""
        ...

    def take(self, key: str) -> bytes | None:
        """Get and delete in one step: of two takers at most one receives the value."""
        ...

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Store only when nothing (unexpired) is there; whether it did."""
        ...

    def delete(self, key: str) -> None:
        """Forget; nothing happens when absent."""
        ...


class Transactions(Protocol):
    """Authorization requests in progress, over Ephemeral."""

    def put(self, tx: Transaction) -> None: ...
    def get(self, id: str) -> Transaction | None: ...
    def delete(self, id: str) -> None: ...


class Sessions(Protocol):
    """Single sign-on sessions, over Ephemeral, by the digest of the cookie's value (``Session.key``)."""

    def put(self, session: Session) -> None: ...
    def get(self, key: str) -> Session | None: ...
    def delete(self, key: str) -> None: ...
    def renew(self, key: str, session: Session) -> bool:
        """Put ``session`` in the place of the one under ``key``. False, and nothing put, where that one is gone."""
        ...

    def ending(self, session: Session) -> None:
        """Mark the session as ending, for whoever renews it at this moment (``ended``)."""
        ...

    def ended(self, id: str) -> bool:
        """Whether the session with this ``Session.id`` was marked."""
        ...

    def enlist(self, quem: str, session: Session) -> None:
        """Make a session that is about to be put findable by its person, ``quem``: of one person at most a hundred
        live at once, and the next ends one of them."""
        ...

    def of(self, quem: str) -> Sequence[Session]:
        """The person's sessions that live, the newest login first."""
        ...

    def end(self, session: Session) -> None:
        """Forget the session, also under the key that a renewal has given it since."""
        ...
