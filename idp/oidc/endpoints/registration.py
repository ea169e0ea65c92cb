"""/register and below it (RFC 7591 §3, RFC 7592 §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Request, Response, request

from idp.errors import InvalidClient, TemporarilyUnavailable, TooMany
from idp.oidc.endpoints.bearer import bearer, challenging
from idp.oidc.endpoints.unavailable import unavailable
from idp.oidc.jose import BadToken, members
from idp.oidc.registration import Registrar

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_LONGEST_DESCRIPTION = 300


def registration_blueprint(*, path: str, registrar: Registrar) -> Blueprint:
    """POST at ``path`` (RFC 7591 §3) and GET, PUT and DELETE below it (RFC 7592 §2). Faults are JSON with the exact
    error code; a bearer token that is missing or wrong is 401."""
    blueprint = Blueprint("registration", __name__)

    @blueprint.post(path)
    def create() -> Response:
        token = bearer(request) if "Authorization" in request.headers else None
        return _json(registrar.create(_document(request), token), 201)

    @blueprint.get(f"{path}/<client_id>")
    def read(client_id: str) -> Response:
        return _json(registrar.read(client_id, bearer(request)))

    @blueprint.put(f"{path}/<client_id>")
    def replace(client_id: str) -> Response:
        return _json(registrar.replace(client_id, bearer(request), _document(request)))

    @blueprint.delete(f"{path}/<client_id>")
    def delete(client_id: str) -> Response:
        registrar.delete(client_id, bearer(request))
        return Response(status=204, headers=_NO_STORE)

    @blueprint.errorhandler(InvalidClient)
    def invalid(error: InvalidClient) -> Response:
        """RFC 7591 §3.2.2."""
        code = "invalid_redirect_uri" if error.field == "redirect_uris" else "invalid_client_metadata"
        return _json({"error": code, "error_description": _plain(str(error))}, 400)

    @blueprint.errorhandler(TooMany)
    def too_many(error: TooMany) -> Response:
        response = _json({"error": "temporarily_unavailable", "error_description": str(error)}, 429)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    challenging(blueprint, "registration")
    blueprint.register_error_handler(TemporarilyUnavailable, unavailable)
    return blueprint


def _document(request: Request) -> Mapping[str, Any]:
    """The body's JSON object. Raises InvalidClient."""
    if request.mimetype != "application/json":
        raise InvalidClient("Content-Type", "must be application/json")
    try:
        document = members(request.get_data(cache=False))
        orjson.dumps(document)  # what could not be stored: halves of characters, numbers without end
    except (BadToken, TypeError) as error:
        raise InvalidClient("body", "is not a JSON object whose members are given once") from error
    return document


def _plain(text: str) -> str:
    """The characters of an error_description (RFC 6749 §5.2)."""
    return text.encode("ascii", "replace").decode()[:_LONGEST_DESCRIPTION].replace('"', "'").replace("\\", "/")


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, _NO_STORE, content_type="application/json")
