"""Transactions, sessions and drafts as bytes under a prefix. What an older version wrote and this one cannot read is
gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar
from zlib import crc32

from idp.domain.proposta import Rascunho
from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.ports import Clock, Ephemeral
from idp.storage import codec

T = TypeVar("T", Session, Transaction, Rascunho)
_AT_ONCE = 100
"""How many sessions one person has at most."""
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
        tx = _read(_transaction, self._store.get(f"tx:{id}"), self._clock.now())
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
        session = _read(_session, self._store.get(f"session:{key}"), self._clock.now())
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

    def enlist(self, quem: str, session: Session) -> None:
        id, lifetime = session.id.encode(), session.expires_at - self._clock.now()
        first = crc32(id)
        slots = [f"sessions-of:{quem}:{(first + n) % _AT_ONCE}" for n in range(_AT_ONCE)]
        for slot in slots:  # each is taken in one step, so that of two logins at one moment neither is lost
            if self._store.add_if_absent(slot, id, lifetime):
                return
            if self._store.get(slot) == id:
                self._store.put(slot, id, lifetime)
                return
        slot = next((one for one in slots if self._in(one) is None), slots[0])
        displaced = self._in(slot)
        if displaced is not None:
            self.end(displaced)
        self._store.put(slot, id, lifetime)

    def of(self, quem: str) -> Sequence[Session]:
        found = [self._in(f"sessions-of:{quem}:{n}") for n in range(_AT_ONCE)]
        live = {one.id: one for one in found if one is not None}
        return sorted(live.values(), key=lambda one: (one.auth_time, one.id), reverse=True)

    def _in(self, slot: str) -> Session | None:
        """The live session that ``slot`` names."""
        id = self._store.get(slot)
        key = self._store.get(f"session-key:{id.decode()}") if id is not None else None
        return self.get(key.decode()) if key is not None else None

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
        rascunho = _read(_rascunho, self._store.get(f"rascunho:{id}"), self._clock.now())
        return rascunho if rascunho is not None and rascunho.id == id else None

    def delete(self, id: str) -> None:
        self._store.delete(f"rascunho:{id}")

    def attempt(self, quem: str, most: int, lifetime: timedelta) -> bool:
        # One place for each attempt, taken once: no two attempts at the same moment count as one.
        return any(self._store.add_if_absent(f"tentativa:{quem}:{n}", b"1", lifetime) for n in range(most))


@lru_cache(maxsize=256)
def _session(data: bytes) -> Session:
    """One browser's requests follow each other: what was just read and has not changed is not decoded anew."""
    session: Session = codec.loads(Session, data)
    return session


_transaction: Callable[[bytes], Transaction] = partial(codec.loads, Transaction)
_rascunho: Callable[[bytes], Rascunho] = partial(codec.loads, Rascunho)


def _put(store: Ephemeral, key: str, value: bytes, lifetime: timedelta) -> None:
    if lifetime > timedelta(0):
        store.put(key, value, lifetime)
    else:
        store.delete(key)


def _read(decode: Callable[[bytes], T], data: bytes | None, now: datetime) -> T | None:
    if data is None:
        return None
    try:
        value = decode(data)
    except codec.Unreadable:
        return None
    # Redis keeps time by its own clock; ours decides.
    return value if value.expires_at > now else None
