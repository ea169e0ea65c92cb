"""RFC 6749 §4.4: a client on its own behalf. Nobody is identified, so scopes about a person have no meaning here."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError

from idp.domain.client import Client
from idp.oidc.grants.base import TokenGrant

_ABOUT_A_PERSON = frozenset({"openid", "offline_access"})


class ClientCredentials(TokenGrant):
    """An access token without a person behind it; ``invalid_scope`` for scopes that need one."""

    GRANT_TYPE = "client_credentials"

    def redeem(self, client: Client) -> dict[str, Any]:
        asked = self.scopes() or frozenset()
        if not asked <= client.scopes - _ABOUT_A_PERSON:
            raise InvalidScopeError("a scope that the client may not ask for")
        at = self.server.redemption.client_credentials(client, asked)
        return self.server.tokens.for_client(client, asked, at)
