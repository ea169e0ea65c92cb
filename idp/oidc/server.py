"""Authlib's authorization server over our parts: it dispatches client authentication and grants, and shapes errors.

The seams that replace its defaults are the methods below; ``tests/oidc/test_seams.py`` pins what they rely on.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import AuthorizationServer
from flask import Response

from idp.domain.client import AuthMethod
from idp.flow.redeem import Redemption
from idp.oidc.adapters import AdaptedClient, TokenRequest
from idp.oidc.assertion import Assertions
from idp.oidc.client_auth import (
    client_secret_basic,
    client_secret_post,
    find_client,
    none,
    presented_method,
    private_key_jwt,
)
from idp.oidc.errors import InvalidRequestError, OAuth2Error, Unauthenticated
from idp.oidc.grants import GRANTS, TokenGrant
from idp.oidc.tokens import Tokens
from idp.ports import Clients

# At DEBUG it prints tokens and client identifiers.
logging.getLogger("authlib").setLevel(logging.INFO)


class Server(AuthorizationServer):  # type: ignore[misc]
    """The token endpoint's machinery. One for the process; nothing is built per request but the grant."""

    def __init__(
        self, *, token_endpoint: str, clients: Clients, redemption: Redemption, tokens: Tokens, assertions: Assertions
    ) -> None:
        super().__init__()
        self.redemption = redemption
        self.tokens = tokens
        self.token_endpoint = token_endpoint
        self._query = find_client(clients)
        for method, authenticate in (
            (AuthMethod.NONE, none),
            (AuthMethod.BASIC, client_secret_basic),
            (AuthMethod.POST, client_secret_post),
            (AuthMethod.PRIVATE_KEY_JWT, private_key_jwt(assertions)),
        ):
            self.register_client_auth_method(method.value, authenticate)
        for grant in GRANTS:
            self.register_grant(grant)

    def query_client(self, client_id: str) -> AdaptedClient | None:
        return self._query(client_id)

    def authenticate_client(self, request: TokenRequest, methods: list[str], endpoint: str = "token") -> AdaptedClient:
        """Only the method the request uses is tried, and every failure is the same 401 (RFC 6749 §5.2)."""
        method = presented_method(request).value
        try:
            adapted: AdaptedClient = super().authenticate_client(
                request, [name for name in methods if name == method], endpoint
            )
        except OAuth2Error as error:
            raise Unauthenticated from error
        return adapted

    def get_token_grant(self, request: TokenRequest) -> TokenGrant:
        """A missing grant_type is invalid_request; Authlib would call it unsupported."""
        if request.payload.grant_type is None:
            raise InvalidRequestError("grant_type is missing")
        grant: TokenGrant = super().get_token_grant(request)
        return grant

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        return Response(orjson.dumps(body), status=status, headers=headers)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: acts are audited in the flow, with the transaction they belong to."""

    def answer(self, request: TokenRequest) -> Response:
        """The token response, success or error."""
        try:
            response: Response = self.create_token_response(request)
        except OAuth2Error as error:
            response = self.refusal(request, error)
        return response

    def refusal(self, request: TokenRequest, error: OAuth2Error) -> Response:
        """An error response (RFC 6749 §5.2)."""
        response: Response = self.handle_error_response(request, error)
        return response
