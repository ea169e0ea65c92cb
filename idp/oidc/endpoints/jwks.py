"""The JWK Set (RFC 7517 §5), as bytes made when the keys were loaded."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.oidc.endpoints.document import document
from idp.oidc.keys import Keys


def jwks_blueprint(*, path: str, keys: Keys) -> Blueprint:
    """The public keys at ``path``, with their ETag: what was rotated meanwhile is there at the next request."""
    blueprint = Blueprint("jwks", __name__)

    @blueprint.get(path)
    def jwks() -> Response:
        body, etag = keys.jwks()
        return document(request, body, etag, "application/json")

    return blueprint
