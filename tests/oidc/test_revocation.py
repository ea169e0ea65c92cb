"""Token revocation (RFC 7009): what a client gives back is worth nothing from then on, and nobody else's is touched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oidc.world import ADA_CHOICE, SECRET, Browser, World

OTHER = {"client_id": "other", "redirect_uri": "https://other.example.net/cb"}
OFFLINE = "openid inscricao offline_access"


def revoke(browser: Browser, token: str | None, auth: tuple[str, str] | None = ("app", SECRET), **more: str) -> Any:
    form = more if token is None else {"token": token, **more}
    return browser.post("/revoke", data=form, auth=auth)


def refreshes(browser: Browser, token: str) -> bool:
    return bool(browser.token(grant_type="refresh_token", refresh_token=token).status_code == 200)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "pombo"])
def test_either_token_ends_the_family(world: World, kind: str, hint: str | None) -> None:
    """§2.1: where it is a refresh token, the access tokens of the same grant are invalidated too; the hint is no more
    than one."""
    browser = world.browser()
    tokens = browser.tokens(scope=OFFLINE)
    response = revoke(browser, tokens[kind], **({"token_type_hint": hint} if hint else {}))
    assert (response.status_code, response.data) == (200, b"")
    assert "Content-Type" not in response.headers, "oidc-client-ts 3.5.0 fails where it is there and not JSON"
    assert "no-store" in response.headers["Cache-Control"]
    assert browser.userinfo(tokens["access_token"]).status_code == 401
    assert not refreshes(browser, tokens["refresh_token"])
    assert [row.kind for row in world.store.audit_log().rows()].count("grant.revoked") == 1
    assert revoke(browser, tokens[kind]).status_code == 200, "again"
    assert [row.kind for row in world.store.audit_log().rows()].count("grant.revoked") == 1


def test_a_refresh_token_that_was_rotated_away_ends_it_as_well(browser: Browser) -> None:
    first = browser.tokens(scope=OFFLINE)["refresh_token"]
    second = browser.token(grant_type="refresh_token", refresh_token=first).get_json()["refresh_token"]
    assert revoke(browser, first).status_code == 200
    assert not refreshes(browser, second)


@pytest.mark.parametrize(
    "token", ["x", "rt.AAAAAAAAAAAAAAAAAAAAAA.0." + "A" * 43, "a.b.c", "é\u2028", "Bearer x", "e30.e30.", "9" * 40_000]
)
def test_what_is_no_token_is_as_good_as_revoked(browser: Browser, token: str) -> None:
    """§2.2: invalid tokens do not cause an error response."""
    assert revoke(browser, token).status_code == 200


def test_an_expired_access_token_is_as_good_as_revoked(world: World) -> None:
    browser = world.browser()
    tokens = browser.tokens(scope=OFFLINE)
    world.clock.pass_(seconds=301)
    assert revoke(browser, tokens["access_token"]).status_code == 200
    assert refreshes(browser, tokens["refresh_token"])


@pytest.mark.attack("ATK-086")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_clients_token_is_refused_and_lives_on(browser: Browser, kind: str) -> None:
    """§2.1: the server verifies whether the token was issued to the client; if not, the request is refused."""
    tokens = browser.tokens(scope=OFFLINE)
    response = revoke(browser, tokens[kind], ("other", SECRET))
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_grant")
    assert browser.userinfo(tokens["access_token"]).status_code == 200
    assert refreshes(browser, tokens["refresh_token"])


def test_what_ends_by_itself_is_an_unsupported_type(browser: Browser) -> None:
    """§2.2.1 unsupported_token_type."""
    own = browser.token(grant_type="client_credentials").get_json()["access_token"]
    for token in (own, browser.tokens()["id_token"]):
        response = revoke(browser, token)
        assert (response.status_code, response.get_json()["error"]) == (400, "unsupported_token_type")
    assert browser.token(grant_type="client_credentials").status_code == 200


def test_a_public_client_gives_back_its_own(browser: Browser) -> None:
    code = browser.log_in(client_id="public", scope=OFFLINE)["code"]
    tokens = browser.redeem(code, None, client_id="public").get_json()
    assert revoke(browser, tokens["refresh_token"], None, client_id="public").status_code == 200
    assert browser.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("app", SECRET), {}, 400, "invalid_request"),
        (("app", SECRET), {"token": ""}, 400, "invalid_request"),
        (("app", "wrong"), {"token": "x"}, 401, "invalid_client"),
        (("disabled", SECRET), {"token": "x"}, 401, "invalid_client"),
        (None, {"token": "x"}, 401, "invalid_client"),
        (None, {"token": "x", "client_id": "app"}, 401, "invalid_client"),
        (("app", SECRET), {"token": "x", "client_secret": SECRET}, 400, "invalid_request"),
    ],
)
def test_refusals(browser: Browser, auth: Any, form: dict[str, str], status: int, error: str) -> None:
    response = browser.post("/revoke", data=form, auth=auth)
    assert (response.status_code, response.get_json()["error"]) == (status, error)
    assert "no-store" in response.headers["Cache-Control"]
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@pytest.mark.attack("ATK-083")
def test_a_doubled_parameter_and_one_in_the_url(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    twice = browser.post("/revoke", data=f"token={token}&token=x", headers=headers, auth=("app", SECRET))
    in_url = browser.post(f"/revoke?token={token}", data={"token": token}, auth=("app", SECRET))
    for response in (twice, in_url):
        assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")
    assert browser.get("/revoke").status_code == 405
    assert browser.userinfo(token).status_code == 200


def test_the_other_family_of_the_same_person_lives_on(world: World) -> None:
    browser, other = world.browser(), world.browser()
    mine = browser.tokens(b"ada", ADA_CHOICE)
    theirs = other.tokens(b"ada", ADA_CHOICE)
    assert revoke(browser, mine["access_token"]).status_code == 200
    assert other.userinfo(theirs["access_token"]).status_code == 200
