"""The certificate host's one page. No cookie is set or read here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp.certificate.handshake import SpoofedHeader, UntrustedHop
from idp.flow.gateway import Gateway
from idp.web.hop import hop_refused
from idp.web.outcome import see_other
from idp.web.pages import Pages
from idp.web.parameters import ID, SECRET
from idp.web.views.notice import SEM_PEDIDO

PresentedCertificate = Callable[[Mapping[str, Any]], bytes | None]
"""``handshake.presented_certificate`` with its source and secret filled in: WSGI environ to DER."""


def gateway_blueprint(gateway: Gateway, presented: PresentedCertificate, pages: Pages) -> Blueprint:
    """``GET /entrar``: whatever the verdict, back to the issuer, which tells it in the application's context."""
    blueprint = Blueprint("gateway", __name__)

    @blueprint.get("/entrar")
    def enter() -> Response:
        ticket = _ticket(request.args.getlist("ticket"))
        if ticket is None:
            return pages.notice(SEM_PEDIDO, 400)
        try:
            der = presented(request.environ)
        except (SpoofedHeader, UntrustedHop) as error:
            return hop_refused(pages, error)
        tx_id, value = ticket
        code = gateway.present(tx_id, value, der).return_code
        # tx is only for the page that a reload of the return address shows; nothing is decided by it.
        return see_other(f"{pages.site.issuer}/login/retorno?{urlencode({'code': code, 'tx': tx_id})}")

    return blueprint


def _ticket(given: list[str]) -> tuple[str, str] | None:
    """``{transaction id}.{ticket}``, once and well-formed."""
    if len(given) != 1:
        return None
    tx_id, _, ticket = given[0].partition(".")
    return (tx_id, ticket) if ID.match(tx_id) and SECRET.match(ticket) else None
