"""Basic, implicit and hybrid: requests and answers of the authorization and token endpoints."""

from __future__ import annotations

import secrets

import pytest

from idp.sandbox.html import Page
from tests.conformance.browser import Browser
from tests.conformance.conftest import Register, registration
from tests.conformance.plans import Variant
from tests.conformance.provider import Provider
from tests.conformance.relying_party import RelyingParty, SigningKey, s256


def test_oidcc_server(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.5, §3.2.2.5, §3.3.2.5: the answer has what the response type names, and its ID tokens pass the
    checks of §3.1.3.7."""
    done = rp.sign_in(browser)
    assert done.claims["sub"]


def test_oidcc_response_type_missing(rp: RelyingParty, browser: Browser) -> None:
    """RFC 6749 §3.1.1: "If an authorization request is missing the response_type parameter ... the authorization server
    MUST return an error response as described in Section 4.1.2.1"."""
    asked = rp.parameters(response_type=None, response_mode=None)
    at = browser.open(rp.url(asked))
    assert not isinstance(at, Page)
    assert at.mode == "query"  # without a response type nothing moves it from the default
    assert at.parameters["error"] in ("invalid_request", "unsupported_response_type")
    assert (at.parameters["state"], at.parameters["iss"]) == (asked["state"], rp.provider.issuer)


def test_oidcc_idtoken_signature(rp: RelyingParty, browser: Browser, provider: Provider) -> None:
    """OIDC Core §2: "ID Tokens MUST be signed using JWS"; §10.1: the kid says which key of jwks_uri verifies it."""
    assert len({key["kid"] for key in provider.jwks()}) > 1
    assert rp.sign_in(browser).claims["iss"] == provider.issuer


def test_oidcc_idtoken_unsigned(provider: Provider, variant: Variant, key: SigningKey) -> None:
    """OIDC Core §15.1, §2: `none` only for those who offer it; it is not offered, and a registration that asks for it
    is refused."""
    assert "none" not in provider.metadata["id_token_signing_alg_values_supported"]
    document = registration(provider, variant, key, id_token_signed_response_alg="none")
    answer = provider.http.post(provider.metadata["registration_endpoint"], json=document, timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: nonce is OPTIONAL in the code flow; without one the ID token has none."""
    assert "nonce" not in rp.sign_in(browser, nonce=None).claims


def test_oidcc_ensure_request_without_nonce_fails(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.2.2.1, §3.3.2.1: nonce is REQUIRED where an ID token comes from the authorization endpoint."""
    asked = rp.parameters(nonce=None)
    assert rp.error(browser.open(rp.url(asked)), asked) == "invalid_request"
    assert browser.shown == []


def test_oidcc_alternate_happy_flow(rp: RelyingParty, browser: Browser) -> None:
    """RFC 6749 §3.3: the order of the scope's words does not matter, nor that of parameters (§3.1)."""
    asked = rp.parameters(scope="email profile openid")
    turned = dict(reversed(asked.items()))
    done = rp.finish(browser.through(browser.open(rp.url(turned))), asked | {"claims": ""})
    assert rp.person(done)["email"] == "tereza.kambeba@exemplo.test"


@pytest.mark.usefixtures("variant")
def test_oidcc_display_page(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: display=page is a full page view; asking for it fails nothing."""
    assert rp.sign_in(browser, display="page").claims
    assert browser.logins == 1


def test_oidcc_display_popup(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §15.1: the least support of display is that its use makes no error."""
    assert rp.sign_in(browser, display="popup").claims


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.2: "Authorization Servers SHOULD ignore unrecognized request parameters"."""
    assert rp.sign_in(browser, extra="foobar").claims


def test_oidcc_ui_locales(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: "An error SHOULD NOT result if some or all of the requested locales are not supported"."""
    assert rp.sign_in(browser, ui_locales="se").claims


def test_oidcc_claims_locales(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.2: claims_locales are preferences; one that is not known is no error."""
    assert rp.sign_in(browser, claims_locales="se").claims


def test_oidcc_ensure_registered_redirect_uri(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: redirect_uri "MUST exactly match one of the Redirection URI values for the Client
    pre-registered"; otherwise nobody is sent there (RFC 6749 §3.1.2.4)."""
    at = rp.ask(browser, redirect_uri=f"{rp.redirect_uri}/{secrets.token_hex(4)}")
    assert isinstance(at, Page)
    assert (browser.status, browser.logins) == (400, 0)
    assert "redirect_uri" in at.text


def test_oidcc_ensure_post_request_succeeds(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §3.1.2.1: "Authorization Servers MUST support the use of the HTTP GET and POST methods"; the form comes
    from another site."""
    asked = rp.parameters()
    at = browser.post(rp.metadata["authorization_endpoint"], asked)
    assert rp.finish(browser.through(at), asked).claims


def test_oidcc_server_client_secret_post(register: Register, browser: Browser) -> None:
    """OIDC Core §9: client_secret_post, the credentials in the body of the token request."""
    rp = register("client_secret_post")
    assert rp.auth == "client_secret_post"
    assert rp.sign_in(browser).access_token
    wrong = RelyingParty(rp.provider, rp.variant, rp.key, rp.document | {"client_secret": secrets.token_hex(16)})
    refused = wrong.token(grant_type="authorization_code", code="none", redirect_uri=rp.redirect_uri)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_oidcc_ensure_request_with_valid_pkce_succeeds(rp: RelyingParty, browser: Browser) -> None:
    """RFC 7636 §4.6: the verifier of the S256 challenge redeems the code; another one is invalid_grant."""
    verifier = secrets.token_urlsafe(48)
    asked = rp.parameters(code_challenge=s256(verifier), code_challenge_method="S256")
    done = rp.finish(browser.through(browser.open(rp.url(asked))), asked, code_verifier=verifier)
    assert done.access_token
    code = rp.answer(browser.through(browser.open(rp.url(asked))), asked)["code"]
    refused = rp.token(
        grant_type="authorization_code",
        code=code,
        redirect_uri=rp.redirect_uri,
        code_verifier=secrets.token_urlsafe(48),
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_oidcc_codereuse(rp: RelyingParty, browser: Browser) -> None:
    """RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once"; §5.2: invalid_grant."""
    done = rp.sign_in(browser)
    again = rp.token(grant_type="authorization_code", code=done.answer["code"], redirect_uri=rp.redirect_uri)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_oidcc_codereuse_30seconds(rp: RelyingParty, browser: Browser) -> None:
    """RFC 6749 §4.1.2: on a second use the server "SHOULD revoke (when possible) all tokens previously issued based on
    that authorization code": here at once."""
    done = rp.sign_in(browser, scope="openid offline_access")
    assert rp.userinfo(done.access_token).status_code == 200
    rp.token(grant_type="authorization_code", code=done.answer["code"], redirect_uri=rp.redirect_uri)
    dead = rp.userinfo(done.access_token)
    assert dead.status_code == 401
    assert 'error="invalid_token"' in dead.headers["WWW-Authenticate"]
    gone = rp.token(grant_type="refresh_token", refresh_token=done.refresh_token)
    assert (gone.status_code, gone.json()["error"]) == (400, "invalid_grant")


def test_oidcc_refresh_token(register: Register, browser: Browser) -> None:
    """OIDC Core §12.2: the ID token of a refresh has the iss, sub, aud and auth_time of the first one and a later iat;
    RFC 6749 §10.4: a refresh token is good for its client alone."""
    rp, other = register(), register()
    assert "refresh_token" in rp.metadata["grant_types_supported"]
    assert "offline_access" in rp.metadata["scopes_supported"]
    more = {"scope": "openid offline_access", "prompt": "consent"}
    asked = rp.parameters(**more)
    first = rp.finish(browser.through(browser.open(rp.url(asked))), asked)
    tokens = rp.token_document(rp.token(grant_type="refresh_token", refresh_token=first.refresh_token))
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    second = rp.verified(tokens["id_token"], asked)  # with the nonce of the first (§12.2)
    for name in ("iss", "sub", "aud", "auth_time", "azp"):
        assert second.get(name) == first.claims.get(name), name
    assert second["iat"] >= first.claims["iat"]
    other.sign_in(browser, **more)
    stolen = other.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
