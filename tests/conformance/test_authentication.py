"""Basic, implicit and hybrid: who is asked to show the certificate, and when."""

from __future__ import annotations

import time

from tests.conformance.browser import LOGIN, Arrival, Browser
from tests.conformance.relying_party import RelyingParty, SignedIn


def again(rp: RelyingParty, browser: Browser, **more: str) -> SignedIn:
    """A second request that must be answered without any page."""
    before, asked = list(browser.shown), rp.parameters(**more)
    done = rp.finish(browser.open(rp.url(asked)), asked)
    assert browser.shown == before
    return done


def test_oidcc_prompt_login(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: prompt=login, "the Authorization Server SHOULD prompt the End-User for reauthentication"; the
    page comes again and auth_time is that of the second time."""
    first = rp.sign_in(browser)
    asked = rp.parameters(prompt="login")
    page = browser.open(rp.url(asked))
    assert not isinstance(page, Arrival)
    assert page.heading.strip() == LOGIN
    began = int(time.time())
    second = rp.finish(browser.through(page), asked)
    assert second.claims["auth_time"] >= began >= first.claims["auth_time"]
    assert second.claims["sub"] == first.claims["sub"]


def test_oidcc_prompt_none_not_logged_in(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: prompt=none, "The Authorization Server MUST NOT display any authentication or consent user
    interface pages"; §3.1.2.6: login_required."""
    asked = rp.parameters(prompt="none")
    assert rp.error(browser.open(rp.url(asked)), asked) == "login_required"
    assert browser.shown == []


def test_oidcc_prompt_none_logged_in(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: with prompt=none somebody who is signed in and has agreed is not asked; §2: auth_time is when
    the authentication happened, so it stays."""
    first = rp.sign_in(browser)
    second = again(rp, browser, prompt="none")
    assert (second.claims["sub"], second.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


def test_oidcc_max_age_1(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: if the elapsed time is greater than max_age, "the OP MUST attempt to actively re-authenticate
    the End-User"; the ID token MUST have auth_time."""
    first = rp.sign_in(browser)
    while time.time() <= first.claims["auth_time"] + 2:  # more than a second later, whatever the fraction was
        time.sleep(0.05)
    second = rp.sign_in(browser, max_age="1")
    assert browser.logins == 2
    assert second.claims["auth_time"] > first.claims["auth_time"]


def test_oidcc_max_age_10000(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: below max_age nobody need authenticate again, and auth_time is the first one's."""
    first = rp.sign_in(browser, max_age="15000")
    second = again(rp, browser, max_age="10000")
    assert (second.claims["sub"], second.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


def test_oidcc_id_token_hint(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: id_token_hint, "If the End-User identified by the ID Token is already logged in ... the
    Authorization Server returns a positive response"."""
    first = rp.sign_in(browser)
    second = again(rp, browser, prompt="none", id_token_hint=first.id_token)
    assert (second.claims["sub"], second.claims["auth_time"]) == (first.claims["sub"], first.claims["auth_time"])


def test_oidcc_login_hint(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: login_hint is a hint, its use "is left to the OP's discretion": an unknown one fails
    nothing."""
    assert rp.sign_in(browser, login_hint="buffy@127.0.0.1").claims
    assert browser.logins == 1


def test_oidcc_ensure_request_with_acr_values_succeeds(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: acr_values is a voluntary claim; the ID token says which class was satisfied (§2)."""
    values = rp.metadata["acr_values_supported"]
    assert rp.sign_in(browser, acr_values=" ".join(values)).claims["acr"] in values
