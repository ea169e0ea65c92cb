"""/introspect (RFC 7662): whether a token is worth anything at this moment, and on whose behalf it speaks.

Asked by a client about its own tokens, or by a resource server about those made for it. A resource server is a client
that logs nobody in and whose registered resource is the token's audience: two applications that call one API must not
read each other's people out of each other's tokens (ATK-126). All others hear what they would hear of nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, Request, Response, request

from idp.domain.client import Client
from idp.errors import InvalidToken
from idp.flow.redeem import Redemption
from idp.oidc.access_token import audience, grant_of, scope_text
from idp.oidc.claims import access_token_claims
from idp.oidc.endpoints.client_request import client_endpoint, token_parameter
from idp.oidc.errors import Unauthenticated
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.parameters import Parameters
from idp.oidc.protection import Protection, Use
from idp.oidc.server import Server
from idp.oidc.status_address import with_status
from idp.ports import Clients, Clock

JWT = "application/token-introspection+jwt"
_INACTIVE = {"active": False}
_OF_THE_TOKEN = ("exp", "iat", "aud", "iss", "jti")


@dataclass(frozen=True, slots=True)
class Introspection:
    """The right behind a token is computed again at every call: one read, nothing cached."""

    issuer: str
    own_tokens: OwnTokens
    redemption: Redemption
    clients: Clients
    protection: Protection
    clock: Clock

    def answer(self, given: Parameters, caller: Client) -> Response:
        """JSON, or the signed answer for who asks for its media type. Raises Unauthenticated for a public client."""
        if caller.public:
            raise Unauthenticated  # §2.1: somebody must be responsible for asking
        token = token_parameter(given)
        try:
            found = self._of_access_token(self.own_tokens.access_token(token, self.clock.now()), caller)
        except BadToken:
            found = self._of_refresh_token(token, caller)
        if not _wants_jwt(request):
            return Response(orjson.dumps(found), content_type="application/json")
        claims = {
            "iss": self.issuer,
            "aud": caller.client_id,
            "iat": int(self.clock.now().timestamp()),
            "token_introspection": found,
        }
        return Response(self.protection.protect(claims, caller, Use.INTROSPECTION), content_type=JWT)

    def _of_access_token(self, claims: dict[str, Any], caller: Client) -> dict[str, Any]:
        if not _may_ask(caller, claims):
            return _INACTIVE
        grant_id = grant_of(claims)
        if grant_id is None:
            return self._of_client_token(claims)
        try:
            authorization = self.redemption.in_use(grant_id)
        except InvalidToken:
            return _INACTIVE
        if not self._as_issued(claims, authorization.client):
            return _INACTIVE
        scopes = _scopes(claims) & authorization.grant.scopes
        return {
            **_described(claims, scopes),
            "sub": authorization.grant.sub,
            "auth_time": claims["auth_time"],
            "acr": claims["acr"],
            **with_status(access_token_claims(authorization, scopes), self.issuer),
        }

    def _of_client_token(self, claims: dict[str, Any]) -> dict[str, Any]:
        client = self.clients.get(claims["client_id"])
        if client is None or not client.enabled or not self._as_issued(claims, client):
            return _INACTIVE
        return {**_described(claims, client.permitted(_scopes(claims))), "sub": claims["sub"]}

    def _of_refresh_token(self, token: str, caller: Client) -> dict[str, Any]:
        """Its own client's only, and the family's current one only."""
        family = self.redemption.family(token)
        if family is None:
            return _INACTIVE
        try:
            authorization = self.redemption.in_use(family[0])
        except InvalidToken:
            return _INACTIVE
        grant = authorization.grant
        if grant.client_id != caller.client_id or grant.generation != family[1]:
            return _INACTIVE
        return {
            "active": True,
            "client_id": grant.client_id,
            "scope": scope_text(grant.scopes),
            "sub": grant.sub,
            "iss": self.issuer,
            "iat": int((grant.rotated_at or grant.created_at).timestamp()),
            "exp": int(grant.expires_at.timestamp()),
        }

    def _as_issued(self, claims: dict[str, Any], client: Client) -> bool:
        """The client's audience may have changed since."""
        return bool(claims["client_id"] == client.client_id and claims["aud"] == audience(client, self.issuer))


def introspection_blueprint(path: str, server: Server, introspection: Introspection) -> Blueprint:
    """The endpoint at ``path``; ``server`` authenticates its callers."""
    blueprint = Blueprint("introspection", __name__)
    client_endpoint(blueprint, path, server, introspection.answer)
    return blueprint


def _may_ask(caller: Client, claims: dict[str, Any]) -> bool:
    if claims["client_id"] == caller.client_id:
        return True
    return caller.resource is not None and caller.resource == claims["aud"] and not caller.logs_people_in


def _described(claims: dict[str, Any], scopes: frozenset[str]) -> dict[str, Any]:
    return {
        "active": True,
        "token_type": "Bearer",
        "client_id": claims["client_id"],
        "scope": scope_text(scopes),
        **{name: claims[name] for name in _OF_THE_TOKEN},
    }


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    return frozenset(str(claims.get("scope", "")).split())


def _wants_jwt(request: Request) -> bool:
    """RFC 9701 §4: whoever names the signed answer's media type gets it."""
    return any(value.lower() == JWT and quality for value, quality in request.accept_mimetypes)
