"""What machines hear while a store or a revocation list is missing. Nothing was spent: they may ask again."""

from __future__ import annotations

from flask import Response

from idp.errors import TemporarilyUnavailable


def unavailable(error: TemporarilyUnavailable) -> Response:
    """503 with the authorization endpoint's word for it (RFC 6749 §4.1.2.1)."""
    return Response(
        b'{"error":"temporarily_unavailable"}',
        503,
        {"Retry-After": "30", "Cache-Control": "no-store"},
        content_type="application/json",
    )
