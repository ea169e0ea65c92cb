"""RFC 6749 §6 with rotation and reuse detection (RFC 9700 §4.14), both in ``idp.flow.redeem``."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError

from idp.domain.client import Client
from idp.errors import InvalidGrant
from idp.oidc.grants.base import TokenGrant


class RefreshToken(TokenGrant):
    """``invalid_grant`` whatever is wrong with the token, ``invalid_scope`` before it is spent."""

    GRANT_TYPE = "refresh_token"

    def redeem(self, client: Client) -> dict[str, Any]:
        asked = self.scopes()
        token = self.required("refresh_token")
        # Before the token is spent: a mistake in the scopes should not cost the family.
        if asked is not None and not asked <= client.scopes:
            raise InvalidScopeError("a scope that the client may not ask for")
        self.server.tokens.ready(client)
        try:
            authorization = self.server.redemption.refresh(client, token)
        except InvalidGrant as error:
            raise InvalidGrantError("the refresh token is unknown, spent, expired or revoked") from error
        granted = authorization.grant.scopes
        return self.server.tokens.for_person(authorization, granted if asked is None else granted & asked)
