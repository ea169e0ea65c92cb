"""A relying party of our own: registers, asks, redeems, verifies. It knows the provider by its metadata alone."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from idp.sandbox.html import Page
from tests.conformance.browser import Arrival, Browser
from tests.conformance.checks import half_hash, id_token_claims
from tests.conformance.plans import Variant
from tests.conformance.provider import Provider

LONG_STATE = 128


@dataclass
class SignedIn:
    """What a login brought. ``claims`` are those of the ID token, the token endpoint's where it gave one."""

    answer: dict[str, str]
    id_token: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    access_token: str = ""
    refresh_token: str = ""


class SigningKey:
    """A client's RSA key."""

    def __init__(self) -> None:
        self.kid = uuid4().hex
        self.private = rsa.generate_private_key(65537, 2048)

    @property
    def public(self) -> dict[str, Any]:
        known = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"kty": "RSA", "n": known["n"], "e": known["e"], "kid": self.kid, "use": "sig", "alg": "RS256"}

    def sign(self, claims: dict[str, Any], **header: str) -> str:
        return jwt.encode(claims, self.private, "RS256", {"kid": self.kid, **header})


class RelyingParty:
    """``document``: the registration as the provider answered it, or as the file of static clients has it."""

    def __init__(self, provider: Provider, variant: Variant, key: SigningKey, document: dict[str, Any]) -> None:
        self.provider, self.variant, self.key, self.document = provider, variant, key, document
        self.metadata = provider.metadata
        self.client_id: str = document["client_id"]
        self.auth: str = document["token_endpoint_auth_method"]
        self.redirect_uri: str = document["redirect_uris"][0]

    # --- the request ---------------------------------------------------------------------------------------------

    def parameters(self, **more: str | None) -> dict[str, str]:
        """An authorization request with fresh state and nonce; None leaves a parameter out."""
        mode = {} if self.variant.response_mode == "default" else {"response_mode": self.variant.response_mode}
        usual: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": self.variant.response_type,
            "scope": "openid",
            "state": secrets.token_urlsafe(LONG_STATE)[:LONG_STATE],
            "nonce": secrets.token_urlsafe(16),
            **mode,
        }
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def url(self, parameters: dict[str, str]) -> str:
        return f"{self.metadata['authorization_endpoint']}?{urlencode(parameters, quote_via=quote)}"

    def ask(self, browser: Browser, **more: str | None) -> Page | Arrival:
        """An authorization request, answered by nobody: the page shown, or the answer that came without one."""
        return browser.open(self.url(self.parameters(**more)))

    # --- the answer ----------------------------------------------------------------------------------------------

    def mode(self) -> str:
        """How the answer must come (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, §5)."""
        if self.variant.response_mode != "default":
            return self.variant.response_mode
        return "query" if self.variant.response_type == "code" else "fragment"

    def answer(self, at: Page | Arrival, asked: dict[str, str]) -> dict[str, str]:
        """The parameters of an answer that is ours: right address and mode, our state, the provider's iss."""
        assert isinstance(at, Arrival), f"a page: {at.heading}"
        assert at.url.startswith(asked.get("redirect_uri", self.redirect_uri)), at.url
        assert at.mode == self.mode()
        told = dict(at.parameters)
        assert told.pop("state", None) == asked.get("state")
        assert told.pop("iss") == self.provider.issuer  # RFC 9207 §2
        return told

    def error(self, at: Page | Arrival, asked: dict[str, str]) -> str:
        """The error code of an answer that has nothing but an error (OIDC Core §3.1.2.6)."""
        told = self.answer(at, asked)
        assert set(told) <= {"error", "error_description", "error_uri"}
        return told["error"]

    def sign_in(self, browser: Browser, **more: str | None) -> SignedIn:
        """Ask, go through all pages, verify what comes back."""
        asked = self.parameters(**more)
        return self.finish(browser.through(browser.open(self.url(asked))), asked)

    def finish(self, at: Page | Arrival, asked: dict[str, str], **token_request: str) -> SignedIn:
        told = self.answer(at, asked)
        assert "error" not in told, told
        members = {"code": {"code"}, "id_token": {"id_token"}, "token": {"access_token", "token_type", "expires_in"}}
        expected = set().union(*(members[kind] for kind in self.variant.kinds))
        assert set(told) - {"scope"} == expected
        done = SignedIn(told, access_token=told.get("access_token", ""))
        if "id_token" in told:
            done.id_token = told["id_token"]
            done.claims = self.verified(done.id_token, asked)
            for name, value in (("at_hash", told.get("access_token")), ("c_hash", told.get("code"))):
                # OIDC Core §3.2.2.10, §3.3.2.11
                assert done.claims.get(name) == (half_hash(value) if value else None), name
        if "code" in told:
            self._redeem(done, asked, token_request)
        return done

    def _redeem(self, done: SignedIn, asked: dict[str, str], token_request: dict[str, str]) -> None:
        assert len(done.answer["code"]) >= 22  # RFC 6749 §10.10: 128 bits in base64url
        response = self.token(
            grant_type="authorization_code",
            code=done.answer["code"],
            redirect_uri=asked.get("redirect_uri", self.redirect_uri),
            **token_request,
        )
        tokens = self.token_document(response)
        claims = self.verified(tokens["id_token"], asked)
        assert claims.get("at_hash", half_hash(tokens["access_token"])) == half_hash(tokens["access_token"])
        if done.claims:
            # OIDC Core §3.3.3.6: both ID tokens are about the same person.
            assert (claims["iss"], claims["sub"]) == (done.claims["iss"], done.claims["sub"])
        done.id_token, done.claims = tokens["id_token"], claims
        done.access_token, done.refresh_token = tokens["access_token"], tokens.get("refresh_token", "")

    def token_document(self, response: requests.Response) -> dict[str, Any]:
        """A successful answer of the token endpoint (RFC 6749 §5.1)."""
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["Cache-Control"] == "no-store"
        tokens = dict(response.json())
        assert tokens["token_type"] == "Bearer"
        assert tokens["expires_in"] > 0
        return tokens

    def verified(self, token: str, asked: dict[str, str]) -> dict[str, Any]:
        alg = self.document.get("id_token_signed_response_alg", "RS256")
        return id_token_claims(
            token,
            self.provider.jwks(),
            issuer=self.provider.issuer,
            client_id=self.client_id,
            nonce=asked.get("nonce"),
            alg=alg,
            person=self.variant.response_type == "id_token" or "claims" in asked,
        )

    # --- what the client does by itself -----------------------------------------------------------------------------

    def assertion(self, aud: str | None = None) -> str:
        """private_key_jwt (OIDC Core §9)."""
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": aud or self.metadata["token_endpoint"]}
        return self.key.sign({**claims, "iat": now, "exp": now + 60, "jti": uuid4().hex})

    def token(self, *, aud: str | None = None, **fields: str) -> requests.Response:
        """A request to the token endpoint with this client's authentication."""
        basic = None
        if self.auth == "client_secret_basic":
            basic = (quote(self.client_id, safe=""), quote(self.document["client_secret"], safe=""))
        elif self.auth == "client_secret_post":
            fields |= {"client_id": self.client_id, "client_secret": self.document["client_secret"]}
        else:
            kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            fields |= {"client_assertion_type": kind, "client_assertion": self.assertion(aud)}
        return self.provider.http.post(self.metadata["token_endpoint"], fields, auth=basic, timeout=60)

    def request_object(self, asked: dict[str, str]) -> str:
        """``asked`` as a signed request object (OIDC Core §6.1)."""
        now = int(time.time())
        claims = {"iss": self.client_id, "aud": self.provider.issuer, "iat": now, "exp": now + 60}
        return self.key.sign({**claims, **asked})

    def userinfo(self, access_token: str, how: str = "get") -> requests.Response:
        """GET or POST with a header, or POST with the token in the body (RFC 6750 §2.1, §2.2)."""
        url, header = self.metadata["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"}
        if how == "get":
            return self.provider.http.get(url, headers=header, timeout=60)
        if how == "post-header":
            return self.provider.http.post(url, headers=header, timeout=60)
        return self.provider.http.post(url, {"access_token": access_token}, timeout=60)

    def person(self, done: SignedIn) -> dict[str, Any]:
        """The claims about the person: from the UserInfo endpoint, or where no access token comes, from the ID token
        (OIDC Core §5.4)."""
        if not done.access_token:
            return done.claims
        answer = self.userinfo(done.access_token)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        told = dict(answer.json())
        assert told["sub"] == done.claims.get("sub", told["sub"])  # OIDC Core §5.3.2
        return told


def s256(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any]) -> str:
    """A JWT with alg none (RFC 7519 §6)."""
    return jwt.encode(claims, None, "none")
