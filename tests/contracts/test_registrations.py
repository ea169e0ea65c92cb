"""Initial access tokens, and the clients made with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.domain.client import Client
from idp.domain.registration import Ceiling, InitialToken
from idp.errors import AlreadySpent, InvalidClient, NotFound, TooMany
from idp.storage.sql import SqlStore
from tests.contracts.data import NOW
from tests.contracts.test_clients import kinds

TOKEN = InitialToken(
    "t1",
    "ab" * 32,
    "Prefeitura",
    Ceiling(frozenset({"openid", "cpf"}), frozenset({".gov.example"}), True),
    1,
    NOW,
    NOW + timedelta(days=1),
)
CLIENT = Client("a", "A", ("https://a.gov.example/cb",), secret_digest="00" * 32, registered_with="t1")


def test_a_token_comes_back_as_it_went(store: SqlStore) -> None:
    found = store.registrations()
    found.add_token(TOKEN, NOW, "ana")
    found.add_token(replace(TOKEN, id="t0", digest="cd" * 32, created_at=NOW - timedelta(hours=1)), NOW, "ana")
    assert [token.id for token in found.tokens()] == ["t0", "t1"]
    assert found.by_digest("ab" * 32) == found.by_id("t1") == TOKEN
    assert found.by_digest("ef" * 32) is found.by_id("t9") is None
    found.revoke_token("t1", NOW, "ana")
    assert found.by_id("t1") == replace(TOKEN, revoked_at=NOW)
    for id in ("t1", "t9"):
        with pytest.raises(NotFound):
            found.revoke_token(id, NOW, "ana")
    assert kinds(store) == ["client.token_created"] * 2 + ["client.token_revoked"]


def test_a_use_is_spent_with_the_client_it_makes_or_not_at_all(store: SqlStore) -> None:
    found = store.registrations()
    found.add_token(replace(TOKEN, uses=2), NOW, "ana")
    found.register(CLIENT, NOW, per_hour=0)
    with pytest.raises(InvalidClient, match="taken"):
        found.register(CLIENT, NOW, per_hour=0)
    assert found.by_id("t1") == replace(TOKEN, uses=1)
    found.register(replace(CLIENT, client_id="b"), NOW, per_hour=0)
    with pytest.raises(AlreadySpent):
        found.register(replace(CLIENT, client_id="c"), NOW, per_hour=0)
    assert kinds(store) == ["client.token_created", "client.created", "client.created"]


@pytest.mark.attack("ATK-141")
def test_of_many_at_once_as_many_register_as_the_token_has_uses(store: SqlStore) -> None:
    found = store.registrations()
    found.add_token(replace(TOKEN, uses=3), NOW, "ana")

    def attempt(number: int) -> bool:
        try:
            found.register(replace(CLIENT, client_id=f"c{number}"), NOW, per_hour=0)
        except AlreadySpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(12))) == 3
    assert len(list(store.registry().list())) == 3


def test_a_revoked_token_registers_nothing(store: SqlStore) -> None:
    found = store.registrations()
    found.add_token(TOKEN, NOW, "ana")
    found.revoke_token("t1", NOW, "ana")
    with pytest.raises(AlreadySpent):
        found.register(CLIENT, NOW, per_hour=0)


def test_open_registrations_are_so_many_an_hour(store: SqlStore) -> None:
    found, client = store.registrations(), replace(CLIENT, registered_with="open")
    found.register(client, NOW, per_hour=1)
    with pytest.raises(TooMany):
        found.register(replace(client, client_id="b"), NOW + timedelta(minutes=59), per_hour=1)
    found.register(replace(client, client_id="b"), NOW + timedelta(minutes=61), per_hour=1)


def test_two_changes_at_once_are_both_seen(store: SqlStore) -> None:
    """Each is made of what the other left: an application's change does not undo an administrator's."""
    found, registry = store.registrations(), store.registry()
    registry.add(CLIENT, NOW, "ana")

    def change(contact: str) -> None:
        found.change("a", lambda stored: replace(stored, contacts=(*stored.contacts, contact)), NOW, "client")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, "abcdefgh"))
    assert sorted(registry.get("a").contacts) == list("abcdefgh")
    with pytest.raises(NotFound):
        found.change("none", lambda stored: stored, NOW, "client")
