"""RP-initiated logout: whose link may end a session, and where a browser goes afterwards."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from tests.oidc.test_authorize import BAD_URIS, leads_to
from tests.oidc.world import ADA_CHOICE, SIGNED_OUT, Browser, World


def logout(browser: Browser, **params: str) -> Any:
    return browser.get(f"/logout?{urlencode(params)}")


def text(response: Any) -> str:
    assert "Location" not in response.headers
    return response.get_data(as_text=True)


def signed_in(browser: Browser) -> bool:
    return leads_to(browser.authorize(prompt="none")) == "code"


def test_with_a_hint_the_session_ends_and_state_comes_back(browser: Browser) -> None:
    tokens = browser.tokens(scope="openid offline_access")
    state = "s" * 120 + " é&=#+%"
    response = logout(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT, state=state)
    assert response.status_code == 303
    uri, _, query = response.headers["Location"].partition("?")
    assert uri == SIGNED_OUT
    assert parse_qs(query, strict_parsing=True) == {"state": [state]}
    assert leads_to(browser.authorize(prompt="none")) == "login_required"
    assert browser.userinfo(tokens["access_token"]).status_code == 401
    renewed = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed.get_json()["error"] == "invalid_grant"


def test_without_state_the_uri_is_bare(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    response = logout(browser, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, client_id="app")
    assert response.headers["Location"] == SIGNED_OUT


def test_an_expired_hint_is_a_hint(world: World) -> None:
    browser = world.browser()
    hint = browser.tokens()["id_token"]
    world.clock.pass_(hours=3)
    assert logout(browser, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT).status_code == 303
    assert not signed_in(browser)


def test_with_a_hint_alone_a_page_says_it_is_done(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    assert text(logout(browser, id_token_hint=hint)).startswith("logged_out")
    assert not signed_in(browser)


@pytest.mark.attack("ATK-101")
def test_without_a_hint_the_person_is_asked(browser: Browser) -> None:
    browser.tokens()
    for params in ({}, {"state": "x"}, {"post_logout_redirect_uri": SIGNED_OUT}, {"client_id": "app"}):
        assert text(logout(browser, **params)).startswith("logout_confirm /logout/confirm token=")
        assert signed_in(browser)


@pytest.mark.attack("ATK-101")
def test_somebody_elses_hint_asks_too(world: World) -> None:
    browser, other = world.browser(), world.browser()
    hint = browser.tokens()["id_token"]
    other.tokens(b"ada", ADA_CHOICE)
    response = logout(other, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT)
    assert text(response).startswith("logout_confirm")
    assert signed_in(browser)
    assert leads_to(other.authorize(prompt="none")) == "code"


def test_confirming_ends_it_and_staying_does_not(browser: Browser) -> None:
    browser.tokens()
    token = text(logout(browser)).split("token=")[1].split()[0]
    stayed = browser.post("/logout/confirm", data={"token": token, "decisao": "ficar"})
    assert text(stayed) == "logged_out stayed"
    assert signed_in(browser)
    done = browser.post("/logout/confirm", data={"token": token, "decisao": "sair"})
    assert text(done).startswith("logged_out")
    assert not signed_in(browser)


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_a_confirmation_from_elsewhere_ends_nothing(browser: Browser, token: str) -> None:
    browser.tokens()
    response = browser.post("/logout/confirm", data={"token": token, "decisao": "sair"})
    assert text(response).startswith("protocol_error invalid_request")
    good = text(logout(browser)).split("token=")[1].split()[0]
    form = {"token": good, "decisao": "sair"}
    foreign = browser.post("/logout/confirm", data=form, headers={"Origin": "https://evil.example"})
    assert text(foreign).startswith("protocol_error invalid_request")
    assert signed_in(browser)


@pytest.mark.attack("ATK-080")
@pytest.mark.attack("ATK-101")
def test_no_uri_but_a_registered_one(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    for uri in [*BAD_URIS, SIGNED_OUT + "?x=y", SIGNED_OUT + "/", "https://app.example.com/cb?tenant=1"]:
        page = text(logout(browser, id_token_hint=hint, post_logout_redirect_uri=uri, state="x"))
        assert page.startswith(("protocol_error post_logout_redirect_uri", "protocol_error invalid_request")), uri
    assert signed_in(browser)


def test_a_hint_that_is_not_ours_names_itself_and_ends_nothing(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    for bad in ("x", hint[:-4] + "AAAA", hint.replace(".", "")):
        page = text(logout(browser, id_token_hint=bad, post_logout_redirect_uri=SIGNED_OUT))
        assert page.startswith("protocol_error id_token_hint")
    assert text(logout(browser, id_token_hint=hint, client_id="other")).startswith("protocol_error id_token_hint")
    assert signed_in(browser)


def test_nobody_there_is_already_out(browser: Browser) -> None:
    assert text(logout(browser)).startswith("logged_out")


@pytest.mark.attack("ATK-083")
def test_doubled_parameters(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    for name in ("id_token_hint", "state", "post_logout_redirect_uri", "x"):
        query = urlencode([("id_token_hint", hint), (name, "a"), (name, "b")])
        assert text(browser.get(f"/logout?{query}")).startswith("protocol_error duplicate_parameter")
    assert signed_in(browser)


def test_a_cross_site_post_becomes_a_get(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    form = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT, "state": "x"}
    response = browser.post("/logout", data=form)
    assert response.status_code == 303
    assert signed_in(browser), "the POST itself ends nothing"
    assert browser.get(response.headers["Location"]).headers["Location"] == SIGNED_OUT + "?state=x"
    assert not signed_in(browser)
