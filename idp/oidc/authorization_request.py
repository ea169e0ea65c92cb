"""An authorization request, checked: an ordered table of named checks.

The first part finds the client and its redirect URI; until both are sure, every fault ends on a page. From then on
faults go to the client. Each check returns the fields of the AuthorizationRequest that it settled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from idp.domain.client import Client, GrantType
from idp.domain.transaction import AuthorizationRequest, Prompt
from idp.oidc.client_auth import CLIENT_ID
from idp.oidc.errors import Returned, Shown
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.pages import Fault
from idp.oidc.parameters import Parameters
from idp.oidc.response import RESPONSE_MODES
from idp.ports import Clients

MAX_STATE = 2048
MAX_NONCE = 512
MAX_HINT = 512
MAX_LOCALES = 16
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_SECONDS = re.compile(r"[0-9]{1,9}\Z")
_LOCALE = re.compile(r"[A-Za-z0-9-]{1,35}\Z")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the redirectable checks work on: the client and its URI are certain."""

    params: Parameters
    client: Client
    redirect_uri: str
    own_tokens: OwnTokens


Fields = dict[str, Any]
Check = Callable[[Incoming], Fields]


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
    """Byte for byte one of the registered ones; never a default (OIDC Core §3.1.2.1). Raises Shown."""
    uri = params.get("redirect_uri")
    if uri is None:
        raise Shown(Fault.REDIRECT_URI, "redirect_uri is missing")
    if uri not in client.redirect_uris:
        raise Shown(Fault.REDIRECT_URI, "redirect_uri is not registered for this client")
    return uri


def response_mode(incoming: Incoming) -> Fields:
    """First, because later faults are answered in it."""
    mode = incoming.params.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise Returned("invalid_request", "response_mode is not supported")
    return {"response_mode": mode}


def state(incoming: Incoming) -> Fields:
    """Before the rest, because every later answer carries it."""
    value = incoming.params.get("state")
    if value is not None and len(value) > MAX_STATE:
        raise Returned("invalid_request", f"state is longer than {MAX_STATE} characters")
    return {"state": value}


def not_supported(incoming: Incoming) -> Fields:
    """OIDC Core §6.1, §6.2, §7.2.1. Refused rather than ignored: what they carry would have been meant."""
    for name, error in (
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ):
        if name in incoming.params:
            raise Returned(error, f"the {name} parameter is not supported")
    return {}


def response_type(incoming: Incoming) -> Fields:
    value = incoming.params.get("response_type")
    if value is None:
        raise Returned("invalid_request", "response_type is missing")
    if value != "code":
        raise Returned("unsupported_response_type", "only response_type code is supported")
    if GrantType.AUTHORIZATION_CODE not in incoming.client.grant_types:
        raise Returned("unauthorized_client", "the client is not registered for the authorization_code grant")
    return {"response_type": value}


def scope(incoming: Incoming) -> Fields:
    """Scopes that are unknown or not the client's are left out; the token response says what remained (RFC 6749 §3.3).
    ``offline_access`` counts only where the client may refresh (OIDC Core §11)."""
    asked = frozenset(incoming.params.get("scope", "").split())
    if "openid" not in asked:
        raise Returned("invalid_scope", "the scope openid is required")
    allowed = incoming.client.scopes | {"openid"}
    if GrantType.REFRESH_TOKEN not in incoming.client.grant_types:
        allowed -= {"offline_access"}
    return {"scopes": asked & allowed}


def pkce(incoming: Incoming) -> Fields:
    """RFC 7636 with S256 alone; a public client has nothing else to bind its code (RFC 9700 §2.1.1)."""
    challenge, method = incoming.params.get("code_challenge"), incoming.params.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise Returned("invalid_request", "code_challenge_method without code_challenge")
        if incoming.client.public:
            raise Returned("invalid_request", "PKCE code_challenge is missing")
        return {"code_challenge": None}
    # Absent means plain (RFC 7636 §4.3).
    if method != "S256":
        raise Returned("invalid_request", "PKCE code_challenge_method must be S256; plain is not allowed")
    if not _CHALLENGE.match(challenge):
        raise Returned("invalid_request", "PKCE code_challenge is not a SHA-256 in base64url")
    return {"code_challenge": challenge}


def nonce(incoming: Incoming) -> Fields:
    value = incoming.params.get("nonce")
    if value is not None and len(value) > MAX_NONCE:
        raise Returned("invalid_request", f"nonce is longer than {MAX_NONCE} characters")
    return {"nonce": value}


def prompt(incoming: Incoming) -> Fields:
    """OIDC Core §3.1.2.1: ``none`` stands alone."""
    try:
        values = frozenset(Prompt(word) for word in incoming.params.get("prompt", "").split())
    except ValueError as error:
        raise Returned("invalid_request", "prompt has an unknown value") from error
    if Prompt.NONE in values and len(values) > 1:
        raise Returned("invalid_request", "prompt none stands alone")
    return {"prompt": values}


def max_age(incoming: Incoming) -> Fields:
    value = incoming.params.get("max_age")
    if value is None:
        return {"max_age": None}
    if not _SECONDS.match(value):
        raise Returned("invalid_request", "max_age is not a number of seconds")
    return {"max_age": int(value)}


def claims(incoming: Incoming) -> Fields:
    """Not supported and said so in discovery, so ignored (OIDC Core §5.5); but it must be what it claims to be."""
    value = incoming.params.get("claims")
    if value is None:
        return {}
    try:
        well_formed = isinstance(orjson.loads(value), dict)
    except orjson.JSONDecodeError:
        well_formed = False
    if not well_formed:
        raise Returned("invalid_request", "claims is not a JSON object")
    return {}


def id_token_hint(incoming: Incoming) -> Fields:
    """Ours, and for this client; expired or not."""
    value = incoming.params.get("id_token_hint")
    if value is None:
        return {}
    try:
        hinted = incoming.own_tokens.id_token_hint(value)
    except BadToken as error:
        raise Returned("invalid_request", "id_token_hint is not valid") from error
    if hinted.get("aud") != incoming.client.client_id:
        raise Returned("invalid_request", "id_token_hint is another client's")
    return {"hint_sid": hinted["sid"], "hint_sub": hinted["sub"]}


def hints(incoming: Incoming) -> Fields:
    """What may help the page and binds nobody. ``display``, ``acr_values`` and ``claims_locales`` need no answer: one
    page fits all, and every login has the assurance its certificate gives."""
    login_hint = incoming.params.get("login_hint", "")[:MAX_HINT] or None
    locales = tuple(word for word in incoming.params.get("ui_locales", "").split() if _LOCALE.match(word))
    return {"login_hint": login_hint, "ui_locales": locales[:MAX_LOCALES]}


ANSWERING: tuple[Check, ...] = (state, response_mode)
"""How faults are answered."""
CHECKS: tuple[Check, ...] = (
    not_supported,
    response_type,
    scope,
    pkce,
    nonce,
    prompt,
    max_age,
    claims,
    id_token_hint,
    hints,
)


class Refused(Exception):
    """An error for the client, with the request as far as it was understood: where and how to send it."""

    def __init__(self, request: AuthorizationRequest, error: Returned) -> None:
        super().__init__(str(error))
        self.request, self.error = request, error


def authorization_request(params: Parameters, clients: Clients, own_tokens: OwnTokens) -> AuthorizationRequest:
    """The validated request. Raises Shown before client and redirect URI are certain, Refused afterwards."""
    client = find_client(params, clients)
    incoming = Incoming(params, client, find_redirect_uri(params, client), own_tokens)
    fields: Fields = {"client_id": client.client_id, "redirect_uri": incoming.redirect_uri, "scopes": frozenset()}
    try:
        for check in ANSWERING + CHECKS:
            fields |= check(incoming)
    except Returned as error:
        answerable = {name: fields[name] for name in ("state", "response_mode") if name in fields}
        request = AuthorizationRequest(client.client_id, incoming.redirect_uri, frozenset(), **answerable)
        raise Refused(request, error) from error
    return AuthorizationRequest(**fields)
