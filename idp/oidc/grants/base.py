"""What every grant type has in common: a new one cannot forget to authenticate its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from authlib.oauth2.rfc6749 import BaseGrant, TokenEndpointMixin, UnauthorizedClientError

from idp.domain.client import AuthMethod, Client
from idp.oidc.adapters import TokenRequest
from idp.oidc.errors import InvalidRequestError

if TYPE_CHECKING:
    from idp.oidc.server import Server


class TokenGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """Subclasses set GRANT_TYPE and answer :meth:`redeem`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = [method.value for method in AuthMethod]
    request: TokenRequest
    server: Server

    def validate_token_request(self) -> None:
        """Client authentication, then whether it may use this grant at all (RFC 6749 §5.2)."""
        adapted = self.authenticate_token_endpoint_client()
        self.request.client = adapted
        if not adapted.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for this grant type")

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        return 200, self.redeem(self.request.client.client), self.TOKEN_RESPONSE_HEADER

    def redeem(self, client: Client) -> dict[str, Any]:
        """The token response for an authenticated client. Raises OAuth2Error."""
        raise NotImplementedError

    def required(self, name: str) -> str:
        """A parameter that must be there. Raises invalid_request."""
        value = self.request.form.get(name)
        if value is None:
            raise InvalidRequestError(f"{name} is missing")
        return value

    def scopes(self) -> frozenset[str] | None:
        """The scopes asked for; None when the parameter is absent."""
        text = self.request.form.get("scope")
        return frozenset(text.split()) if text is not None else None
