"""Storage round trips of each protocol route, counted at the driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.oidc.world import SECRET, World


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    engines = (world.store.engine, world.store.reader)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_code_and_refresh_are_one_transaction_of_few_statements(warm: World) -> None:
    browser = warm.browser()
    code = browser.log_in(scope="openid offline_access")["code"]
    with statements(warm) as seen:
        tokens = browser.redeem(code)
    assert tokens.status_code == 200
    assert len(seen) <= 7, seen
    with statements(warm) as seen:
        renewed = browser.token(grant_type="refresh_token", refresh_token=tokens.get_json()["refresh_token"])
    assert renewed.status_code == 200
    assert len(seen) <= 7, seen


def test_userinfo_is_one_read(warm: World) -> None:
    browser = warm.browser()
    token = browser.tokens()["access_token"]
    with statements(warm) as seen:
        assert browser.userinfo(token).status_code == 200
    assert len(seen) == 1, seen
    assert seen[0].startswith(("SELECT", "WITH"))


def test_client_credentials_is_one_audit_append_and_no_read(warm: World) -> None:
    browser = warm.browser()
    with statements(warm) as seen:
        assert browser.token(("app", SECRET), grant_type="client_credentials").status_code == 200
    assert len(seen) == 1, seen
    assert seen[0].startswith("INSERT INTO audit ")


def test_documents_cost_nothing(warm: World) -> None:
    browser = warm.browser()
    with statements(warm) as seen:
        for path in ("/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
            assert browser.get(path).status_code == 200
    assert seen == []
