"""Endpoints that a client calls for itself, with its credentials: a form in, JSON out, errors as at the token endpoint
(RFC 6749 §5.2)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from idp.domain.client import AuthMethod, Client
from idp.errors import TemporarilyUnavailable
from idp.oidc.adapters import TokenRequest
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.errors import InvalidRequestError, OAuth2Error
from idp.oidc.parameters import BadParameters, Parameters, form
from idp.oidc.server import Server

_METHODS = [method.value for method in AuthMethod]
Handle = Callable[[Parameters, Client], Response]


def client_endpoint(blueprint: Blueprint, path: str, server: Server, handle: Handle) -> None:
    """POST at ``path``: ``handle`` is called with the parameters and the authenticated client, and may raise
    OAuth2Error."""

    @blueprint.post(path)
    def post() -> Response:
        nothing = TokenRequest(server.token_endpoint, {}, None)
        try:
            if request.query_string:
                raise BadParameters("malformed", "parameters belong in the body")
            given = form(request)
            asked = TokenRequest(server.token_endpoint, given, request.headers.get("Authorization"))
            response = handle(given, server.authenticate_client(asked, _METHODS, blueprint.name).client)
        except BadParameters as error:
            return server.refusal(nothing, InvalidRequestError(error.detail))
        except OAuth2Error as error:
            return server.refusal(nothing, error)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)


def token_parameter(given: Parameters) -> str:
    """``token`` (RFC 7009 §2.1, RFC 7662 §2.1). Raises invalid_request. ``token_type_hint`` is not looked at: what a
    token is, it says itself."""
    if "token" not in given:
        raise InvalidRequestError("token is missing")
    return given["token"]
