"""Flask without what no route here uses: sessions of its own, and addresses made from the Host header."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter

_NULL = NullSession()


class _NoSession(SessionInterface):
    """Sessions are ``idp.flow``'s, and their cookies ``idp.web.browser``'s."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return _NULL

    def save_session(self, *_: Any) -> None:
        """Never called: null sessions are not saved."""


class Application(Flask):
    """An application that is reached at ``origin`` alone, whatever Host a request names."""

    session_interface = _NoSession()

    def __init__(self, origin: str) -> None:
        super().__init__("idp", static_folder=None)
        parts = urlsplit(origin)
        self._scheme, self._host = parts.scheme, parts.netloc

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Where a redirect of the framework's own leads (a doubled slash, say): never where the Host header says."""
        if request is None:
            return None
        return MapAdapter(
            self.url_map,
            server_name=self._host,
            script_name="/",
            subdomain="",
            url_scheme=self._scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.query_string.decode("latin-1"),
        )
