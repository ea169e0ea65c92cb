"""/logout (OpenID Connect RP-Initiated Logout 1.0; the clients are told by Back- and Front-Channel Logout 1.0).

A client that shows an ID token of this browser's session ends it at once. Without one anybody's link could do
it, so the person is asked. A request with a fault in it ends nothing and goes nowhere: its page names the fault.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from idp.domain.client import Client
from idp.domain.session import Session
from idp.flow.authorize import Journey
from idp.flow.logout import Application, Ended, Heard, Logout
from idp.oidc.backchannel import BackChannel
from idp.oidc.errors import Shown, unreadable
from idp.oidc.front_channel import frames
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.pages import Fault, Pages
from idp.oidc.parameters import BadParameters, Parameters, form, query
from idp.oidc.response import see_other, to_get, with_query
from idp.ports import Clients, Clock, Identifiers
from idp.web.browser import clear_session, form_token, form_token_ok, same_origin, session_key

_PURPOSE = "logout"


@dataclass(frozen=True, slots=True)
class Asked:
    """A logout request without faults. ``sub`` and ``sid``: whose session, and which, the client
    means. ``location``: where to go after."""

    client: Client | None = None
    sub: str | None = None
    sid: str | None = None
    location: str | None = None


def logout_blueprint(
    *,
    path: str,
    issuer: str,
    clients: Clients,
    identifiers: Identifiers,
    journey: Journey,
    logout: Logout,
    back_channel: BackChannel,
    own_tokens: OwnTokens,
    pages: Pages,
    clock: Clock,
) -> Blueprint:
    blueprint = Blueprint("logout", __name__)

    @blueprint.get(path)
    def end_session() -> Response:
        try:
            asked = _asked(query(request))
        except BadParameters as error:
            raise unreadable(error) from error
        session = journey.session(session_key(request), clock.now())
        if session is not None and not _meant(asked, session):
            # Where the answer goes to is not taken up: only a hint about this session vouches for it.
            return pages.logout_confirm(
                action=f"{path}/confirm",
                fields={"token": form_token(request, _PURPOSE)},
                client_name=asked.client.name if asked.client else None,
                holder_name=session.holder.nome,
            )
        return _ended(session, asked)

    @blueprint.post(path)
    def end_session_post() -> Response:
        # As at /authorize: our cookies come with the GET.
        try:
            return to_get(path, form(request))
        except BadParameters as error:
            raise unreadable(error) from error

    @blueprint.post(f"{path}/confirm")
    def confirmed() -> Response:
        try:
            given = form(request)
        except BadParameters as error:
            raise unreadable(error) from error
        if not same_origin(request, issuer) or not form_token_ok(request, _PURPOSE, given.get("token", "")):
            raise Shown(Fault.INVALID_REQUEST, "the form is not of this session")
        if given.get("decisao") == "ficar":
            return pages.logged_out(stayed=True)
        return _ended(journey.session(session_key(request), clock.now()), Asked())

    @blueprint.errorhandler(Shown)
    def shown(error: Shown) -> Response:
        return pages.protocol_error(error.fault.value, error.detail, error.status)

    def _asked(params: Parameters) -> Asked:
        hint = params.get("id_token_hint")
        if hint is None:
            named = clients.get(params["client_id"]) if "client_id" in params else None
            return Asked(named if named is not None and named.enabled else None)
        try:
            claims = own_tokens.id_token_hint(hint)
        except BadToken as error:
            raise Shown(Fault.ID_TOKEN_HINT, "id_token_hint is not valid") from error
        if params.get("client_id", claims["aud"]) != claims["aud"]:
            raise Shown(Fault.ID_TOKEN_HINT, "id_token_hint is another client's")
        client = clients.get(claims["aud"])
        if client is None or not client.enabled:
            raise Shown(Fault.UNKNOWN_CLIENT, "the client of id_token_hint is not registered")
        return Asked(client, claims["sub"], claims.get("sid"), _location(params, client))

    def _meant(asked: Asked, session: Session) -> bool:
        """Whether the hint is about this very session. One of an earlier session proves that its client knew the
        person once, not that he is leaving now (RP-Initiated Logout §2: suspect)."""
        if asked.client is None or asked.sid is None:
            return False
        same_person = asked.sub == identifiers.subject(session.holder, asked.client)
        return same_person and logout.gave(session, asked.sid, asked.client.client_id)

    def _ended(session: Session | None, asked: Asked) -> Response:
        ended = Ended()
        if session is not None:
            ended = logout.end(session)
        elif asked.client is not None and asked.sid is not None:
            ended = logout.end_family(asked.sid, asked.client.client_id)
        told = back_channel.at_once(ended.notices)  # before the browser goes on: the client may look at once
        framed = frames(ended.grants, clients, issuer)
        response: Response
        if asked.location is not None and not framed:
            response = see_other(asked.location)
            response.headers["Cache-Control"] = "no-store"
        else:
            response = pages.logged_out(
                client_name=asked.client.name if asked.client else None,
                applications=_applications(ended, told, asked),
                frames=framed,
                location=asked.location,
            )
        clear_session(response)
        return response

    def _applications(ended: Ended, told: Collection[str], asked: Asked) -> list[Application]:
        found = {grant.client_id: clients.get(grant.client_id) for grant in ended.grants}
        waiting = {notice.client_id for notice in ended.notices} - set(told)
        knows = {*told, asked.client.client_id} if asked.client and asked.sid else told
        return [
            Application(client.name, _heard(client, knows, waiting)) for client in found.values() if client is not None
        ]

    return blueprint


def _heard(client: Client, told: Collection[str], waiting: Collection[str]) -> Heard:
    if client.client_id in waiting:
        return Heard.WAITING
    if client.client_id in told:
        return Heard.TOLD
    return Heard.FRAME if client.frontchannel_logout_uri and client.enabled else Heard.NOT


def _location(params: Parameters, client: Client) -> str | None:
    """The post-logout URI, byte for byte a registered one, with ``state`` as it came. Raises Shown."""
    uri = params.get("post_logout_redirect_uri")
    if uri is None:
        return None
    if uri not in client.post_logout_redirect_uris:
        raise Shown(Fault.POST_LOGOUT_REDIRECT_URI, "post_logout_redirect_uri is not registered for this client")
    return with_query(uri, {"state": params["state"]}) if "state" in params else uri
