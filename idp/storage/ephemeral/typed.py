"""Transactions, sessions and drafts as bytes under a prefix. What an older version wrote and this one cannot read is
gone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TypeVar

from idp.domain.proposta import Rascunho
from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.ports import Clock, Ephemeral
from idp.storage import codec

T = TypeVar("T", Session, Transaction, Rascunho)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class EphemeralTransactions:
    """Implements :class:`idp.ports.Transactions`."""

    def __init__(self, store: Ephemeral, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, tx: Transaction) -> None:
        _put(self._store, f"tx:{tx.id}", codec.dumps(tx), tx.expires_at - self._clock.now())

    def get(self, id: str) -> Transaction | None:
        if not id.isprintable():  # it comes from a URL, and PostgreSQL takes no NUL in text
            return None
        tx = _read(Transaction, self._store.get(f"tx:{id}"), self._clock.now())
        # Believed only under its own key: a client library once handed out another caller's answer (ATK-146).
        return tx if tx is not None and tx.id == id else None

    def delete(self, id: str) -> None:
        self._store.delete(f"tx:{id}")


class EphemeralSessions:
    """Implements :class:`idp.ports.Sessions`."""

    def __init__(self, store: Ephemeral, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, session: Session) -> None:
        lifetime = session.expires_at - self._clock.now()
        _put(self._store, f"session:{session.key}", codec.dumps(session), lifetime)
        _put(self._store, f"session-key:{session.id}", session.key.encode(), lifetime)

    def get(self, key: str) -> Session | None:
        session = _read(Session, self._store.get(f"session:{key}"), self._clock.now())
        return session if session is not None and session.key == key else None

    def delete(self, key: str) -> None:
        self._store.delete(f"session:{key}")

    def renew(self, key: str, session: Session) -> bool:
        if self._store.take(f"session:{key}") is None:
            return False
        self.put(session)
        return True

    def ending(self, session: Session) -> None:
        _put(self._store, f"session-ended:{session.id}", b"1", session.expires_at - self._clock.now())

    def ended(self, id: str) -> bool:
        return self._store.get(f"session-ended:{id}") is not None

    def end(self, session: Session) -> None:
        self.delete(session.key)
        renewed = self._store.take(f"session-key:{session.id}")
        if renewed is not None:
            self.delete(renewed.decode())


class EphemeralRascunhos:
    """Implements :class:`idp.ports.outorga.Rascunhos`."""

    def __init__(self, store: Ephemeral, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, rascunho: Rascunho) -> None:
        _put(self._store, f"rascunho:{rascunho.id}", codec.dumps(rascunho), rascunho.expires_at - self._clock.now())

    def get(self, id: str) -> Rascunho | None:
        if not _ID.match(id):
            return None
        rascunho = _read(Rascunho, self._store.get(f"rascunho:{id}"), self._clock.now())
        return rascunho if rascunho is not None and rascunho.id == id else None

    def delete(self, id: str) -> None:
        self._store.delete(f"rascunho:{id}")

    def attempt(self, session_id: str, most: int, lifetime: timedelta) -> bool:
        # One place for each attempt, taken once: no two attempts at the same moment count as one.
        return any(self._store.add_if_absent(f"tentativa:{session_id}:{n}", b"1", lifetime) for n in range(most))


def _put(store: Ephemeral, key: str, value: bytes, lifetime: timedelta) -> None:
    if lifetime > timedelta(0):
        store.put(key, value, lifetime)
    else:
        store.delete(key)


def _read(cls: type[T], data: bytes | None, now: datetime) -> T | None:
    if data is None:
        return None
    try:
        value: T = codec.loads(cls, data)
    except codec.Unreadable:
        return None
    # Redis keeps time by its own clock; ours decides.
    return value if value.expires_at > now else None
