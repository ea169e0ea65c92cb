"""RFC 6749 §4.1.3 with RFC 7636. What binds the code (client, redirect URI, challenge) is checked in
``idp.flow.redeem``, in the transaction that spends it."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from idp.domain.client import Client
from idp.errors import InvalidGrant
from idp.oidc.grants.base import TokenGrant


class AuthorizationCode(TokenGrant):
    """``invalid_grant`` whatever is wrong with the code: which it was helps only somebody who stole it."""

    GRANT_TYPE = "authorization_code"

    def redeem(self, client: Client) -> dict[str, Any]:
        form = self.request.form
        self.server.tokens.ready(client)
        try:
            authorization = self.server.redemption.code(
                client,
                self.required("code"),
                redirect_uri=form.get("redirect_uri"),
                verifier=form.get("code_verifier"),
            )
        except InvalidGrant as error:
            raise InvalidGrantError("the code is unknown, spent, expired or bound otherwise") from error
        return self.server.tokens.for_person(authorization, authorization.grant.scopes)
