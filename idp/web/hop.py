"""Requests that carry client certificates where none may, or by another way than the configured one, end here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request

from idp.certificate.handshake import SpoofedHeader, UntrustedHop
from idp.errors import IdpError
from idp.web.logs import correlation_id, log
from idp.web.pages import Pages
from idp.web.views.notice import PASSAGEM


def refuse_unless(app: Flask, believable: Callable[[Mapping[str, Any]], object], pages: Pages) -> None:
    """Answer 400 (SIS-02), on every path, where ``believable(environ)`` raises SpoofedHeader or UntrustedHop.

    An honest proxy empties every such header, so what arrives is a client's own and says that the proxy lets it pass.
    Refusing it also where nobody would read it is what makes that visible from outside (``idp doctor``).
    """

    @app.before_request
    def refuse() -> Response | None:
        try:
            believable(request.environ)
        except (SpoofedHeader, UntrustedHop) as error:
            return hop_refused(pages, error)
        return None


def hop_refused(pages: Pages, error: IdpError) -> Response:
    """The page, and the reason in the log alone."""
    log.warning("certificate_hop_refused", correlation_id=correlation_id(), error=str(error))
    return pages.notice(PASSAGEM, 400)
