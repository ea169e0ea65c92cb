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


@dataclass(frozen=True, slots=True)
class EndSession:
    """The endpoint's parts, and what it answers. Every fault is raised as :class:`~idp.oidc.errors.Shown`: it stays on
    a page, since nothing in a faulty request is trusted to say where to go."""

    path: str
    issuer: str
    clients: Clients
    identifiers: Identifiers
    journey: Journey
    logout: Logout
    back_channel: BackChannel
    own_tokens: OwnTokens
    pages: Pages
    clock: Clock

    def asked(self) -> Response:
        """GET: what the hint proves ends at once, anything else is asked about."""
        try:
            asked = self._read(query(request))
        except BadParameters as error:
            raise unreadable(error) from error
        session = self._session()
        if session is not None and not self._meant(asked, session):
            # Where the answer goes to is not taken up: only a hint about this session vouches for it.
            return self.pages.logout_confirm(
                action=f"{self.path}/confirm",
                fields={"token": form_token(request, _PURPOSE)},
                client_name=asked.client.name if asked.client else None,
                holder_name=session.holder.nome,
            )
        return self._end(session, asked)

    def posted(self) -> Response:
        """POST: as at /authorize, our cookies come with the GET."""
        try:
            return to_get(self.path, form(request))
        except BadParameters as error:
            raise unreadable(error) from error

    def confirmed(self) -> Response:
        """The person's answer on our own page."""
        try:
            given = form(request)
        except BadParameters as error:
            raise unreadable(error) from error
        if not same_origin(request, self.issuer) or not form_token_ok(request, _PURPOSE, given.get("token", "")):
            raise Shown(Fault.INVALID_REQUEST, "the form is not of this session")
        if given.get("decisao") == "ficar":
            return self.pages.logged_out(stayed=True)
        return self._end(self._session(), Asked())

    def shown(self, error: Shown) -> Response:
        """The page that names a fault."""
        return self.pages.protocol_error(error.fault.value, error.detail, error.status)

    def _session(self) -> Session | None:
        return self.journey.session(session_key(request), self.clock.now())

    def _read(self, params: Parameters) -> Asked:
        hint = params.get("id_token_hint")
        if hint is None:
            named = self.clients.get(params["client_id"]) if "client_id" in params else None
            return Asked(named if named is not None and named.enabled else None)
        try:
            claims = self.own_tokens.id_token_hint(hint)
        except BadToken as error:
            raise Shown(Fault.ID_TOKEN_HINT, "id_token_hint is not valid") from error
        if params.get("client_id", claims["aud"]) != claims["aud"]:
            raise Shown(Fault.ID_TOKEN_HINT, "id_token_hint is another client's")
        client = self.clients.get(claims["aud"])
        if client is None or not client.enabled:
            raise Shown(Fault.UNKNOWN_CLIENT, "the client of id_token_hint is not registered")
        return Asked(client, claims["sub"], claims.get("sid"), _location(params, client))

    def _meant(self, asked: Asked, session: Session) -> bool:
        """Whether the hint is about this very session. One of an earlier session proves that its client knew the
        person once, not that he is leaving now (RP-Initiated Logout §2: suspect)."""
        if asked.client is None or asked.sid is None:
            return False
        same_person = asked.sub == self.identifiers.subject(session.holder, asked.client)
        return same_person and self.logout.gave(session, asked.sid, asked.client.client_id)

    def _end(self, session: Session | None, asked: Asked) -> Response:
        ended = Ended()
        if session is not None:
            ended = self.logout.end(session)
        elif asked.client is not None and asked.sid is not None:
            ended = self.logout.end_family(asked.sid, asked.client.client_id)
        told = self.back_channel.at_once(ended.notices)  # before the browser goes on: the client may look at once
        framed = frames(ended.grants, self.clients, self.issuer)
        response: Response
        if asked.location is not None and not framed:
            response = see_other(asked.location)
            response.headers["Cache-Control"] = "no-store"
        else:
            response = self.pages.logged_out(
                client_name=asked.client.name if asked.client else None,
                applications=self._applications(ended, told, asked),
                frames=framed,
                location=asked.location,
            )
        clear_session(response)
        return response

    def _applications(self, ended: Ended, told: Collection[str], asked: Asked) -> list[Application]:
        found = {grant.client_id: self.clients.get(grant.client_id) for grant in ended.grants}
        waiting = {notice.client_id for notice in ended.notices} - set(told)
        knows = {*told, asked.client.client_id} if asked.client and asked.sid else told
        return [
            Application(client.name, _heard(client, knows, waiting)) for client in found.values() if client is not None
        ]


def logout_blueprint(end_session: EndSession) -> Blueprint:
    """The endpoint and its confirmation, at ``end_session.path``."""
    blueprint = Blueprint("logout", __name__)
    path = end_session.path
    blueprint.add_url_rule(path, "end_session", end_session.asked, methods=["GET"])
    blueprint.add_url_rule(path, "end_session_post", end_session.posted, methods=["POST"])
    blueprint.add_url_rule(f"{path}/confirm", "confirmed", end_session.confirmed, methods=["POST"])
    blueprint.register_error_handler(Shown, end_session.shown)
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
