"""/revoke (RFC 7009): a client gives back what it was given. Either token ends the whole family."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import InvalidGrantError
from flask import Blueprint, Response

from idp.domain.client import Client
from idp.errors import InvalidGrant
from idp.flow.redeem import Redemption
from idp.oidc.access_token import grant_of
from idp.oidc.endpoints.client_request import client_endpoint, token_parameter
from idp.oidc.errors import OAuth2Error
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.parameters import Parameters
from idp.oidc.server import Server
from idp.ports import Clock


class UnsupportedTokenType(OAuth2Error):  # type: ignore[misc]
    """§2.2.1; Authlib's own of that name answers as a resource server would."""

    error = "unsupported_token_type"


def revocation_blueprint(
    *, path: str, server: Server, own_tokens: OwnTokens, redemption: Redemption, clock: Clock
) -> Blueprint:
    """What is no token of ours, or no longer one, is as good as revoked: 200 (§2.2)."""
    blueprint = Blueprint("revocation", __name__)

    def revoke(given: Parameters, client: Client) -> Response:
        token = token_parameter(given)
        family = redemption.family(token)
        grant_id = family[0] if family else _of_access_token(token)
        if grant_id is not None:
            try:
                redemption.revoke(client, grant_id)
            except InvalidGrant as error:
                raise InvalidGrantError("the token was issued to another client") from error
        done = Response(status=200)
        del done.headers["Content-Type"]  # of nothing; libraries that look for JSON take offence at any other
        return done

    def _of_access_token(token: str) -> str | None:
        """Raises unsupported_token_type for ours that live by themselves: a client's own and ID tokens."""
        try:
            claims = own_tokens.access_token(token, clock.now())
        except BadToken:
            if _is_id_token(token):
                raise UnsupportedTokenType("an ID token ends by itself") from None
            return None
        grant_id = grant_of(claims)
        if grant_id is None:
            raise UnsupportedTokenType("the token is about no person and ends by itself")
        return grant_id

    def _is_id_token(token: str) -> bool:
        try:
            own_tokens.id_token_hint(token)
        except BadToken:
            return False
        return True

    client_endpoint(blueprint, path, server, revoke)
    return blueprint
