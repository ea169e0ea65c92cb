"""Transactions and sessions over an ephemeral store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Transaction
from idp.storage.ephemeral import EphemeralSessions, EphemeralTransactions
from tests.contracts.data import CERTIFICADO, NOW, TEREZA, TITULAR, FixedClock

HOUR = timedelta(hours=1)
SESSION = Session("key", "id", TEREZA, CERTIFICADO, NOW, NOW + HOUR)
TX = Transaction(
    "tx",
    AuthorizationRequest("rp", "https://rp.test/cb", frozenset({"openid"}), state="s"),
    "browser",
    "ticket",
    "csrf",
    NOW,
    NOW + HOUR,
    SESSION,
    TITULAR,
)


class Memory:
    """The five verbs in a dictionary; it remembers lifetimes and never forgets by itself."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.lifetimes: dict[str, timedelta] = {}

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.values[key], self.lifetimes[key] = value, lifetime

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def take(self, key: str) -> bytes | None:
        return self.values.pop(key, None)

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        if key in self.values:
            return False
        self.put(key, value, lifetime)
        return True

    def delete(self, key: str) -> None:
        self.values.pop(key, None)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def test_they_come_back_as_they_went_with_the_lifetime_they_have_left(memory: Memory, clock: FixedClock) -> None:
    sessions, transactions = EphemeralSessions(memory, clock), EphemeralTransactions(memory, clock)
    clock.advance(timedelta(minutes=20))
    sessions.put(SESSION)
    transactions.put(TX)
    assert sessions.get("key") == SESSION
    assert transactions.get("tx") == TX
    assert set(memory.lifetimes.values()) == {timedelta(minutes=40)}
    sessions.delete("key")
    transactions.delete("tx")
    assert not [key for key in memory.values if key.startswith(("tx:", "session:"))]


def test_a_session_and_a_transaction_of_one_name_are_two(memory: Memory, clock: FixedClock) -> None:
    EphemeralSessions(memory, clock).put(SESSION)
    assert EphemeralTransactions(memory, clock).get("key") is None


def test_what_is_over_is_gone_even_where_the_store_still_has_it(memory: Memory, clock: FixedClock) -> None:
    sessions = EphemeralSessions(memory, clock)
    sessions.put(SESSION)
    clock.advance(HOUR)
    assert sessions.get("key") is None
    sessions.put(SESSION)
    assert memory.values == {}


def test_what_another_version_wrote_is_gone(memory: Memory, clock: FixedClock) -> None:
    sessions, transactions = EphemeralSessions(memory, clock), EphemeralTransactions(memory, clock)
    sessions.put(SESSION)
    transactions.put(TX)
    for key in memory.values:
        memory.values[key] = memory.values[key].replace(b"expires_at", b"until")
    assert sessions.get("key") is None
    assert transactions.get("tx") is None


@pytest.mark.attack("ATK-095")
def test_ending_a_session_reaches_the_key_a_renewal_gave_it() -> None:
    memory = Memory()
    sessions = EphemeralSessions(memory, FixedClock(NOW))
    sessions.put(SESSION)
    assert sessions.renew(SESSION.key, replace(SESSION, key="renewed"))
    assert not sessions.renew(SESSION.key, replace(SESSION, key="again"))
    assert not sessions.ended(SESSION.id)
    sessions.ending(SESSION)
    assert sessions.ended(SESSION.id)
    sessions.end(SESSION)
    assert sessions.get(SESSION.key) is None
    assert sessions.get("renewed") is None
    assert sessions.get("again") is None


def test_sessions_are_listed_by_their_person(memory: Memory, clock: FixedClock) -> None:
    sessions = EphemeralSessions(memory, clock)
    second = replace(SESSION, key="k2", id="id2", auth_time=NOW + timedelta(seconds=1))
    for one in (SESSION, second, replace(SESSION, key="k3", id="id3")):
        sessions.enlist("somebody" if one.id != "id3" else "another", one)
        assert one not in sessions.of("somebody"), "not yet put"
        sessions.put(one)
    assert sessions.of("somebody") == [second, SESSION]
    renewed = replace(SESSION, key="k4")
    assert sessions.renew("key", renewed)
    sessions.enlist("somebody", renewed)
    assert sessions.of("somebody") == [second, renewed]
    sessions.end(second)
    assert sessions.of("somebody") == [renewed]
    assert sessions.of("nobody") == []


def test_the_hundred_and_first_session_ends_another_and_the_dead_make_room(memory: Memory, clock: FixedClock) -> None:
    sessions = EphemeralSessions(memory, clock)

    def enter(name: str) -> None:
        one = replace(SESSION, key=f"key-{name}", id=f"id-{name}")
        sessions.enlist("somebody", one)
        sessions.put(one)

    for n in range(100):
        enter(str(n))
    assert len(sessions.of("somebody")) == 100
    enter("one more")
    listed = {one.id for one in sessions.of("somebody")}
    assert len(listed) == 100
    assert "id-one more" in listed
    kept = [n for n in range(100) if sessions.get(f"key-{n}")]
    assert len(kept) == 99, "whoever is not listed does not live"
    sessions.end(replace(SESSION, key=f"key-{kept[0]}", id=f"id-{kept[0]}"))
    enter("in its place")
    assert {f"id-{n}" for n in kept[1:]} < {one.id for one in sessions.of("somebody")}
