"""The style sheet, under a name that changes with its content, so that browsers may keep it for ever."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort

from idp.paths import ASSETS

STYLE = (ASSETS / "portaria.css").read_bytes()
STYLE_PATH = f"/assets/portaria.{hashlib.sha256(STYLE).hexdigest()[:12]}.css"


def assets_blueprint() -> Blueprint:
    """``GET /assets/…``. The certificate host's pages load it from here too: a second request to that host would be a
    second handshake, and with a card perhaps a second PIN."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/assets/<name>")
    def asset(name: str) -> Response:
        if f"/assets/{name}" != STYLE_PATH:
            abort(404)
        response = Response(STYLE, mimetype="text/css")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return blueprint
