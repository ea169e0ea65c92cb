"""An authorization request, checked. First its client, its request object and its redirect URI; until all are sure,
every fault ends on a page. From then on faults go to the client (``idp.oidc.checks``).
"""

from __future__ import annotations

from idp.domain.client import Client
from idp.domain.transaction import AuthorizationRequest
from idp.oidc.checks import ANSWERING, CHECKS, Fields, Incoming
from idp.oidc.client_auth import CLIENT_ID
from idp.oidc.errors import Returned, Shown
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.pages import Fault
from idp.oidc.parameters import Parameters
from idp.oidc.request_object import RequestObjects
from idp.oidc.response import default_mode
from idp.ports import Clients


class Refused(Exception):
    """An error for the client, with the request as far as it was understood: where and how to send it."""

    def __init__(self, request: AuthorizationRequest, error: Returned) -> None:
        super().__init__(str(error))
        self.request, self.error = request, error


def authorization_request(
    params: Parameters, clients: Clients, own_tokens: OwnTokens, request_objects: RequestObjects
) -> AuthorizationRequest:
    """The validated request. Raises Shown before client and redirect URI are certain, Refused afterwards."""
    client = find_client(params, clients)
    try:
        params = request_objects.unfold(params, client)
    except Returned as error:
        # What is in the object is not believed: the client is told where the parameters outside it say, or nowhere.
        if not client.accepts_redirect_uri(params.get("redirect_uri", "")):
            raise Shown(Fault.INVALID_REQUEST, error.description) from error
        raise _refused(Incoming(params, client, params["redirect_uri"], own_tokens), error) from error
    incoming = Incoming(params, client, find_redirect_uri(params, client), own_tokens)
    fields: Fields = {"client_id": client.client_id, "redirect_uri": incoming.redirect_uri}
    try:
        for check in ANSWERING + CHECKS:
            fields |= check(incoming)
    except Returned as error:
        raise _refused(incoming, error) from error
    return AuthorizationRequest(**fields)


def find_client(params: Parameters, clients: Clients) -> Client:
    """Raises Shown."""
    client_id = params.get("client_id")
    if client_id is None:
        raise Shown(Fault.UNKNOWN_CLIENT, "client_id is missing")
    client = clients.get(client_id) if CLIENT_ID.match(client_id) else None
    if client is None:
        raise Shown(Fault.UNKNOWN_CLIENT, "client_id is not registered")
    if not client.enabled:
        raise Shown(Fault.DISABLED_CLIENT, "the client is disabled")
    return client


def find_redirect_uri(params: Parameters, client: Client) -> str:
    """One of the registered ones; never a default (OIDC Core §3.1.2.1). Raises Shown."""
    uri = params.get("redirect_uri")
    if uri is None:
        raise Shown(Fault.REDIRECT_URI, "redirect_uri is missing")
    if not client.accepts_redirect_uri(uri):
        raise Shown(Fault.REDIRECT_URI, "redirect_uri is not registered for this client")
    return uri


def _refused(incoming: Incoming, error: Returned) -> Refused:
    """``error`` with the state and in the response mode that were asked for, as far as those are themselves right."""
    fields: Fields = {"response_mode": default_mode(incoming.params)}
    for check in ANSWERING:
        try:
            fields |= check(incoming)
        except Returned:
            continue
    request = AuthorizationRequest(incoming.client.client_id, incoming.redirect_uri, frozenset(), **fields)
    return Refused(request, error)
