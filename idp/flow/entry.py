"""Coming in for oneself: to the provider's own pages, without a client.

A Transaction like any other, with the same certificate step. Its client id is one that nobody can register (it holds a
colon, which :class:`idp.domain.client.Client` refuses), and its redirect URI is a path of ours.
"""

from __future__ import annotations

import re

from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Prompt, Transaction
from idp.flow.outcome import Entered, Left

CLIENT_ID = "portaria:portal"
FRONT = "/portal"
"""Where whoever gives up ends; it is shown without a session."""

_OWN = re.compile(r"/portal(?:/[A-Za-z0-9_-]{1,64}){0,4}\Z")


def entry_request(path: str, *, fresh: bool) -> AuthorizationRequest:
    """To go on at ``path``. ``fresh``: only with a certificate shown from now on. Raises ValueError where ``path`` is
    none of the portal's own: nothing that a visitor brings can lead elsewhere."""
    if not _OWN.match(path):
        raise ValueError("not a path of the portal")
    return AuthorizationRequest(
        CLIENT_ID, path, frozenset(), prompt=frozenset({Prompt.LOGIN}) if fresh else frozenset()
    )


def is_entry(tx: Transaction) -> bool:
    return tx.request.client_id == CLIENT_ID


def entered(tx: Transaction, session: Session) -> Entered:
    return Entered(session, tx.request.redirect_uri)


def given_up(tx: Transaction) -> Left:
    """After Cancel: whoever was asked for the certificate once more is still in, and goes back to where he was."""
    return Left(tx.request.redirect_uri if Prompt.LOGIN in tx.request.prompt else FRONT)
