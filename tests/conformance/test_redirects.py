"""The dynamic plan: redirect URIs, as registered and as asked."""

from __future__ import annotations

from uuid import uuid4

import pytest

from idp.sandbox.html import Page
from tests.conformance.browser import Browser
from tests.conformance.conftest import Register, registration
from tests.conformance.plans import Variant
from tests.conformance.provider import Provider
from tests.conformance.relying_party import RelyingParty, SigningKey


@pytest.fixture
def with_query(register: Register, provider: Provider) -> RelyingParty:
    """Its redirect URI has a query of its own."""
    return register(redirect_uris=[provider.lab.url(f"/{uuid4().hex}/callback?foo=bar")])


def nowhere(rp: RelyingParty, browser: Browser, **changed: str | None) -> Page:
    """The page that names the fault; nobody is sent to a client."""
    at = rp.ask(browser, **changed)
    assert isinstance(at, Page)
    assert (browser.status, browser.logins) == (400, 0)
    assert "redirect_uri" in at.text
    return at


def test_oidcc_ensure_redirect_uri_in_authorization_request(
    register: Register, browser: Browser, provider: Provider
) -> None:
    """OIDC Core §3.1.2.1: redirect_uri is REQUIRED, also where only one is registered, and all the more
    where there are two of different hosts."""
    nowhere(register(), browser, redirect_uri=None)
    uris = [provider.lab.url(f"/{uuid4().hex}/callback"), "https://outro.exemplo.test/callback"]
    nowhere(register(redirect_uris=uris), browser, redirect_uri=None)


def test_oidcc_redirect_uri_query_ok(with_query: RelyingParty, browser: Browser) -> None:
    """RFC 6749 §3.1.2: a query of the redirection URI "MUST be retained when adding additional query parameters"."""
    asked = with_query.parameters()
    at = browser.through(browser.open(with_query.url(asked)))
    assert not isinstance(at, Page)
    assert at.url.startswith(with_query.redirect_uri)
    at.parameters.pop("foo", None)  # among the others where they come in the query
    assert with_query.finish(at, asked).claims


def test_oidcc_redirect_uri_query_mismatch(with_query: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: the registered query is part of the exact match (RFC 3986 §6.2.1)."""
    nowhere(with_query, browser, redirect_uri=with_query.redirect_uri.replace("foo=bar", "bar=foo"))


def test_oidcc_redirect_uri_query_added(with_query: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: nothing may be added to what is registered."""
    nowhere(with_query, browser, redirect_uri=f"{with_query.redirect_uri}&bar=foo")


def test_oidcc_redirect_uri_regfrag(provider: Provider, variant: Variant, key: SigningKey) -> None:
    """RFC 6749 §3.1.2: "The endpoint URI MUST NOT include a fragment component"; RFC 7591 §3.2.2:
    invalid_redirect_uri."""
    document = registration(provider, variant, key, redirect_uris=[provider.lab.url("/callback#foobar")])
    answer = provider.http.post(provider.metadata["registration_endpoint"], json=document, timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
