"""Request objects by value and by reference (OIDC Core §6), signed and not."""

from __future__ import annotations

import secrets
from uuid import uuid4

from tests.conformance.browser import Browser
from tests.conformance.conftest import Register
from tests.conformance.provider import Provider
from tests.conformance.relying_party import RelyingParty, unsigned


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, browser: Browser
) -> None:
    """OIDC Core §6.1, §3.1.2.6: an object whose alg is not offered is invalid_request_object; its parameters are not
    taken up."""
    assert "none" not in rp.metadata["request_object_signing_alg_values_supported"]
    asked = rp.parameters()
    inside = {**asked, "iss": rp.client_id, "aud": rp.provider.issuer, "nonce": "another"}
    at = browser.open(rp.url(asked | {"request": unsigned(inside)}))
    assert rp.error(at, asked) == "invalid_request_object"
    assert browser.shown == []


def _by_reference(rp: RelyingParty, browser: Browser, uri: str, asked: dict[str, str]) -> str:
    return rp.error(browser.open(rp.url(asked | {"request_uri": uri})), asked)


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    register: Register, browser: Browser, provider: Provider
) -> None:
    """OIDC Core §6.2, §3.1.2.6: an unsigned object behind a registered request_uri is invalid_request_uri."""
    path = f"/{uuid4().hex}/request"
    rp = register(request_uris=[provider.lab.url(path)])
    asked = rp.parameters()
    provider.lab.pages[path] = unsigned({**asked, "iss": rp.client_id, "aud": provider.issuer}).encode()
    assert _by_reference(rp, browser, provider.lab.url(path), asked) == "invalid_request_uri"


def test_oidcc_request_uri_unsigned(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Core §6.1: unsigned request objects are for those who register `none`, which is not offered; OIDC
    Registration §2: request_uris are those that a client has registered, and no other is asked."""
    path = f"/{uuid4().hex}/request"
    rp = register(request_uris=[provider.lab.url(path)])
    asked = rp.parameters()
    provider.lab.pages[path] = unsigned({**asked, "iss": rp.client_id, "aud": provider.issuer}).encode()
    assert _by_reference(rp, browser, provider.lab.url(path), asked) == "invalid_request_uri"
    before = len(provider.lab.asked)
    assert _by_reference(rp, browser, provider.lab.url(f"{path}/elsewhere"), asked) == "invalid_request_uri"
    assert len(provider.lab.asked) == before


def test_oidcc_request_uri_signed_rs256(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Core §6.2: request_uri refers to a resource that holds a request object; §6.3.2: signed as registered, its
    values are the request's."""
    assert provider.metadata["request_uri_parameter_supported"] is True
    path = f"/{uuid4().hex}/request"
    uri = f"{provider.lab.url(path)}#{uuid4().hex}"  # as registered, before anybody knows the content's hash
    rp = register(request_uris=[uri], request_object_signing_alg="RS256")
    asked = rp.parameters()
    provider.lab.pages[path] = rp.request_object(asked).encode()
    outside = {name: asked[name] for name in ("client_id", "response_type", "scope")}
    at = browser.open(rp.url(outside | {"request_uri": uri}))
    assert rp.finish(browser.through(at), asked).claims
    assert ("GET", path, b"") in provider.lab.asked


def test_oidcc_ensure_request_object_with_redirect_uri(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §6.1: the values in the JWT "supersede those passed using the OAuth 2.0 request syntax": its
    registered redirect_uri counts, not the one outside that nobody registered."""
    asked = rp.parameters()
    wrong = f"{rp.redirect_uri}/{secrets.token_hex(4)}"
    outside = asked | {"redirect_uri": wrong, "request": rp.request_object(asked)}
    assert rp.finish(browser.through(browser.open(rp.url(outside))), asked).claims
