"""Applications that register and manage themselves (RFC 7591, RFC 7592, OpenID Connect Registration 1.0).

A registration is managed with its own token, kept as a digest in the registration itself: it is looked up by the
client_id in the address and compared there, so that it opens no other (ATK-140). What a registration may get, an
initial access token's ceiling says, at its birth and at every change (ATK-142).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from idp.domain.client import Client
from idp.domain.client_document import standard_fields, written
from idp.domain.registration import OPEN, Ceiling, has_secret, registered
from idp.errors import AlreadySpent, DocumentUnavailable, InvalidClient, NotFound
from idp.flow.allowance import Allowance
from idp.flow.secret import digest, new_secret
from idp.oidc.endpoints.bearer import Unauthorized
from idp.ports import ClientRegistry, Clock, Documents, Registrations

_NOTHING = digest("")
_MANAGER = "client"
"""The audit's actor where a client changes its own registration."""


class Refused(Unauthorized):
    """A bearer token that permits nothing here. ``why`` is for the log: all look alike."""

    def __init__(self, why: str) -> None:
        super().__init__(401, "invalid_token", "the token permits nothing here")
        self.why = why


@dataclass(frozen=True, slots=True)
class Registrar:
    """``endpoint``: the registration endpoint's URL. ``open_ceiling``: what a registration without a token may get;
    None refuses it. ``per_hour``: see ``Registrations.register``. ``managing``: how often each registration may be
    read, replaced or deleted, and all that were made openly be deleted together: each makes room for another."""

    endpoint: str
    open_ceiling: Ceiling | None
    per_hour: int
    clock: Clock
    registrations: Registrations
    registry: ClientRegistry
    documents: Documents
    managing: Allowance

    def create(self, document: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        """The client information response (RFC 7591 §3.2.1). Raises Refused, InvalidClient, TooMany."""
        made_with, ceiling = self._initial(token)
        secret, management = new_secret(), new_secret()
        client = registered(
            token_hex(12),
            standard_fields(document),
            ceiling,
            secret_digest=digest(secret),
            registration_digest=digest(management),
            registered_with=made_with,
        )
        self._check_sector(client)
        now = self.clock.now()
        try:
            self.registrations.register(client, now, per_hour=self.per_hour)
        except AlreadySpent as error:
            raise Refused("the initial access token is spent") from error
        issued = {"client_id_issued_at": int(now.timestamp())}
        return self._response(client, management, secret if has_secret(client.auth_method) else None) | issued

    def read(self, client_id: str, token: str) -> dict[str, Any]:
        """RFC 7592 §2.1. Raises Refused, TooMany."""
        return self._response(self._own(client_id, token), token, None)

    def replace(self, client_id: str, token: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """RFC 7592 §2.2: what ``document`` leaves out falls back to its default. Raises Refused, InvalidClient,
        TooMany."""
        before = self._own(client_id, token)
        if document.get("client_id") != client_id:
            raise InvalidClient("client_id", "must be the one of this registration")
        shown = document.get("client_secret")
        if shown is not None and not _same(shown, before.secret_digest):
            raise InvalidClient("client_secret", "is not the current one; leave it out")
        ceiling, given, secret = self._ceiling_of(before), standard_fields(document), new_secret()

        def change(stored: Client) -> Client:
            return registered(
                client_id,
                given,
                ceiling,
                secret_digest=stored.secret_digest or digest(secret),
                registration_digest=stored.registration_digest or _NOTHING,
                registered_with=stored.registered_with or OPEN,
                before=stored,
            )

        self._check_sector(change(before))
        try:
            after = self.registrations.change(client_id, change, self.clock.now(), _MANAGER)
        except NotFound as error:
            raise Refused("the client is gone") from error
        return self._response(after, token, secret if _same(secret, after.secret_digest) else None)

    def delete(self, client_id: str, token: str) -> None:
        """RFC 7592 §2.3, with the consents given to the client and its tokens. Raises Refused, TooMany."""
        if self._own(client_id, token).registered_with == OPEN:
            self.managing.spend(OPEN)
        try:
            self.registry.delete(client_id, self.clock.now(), _MANAGER)
        except NotFound as error:
            raise Refused("the client is gone") from error

    def _initial(self, token: str | None) -> tuple[str, Ceiling]:
        if token is None:
            if self.open_ceiling is None:
                raise Unauthorized(401)  # RFC 6750 §3: who showed nothing is told of no error
            return OPEN, self.open_ceiling
        found = self.registrations.by_digest(digest(token))
        if found is None or not found.good(self.clock.now()):
            raise Refused("the initial access token is unknown, spent, expired or revoked")
        return found.id, found.ceiling

    def _ceiling_of(self, client: Client) -> Ceiling:
        """That of its birth, good for as long as it lives; nothing beyond openid where that is not known any more."""
        if client.registered_with == OPEN:
            return self.open_ceiling or Ceiling(frozenset())
        token = self.registrations.by_id(client.registered_with or "")
        return token.ceiling if token is not None else Ceiling(frozenset())

    def _own(self, client_id: str, token: str) -> Client:
        try:
            client = self.registry.get(client_id) if client_id.isprintable() else None
        except NotFound:
            client = None
        if not _same(token, client.registration_digest if client else None) or client is None or not client.enabled:
            raise Refused("not the token of this registration")
        self.managing.spend(client.client_id)  # after the token: nobody else can use it up
        return client

    def _check_sector(self, client: Client) -> None:
        """OIDC Core §8.1: the sector's owner vouches for every redirect URI. Raises InvalidClient."""
        uri = client.sector_identifier_uri
        if uri is None:
            return
        try:
            listed = json.loads(self.documents.get(uri, client).body)
        except (DocumentUnavailable, ValueError, RecursionError) as error:
            raise InvalidClient("sector_identifier_uri", "does not lead to a JSON list") from error
        if not isinstance(listed, list):
            raise InvalidClient("sector_identifier_uri", "does not lead to a JSON list")
        for redirect in client.redirect_uris:
            if redirect not in listed:
                raise InvalidClient("sector_identifier_uri", f"{redirect} is not in the list it leads to")

    def _response(self, client: Client, management: str, secret: str | None) -> dict[str, Any]:
        issued: dict[str, Any] = {} if secret is None else {"client_secret": secret}
        if has_secret(client.auth_method):
            issued["client_secret_expires_at"] = 0
        return {
            "client_id": client.client_id,
            **issued,
            "registration_client_uri": f"{self.endpoint}/{client.client_id}",
            "registration_access_token": management,
            **written(client),
        }


def _same(value: object, expected: str | None) -> bool:
    """Whether ``value`` is what ``expected`` is the digest of; as slow where there is none."""
    if not isinstance(value, str):
        return False
    found = digest(value) if value.isascii() else _NOTHING
    return hmac.compare_digest(found, expected or _NOTHING) and expected is not None and expected != _NOTHING
