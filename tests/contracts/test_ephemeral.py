"""The five verbs, on SQLite, PostgreSQL and Redis."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.errors import ConfigurationError, StoreUnavailable
from idp.ports import Ephemeral
from idp.storage.ephemeral import EphemeralTransactions, open_ephemeral
from idp.storage.ephemeral.sql import SqlEphemeral
from tests.contracts.data import FixedClock, at_once
from tests.support.processes import wait_until

HOUR = timedelta(hours=1)
SHORT = timedelta(milliseconds=40)


def test_what_is_put_is_got_until_deleted(ephemeral: Ephemeral) -> None:
    ephemeral.put("k", b"\x00\xff one", HOUR)
    assert ephemeral.get("k") == b"\x00\xff one"
    ephemeral.put("k", b"two", HOUR)
    assert ephemeral.get("k") == b"two"
    ephemeral.delete("k")
    assert ephemeral.get("k") is None
    ephemeral.delete("k")


def test_the_largest_value_is_kept_whole(ephemeral: Ephemeral) -> None:
    value = bytes(range(256)) * 256
    ephemeral.put("large", value, HOUR)
    assert ephemeral.get("large") == value


def test_absent_keys(ephemeral: Ephemeral) -> None:
    assert ephemeral.get("nothing") is None
    assert ephemeral.take("nothing") is None


def test_take_gives_it_once(ephemeral: Ephemeral) -> None:
    ephemeral.put("k", b"v", HOUR)
    assert ephemeral.take("k") == b"v"
    assert ephemeral.take("k") is None
    assert ephemeral.get("k") is None


def test_add_if_absent_keeps_the_first(ephemeral: Ephemeral) -> None:
    assert ephemeral.add_if_absent("k", b"first", HOUR) is True
    assert ephemeral.add_if_absent("k", b"second", HOUR) is False
    assert ephemeral.get("k") == b"first"
    ephemeral.delete("k")
    assert ephemeral.add_if_absent("k", b"third", HOUR) is True


def test_everything_ends_with_its_lifetime(ephemeral: Ephemeral, clock: FixedClock) -> None:
    for key in ("get", "take", "add"):
        ephemeral.put(key, b"v", SHORT)
    assert ephemeral.add_if_absent("added", b"v", SHORT)
    clock.advance(SHORT)
    wait_until(lambda: ephemeral.get("added") is None, "the last one has expired")  # Redis has its own clock
    assert ephemeral.get("get") is None
    assert ephemeral.take("take") is None
    assert ephemeral.add_if_absent("add", b"new", HOUR) is True
    assert ephemeral.get("add") == b"new"


def test_of_sixteen_takers_one_receives_it(ephemeral: Ephemeral) -> None:
    for turn in range(5):
        ephemeral.put("k", b"v%d" % turn, HOUR)
        results = at_once(16, lambda: ephemeral.take("k"))
        assert sorted(result for result in results if result) == [b"v%d" % turn]


def test_of_sixteen_adders_one_succeeds(ephemeral: Ephemeral) -> None:
    assert sum(at_once(16, lambda: ephemeral.add_if_absent("k", b"v", HOUR))) == 1


def test_expired_rows_are_purged_by_those_who_write(database_url: str, clock: FixedClock) -> None:
    store = SqlEphemeral.open(database_url, clock)
    store.put("old", b"v", SHORT)
    store.put("lasting", b"v", HOUR)
    clock.advance(timedelta(seconds=61))
    store.put("new", b"v", HOUR)
    assert store.purge() == 0  # already gone
    assert store.get("lasting") == b"v"
    clock.advance(HOUR)
    assert store.purge() == 2
    store.close()


@pytest.mark.parametrize("id", ["", "\x00", "\ud800", "é", "x" * 70_000])
def test_a_transaction_id_that_somebody_made_up(ephemeral: Ephemeral, clock: FixedClock, id: str) -> None:
    assert EphemeralTransactions(ephemeral, clock).get(id) is None


def test_a_redis_that_is_gone_is_said_so(clock: FixedClock, tmp_path: object) -> None:
    store = open_ephemeral(f"unix://{tmp_path}/no-socket", "", clock)
    for verb in (store.get, store.take, store.delete):
        with pytest.raises(StoreUnavailable):
            verb("k")
    with pytest.raises(StoreUnavailable):
        store.put("k", b"v", HOUR)
    with pytest.raises(StoreUnavailable):
        store.add_if_absent("k", b"v", HOUR)


@pytest.mark.parametrize("url", ["memcached://localhost", "", "http://localhost"])
def test_an_unknown_store_is_a_configuration_error(url: str, clock: FixedClock) -> None:
    with pytest.raises(ConfigurationError):
        open_ephemeral(url, "sqlite:////tmp/unused.sqlite", clock)
