"""A relying party's registration, and the rules its metadata must keep (OpenID Connect Registration 1.0 §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from idp.domain.representation import Demanda
from idp.errors import InvalidClient

SCOPES = ("openid", "profile", "cpf", "inscricao", "procuracao", "certificado", "offline_access")
"""Every scope there is, in the order pages show them."""
SIGNING_ALGS = ("RS256", "ES256")
_LOOPBACK = ("127.0.0.1", "::1")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\*]")


class AuthMethod(StrEnum):
    """token_endpoint_auth_method; NONE makes a public client, which must use PKCE."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"


class GrantType(StrEnum):
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"


@dataclass(frozen=True, slots=True)
class Client:
    """One registered application. ``secret_digest``: SHA-256 hex of the secret. ``jwks``: its public keys for
    private_key_jwt. ``resource``: the ``aud`` of its access tokens (RFC 9068); None means the issuer itself."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    auth_method: AuthMethod = AuthMethod.BASIC
    secret_digest: str | None = None
    jwks: dict[str, Any] | None = field(default=None, hash=False)
    grant_types: frozenset[GrantType] = frozenset({GrantType.AUTHORIZATION_CODE})
    scopes: frozenset[str] = frozenset({"openid", "profile", "inscricao", "procuracao"})
    subject_type: str = "pairwise"
    sector: str = ""
    id_token_alg: str = "RS256"
    access_token_alg: str = "ES256"
    resource: str | None = None
    demanda: Demanda = Demanda()
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    enabled: bool = True

    @property
    def public(self) -> bool:
        return self.auth_method is AuthMethod.NONE

    def permitted(self, scopes: frozenset[str]) -> frozenset[str]:
        """Of ``scopes``, those that the registration allows today; ``openid`` always."""
        return scopes & (self.scopes | {"openid"})

    def __post_init__(self) -> None:
        for uri in self.redirect_uris:
            check_redirect_uri("redirect_uris", uri)
        for uri in self.post_logout_redirect_uris:
            check_redirect_uri("post_logout_redirect_uris", uri)
        if not self.client_id or _UNSAFE.search(self.client_id) or ":" in self.client_id:
            raise InvalidClient("client_id", "printable ASCII without spaces, colons, backslashes or asterisks")
        if not self.name.strip():
            raise InvalidClient("client_name", "is what people see; it cannot be empty")
        if not self.scopes <= set(SCOPES):
            raise InvalidClient("scope", f"unknown: {', '.join(sorted(self.scopes - set(SCOPES)))}")
        if GrantType.AUTHORIZATION_CODE in self.grant_types and not self.redirect_uris:
            raise InvalidClient("redirect_uris", "the authorization_code grant needs at least one")
        if GrantType.REFRESH_TOKEN in self.grant_types and GrantType.AUTHORIZATION_CODE not in self.grant_types:
            raise InvalidClient("grant_types", "refresh_token comes only with authorization_code")
        if GrantType.CLIENT_CREDENTIALS in self.grant_types and self.public:
            raise InvalidClient("grant_types", "a public client cannot use client_credentials (RFC 6749 §4.4)")
        if self.auth_method is AuthMethod.PRIVATE_KEY_JWT and not (self.jwks and self.jwks.get("keys")):
            raise InvalidClient("jwks", "private_key_jwt needs the client's public keys")
        if self.auth_method in (AuthMethod.BASIC, AuthMethod.POST) and not self.secret_digest:
            raise InvalidClient("client_secret", "this authentication method needs a secret")
        if self.subject_type not in ("pairwise", "public"):
            raise InvalidClient("subject_type", "pairwise or public")
        for name, alg in (("id_token", self.id_token_alg), ("access_token", self.access_token_alg)):
            if alg not in SIGNING_ALGS:
                raise InvalidClient(f"{name}_signed_response_alg", f"one of {', '.join(SIGNING_ALGS)}")
        if self.subject_type == "pairwise":
            _ = self.sector_identifier  # raises now rather than at the first login

    @property
    def sector_identifier(self) -> str:
        """What pairwise subjects are computed over (OIDC Core §8.1): the registered sector, else the redirect host."""
        if self.sector:
            return self.sector
        # A loopback address is every native application's (RFC 8252): only the client itself tells them apart.
        named = {urlsplit(uri).hostname or "" for uri in self.redirect_uris}
        hosts = {self.client_id if host in _LOOPBACK else host for host in named}
        if len(hosts) > 1:
            raise InvalidClient("sector_identifier", "redirect URIs on several hosts need one named sector")
        return next(iter(hosts), self.client_id)


def check_redirect_uri(name: str, uri: str) -> None:
    """Raises InvalidClient unless ``uri`` is an absolute https URI, or http on a loopback address (RFC 8252 §7.3),
    without fragment, user information, wildcard, backslash or characters outside printable ASCII."""
    if _UNSAFE.search(uri):
        raise InvalidClient(name, f"{uri!r} has a space, backslash, asterisk, control or non-ASCII character")
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidClient(name, f"{uri!r} is not a URI: {error}") from error
    if "#" in uri or "@" in parts.netloc or not host:
        raise InvalidClient(name, f"{uri!r} must have a host and neither fragment nor user information")
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        raise InvalidClient(name, f"{uri!r} has a dot segment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise InvalidClient(name, f"{uri!r} must be https (http only on 127.0.0.1 or [::1])")
