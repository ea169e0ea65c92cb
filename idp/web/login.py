"""The page before the certificate, and the way back from the certificate host."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, request

from idp.flow.authorize import Journey
from idp.flow.outcome import AskLogin, Displayed, Pagina
from idp.web.browser import browser_digest, dispositivo, on_a_phone, same_origin, session_key
from idp.web.outcome import Responder
from idp.web.parameters import ID, SECRET, once
from idp.web.screens import StepScreens
from idp.web.views.notice import ORIGEM


def login_blueprint(journey: Journey, screens: StepScreens, respond: Responder) -> Blueprint:
    """``GET /login``, ``POST /login`` (Cancel) and ``GET /login/retorno``, for the issuer alone."""
    blueprint = Blueprint("login", __name__)

    @blueprint.get("/login")
    def login() -> Response:
        tx = once(request.args, "tx", ID)
        if tx is None:
            return respond(Displayed(Pagina.TRANSACAO_EXPIRADA))
        outcome = journey.resume(tx, browser=browser_digest(request), session_key=session_key(request))
        if isinstance(outcome, AskLogin) and outcome.refused is None:
            return screens.login(outcome, switching=request.args.get("trocar") == "1", phone=on_a_phone(request))
        return respond(outcome)

    @blueprint.post("/login")
    def cancel() -> Response:
        if not same_origin(request, screens.pages.site.issuer):
            return screens.pages.notice(ORIGEM, 403)
        tx, csrf = once(request.form, "tx", ID), once(request.form, "csrf", SECRET)
        if tx is None or csrf is None or request.form.getlist("decisao") != ["cancelar"]:
            return respond(Displayed(Pagina.FORMULARIO_INVALIDO))
        return respond(journey.refused(tx, browser=browser_digest(request), csrf=csrf))

    @blueprint.get("/login/retorno")
    def back() -> Response:
        code = once(request.args, "code", SECRET)
        outcome = (
            Displayed(Pagina.RETORNO_INVALIDO)
            if code is None
            else journey.signed_in(
                code,
                browser=browser_digest(request),
                session_key=session_key(request),
                dispositivo=dispositivo(request),
            )
        )
        tx = once(request.args, "tx", ID)
        if tx and isinstance(outcome, Displayed) and outcome.pagina is Pagina.RETORNO_INVALIDO:
            outcome = replace(outcome, data={"tx": tx})  # a reload of this address: the request itself may live on
        return respond(outcome)

    return blueprint
