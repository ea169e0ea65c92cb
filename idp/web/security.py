"""Limits before parsing, and headers after: what every answer of this application carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

MAX_BODY = 64 * 1024
"""Bytes. Nothing that anybody posts here is larger; more is refused unread (ATK-106)."""
MAX_FORM_PARTS = 64

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z")
_PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=()"
_HTML = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
    "X-Frame-Options": "DENY",
}


def protect(app: Flask, *, hsts: bool) -> None:
    """Put limits and headers on ``app``. ``hsts`` is for real host names: a sandbox's localhost has other tenants."""
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=MAX_BODY, MAX_FORM_PARTS=MAX_FORM_PARTS)

    @app.before_request
    def limit() -> None:
        if (request.content_length or 0) > MAX_BODY:
            abort(413)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if hsts:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", content_security_policy())
            for name, value in _HTML.items():
                response.headers.setdefault(name, value)
        return response


def content_security_policy(
    *, style: str = "'self'", images: Iterable[str] = (), forms: Iterable[str] = (), frames: Iterable[str] = ()
) -> str:
    """No script at all, no framing, style from ``style``.

    ``forms``: URIs to which the answer of a form on the page may redirect, besides ourselves; Chromium holds
    form-action against every redirect after a submission. ``images``: URIs of logos. ``frames``: URIs that the page
    loads in frames.
    """
    framed = _sources(frames)
    return "; ".join(
        (
            "default-src 'none'",
            *((" ".join(("frame-src", *framed)),) if framed else ()),
            f"style-src {style}",
            " ".join(("img-src 'self'", *_sources(images))),
            " ".join(("form-action 'self'", *_sources(forms))),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def source(uri: str | None) -> str | None:
    """The CSP source of ``uri``'s origin; its bare scheme where the grammar has no word for the host (IPv6); None for
    anything but http and https. Never text that could end the directive."""
    try:
        parts = urlsplit(uri or "")
    except ValueError:
        return None
    if parts.scheme not in ("https", "http"):
        return None
    return f"{parts.scheme}://{parts.netloc}" if _HOST.match(parts.netloc) else f"{parts.scheme}:"


def _sources(uris: Iterable[str]) -> list[str]:
    return sorted({found for uri in uris if (found := source(uri))})
