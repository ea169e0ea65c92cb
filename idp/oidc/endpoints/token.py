"""/token (RFC 6749 §3.2)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.errors import TemporarilyUnavailable
from idp.oidc.adapters import TokenRequest
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.errors import InvalidRequestError
from idp.oidc.parameters import BadParameters, form
from idp.oidc.server import Server


def token_blueprint(*, path: str, server: Server) -> Blueprint:
    """Everything after parsing is the server's."""
    blueprint = Blueprint("token", __name__)
    uri = server.token_endpoint

    @blueprint.post(path)
    def token() -> Response:
        authorization = request.headers.get("Authorization")
        try:
            if request.query_string:
                raise BadParameters("malformed", "parameters belong in the body")
            return server.answer(TokenRequest(uri, form(request), authorization))
        except BadParameters as error:
            return server.refusal(TokenRequest(uri, {}, None), InvalidRequestError(error.detail))

    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)
    return blueprint
