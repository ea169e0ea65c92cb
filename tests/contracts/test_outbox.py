"""Notices to clients: written with what they tell of, attempted by one at a time, kept until somebody has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.ports.outbox import Delivery, Notice
from idp.storage.sql import SqlStore
from tests.contracts.data import MINUTE, NOW, at_once

FIRST = Notice("jti-1", "rp", "sub-1", "sid-1", NOW)
SECOND = Notice("jti-2", "other", "sub-2", "sid-2", NOW + timedelta(seconds=1))
DUE = NOW + timedelta(seconds=5)


def write(store: SqlStore, *notices: Notice) -> None:
    with store.begin() as uow:
        uow.outbox.add(notices or (FIRST, SECOND), DUE)


def all_of(store: SqlStore, *, waiting: bool = False) -> dict[str, Delivery]:
    with store.reading() as uow:
        return {one.notice.id: one for one in uow.outbox.recent(100, waiting=waiting)}


def test_what_is_rolled_back_tells_nobody(store: SqlStore) -> None:
    def fail_late() -> None:
        with store.begin() as uow:
            uow.outbox.add([FIRST], DUE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert all_of(store) == {}


def test_nothing_is_claimed_before_it_is_due(store: SqlStore) -> None:
    write(store)
    early = DUE - timedelta(microseconds=1)
    with store.begin() as uow:
        assert not uow.outbox.due(early)
        assert uow.outbox.claim(early, DUE + MINUTE, 10) == []
        assert uow.outbox.due(DUE)
        claimed = uow.outbox.claim(DUE, DUE + MINUTE, 10)
    assert [one.notice for one in claimed] == [FIRST, SECOND]
    assert {one.attempts for one in claimed} == {1}


def test_a_claim_keeps_others_away_and_ends_with_its_process(store: SqlStore) -> None:
    """Nothing more is heard of the claimer: the next one gets the notice when its time is up."""
    write(store, FIRST)
    with store.begin() as uow:
        assert len(uow.outbox.claim(DUE, DUE + MINUTE, 10)) == 1
    with store.begin() as uow:
        assert not uow.outbox.due(DUE)
        assert uow.outbox.claim(DUE, DUE + MINUTE, 10) == []
        again = uow.outbox.claim(DUE + MINUTE, DUE + 2 * MINUTE, 10)
    assert [(one.notice.id, one.attempts) for one in again] == [("jti-1", 2)]


def test_of_twelve_workers_one_gets_each_notice(store: SqlStore) -> None:
    write(store, *(replace(FIRST, id=f"jti-{number}") for number in range(20)))

    def claim() -> list[str]:
        with store.begin() as uow:
            return [one.notice.id for one in uow.outbox.claim(DUE, DUE + MINUTE, 5)]

    got = [id for ids in at_once(12, claim) for id in ids]
    assert len(got) == len(set(got))
    with store.begin() as uow:
        rest = uow.outbox.claim(DUE, DUE + MINUTE, 100)
    assert len(got) + len(rest) == 20


def test_whoever_wrote_it_may_try_first_and_once(store: SqlStore) -> None:
    write(store)
    with store.begin() as uow:
        assert uow.outbox.take_up([], DUE) == ()
        assert [one.notice for one in uow.outbox.take_up(["jti-1", "jti-9"], DUE + MINUTE)] == [FIRST]
        assert uow.outbox.take_up(["jti-1"], DUE + MINUTE) == []
        assert [one.notice for one in uow.outbox.claim(DUE, DUE + MINUTE, 10)] == [SECOND]


def test_receipts(store: SqlStore) -> None:
    write(store)
    with store.begin() as uow:
        uow.outbox.claim(DUE, DUE + MINUTE, 10)
        uow.outbox.delivered("jti-1", DUE)
        uow.outbox.failed("jti-2", DUE, "status 500", DUE + timedelta(seconds=10))
    found = all_of(store)
    assert found["jti-1"] == Delivery(FIRST, 1, None, DUE, None, None)
    assert found["jti-2"] == Delivery(SECOND, 1, DUE + timedelta(seconds=10), None, None, "status 500")
    assert list(all_of(store, waiting=True)) == ["jti-2"]
    with store.begin() as uow:
        uow.outbox.failed("jti-2", DUE + MINUTE, "timeout", None)
        uow.outbox.failed("jti-1", DUE + MINUTE, "timeout", None)  # a late word about what was delivered
    found = all_of(store)
    assert found["jti-2"] == Delivery(SECOND, 1, None, None, DUE + MINUTE, "timeout")
    assert found["jti-1"].delivered_at == DUE
    assert found["jti-1"].given_up_at is None
    with store.begin() as uow:
        assert not uow.outbox.due(DUE + 100 * MINUTE)


def test_old_receipts_are_forgotten_and_nothing_that_waits(store: SqlStore) -> None:
    write(store)
    with store.begin() as uow:
        uow.outbox.delivered("jti-1", DUE)
        assert uow.outbox.backlog() == (1, SECOND.at, 0)
    assert store.forget_receipts(NOW - MINUTE) == 0
    assert store.forget_receipts(NOW + MINUTE) == 1
    assert list(all_of(store)) == ["jti-2"]
