"""The style sheet and the mark, under names that change with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, abort

from idp.paths import ASSETS


def _named(name: str) -> tuple[str, bytes]:
    content = (ASSETS / name).read_bytes()
    stem, _, suffix = name.rpartition(".")
    return f"/assets/{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}", content


STYLE_PATH, STYLE = _named("portaria.css")
ICON_PATH, ICON = _named("portaria.svg")
_SERVED = {STYLE_PATH: (STYLE, "text/css"), ICON_PATH: (ICON, "image/svg+xml")}


def assets_blueprint() -> Blueprint:
    """``GET /assets/…``. The certificate host's pages load them from here too: a second request to that host would be a
    second handshake, and with a card perhaps a second PIN."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/assets/<name>")
    def asset(name: str) -> Response:
        if f"/assets/{name}" not in _SERVED:
            abort(404)
        content, kind = _SERVED[f"/assets/{name}"]
        response = Response(content, mimetype=kind)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return blueprint
