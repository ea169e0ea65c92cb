"""Outcome → HTTP, in one match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlencode

from flask import Response

from idp.domain.transaction import AuthorizationRequest
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Entered, Granted, Left, Outcome, Redirected, SignedIn
from idp.web.browser import set_session

AuthorizationResponseWriter = Callable[[AuthorizationRequest, dict[str, str]], Response]
"""Sends parameters (code, or error and error_description) to the client by its response_mode; adds state and iss."""

Answer = Callable[[Granted], dict[str, str]]
"""What the client is given: code and tokens, by its response_type."""

Responder = Callable[[Outcome | SignedIn], Response]


class Screens(Protocol):
    """The pages that an outcome shows where it stands (``idp.web.screens``)."""

    def certificate_refused(self, ask: AskLogin) -> Response: ...
    def consent(self, ask: AskConsent) -> Response: ...
    def dead_end(self, displayed: Displayed) -> Response: ...


def to_page(path: str, **query: str) -> Response:
    """303 to one of the issuer's own pages: a reload is then a GET of that page alone."""
    return see_other(f"{path}?{urlencode(query)}")


def see_other(location: str) -> Response:
    """303: whatever the method was, go on with a GET."""
    return Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def make_responder(screens: Screens, writer: AuthorizationResponseWriter, answer: Answer) -> Responder:
    """What every endpoint of the journey answers with.

    A step that asks is a redirect to its page (one ephemeral write so far, none more here); only what cannot be shown
    again, the verdict on a certificate just presented and a choice that just fell through, is shown at once.
    """

    def respond(outcome: Outcome | SignedIn) -> Response:
        match outcome:
            case SignedIn():
                response = respond(outcome.then)
                set_session(response, outcome.cookie)
                return response
            case AskLogin(refused=None):
                return to_page("/login", tx=outcome.tx.id)
            case AskLogin():
                return screens.certificate_refused(outcome)
            case AskConsent(refused=None):
                return to_page("/consentimento", tx=outcome.tx.id)
            case AskConsent():
                return screens.consent(outcome)
            case Redirected():
                return writer(outcome.request, _error(outcome))
            case Granted():
                return writer(outcome.request, answer(outcome))
            case Entered() | Left():
                return see_other(outcome.path)
            case Displayed():
                return screens.dead_end(outcome)

    return respond


def _error(outcome: Redirected) -> dict[str, str]:
    described: Mapping[str, str] = {"error_description": outcome.description} if outcome.description else {}
    return {"error": outcome.error, **described}
