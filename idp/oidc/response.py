"""The answer of the authorization endpoint, success and error alike: the only place that sends a browser to a client.

``state`` and ``iss`` (RFC 9207) are added here, whatever the response mode (OAuth 2.0 Multiple Response Types §2.1,
Form Post Response Mode §2).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote, urlencode
from wsgiref.types import WSGIEnvironment

from flask import Response
from werkzeug.datastructures import Headers

from idp.domain.transaction import AuthorizationRequest
from idp.oidc.parameters import BadParameters

MAX_REPEATED = 6 * 1024
"""Bytes of a URL made from a POST: under the 8 KiB that proxies commonly allow a request line."""

_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()
# No form-action: the page holds nothing but escaped values and one registered target, and browsers would hold the
# directive against wherever the client redirects to next.
_FORM_POST_CSP = f"default-src 'none'; script-src 'sha256-{_SUBMIT_HASH}'; base-uri 'none'; frame-ancestors 'none'"


def authorization_response(request: AuthorizationRequest, params: dict[str, str], issuer: str) -> Response:
    """``params`` (``code``, or ``error`` and ``error_description``) to the redirect URI of a validated ``request``."""
    params = dict(params)
    if request.state is not None:
        params["state"] = request.state
    params["iss"] = issuer
    response = _MODES[request.response_mode](request.redirect_uri, params)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def default_mode(params: Mapping[str, str]) -> str:
    """The response mode of a request that names none, also of one whose response_type is odd: as soon as a token is
    among its words, the fragment (OAuth 2.0 Multiple Response Types §3.1, §5)."""
    return "query" if {"token", "id_token"}.isdisjoint(params.get("response_type", "").split()) else "fragment"


def error_parameters(error: str, description: str = "") -> dict[str, str]:
    """RFC 6749 §4.1.2.1; ``description`` is ASCII English."""
    return {"error": error, "error_description": description} if description else {"error": error}


class _SeeOther(Response):
    """The framework tidies a Location (escapes, ports, an empty query); a registered URI goes out as it is."""

    def __init__(self, location: str) -> None:
        super().__init__(status=303, headers={"Location": location})

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        return Headers([*self.headers, ("Content-Length", "0")])


def see_other(location: str) -> Response:
    """303: whatever the method was, the next one is GET (RFC 9700 §4.12)."""
    return _SeeOther(location)


def with_query(uri: str, params: dict[str, str]) -> str:
    """``uri`` byte for byte, with ``params`` appended to its query."""
    if not params:
        return uri
    separator = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{separator}{urlencode(params, quote_via=quote)}"


def to_get(path: str, params: dict[str, str]) -> Response:
    """303 from a cross-site POST to a GET of our own with the same parameters. Raises BadParameters where they would
    make a URL longer than servers on the way accept."""
    location = with_query(path, params)
    if len(location) > MAX_REPEATED:
        raise BadParameters("too_large", f"the parameters make a URL longer than {MAX_REPEATED} bytes")
    response = see_other(location)
    response.headers["Cache-Control"] = "no-store"
    return response


def _query(uri: str, params: dict[str, str]) -> Response:
    return see_other(with_query(uri, params))


def _fragment(uri: str, params: dict[str, str]) -> Response:
    return see_other(f"{uri}#{urlencode(params, quote_via=quote)}")


def _form_post(uri: str, params: dict[str, str]) -> Response:
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in params.items()
    )
    response = Response(
        '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>Voltando ao sistema</title></head><body>'
        f'<form method="post" action="{escape(uri)}">{fields}<p>Voltando ao sistema que pediu a identificação…</p>'
        f'<button type="submit">Continuar</button></form><script>{_SUBMIT}</script></body></html>',
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = _FORM_POST_CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


_MODES: dict[str, Callable[[str, dict[str, str]], Response]] = {
    "query": _query,
    "fragment": _fragment,
    "form_post": _form_post,
}
RESPONSE_MODES = tuple(_MODES)
