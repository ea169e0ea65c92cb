"""Which scripts may read our answers (Fetch Standard §3.2): applications that live in a browser, from their own origin.

No answer ever allows credentials: tokens travel in headers and bodies that the application writes, and cookies are the
pages'. The endpoints of the front channel have none of this; browsers go there, scripts do not.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from idp.errors import TemporarilyUnavailable
from idp.ports import Clients

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def readable_by_all(blueprint: Blueprint) -> Blueprint:
    """``blueprint``, for documents that are the same for everybody."""

    @blueprint.after_request
    def anybody(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return blueprint


def readable_by_applications(blueprint: Blueprint, clients: Clients) -> Blueprint:
    """``blueprint``, for the origins of ``Client.browser_origins``; nobody else gets a header. Preflights carry no
    client_id, so that a client's own origins cannot be told from another's."""

    def known(origin: str) -> bool:
        try:
            return origin in clients.browser_origins()
        except TemporarilyUnavailable:
            return False  # and the answer remains what it was

    @blueprint.after_request
    def registered(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        if origin is None or not known(origin):
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
        if request.method == "OPTIONS":
            response.headers.update(_PREFLIGHT)
        return response

    return blueprint
