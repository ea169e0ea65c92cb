"""Who may see a page of the portal, and which of its forms are believed."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import Response, abort, request

from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.flow.authorize import Journey
from idp.flow.entry import is_entry
from idp.flow.outcome import Entered
from idp.flow.outorga import Problema
from idp.flow.secret import digest
from idp.web.browser import browser_digest, identify, same_origin, session_key, set_browser
from idp.web.outcome import Responder, see_other
from idp.web.pages import Pages
from idp.web.parameters import once
from idp.web.portal.preenchimentos import Preenchimento, Preenchimentos
from idp.web.views.notice import ORIGEM, Notice
from idp.web.views.portal import moldura
from idp.web.views.portal_avisos import FORMULARIO, OUTRA_PESSOA, SEM_PREENCHIMENTO

View = Callable[..., Response]
Campos = Callable[[], dict[str, list[str]]]

_TOKEN = re.compile(r"[0-9a-f]{64}\Z")


class Door:
    """Wraps the portal's views. A view gets the session of who is in; whoever is not is led through the certificate
    step and back to the same address, which always answers GET."""

    def __init__(self, journey: Journey, respond: Responder, pages: Pages, preenchimentos: Preenchimentos) -> None:
        self.journey = journey
        self.respond = respond
        self.pages = pages
        self.preenchimentos = preenchimentos

    def shown(self, view: View) -> View:
        """A page."""

        @wraps(view)
        def guarded(**parts: Any) -> Response:
            quem = self._enter(request.path)
            return view(quem, **parts) if isinstance(quem, Session) else quem

        return guarded

    def pressed(self, view: View) -> View:
        """What a form of ours does: from our own origin, with the token of this browser and session."""

        @wraps(view)
        def guarded(**parts: Any) -> Response:
            if not same_origin(request, self.pages.site.issuer):
                return self.pages.notice(ORIGEM, 403)
            quem = self._enter(request.path)
            if not isinstance(quem, Session):
                return quem
            if not self._believed(quem.id):
                return self.notice(FORMULARIO, 400, quem)
            return view(quem, **parts)

        return guarded

    def form(self, tipo: str, view: View, *, spent: bool = False) -> View:
        """A page of the long form that its address names; the view gets the form too. A form that is spent leads to
        what came of it; only a page about that is for it (``spent``)."""

        @self.shown
        @wraps(view)
        def guarded(quem: Session, *, pid: str, **parts: Any) -> Response:
            begun = self._own(quem, pid, tipo, spent=spent)
            return view(quem, begun, **parts) if isinstance(begun, Preenchimento) else begun

        return guarded

    def sent(self, tipo: str, campos: Campos | None, view: View) -> View:
        """What a long form does, unless it is spent. ``campos`` reads what was typed, which is kept also where the
        session has ended meanwhile; None where nothing is typed."""

        @self.pressed
        @wraps(view)
        def guarded(quem: Session, *, pid: str, **parts: Any) -> Response:
            begun = self._own(quem, pid, tipo)
            return view(quem, begun, **parts) if isinstance(begun, Preenchimento) else begun

        @wraps(view)
        def keeping(*, pid: str, **parts: Any) -> Response:
            if campos is not None and self.present() is None and same_origin(request, self.pages.site.issuer):
                begun = self.preenchimentos.get(pid, tipo)
                if begun and not begun.resultado and self._believed(begun.sessao):
                    self.preenchimentos.send(begun, campos())
            return guarded(pid=pid, **parts)

        return keeping

    def begin(self, tipo: str, quem: Session, **extra: str) -> Preenchimento:
        """A new long form of this person in this browser."""
        return self.preenchimentos.begin(tipo, quem, browser_digest(request), **extra)

    def again(self, begun: Preenchimento, problemas: Sequence[Problema], path: str = "") -> Response:
        """Back to a long form as it was typed, with what is wrong with it. ``path``: where it is, else by its kind."""
        self.preenchimentos.send(begun, begun.campos, [[one.campo, one.motivo, one.detail] for one in problemas])
        return see_other(f"{path or f'/portal/{begun.tipo}/{begun.id}'}#erros")

    def fresh(self, path: str) -> Response:
        """To the certificate step, whoever is in, and then to ``path``."""
        return self._led(path, fresh=True)[1]

    def token(self, session_id: str) -> str:
        """For the forms of a page shown to this browser in this session. It outlives a repeated certificate step of the
        same person, so that a form in another tab stays good."""
        browser = browser_digest(request)
        return digest(f"form\x00portal\x00{browser}\x00{session_id}") if browser else ""

    def notice(self, notice: Notice, status: int, quem: Session | None = None) -> Response:
        """A page that tells one thing, to ``quem``, or to whoever is in, with their name and the menu."""
        quem = quem or self.present()
        return self.pages.notice(notice, status, moldura(quem) if quem else {})

    def present(self) -> Session | None:
        """Who is in, where nobody has to be."""
        key = session_key(request)
        return self.journey.session(key, self.journey.clock.now()) if key else None

    def waiting(self, tx_id: str) -> Transaction | None:
        """The request of an application that this browser came from and that can still be taken up; None where there
        is none, or it ended, or is another browser's."""
        tx = self.journey.own(tx_id, browser_digest(request), None, session_key(request))
        return tx if isinstance(tx, Transaction) and not is_entry(tx) else None

    def _believed(self, session_id: str) -> bool:
        expected, given = self.token(session_id), once(request.form, "token", _TOKEN)
        return bool(expected) and given is not None and hmac.compare_digest(expected.encode(), given.encode())

    def _own(self, quem: Session, pid: str, tipo: str, *, spent: bool = False) -> Preenchimento | Response:
        begun = self.preenchimentos.get(pid, tipo)
        if begun is None:
            return self.notice(SEM_PREENCHIMENTO, 404, quem)
        if not begun.de(quem, browser_digest(request)):
            return self.notice(OUTRA_PESSOA, 403, quem)
        return see_other(begun.resultado) if begun.resultado and not spent else begun

    def _enter(self, path: str) -> Session | Response:
        outcome, response = self._led(path, fresh=False)
        return outcome.session if isinstance(outcome, Entered) else response

    def _led(self, path: str, *, fresh: bool) -> tuple[object, Response]:
        browser = identify(request)
        try:
            outcome = self.journey.enter(path, fresh=fresh, browser=browser.digest, session_key=session_key(request))
        except ValueError:  # an address that none of ours looks like
            abort(404)
        response = self.respond(outcome)
        if browser.new:
            set_browser(response, browser.cookie)
        return outcome, response
