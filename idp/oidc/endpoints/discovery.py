"""Discovery (OpenID Connect Discovery 1.0 §4, RFC 8414 §3): one document, two well-known names."""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.oidc.endpoints.document import document
from idp.oidc.metadata import Metadata

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def discovery_blueprint(*, metadata: Metadata) -> Blueprint:
    """The document that ``metadata`` is, under both names, with its ETag."""
    blueprint = Blueprint("discovery", __name__)

    @blueprint.get(PATHS[0])
    @blueprint.get(PATHS[1])
    def discovery() -> Response:
        return document(request, metadata.body, metadata.etag, "application/json")

    return blueprint
