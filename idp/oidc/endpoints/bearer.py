"""Bearer tokens as they come in, and what is answered where they do not do (RFC 6750)."""

from __future__ import annotations

import re

import orjson
from flask import Blueprint, Request, Response

from idp.errors import IdpError
from idp.oidc.parameters import BadParameters, form, is_form

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)\Z")


class Unauthorized(IdpError):
    """RFC 6750 §3: ``error`` is None where no token was shown at all."""

    def __init__(self, status: int, error: str | None = None, description: str = "") -> None:
        super().__init__(error or "no token")
        self.status, self.error, self.description = status, error, description


def bearer(request: Request) -> str:
    """The one token, from the header or a form body; a token in the URL is not looked for (RFC 6750 §2.3). Raises
    Unauthorized."""
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


def challenging(blueprint: Blueprint, realm: str) -> None:
    """Have ``blueprint`` answer Unauthorized with a challenge for ``realm``; a token that lacks a scope is told which
    one it takes (RFC 6750 §3)."""

    @blueprint.errorhandler(Unauthorized)
    def unauthorized(error: Unauthorized) -> Response:
        challenge = f'Bearer realm="{realm}"'
        if error.error is not None:
            challenge += f', error="{error.error}", error_description="{error.description}"'
        if error.error == "insufficient_scope":
            challenge += ', scope="openid"'
        headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
        body = orjson.dumps({"error": error.error}) if error.error is not None else b""
        return Response(body, error.status, headers, content_type="application/json")
