"""/userinfo (OIDC Core §5.3): what an access token's scopes say about the person, at this moment."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request

from idp.domain.grant import Authorization
from idp.errors import InvalidToken, TemporarilyUnavailable
from idp.flow.redeem import Redemption
from idp.oidc.access_token import audience, grant_of
from idp.oidc.claims import access_token_claims, userinfo_claims
from idp.oidc.endpoints.bearer import Unauthorized, bearer, challenging
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.protection import Protection, Use, wants_jwt
from idp.oidc.status_address import with_status
from idp.ports import Clock


def userinfo_blueprint(
    *, path: str, issuer: str, own_tokens: OwnTokens, redemption: Redemption, protection: Protection, clock: Clock
) -> Blueprint:
    """The right behind the token is computed again at every call: one read, nothing cached."""
    blueprint = Blueprint("userinfo", __name__)

    @blueprint.route(path, methods=["GET", "POST"])
    def userinfo() -> Response:
        claims = _own(bearer(request))
        authorization = _in_use(claims)
        scopes = frozenset(str(claims.get("scope", "")).split()) & authorization.grant.scopes
        if "openid" not in scopes:
            raise Unauthorized(403, "insufficient_scope", "the token was not issued for openid")
        # A token made for an API is in that API's hands: it learns here no more than the token tells it.
        told = userinfo_claims if claims["aud"] == issuer else access_token_claims
        body = {"sub": authorization.grant.sub, **with_status(told(authorization, scopes), issuer)}
        client, headers = authorization.client, {"Cache-Control": "no-store"}
        if not wants_jwt(client):
            return Response(orjson.dumps(body), content_type="application/json", headers=headers)
        signed = protection.protect({"iss": issuer, "aud": client.client_id, **body}, client, Use.USERINFO)
        return Response(signed, content_type="application/jwt", headers=headers)

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

    challenging(blueprint, "userinfo")
    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)
    return blueprint
