"""Request objects (OIDC Core §6, RFC 9101), by value and by registered reference: what they say, once it is believed.

Inside wins over outside (OIDC Core §6.1): a parameter that the client signed is meant, one that passed through the
browser may have been changed on the way. Of a client that registered that it always signs, nothing else is read
(RFC 9101 §6.3, §10.5).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import orjson

from idp.domain.client import Client
from idp.domain.client_metadata import CLIENT_ALGS
from idp.errors import DocumentUnavailable
from idp.oidc.client_keys import ClientKeys, Nobody
from idp.oidc.errors import Returned
from idp.oidc.jose import MAX_TOKEN, BadToken, header
from idp.oidc.parameters import CONTROL, Parameters
from idp.ports import Clock, Documents

LEEWAY = timedelta(seconds=30)
MAX_REFERENCE = 512
"""OIDC Core §6.2: "should not exceed 512 ASCII characters"."""
_TYPES = frozenset({"", "jwt", "oauth-authz-req+jwt"})
_OF_THE_JWT = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_PLAIN = re.compile(r"[A-Za-z0-9 _-]{1,60}\Z")
_SAME_OUTSIDE = ("client_id", "response_type")


class RequestObjects:
    """Unfolds the ``request`` and ``request_uri`` parameters; by reference, where ``documents`` are fetched."""

    def __init__(self, *, issuer: str, clock: Clock, client_keys: ClientKeys, documents: Documents) -> None:
        self._issuer = issuer
        self._clock = clock
        self._client_keys = client_keys
        self._documents = documents

    def unfold(self, params: Parameters, client: Client) -> Parameters:
        """``params`` with what a request object in them says instead. Raises Returned, also where the client registered
        that it always signs (RFC 9101 §10.5) and there is none."""
        if "request" in params and "request_uri" in params:
            raise Returned("invalid_request", "request and request_uri exclude each other")
        if "request" in params:
            inside = self._inside(params["request"], client, "invalid_request_object")
        elif "request_uri" in params:
            inside = self._inside(self._at(params["request_uri"], client), client, "invalid_request_uri")
        elif client.request_object_required:
            raise Returned("invalid_request", "this client signs its requests: request or request_uri is missing")
        else:
            return params
        outside = {name: value for name, value in params.items() if name not in ("request", "request_uri")}
        for name in _SAME_OUTSIDE:
            if name in inside and inside[name] != outside.get(name):
                raise Returned(
                    "invalid_request_object", f"{name} is not the same inside and outside the request object"
                )
        if client.request_object_required:
            return {"client_id": client.client_id, **inside}
        return outside | inside

    def _at(self, reference: str, client: Client) -> str:
        """The object behind a reference: exactly one of those registered, fragment and all. A fragment tells versions
        apart for whoever caches (OIDC Core §6.2), which we do not; what holds is the signature."""
        if isinstance(self._documents, Nobody):
            raise Returned("request_uri_not_supported", "request objects by reference are switched off")
        if len(reference) > MAX_REFERENCE or reference not in client.request_uris:
            raise Returned("invalid_request_uri", "request_uri is not registered for this client")
        try:
            document = self._documents.get(reference.partition("#")[0], client, limit=MAX_TOKEN)
            return document.body.decode("ascii").strip()
        except (DocumentUnavailable, UnicodeDecodeError) as error:
            raise Returned("invalid_request_uri", "request_uri could not be fetched") from error

    def _inside(self, token: str, client: Client, error: str) -> Parameters:
        try:
            return _parameters(self._claims(token, client))
        except BadToken as bad:
            why = str(bad)
            raise Returned(error, f"request object invalid: {why if _PLAIN.match(why) else 'key'}") from bad

    def _claims(self, token: str, client: Client) -> dict[str, Any]:
        if header(token).get("typ", "").lower() not in _TYPES:
            raise BadToken("type")
        allowed = (client.request_object_alg,) if client.request_object_alg else CLIENT_ALGS
        claims = self._client_keys.verified(token, client, allowed)
        # A client's assertion is signed by the same key; it names the client as its subject (RFC 9101 §10.8).
        if claims.get("iss", client.client_id) != client.client_id or claims.get("sub") == client.client_id:
            raise BadToken("issuer or subject")
        aud = claims.get("aud", self._issuer)
        if self._issuer not in (aud if isinstance(aud, list) else [aud]):
            raise BadToken("audience")
        moment, leeway = self._clock.now().timestamp(), LEEWAY.total_seconds()
        if _number(claims, "exp", moment) < moment - leeway:
            raise BadToken("exp")
        if max(_number(claims, "nbf", moment), _number(claims, "iat", moment)) > moment + leeway:
            raise BadToken("nbf or iat")
        return claims


def _number(claims: dict[str, Any], name: str, default: float) -> float:
    value = claims.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadToken(name)
    return value


def _parameters(claims: dict[str, Any]) -> Parameters:
    """The members as the parameters they stand for: numbers as their digits, objects and lists as their JSON."""
    found: Parameters = {}
    for name, value in claims.items():
        if name in _OF_THE_JWT:
            continue
        if name in ("request", "request_uri"):
            raise BadToken("a request object in a request object")
        if isinstance(value, bool) or value is None or isinstance(value, float):
            raise BadToken(f"the value of {name}" if name.isascii() and name.isidentifier() else "a value")
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        if CONTROL.search(text):
            raise BadToken("a control character")
        if text:
            found[name] = text
    return found
