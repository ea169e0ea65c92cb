"""How a relying party proves who it is at the token endpoint (RFC 6749 §2.3, OIDC Core §9).

Exactly one method a request, and only the one the client registered. Every failure looks the same from outside, and a
secret is compared also where there is no client, so that time does not tell the two apart.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin

from idp.domain.client import AuthMethod
from idp.oidc.adapters import AdaptedClient, TokenRequest
from idp.oidc.assertion import ASSERTION_TYPE, Assertions
from idp.oidc.errors import InvalidRequestError, Unauthenticated
from idp.oidc.jose import BadToken
from idp.ports import Clients

QueryClient = Callable[[str], AdaptedClient | None]
Method = Callable[[QueryClient, TokenRequest], ClientMixin | None]
CLIENT_ID = re.compile(r"[!-~]{1,255}\Z")
_NO_SECRET = hashlib.sha256(b"").hexdigest()


def presented_method(request: TokenRequest) -> AuthMethod:
    """The one method ``request`` uses. Raises invalid_request for several (RFC 6749 §2.3), invalid_client for none."""
    form, used = request.form, []
    if "Authorization" in request.headers:
        used.append(AuthMethod.BASIC)
    if "client_secret" in form:
        used.append(AuthMethod.POST)
    if "client_assertion" in form or "client_assertion_type" in form:
        used.append(AuthMethod.PRIVATE_KEY_JWT)
    if len(used) > 1:
        raise InvalidRequestError("more than one way of client authentication")
    if used:
        return used[0]
    if "client_id" not in form:
        raise Unauthenticated
    return AuthMethod.NONE


def find_client(clients: Clients) -> QueryClient:
    """Enabled clients, wrapped. What could be no client's identifier is not looked up: it may hold anything."""

    def query(client_id: str) -> AdaptedClient | None:
        client = clients.get(client_id) if CLIENT_ID.match(client_id) else None
        return AdaptedClient(client) if client is not None and client.enabled else None

    return query


def none(query: QueryClient, request: TokenRequest) -> AdaptedClient | None:
    """A public client only names itself; what protects it is PKCE."""
    return query(request.form["client_id"])


def client_secret_post(query: QueryClient, request: TokenRequest) -> AdaptedClient | None:
    return _with_secret(query(request.form.get("client_id", "")), request.form["client_secret"])


def client_secret_basic(query: QueryClient, request: TokenRequest) -> AdaptedClient | None:
    """RFC 6749 §2.3.1: identifier and secret are urlencoded before they are joined and encoded (RFC 7617)."""
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, separator, secret = b64decode(credentials.strip(), validate=True).decode().partition(":")
        client_id, secret = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        return None
    if not separator or request.form.get("client_id", client_id) != client_id:
        return None
    return _with_secret(query(client_id), secret)


def private_key_jwt(assertions: Assertions) -> Method:
    """RFC 7523 §2.2; the assertion is spent here."""

    def authenticate(query: QueryClient, request: TokenRequest) -> AdaptedClient | None:
        form = request.form
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            return None
        token = form["client_assertion"]
        try:
            client_id = assertions.claimed_client(token)
            adapted = query(client_id)
            # An assertion says who it is; naming another client beside it is a confusion to refuse (RFC 7521 §4.2).
            if adapted is None or form.get("client_id", client_id) != client_id:
                return None
            if adapted.client.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
                return None
            assertions.accept(token, adapted.client)
        except BadToken:
            return None
        return adapted

    return authenticate


def _with_secret(adapted: AdaptedClient | None, secret: str) -> AdaptedClient | None:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    expected = (adapted.client.secret_digest if adapted else None) or _NO_SECRET
    same = hmac.compare_digest(digest, expected)
    return adapted if same and adapted is not None and adapted.client.secret_digest else None
