"""The dynamic and third-party-login plans: what a registration says, and what follows from it."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
import requests

from idp.sandbox.html import Page
from tests.conformance.browser import LOGIN, Browser
from tests.conformance.checks import id_token_claims
from tests.conformance.conftest import Register, registration
from tests.conformance.plans import Variant
from tests.conformance.provider import Provider
from tests.conformance.relying_party import RelyingParty, SigningKey
from tests.support.processes import wait_until


def refused(provider: Provider, variant: Variant, key: SigningKey, **more: Any) -> requests.Response:
    document = registration(provider, variant, key, **more)
    answer = provider.http.post(provider.metadata["registration_endpoint"], json=document, timeout=60)
    assert answer.status_code == 400, answer.text
    return answer


def publish(provider: Provider, document: Any, path: str = "") -> str:
    """The address of a JSON document at the relying party's."""
    path = path or f"/{uuid4().hex}.json"
    provider.lab.pages[path] = json.dumps(document).encode()
    return provider.lab.url(path)


# --- what is signed, and how ------------------------------------------------------------------------------------------


def test_oidcc_idtoken_rs256(register: Register, browser: Browser) -> None:
    """OIDC Core §15.1: "OPs MUST support signing ID Tokens with the RSA SHA-256 algorithm"; Registration §2:
    id_token_signed_response_alg says so."""
    rp = register(id_token_signed_response_alg="RS256")
    assert rp.document["id_token_signed_response_alg"] == "RS256"
    assert rp.sign_in(browser).claims


def test_oidcc_userinfo_rs256(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Core §5.3.2: a registered userinfo_signed_response_alg makes the answer a JWT of type application/jwt, with
    iss and aud."""
    rp = register(userinfo_signed_response_alg="RS256")
    done = rp.sign_in(browser)
    answer = rp.userinfo(done.access_token)
    assert answer.headers["Content-Type"].startswith("application/jwt")
    header = jwt.get_unverified_header(answer.text)
    assert header["alg"] == "RS256"
    (key,) = (key for key in provider.jwks() if key["kid"] == header["kid"])
    claims = jwt.decode(answer.text, jwt.PyJWK(key).key, ["RS256"], audience=rp.client_id, issuer=provider.issuer)
    assert claims["sub"] == done.claims.get("sub", claims["sub"])


# --- what people see --------------------------------------------------------------------------------------------------


def shown(rp: RelyingParty, browser: Browser) -> Page:
    page = rp.ask(browser)
    assert isinstance(page, Page)
    assert page.heading.strip() == LOGIN
    return page


def test_oidcc_registration_logo_uri(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Registration §2: logo_uri, "If present, the server SHOULD display this image to the End-User during
    approval"."""
    logo = provider.lab.url("/logo.png")
    assert f'<img src="{logo}"' in shown(register(logo_uri=logo), browser).text


def test_oidcc_registration_policy_uri(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Registration §2: policy_uri, "The OpenID Provider SHOULD display this URL to the End-User"."""
    uri = provider.lab.url("/policy")
    assert uri in [target for target, _ in shown(register(policy_uri=uri), browser).links]


def test_oidcc_registration_tos_uri(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Registration §2: tos_uri, shown as well."""
    uri = provider.lab.url("/tos")
    assert uri in [target for target, _ in shown(register(tos_uri=uri), browser).links]


# --- keys -------------------------------------------------------------------------------------------------------------


def test_oidcc_registration_jwks_uri(register: Register, browser: Browser, provider: Provider, key: SigningKey) -> None:
    """OIDC Registration §2: jwks_uri references the keys that verify the client's assertions."""
    uri = publish(provider, {"keys": [key.public]})
    rp = register("private_key_jwt", jwks=None, jwks_uri=uri)
    assert rp.document["jwks_uri"] == uri
    assert rp.sign_in(browser).access_token
    assert any(uri.endswith(path) for _, path, _ in provider.lab.asked)


def test_oidcc_refresh_token_rp_key_rotation(
    register: Register, browser: Browser, provider: Provider, key: SigningKey
) -> None:
    """OIDC Core §10.1.1: a kid that is not known leads back to jwks_uri; the client signs with its new key."""
    path = f"/{uuid4().hex}.json"
    uri = publish(provider, {"keys": [key.public]}, path)
    rp = register("private_key_jwt", jwks=None, jwks_uri=uri)
    done = rp.sign_in(browser, scope="openid offline_access", prompt="consent")
    rp.key = SigningKey()
    publish(provider, {"keys": [rp.key.public]}, path)
    tokens = rp.token_document(rp.token(grant_type="refresh_token", refresh_token=done.refresh_token))
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    rp.key = SigningKey()  # published nowhere
    unknown = rp.token(grant_type="refresh_token", refresh_token=tokens.get("refresh_token", done.refresh_token))
    assert (unknown.status_code, unknown.json()["error"]) == (401, "invalid_client")


def test_oidcc_server_rotate_keys(rp: RelyingParty, browser: Browser, provider: Provider) -> None:
    """OIDC Core §10.1.1: the signer "signals the change to the verifier using the kid value"; the
    document at jwks_uri "SHOULD retain recently decommissioned signing keys for a reasonable period of time"."""
    asked = rp.parameters()
    before = rp.finish(browser.through(browser.open(rp.url(asked))), asked)
    known = {key["kid"] for key in provider.jwks()}
    provider.idp("keys", "rotate")

    def published() -> set[str]:
        return {key["kid"] for key in provider.jwks()}

    wait_until(lambda: published() - known, "a new key is published", 20)
    assert known <= published()  # nobody's token of before stops verifying
    assert rp.verified(before.id_token, asked)

    def signed_anew() -> bool:
        token = rp.sign_in(browser).id_token
        return jwt.get_unverified_header(token)["kid"] != jwt.get_unverified_header(before.id_token)["kid"]

    wait_until(signed_anew, "the next key signs", 20)


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §9, RFC 7523 §3: the issuer identifier names the server as the assertion's audience as well."""
    done_without = rp.parameters()
    at = browser.through(browser.open(rp.url(done_without)))
    code = rp.answer(at, done_without).get("code")
    if code is None:  # without a code the assertion still authenticates the client
        refused = rp.token(aud=rp.provider.issuer, grant_type="authorization_code", code="x", redirect_uri="x")
        assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
        return
    answer = rp.token(aud=rp.provider.issuer, grant_type="authorization_code", code=code, redirect_uri=rp.redirect_uri)
    assert rp.token_document(answer)["access_token"]


# --- sectors ----------------------------------------------------------------------------------------------------------


def test_oidcc_registration_sector_uri(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Core §8.1: clients that a sector_identifier_uri vouches for share a pairwise sub."""
    uris = [provider.lab.url(f"/{uuid4().hex}/callback") for _ in range(2)]
    sector = publish(provider, uris)
    pair = [register(subject_type="pairwise", sector_identifier_uri=sector, redirect_uris=[uri]) for uri in uris]
    assert [one.document["subject_type"] for one in pair] == ["pairwise", "pairwise"]
    subs = {rp.person(rp.sign_in(browser))["sub"] for rp in pair}
    assert len(subs) == 1


def test_oidcc_registration_sector_bad(provider: Provider, variant: Variant, key: SigningKey) -> None:
    """OIDC Registration §5: a registration whose redirect_uris are not all in the array fails; RFC 7591 §3.2.2: for its
    metadata."""
    sector = publish(provider, [provider.lab.url("/somebody/else")])
    answer = refused(provider, variant, key, subject_type="pairwise", sector_identifier_uri=sector)
    assert answer.json()["error"] == "invalid_client_metadata"


# --- login begun elsewhere --------------------------------------------------------------------------------------------


def test_oidcc_3rd_party_init_login(register: Register, browser: Browser, provider: Provider) -> None:
    """OIDC Core §4: initiate_login_uri is where a third party sends people to begin a login; the registration keeps it
    (RFC 7592 §2.1) and forgets all when it is deleted (§2.3)."""
    uri = provider.lab.url("/begin")
    rp = register(initiate_login_uri=uri)
    own = {"Authorization": f"Bearer {rp.document['registration_access_token']}"}
    read = provider.http.get(rp.document["registration_client_uri"], headers=own, timeout=60)
    assert (read.status_code, read.json()["initiate_login_uri"]) == (200, uri)
    assert rp.sign_in(browser).claims
    gone = provider.http.delete(rp.document["registration_client_uri"], headers=own, timeout=60)
    assert gone.status_code == 204
    assert provider.http.get(rp.document["registration_client_uri"], headers=own, timeout=60).status_code == 401


def test_oidcc_3rd_party_init_login_nohttps(provider: Provider, variant: Variant, key: SigningKey) -> None:
    """OIDC Registration §2: initiate_login_uri is a "URI using the https scheme"."""
    answer = refused(provider, variant, key, initiate_login_uri="http://127.0.0.1/begin")
    assert answer.json()["error"] == "invalid_client_metadata"


def test_checks_of_id_tokens_can_fail(key: SigningKey) -> None:
    """The mirror's own verifier refuses what §3.1.3.7 does."""
    now = int(time.time())
    good = {"iss": "https://i", "aud": "c", "sub": "s", "acr": "a", "iat": now, "auth_time": now, "exp": now + 60}
    known = {"issuer": "https://i", "client_id": "c", "nonce": None}
    assert id_token_claims(key.sign(good), [key.public], **known)
    for wrong in ({"iss": "https://j"}, {"aud": "d"}, {"nonce": "n"}, {"exp": now - 1}, {"name": "N"}, {"acr": ""}):
        with pytest.raises((AssertionError, jwt.PyJWTError)):
            id_token_claims(key.sign(good | wrong), [key.public], **known)
    stranger = SigningKey()
    stranger.kid = key.kid
    with pytest.raises(jwt.PyJWTError):
        id_token_claims(stranger.sign(good), [key.public], **known)
