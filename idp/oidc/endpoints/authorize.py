"""/authorize (RFC 6749 §3.1, OIDC Core §3.1.2): check the request, begin the journey."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.domain.transaction import AuthorizationRequest
from idp.flow.authorize import Journey
from idp.flow.outcome import Outcome, SignedIn
from idp.oidc.authorization_request import Refused, authorization_request
from idp.oidc.errors import Shown, unreadable
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.pages import Pages
from idp.oidc.parameters import BadParameters, form, query
from idp.oidc.request_object import RequestObjects
from idp.oidc.response import error_parameters, to_get
from idp.ports import Clients
from idp.web.browser import identify, session_key, set_browser

Writer = Callable[[AuthorizationRequest, dict[str, str]], Response]
Responder = Callable[[Outcome | SignedIn], Response]


def authorize_blueprint(
    *,
    path: str,
    clients: Clients,
    journey: Journey,
    own_tokens: OwnTokens,
    request_objects: RequestObjects,
    pages: Pages,
    respond: Responder,
    writer: Writer,
) -> Blueprint:
    """``respond`` turns the journey's outcome into HTTP; ``writer`` sends errors to clients."""
    blueprint = Blueprint("authorize", __name__)

    @blueprint.get(path)
    def authorize() -> Response:
        try:
            asked = authorization_request(query(request), clients, own_tokens, request_objects)
        except Refused as refused:
            return writer(refused.request, error_parameters(refused.error.error, refused.error.description))
        except BadParameters as error:
            raise unreadable(error) from error
        browser = identify(request)
        response = respond(journey.begin(asked, browser=browser.digest, session_key=session_key(request)))
        if browser.new:
            set_browser(response, browser.cookie)
        return response

    @blueprint.post(path)
    def authorize_post() -> Response:
        # The browser withholds our SameSite cookies from another site's POST, and sends them with the GET after it.
        try:
            return to_get(path, form(request))
        except BadParameters as error:
            raise unreadable(error) from error

    @blueprint.errorhandler(Shown)
    def shown(error: Shown) -> Response:
        return pages.protocol_error(error.fault.value, error.detail, error.status)

    return blueprint
