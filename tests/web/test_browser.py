"""Cookies: what they are set with, and what is believed of what comes back."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask, Response, request

from idp.web.browser import (
    browser_digest,
    clear_session,
    form_token,
    form_token_ok,
    identify,
    session_key,
    set_browser,
    set_session,
)

APP = Flask(__name__)
GOOD = "g" * 43
OTHER = "o" * 43
BROWSER, SESSION = "__Host-portaria-browser", "__Host-portaria-session"


def with_cookies(header: str) -> tuple[str, str | None]:
    with APP.test_request_context(headers={"Cookie": header}):
        return browser_digest(request), session_key(request)


def test_cookie_attributes() -> None:
    """RFC 6265bis §4.1.3.2: __Host- wants Secure, Path=/ and no Domain."""
    response = Response()
    set_browser(response, GOOD)
    set_session(response, OTHER)
    assert response.headers.getlist("Set-Cookie") == [
        f"{BROWSER}={GOOD}; Secure; HttpOnly; Path=/; SameSite=Lax",
        f"{SESSION}={OTHER}; Secure; HttpOnly; Path=/; SameSite=Lax",
    ]


def test_clearing_names_the_same_cookie() -> None:
    response = Response()
    clear_session(response)
    (cleared,) = response.headers.getlist("Set-Cookie")
    assert cleared.startswith(f"{SESSION}=; Expires=Thu, 01 Jan 1970")
    assert "Max-Age=0; Secure; HttpOnly; Path=/; SameSite=Lax" in cleared


def test_a_good_cookie_is_known_by_its_digest() -> None:
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    assert with_cookies(f"{BROWSER}={GOOD}; {SESSION}={GOOD}") == (digest, digest)


@pytest.mark.attack("ATK-096")
@pytest.mark.parametrize(
    "cookies",
    [
        f"{{0}}={GOOD}; {{0}}={OTHER}",
        f"{{0}}={GOOD}; {{0}}={GOOD}",
        f"={{0}}={GOOD}",
        "{0}=",
        "{0}=short",
        f"{{0}}={'g' * 44}",
        "{0}=" + "g" * 42 + "é",
        f"{{0}}={GOOD}%0A",
        f"__host-portaria-browser={GOOD}; __HOST-portaria-session={GOOD}",
        f"portaria-browser={GOOD}; __Secure-portaria-session={GOOD}",
        f"{{0}}={GOOD}, {{0}}={OTHER}",
        "{0}=" + "g" * 5000,
    ],
)
def test_a_planted_or_malformed_cookie_is_no_cookie(cookies: str) -> None:
    assert with_cookies(f"{cookies.format(BROWSER)}; {cookies.format(SESSION)}") == ("", None)


def test_a_browser_without_a_cookie_gets_a_new_one() -> None:
    with APP.test_request_context():
        one, other = identify(request), identify(request)
    assert one.new
    assert one.cookie != other.cookie
    assert len(one.cookie) == 43
    assert one.digest == hashlib.sha256(one.cookie.encode()).hexdigest()


def test_a_browser_with_a_cookie_keeps_it() -> None:
    with APP.test_request_context(headers={"Cookie": f"{BROWSER}={GOOD}"}):
        known = identify(request)
    assert not known.new
    assert known.cookie == GOOD


@pytest.mark.attack("ATK-093")
def test_a_form_token_belongs_to_one_browser_and_one_purpose() -> None:
    with APP.test_request_context(headers={"Cookie": f"{SESSION}={GOOD}"}):
        token = form_token(request, "logout")
        assert form_token_ok(request, "logout", token)
        assert not form_token_ok(request, "other", token)
        assert not form_token_ok(request, "logout", "")
        assert not form_token_ok(request, "logout", "é")
    with APP.test_request_context(headers={"Cookie": f"{SESSION}={OTHER}"}):
        assert not form_token_ok(request, "logout", token)
    with APP.test_request_context():
        assert form_token(request, "logout") == ""
        assert not form_token_ok(request, "logout", "")
        assert not form_token_ok(request, "logout", token)
