"""/userinfo (OIDC Core §5.3): what an access token's scopes say about the person, at this moment."""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Blueprint, Request, Response, request

from idp.domain.grant import Authorization
from idp.errors import IdpError, InvalidToken, TemporarilyUnavailable
from idp.flow.redeem import Redemption
from idp.oidc.access_token import audience, grant_of
from idp.oidc.claims import access_token_claims, userinfo_claims
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.parameters import BadParameters, form, is_form
from idp.ports import Clock

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)\Z")


class Unauthorized(IdpError):
    """RFC 6750 §3: ``error`` is None where no token was shown at all."""

    def __init__(self, status: int, error: str | None = None, description: str = "") -> None:
        super().__init__(error or "no token")
        self.status, self.error, self.description = status, error, description


def userinfo_blueprint(
    *, path: str, issuer: str, own_tokens: OwnTokens, redemption: Redemption, clock: Clock
) -> Blueprint:
    """The right behind the token is computed again at every call: one read, nothing cached."""
    blueprint = Blueprint("userinfo", __name__)

    @blueprint.route(path, methods=["GET", "POST"])
    def userinfo() -> Response:
        claims = _own(_bearer(request))
        authorization = _in_use(claims)
        scopes = frozenset(str(claims.get("scope", "")).split()) & authorization.grant.scopes
        if "openid" not in scopes:
            raise Unauthorized(403, "insufficient_scope", "the token was not issued for openid")
        # A token made for an API is in that API's hands: it learns here no more than the token tells it.
        told = userinfo_claims if claims["aud"] == issuer else access_token_claims
        body = orjson.dumps({"sub": authorization.grant.sub, **told(authorization, scopes)})
        return Response(body, content_type="application/json", headers={"Cache-Control": "no-store"})

    def _own(token: str) -> dict[str, Any]:
        try:
            return own_tokens.access_token(token, clock.now())
        except BadToken as error:
            raise Unauthorized(401, "invalid_token", "the access token is not valid") from error

    def _in_use(claims: dict[str, Any]) -> Authorization:
        grant_id = grant_of(claims)
        if grant_id is None:
            raise Unauthorized(403, "insufficient_scope", "the token is about no person")
        try:
            authorization = redemption.in_use(grant_id)
        except InvalidToken as error:
            raise Unauthorized(401, "invalid_token", "the access token is revoked or expired") from error
        client = authorization.client
        if claims.get("client_id") != client.client_id or claims.get("aud") != audience(client, issuer):
            raise Unauthorized(401, "invalid_token", "the access token is not valid")
        return authorization

    @blueprint.errorhandler(Unauthorized)
    def unauthorized(error: Unauthorized) -> Response:
        challenge = 'Bearer realm="userinfo"'
        if error.error is not None:
            challenge += f', error="{error.error}", error_description="{error.description}"'
        headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
        body = orjson.dumps({"error": error.error}) if error.error is not None else b""
        return Response(body, error.status, headers, content_type="application/json")

    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)
    return blueprint


def _bearer(request: Request) -> str:
    """The one token, from the header or a form body; a token in the URL is not looked for (RFC 6750 §2.3)."""
    found: list[str] = []
    header = request.headers.get("Authorization")
    if header is not None:
        match = _BEARER.match(header)
        if match is None:
            raise Unauthorized(400, "invalid_request", "the Authorization header holds no bearer token")
        found.append(match[1])
    if request.method == "POST" and is_form(request):
        try:
            token = form(request).get("access_token")
        except BadParameters as error:
            raise Unauthorized(400, "invalid_request", error.detail) from error
        if token is not None:
            found.append(token)
    if len(found) > 1:
        raise Unauthorized(400, "invalid_request", "the access token is given twice")
    if not found:
        raise Unauthorized(401)
    return found[0]
