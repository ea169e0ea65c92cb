"""Public documents: prebuilt bytes, cacheable, with an entity tag."""

from __future__ import annotations

from flask import Request, Response

CACHE_CONTROL = "public, max-age=300"
"""Short: a key that replaces a stolen one should be known everywhere within minutes."""


def document(request: Request, body: bytes, etag: str, content_type: str) -> Response:
    """200, or 304 where the asker has this version (RFC 9110 §13.1.2)."""
    headers = {"ETag": etag, "Cache-Control": CACHE_CONTROL}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status=304, headers=headers)
    return Response(body, headers=headers, content_type=content_type)
