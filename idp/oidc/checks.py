"""The checks of an authorization request whose client and redirect URI are certain, in their order (``CHECKS``).

Each returns the fields of the AuthorizationRequest that it settled, or raises Returned: an error for the client.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from idp.domain import client_metadata
from idp.domain.client import Client, GrantType
from idp.domain.transaction import Prompt, Wanted
from idp.errors import InvalidClient
from idp.oidc.authorization_details import authorization_details, may_be_told
from idp.oidc.claims_request import Demanded, claims_request
from idp.oidc.errors import Returned
from idp.oidc.jose import BadToken
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.parameters import Parameters
from idp.oidc.response import RESPONSE_MODES, default_mode

MAX_STATE = 2048
MAX_NONCE = 512
MAX_HINT = 512
MAX_LOCALES = 16
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_SECONDS = re.compile(r"[0-9]{1,9}\Z")
_LOCALE = re.compile(r"[A-Za-z0-9-]{1,35}\Z")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the checks work on: ``client`` and ``redirect_uri`` are certain."""

    params: Parameters
    client: Client
    redirect_uri: str
    own_tokens: OwnTokens

    @property
    def response_words(self) -> list[str]:
        return self.params.get("response_type", "").split()


Fields = dict[str, Any]
Check = Callable[[Incoming], Fields]


def response_mode(incoming: Incoming) -> Fields:
    """First, because later faults are answered in it. Tokens never travel in a query, where servers log them (OAuth 2.0
    Multiple Response Types §3.1)."""
    default = default_mode(incoming.params)
    mode = incoming.params.get("response_mode", default)
    if mode not in RESPONSE_MODES:
        raise Returned("invalid_request", "response_mode is not supported")
    if mode == "query" and default != "query":
        raise Returned("invalid_request", "response_mode query is not allowed for this response_type")
    return {"response_mode": mode}


def state(incoming: Incoming) -> Fields:
    """Before the rest, because every later answer carries it."""
    value = incoming.params.get("state")
    if value is not None and len(value) > MAX_STATE:
        raise Returned("invalid_request", f"state is longer than {MAX_STATE} characters")
    return {"state": value}


def not_supported(incoming: Incoming) -> Fields:
    """OIDC Core §7.2.1. Refused rather than ignored: what it carries would have been meant."""
    if "registration" in incoming.params:
        raise Returned("registration_not_supported", "the registration parameter is not supported")
    return {}


def response_type(incoming: Incoming) -> Fields:
    """The words in any order (OAuth 2.0 Multiple Response Types §5), and only what the client was given by name."""
    value = incoming.params.get("response_type")
    if value is None:
        raise Returned("invalid_request", "response_type is missing")
    try:
        known = client_metadata.response_type(value)
    except InvalidClient as error:
        raise Returned("unsupported_response_type", "response_type is not supported") from error
    needed = GrantType.AUTHORIZATION_CODE if "code" in known.split() else GrantType.IMPLICIT
    if known not in incoming.client.response_types or needed not in incoming.client.grant_types:
        raise Returned("unauthorized_client", "the client is not registered for this response_type")
    return {"response_type": known}


def scope(incoming: Incoming) -> Fields:
    """Scopes that are unknown or not the client's are left out; the token response says what remained (RFC 6749 §3.3).
    ``offline_access`` counts only where the client may refresh and gets a code (OIDC Core §11)."""
    asked = frozenset(incoming.params.get("scope", "").split())
    if "openid" not in asked:
        raise Returned("invalid_scope", "the scope openid is required")
    allowed = incoming.client.scopes | {"openid"}
    if GrantType.REFRESH_TOKEN not in incoming.client.grant_types or "code" not in incoming.response_words:
        allowed -= {"offline_access"}
    return {"scopes": asked & allowed}


def pkce(incoming: Incoming) -> Fields:
    """RFC 7636 with S256 alone; a public client has nothing else to bind its code (RFC 9700 §2.1.1)."""
    challenge, method = incoming.params.get("code_challenge"), incoming.params.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise Returned("invalid_request", "code_challenge_method without code_challenge")
        if incoming.client.public and "code" in incoming.response_words:
            raise Returned("invalid_request", "PKCE code_challenge is missing")
        return {"code_challenge": None}
    # Absent means plain (RFC 7636 §4.3).
    if method != "S256":
        raise Returned("invalid_request", "PKCE code_challenge_method must be S256; plain is not allowed")
    if not _CHALLENGE.match(challenge):
        raise Returned("invalid_request", "PKCE code_challenge is not a SHA-256 in base64url")
    return {"code_challenge": challenge}


def nonce(incoming: Incoming) -> Fields:
    """Required where the answer itself carries an ID token: nothing else ties that to the browser that asked (OIDC Core
    §3.2.2.1, §3.3.2.11)."""
    value = incoming.params.get("nonce")
    if value is None and "id_token" in incoming.response_words:
        raise Returned("invalid_request", "nonce is missing")
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
    """Of the request, else of the registration (OIDC Registration §2 ``default_max_age``)."""
    value = incoming.params.get("max_age")
    if value is None:
        return {"max_age": incoming.client.default_max_age}
    if not _SECONDS.match(value):
        raise Returned("invalid_request", "max_age is not a number of seconds")
    return {"max_age": int(value)}


def demands(incoming: Incoming) -> Fields:
    """``claims``, ``authorization_details`` and ``id_token_hint``: who must answer, how proved, on whose behalf."""
    text, client = incoming.params.get("claims"), incoming.client
    demanded = claims_request(text, client) if text is not None else Demanded()
    fields: Fields = {"claims": demanded.claims, "acr": demanded.acr, "wanted": _wanted(incoming, demanded)}
    hint = _hint(incoming)
    if hint is not None and demanded.sub not in (None, hint["sub"]):
        raise Returned("invalid_request", "id_token_hint and claims name different end-users")
    if hint is not None:
        return fields | {"hint_sid": hint["sid"], "hint_sub": hint["sub"]}
    return fields | {"hint_sub": demanded.sub}


def _wanted(incoming: Incoming, demanded: Demanded) -> Wanted:
    text = incoming.params.get("authorization_details")
    if text is None:
        return Wanted(inscricao=demanded.inscricao)
    wanted = authorization_details(text)
    if not may_be_told(incoming.client):
        raise Returned("invalid_authorization_details", "the client is not registered to be told an inscricao")
    if "inscricao" not in incoming.client.scopes.intersection(incoming.params.get("scope", "").split()):
        raise Returned("invalid_authorization_details", "authorization_details goes with the scope inscricao")
    if demanded.inscricao is None:
        return wanted
    if wanted.inscricao not in (None, demanded.inscricao):
        raise Returned("invalid_authorization_details", "claims and authorization_details name different inscricoes")
    return replace(wanted, inscricao=demanded.inscricao)


def _hint(incoming: Incoming) -> dict[str, Any] | None:
    """The claims of an ID token of ours, for this client, expired or not."""
    value = incoming.params.get("id_token_hint")
    if value is None:
        return None
    try:
        hinted = incoming.own_tokens.id_token_hint(value)
    except BadToken as error:
        raise Returned("invalid_request", "id_token_hint is not valid") from error
    if hinted.get("aud") != incoming.client.client_id:
        raise Returned("invalid_request", "id_token_hint is another client's")
    return hinted


def hints(incoming: Incoming) -> Fields:
    """What may help the page and binds nobody. ``display``, ``acr_values`` and ``claims_locales`` need no answer: one
    page fits all, and every login has the assurance its certificate gives."""
    login_hint = incoming.params.get("login_hint", "")[:MAX_HINT] or None
    locales = tuple(word for word in incoming.params.get("ui_locales", "").split() if _LOCALE.match(word))
    return {"login_hint": login_hint, "ui_locales": locales[:MAX_LOCALES]}


ANSWERING: tuple[Check, ...] = (state, response_mode)
"""How faults are answered."""
CHECKS: tuple[Check, ...] = (not_supported, response_type, scope, pkce, nonce, prompt, max_age, demands, hints)
