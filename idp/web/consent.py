""" "Em nome de quem?": show the choices, take the one made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from idp.domain.politica import NotEntitled
from idp.errors import IllegalTransition, NotFound
from idp.flow.authorize import Journey
from idp.flow.choices import Look
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Outcome, Pagina
from idp.flow.outorga import CertificateRefused
from idp.web.browser import browser_digest, same_origin, session_key
from idp.web.outcome import Responder, see_other, to_page
from idp.web.parameters import CHOICE, ID, SECRET, once
from idp.web.screens import StepScreens
from idp.web.views.notice import ORIGEM

_QUERY_LENGTH = 100
_PAGE = re.compile(r"[1-9][0-9]{0,3}\Z")
_ANY = re.compile(r"1\Z")
_PROCURACAO = re.compile(r"[!-~]{1,64}\Z")
_UNABLE = "O certificado com que você entrou não serve para aceitar nem recusar procurações. Nada foi mudado."
_GONE = "A procuração que você respondeu não está mais à espera do seu aceite. Nada foi mudado."


class Consentimento:
    """What the page is asked for and what is pressed on it. Nothing pressed counts from another site's page, or
    without the Transaction's own token."""

    def __init__(self, journey: Journey, screens: StepScreens, respond: Responder) -> None:
        self.journey = journey
        self.screens = screens
        self.respond = respond

    def show(self) -> Response:
        """``GET /consentimento?tx=``: the list; with ``procuracao`` one that waits, with ``pendentes`` all that do."""
        tx = once(request.args, "tx", ID)
        if tx is None:
            return self.respond(Displayed(Pagina.TRANSACAO_EXPIRADA))
        if id := once(request.args, "procuracao", _PROCURACAO):
            return self._waiting(tx, lambda: self._offered(tx, id))
        return self._shown(tx, _look(request.args), offers=once(request.args, "pendentes", _ANY) is not None)

    def decide(self) -> Response:
        """``POST /consentimento``: one of the page's buttons, by the name ``decisao``."""
        if not same_origin(request, self.screens.pages.site.issuer):
            return self.screens.pages.notice(ORIGEM, 403)
        tx, csrf = once(request.form, "tx", ID), once(request.form, "csrf", SECRET)
        if tx is None or csrf is None:
            return self.respond(Displayed(Pagina.FORMULARIO_INVALIDO))
        browser = browser_digest(request)
        whose: dict[str, Any] = {"browser": browser, "csrf": csrf, "session_key": session_key(request)}
        journey, respond = self.journey, self.respond
        match request.form.getlist("decisao"):
            case ["cancelar"]:
                return respond(journey.refused(tx, browser=browser, csrf=csrf))
            case ["outro_certificado"]:
                outcome = journey.other_certificate(tx, browser=browser, csrf=csrf)
                return to_page("/login", tx=tx, trocar="1") if isinstance(outcome, AskLogin) else respond(outcome)
            case ["autorizar"] if "escolha" not in request.form:
                return self._shown(tx, _look(request.form), error=True)
            case ["autorizar"] if choice := once(request.form, "escolha", CHOICE):
                return respond(journey.consented(tx, choice, **whose))
            case ["procurar"]:
                return self._listed(journey.search(tx, request.form.get("q", "")[:_QUERY_LENGTH].strip(), **whose))
            case ["ver_todas"]:
                return self._listed(journey.search(tx, "", **whose))
            case ["esquecer"]:
                return respond(journey.forget(tx, **whose))
            case ["lista"]:
                return self._listed(self._pinned(tx, whose))
            case [("aceitar" | "recusar") as event] if id := once(request.form, "procuracao", _PROCURACAO):
                return self._waiting(tx, lambda: self._after_answer(journey.answer(tx, event, id, **whose), id))
            case _:
                return respond(Displayed(Pagina.FORMULARIO_INVALIDO))

    def _shown(self, tx: str, look: Look, **said: Any) -> Response:
        outcome = self.journey.resume(tx, browser=browser_digest(request), session_key=session_key(request), look=look)
        if not isinstance(outcome, AskConsent):
            return self.respond(outcome)
        if id := once(request.args, "respondida", _PROCURACAO):
            said["done"] = self.journey.answered(outcome.tx, id)
        return self.screens.consent(outcome, **said)

    def _offered(self, tx: str, id: str) -> Response:
        outcome = self.journey.offered(tx, id, browser=browser_digest(request), session_key=session_key(request))
        if isinstance(outcome, AskConsent) and outcome.offered is not None:
            return self.screens.offer(outcome)
        return self.respond(outcome)

    def _waiting(self, tx: str, act: Callable[[], Response]) -> Response:
        """``act`` upon a procuração that waits, or the list with the reason why it does not wait for this person."""
        try:
            return act()
        except (NotFound, IllegalTransition):  # withdrawn meanwhile, answered in another tab, or never his
            return self._shown(tx, Look(), note=_GONE)
        except (NotEntitled, CertificateRefused):
            return self._shown(tx, Look(), note=_UNABLE)

    def _after_answer(self, outcome: Outcome, id: str) -> Response:
        if isinstance(outcome, AskConsent):
            return to_page("/consentimento", tx=outcome.tx.id, respondida=id)
        return self.respond(outcome)

    def _listed(self, outcome: Outcome) -> Response:
        """To the list, not to the top of its page: on a telephone what was searched for would be far below."""
        if isinstance(outcome, AskConsent):
            missing = "&faltam=1" if once(request.form, "faltam", _ANY) else ""
            return see_other(f"/consentimento?tx={outcome.tx.id}{missing}#busca")
        return self.respond(outcome)

    def _pinned(self, tx: str, whose: dict[str, Any]) -> Outcome:
        for name, kept in (("fixar", True), ("soltar", False)):
            if choice := once(request.form, name, CHOICE):
                return self.journey.pin(tx, choice, kept, **whose)
        return Displayed(Pagina.FORMULARIO_INVALIDO)


def consent_blueprint(journey: Journey, screens: StepScreens, respond: Responder) -> Blueprint:
    """``GET`` and ``POST /consentimento``, for the issuer alone."""
    blueprint = Blueprint("consent", __name__)
    page = Consentimento(journey, screens, respond)
    blueprint.add_url_rule("/consentimento", "show", page.show)
    blueprint.add_url_rule("/consentimento", "decide", page.decide, methods=["POST"])
    return blueprint


def _look(asked: MultiDict[str, str]) -> Look:
    """A page is a convenience: what makes no sense as one is ignored."""
    page = once(asked, "pagina", _PAGE)
    return Look(page=int(page) if page else 1, missing=once(asked, "faltam", _ANY) is not None)
