""" "Em nome de quem?": show the choices, take the one made."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from idp.flow.authorize import Journey
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Pagina
from idp.web.browser import browser_digest, same_origin, session_key
from idp.web.outcome import Responder, to_page
from idp.web.parameters import CHOICE, ID, SECRET, once
from idp.web.screens import Browsing, StepScreens
from idp.web.views.notice import ORIGEM

_QUERY_LENGTH = 100
_PAGE = re.compile(r"[1-9][0-9]{0,3}\Z")


def consent_blueprint(journey: Journey, screens: StepScreens, respond: Responder) -> Blueprint:
    """``GET`` and ``POST /consentimento``, for the issuer alone."""
    blueprint = Blueprint("consent", __name__)

    @blueprint.get("/consentimento")
    def show() -> Response:
        tx = once(request.args, "tx", ID)
        if tx is None:
            return respond(Displayed(Pagina.TRANSACAO_EXPIRADA))
        outcome = journey.resume(tx, browser=browser_digest(request), session_key=session_key(request))
        return screens.consent(outcome, _browsing()) if isinstance(outcome, AskConsent) else respond(outcome)

    @blueprint.post("/consentimento")
    def decide() -> Response:
        if not same_origin(request, screens.pages.site.issuer):
            return screens.pages.notice(ORIGEM, 403)
        tx, csrf = once(request.form, "tx", ID), once(request.form, "csrf", SECRET)
        if tx is None or csrf is None:
            return respond(Displayed(Pagina.FORMULARIO_INVALIDO))
        browser, session = browser_digest(request), session_key(request)
        match request.form.getlist("decisao"):
            case ["cancelar"]:
                return respond(journey.refused(tx, browser=browser, csrf=csrf))
            case ["outro_certificado"]:
                outcome = journey.other_certificate(tx, browser=browser, csrf=csrf)
                return to_page("/login", tx=tx, trocar="1") if isinstance(outcome, AskLogin) else respond(outcome)
            case ["autorizar"] if "escolha" not in request.form:
                outcome = journey.resume(tx, browser=browser, session_key=session)
                if isinstance(outcome, AskConsent):
                    return screens.consent(outcome, Browsing(error=True))
                return respond(outcome)
            case ["autorizar"] if choice := once(request.form, "escolha", CHOICE):
                return respond(journey.consented(tx, choice, browser=browser, csrf=csrf, session_key=session))
            case _:
                return respond(Displayed(Pagina.FORMULARIO_INVALIDO))

    return blueprint


def _browsing() -> Browsing:
    """Search and page are conveniences: what makes no sense in them is ignored."""
    page = once(request.args, "pagina", _PAGE)
    return Browsing(q=request.args.get("q", "")[:_QUERY_LENGTH].strip(), page=int(page) if page else 1)
