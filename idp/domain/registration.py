"""Applications that register themselves (RFC 7591, RFC 7592): who may, and what they get that way (ATK-141, -142)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from idp.domain.client import LOGINS, AuthMethod, Client, GrantType, refuse_dead
from idp.errors import InvalidClient

OPEN = "open"
"""``Client.registered_with`` of one that no initial access token made."""
HARMLESS_SCOPES = frozenset({"openid", "profile", "email", "phone", "address", "offline_access"})
"""What may be had without being asked for by name, and all that an open registration may ever get."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a registration may get. ``redirect_hosts``: where browsers may be sent, each a host or, with a
    leading dot, all names below one; None is anywhere. ``public_subject``: whether it may ask for a ``sub`` that others
    see too."""

    scopes: frozenset[str]
    redirect_hosts: frozenset[str] | None = None
    public_subject: bool = False

    def check_host(self, name: str, uri: str) -> None:
        """Raises InvalidClient where browsers may not be sent to ``uri``."""
        host = urlsplit(uri).hostname or ""
        known = self.redirect_hosts
        if known is None or host in known or any(one.startswith(".") and host.endswith(one) for one in known):
            return
        raise InvalidClient(name, f"{host} is not a host that this registration may use")


@dataclass(frozen=True, slots=True)
class InitialToken:
    """An initial access token (RFC 7591 §3). ``digest``: SHA-256 hex of its value; ``uses``: how many registrations it
    is still good for."""

    id: str
    digest: str
    name: str
    ceiling: Ceiling
    uses: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def good(self, at: datetime) -> bool:
        return self.uses > 0 and at < self.expires_at and self.revoked_at is None


def registered(
    client_id: str,
    given: dict[str, Any],
    ceiling: Ceiling,
    *,
    secret_digest: str | None,
    registration_digest: str,
    registered_with: str,
    before: Client | None = None,
) -> Client:
    """The client that ``given`` (fields of Client that an application may say of itself) makes under ``ceiling``.

    ``before`` is the registration that it replaces (RFC 7592 §2.2): what is not given falls back to its default, what
    an administrator set stays, and scopes that he gave beyond the ceiling may stay. Raises InvalidClient.
    """
    fields = {name: getattr(before, name) for name in _KEPT} if before else {}
    fields |= given
    grants = fields.setdefault("grant_types", _usual_grants(fields))
    fields.setdefault("response_types", frozenset({"code"} if GrantType.AUTHORIZATION_CODE in grants else ()))
    fields["scopes"] = _scopes(given.get("scopes"), ceiling.scopes | (before.scopes if before else frozenset()), grants)
    public_already = before is not None and before.subject_type == "public"
    if fields.get("subject_type") == "public" and not (ceiling.public_subject or public_already):
        fields["subject_type"] = "pairwise"
    _check_hosts(fields, ceiling)
    if before is not None and before.resource is not None and before.logs_people_in and not grants & LOGINS:
        # Whoever logs nobody in reads the tokens of all that call its resource; an administrator says who that is.
        raise InvalidClient("grant_types", "a client of an API keeps one by which people log in")
    uris = fields.get("redirect_uris", ())
    unnamed = "subject_type" not in given and not fields.get("sector_identifier_uri")
    if unnamed and len({urlsplit(uri).hostname for uri in uris}) > 1:
        # It did not ask to be recognised across its hosts: a sector of its own, which joins nothing (OIDC Core §8.1).
        fields["sector"] = fields.get("sector") or client_id
    fields.setdefault("name", (urlsplit(uris[0]).hostname if uris else None) or client_id)
    client = Client(
        client_id,
        secret_digest=secret_digest if has_secret(fields.get("auth_method", AuthMethod.BASIC)) else None,
        registration_digest=registration_digest,
        registered_with=registered_with,
        **fields,
    )
    refuse_dead(client)
    return client


def has_secret(method: AuthMethod) -> bool:
    """Whether this way of authentication takes a secret that we make."""
    return method in (AuthMethod.BASIC, AuthMethod.POST)


_KEPT = (
    "sector",
    "access_token_alg",
    "resource",
    "demanda",
    "enabled",
    "claims",
    "poderes",
    "switch",
)
"""What an application cannot say of itself."""


def _scopes(asked: frozenset[str] | None, most: frozenset[str], grants: frozenset[GrantType]) -> frozenset[str]:
    """What is asked for below the ceiling; unasked, only what names neither document nor inscrição."""
    scopes = most & (HARMLESS_SCOPES if asked is None else asked)
    return (scopes if GrantType.REFRESH_TOKEN in grants else scopes - {"offline_access"}) | {"openid"}


def _check_hosts(fields: dict[str, Any], ceiling: Ceiling) -> None:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in fields.get(name, ()):
            ceiling.check_host(name, uri)
    for name in ("initiate_login_uri", "frontchannel_logout_uri"):
        if fields.get(name):
            ceiling.check_host(name, fields[name])


def _usual_grants(fields: dict[str, Any]) -> frozenset[GrantType]:
    """OIDC Registration §2: authorization_code, and what the response types need (RFC 7591 §2.1)."""
    types = fields.get("response_types", frozenset({"code"}))
    found = {GrantType.AUTHORIZATION_CODE} if any("code" in one.split() for one in types) else set()
    return frozenset(found | ({GrantType.IMPLICIT} if any(one != "code" for one in types) else set()))
