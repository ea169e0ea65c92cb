"""/userinfo: RFC 6750's three ways in, and what stops a token that was good a moment ago."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oidc.world import ADA_CHOICE, Browser, World


def challenge(response: Any) -> str:
    assert "no-store" in response.headers["Cache-Control"]
    return response.headers["WWW-Authenticate"]


def test_header_post_header_and_post_body_say_the_same(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    answers = [
        browser.get("/userinfo", headers=header),
        browser.get("/userinfo", headers={"Authorization": f"bearer {token}"}),
        browser.post("/userinfo", headers=header),
        browser.post("/userinfo", data={"access_token": token}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert len({answer.data for answer in answers}) == 1


def test_no_token_is_401_without_an_error(browser: Browser) -> None:
    for response in (browser.get("/userinfo"), browser.post("/userinfo"), browser.post("/userinfo", data={"x": "y"})):
        assert response.status_code == 401
        assert challenge(response) == 'Bearer realm="userinfo"'


def test_a_token_in_the_url_is_not_looked_at(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    assert browser.get(f"/userinfo?access_token={token}").status_code == 401


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Authorization": "Basic YTpi"}, None),
        ({"Authorization": "Bearer"}, None),
        ({"Authorization": "Bearer a b"}, None),
        ({"Authorization": "Bearer é"}, None),
        ({"Authorization": "Bearer x"}, "access_token=x"),
        ({}, "access_token=x&access_token=x"),
        ({}, "access_token=%ff"),
        ({}, "x" * 70_000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_bearer_request_is_400(browser: Browser, headers: dict[str, str], body: str | None) -> None:
    form = {} if body is None else {"data": body, "content_type": "application/x-www-form-urlencoded"}
    response = browser.post("/userinfo", headers=headers, **form)
    assert response.status_code == 400
    assert 'error="invalid_request"' in challenge(response)


def test_a_revoked_procuracao_is_seen_at_once(world: World) -> None:
    browser = world.browser()
    token = browser.tokens(b"ada", ADA_CHOICE)["access_token"]
    assert browser.userinfo(token).status_code == 200
    with world.store.begin() as uow:
        procuracao = uow.procuracoes.get("prc-1", lock=True)
        uow.procuracoes.update(procuracao.after("revogar", world.clock.now()))
    response = browser.userinfo(token)
    assert response.status_code == 401
    assert 'error="invalid_token"' in challenge(response)


def test_an_expired_token(world: World) -> None:
    browser = world.browser()
    token = browser.tokens(scope="openid offline_access")["access_token"]
    world.clock.pass_(seconds=299)
    assert browser.userinfo(token).status_code == 200
    world.clock.pass_(seconds=1)
    assert browser.userinfo(token).status_code == 401


def test_a_token_narrowed_without_openid(browser: Browser) -> None:
    first = browser.tokens(scope="openid inscricao offline_access")
    form = {"refresh_token": first["refresh_token"], "scope": "inscricao"}
    narrowed = browser.token(grant_type="refresh_token", **form).get_json()
    assert "id_token" not in narrowed
    response = browser.userinfo(narrowed["access_token"])
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in challenge(response)
