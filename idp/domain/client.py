"""A relying party's registration (OpenID Connect Registration 1.0 §2, RFC 7591 §2): its fields and how they must agree.

What one URI, algorithm or response type must be is ``idp.domain.client_metadata``'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from idp.domain.client_metadata import (
    CLIENT_ALGS,
    LOOPBACK,
    RESPONSE_TYPES,
    SIGNING_ALGS,
    UNSAFE,
    Encryption,
    check_alg,
    check_encryption,
    check_https,
    check_redirect_uri,
    check_resource,
    origin,
    serialized_origin,
    without_loopback_port,
)
from idp.domain.procuracao import Poder
from idp.domain.representation import Demanda
from idp.errors import InvalidClient

SCOPES = (
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "cpf",
    "inscricao",
    "procuracao",
    "certificado",
    "offline_access",
)
"""Every scope there is, in the order pages show them."""


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
    IMPLICIT = "implicit"


LOGINS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT})
"""Those by which people log in."""


@dataclass(frozen=True, slots=True)
class Client:
    """One registered application.

    ``secret_digest``: SHA-256 hex of the secret. ``jwks`` or ``jwks_uri``: its public keys, for private_key_jwt,
    request objects and what is encrypted to it. ``resource``: the ``aud`` of its access tokens (RFC 9068); None means
    the issuer itself. ``response_types``: members of ``RESPONSE_TYPES``; those of the front channel are off unless
    registered. ``claims``: the only claims about person and inscrição it may ever receive, ``poderes``: the only powers
    of a procuração it is shown; None leaves that to its scopes. ``*_alg`` None: that answer is plain JSON, or any known
    algorithm may have signed what the client sent. ``registration_digest``: SHA-256 hex of the token that manages this
    registration (RFC 7592); ``registered_with``: the initial access token that made it, ``open`` where none was asked.
    """

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
    response_types: frozenset[str] = frozenset({"code"})
    application_type: str = "web"
    contacts: tuple[str, ...] = ()
    client_uri: str | None = None
    jwks_uri: str | None = None
    sector_identifier_uri: str | None = None
    request_uris: tuple[str, ...] = ()
    request_object_alg: str | None = None
    request_object_required: bool = False
    """RFC 9101 §10.5: a request whose parameters nobody signed is refused."""
    assertion_alg: str | None = None
    id_token_encryption: Encryption | None = None
    userinfo_alg: str | None = None
    userinfo_encryption: Encryption | None = None
    introspection_alg: str | None = None
    introspection_encryption: Encryption | None = None
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    claims: frozenset[str] | None = None
    poderes: frozenset[Poder] | None = None
    registration_digest: str | None = None
    registered_with: str | None = None
    switch: str = "close"
    """What becomes of what a session gave this client before when the person chooses another inscrição: ``close`` ends
    it, ``keep`` leaves it, for applications in which somebody works for several at once."""

    @property
    def public(self) -> bool:
        return self.auth_method is AuthMethod.NONE

    @property
    def logs_people_in(self) -> bool:
        return not self.grant_types.isdisjoint(LOGINS)

    @property
    def browser_origins(self) -> frozenset[str]:
        """Origins, as browsers write them, whose scripts are this application: those of its redirect URIs where it is a
        public web application. Every other client keeps its tokens out of browsers."""
        if not (self.enabled and self.public and self.application_type == "web"):
            return frozenset()
        return frozenset(map(serialized_origin, self.redirect_uris))

    def accepts_redirect_uri(self, uri: str) -> bool:
        """Byte for byte one that is registered; of a native application on a loopback address with any port, because
        the system gives it one only when it listens (RFC 8252 §7.3)."""
        if uri in self.redirect_uris:
            return True
        if self.application_type != "native":
            return False
        asked = without_loopback_port(uri)
        return asked is not None and asked in map(without_loopback_port, self.redirect_uris)

    def permitted(self, scopes: frozenset[str]) -> frozenset[str]:
        """Of ``scopes``, those that the registration allows today; ``openid`` always."""
        return scopes & (self.scopes | {"openid"})

    def __post_init__(self) -> None:
        self._check_uris()
        self._check_grants()
        self._check_authentication()
        self._check_protection()
        if not self.client_id or UNSAFE.search(self.client_id) or ":" in self.client_id:
            raise InvalidClient("client_id", "printable ASCII without spaces, colons, backslashes or asterisks")
        if not self.name.strip():
            raise InvalidClient("client_name", "is what people see; it cannot be empty")
        if not self.scopes <= set(SCOPES):
            raise InvalidClient("scope", f"unknown: {', '.join(sorted(self.scopes - set(SCOPES)))}")
        if self.application_type not in ("web", "native"):
            raise InvalidClient("application_type", "web or native")
        if self.default_max_age is not None and self.default_max_age < 0:
            raise InvalidClient("default_max_age", "a number of seconds, 0 or more")
        if self.switch not in ("close", "keep"):
            raise InvalidClient("switch", "close or keep")
        if self.subject_type not in ("pairwise", "public"):
            raise InvalidClient("subject_type", "pairwise or public")
        if self.subject_type == "pairwise":
            _ = self.sector_identifier  # raises now rather than at the first login

    def _check_uris(self) -> None:
        for uri in self.redirect_uris:
            check_redirect_uri("redirect_uris", uri)
        for uri in self.post_logout_redirect_uris:
            check_redirect_uri("post_logout_redirect_uris", uri)
        for uri in self.request_uris:
            check_https("request_uris", uri, fragment=True)
        for name in ("jwks_uri", "sector_identifier_uri", "initiate_login_uri", "backchannel_logout_uri"):
            check_https(name, getattr(self, name))
        if self.frontchannel_logout_uri is not None:
            check_redirect_uri("frontchannel_logout_uri", self.frontchannel_logout_uri)
            if origin(self.frontchannel_logout_uri) not in map(origin, self.redirect_uris):
                raise InvalidClient("frontchannel_logout_uri", "must be of the origin of a redirect URI")

    def _check_grants(self) -> None:
        if GrantType.AUTHORIZATION_CODE in self.grant_types and not self.redirect_uris:
            raise InvalidClient("redirect_uris", "the authorization_code grant needs at least one")
        if GrantType.REFRESH_TOKEN in self.grant_types and GrantType.AUTHORIZATION_CODE not in self.grant_types:
            raise InvalidClient("grant_types", "refresh_token comes only with authorization_code")
        if GrantType.CLIENT_CREDENTIALS in self.grant_types and self.public:
            raise InvalidClient("grant_types", "a public client cannot use client_credentials (RFC 6749 §4.4)")
        if unknown := self.response_types - set(RESPONSE_TYPES):
            raise InvalidClient("response_types", f"unknown: {', '.join(sorted(unknown))}")
        front = {one for one in self.response_types if one != "code"}
        if front and GrantType.IMPLICIT not in self.grant_types:
            raise InvalidClient("grant_types", "response types that hold id_token or token need implicit")
        if any("code" in one.split() for one in front) and GrantType.AUTHORIZATION_CODE not in self.grant_types:
            raise InvalidClient("grant_types", "response types that hold code need authorization_code")
        if front and not self.redirect_uris:
            raise InvalidClient("redirect_uris", "the implicit grant needs at least one")
        if front and self.application_type == "web" and any(origin(uri)[0] != "https" for uri in self.redirect_uris):
            raise InvalidClient("redirect_uris", "of a web application with the implicit grant are https")

    def _check_authentication(self) -> None:
        known = (self.jwks or {}).get("keys", ())
        keys = self.jwks_uri is not None or any(key.get("use", "sig") == "sig" for key in known)
        if self.jwks is not None and self.jwks_uri is not None:
            raise InvalidClient("jwks_uri", "keys by value or by reference, not both")
        if self.auth_method is AuthMethod.PRIVATE_KEY_JWT and not keys:
            raise InvalidClient("jwks", "private_key_jwt needs the client's public keys for signatures")
        if self.auth_method in (AuthMethod.BASIC, AuthMethod.POST) and not self.secret_digest:
            raise InvalidClient("client_secret", "this authentication method needs a secret")
        check_alg("token_endpoint_auth_signing_alg", self.assertion_alg, CLIENT_ALGS)
        check_alg("request_object_signing_alg", self.request_object_alg, CLIENT_ALGS)
        if self.request_object_required and not keys:
            raise InvalidClient("jwks", "require_signed_request_object needs the client's public keys for signatures")

    def _check_protection(self) -> None:
        for name, alg in (("id_token", self.id_token_alg), ("access_token", self.access_token_alg)):
            check_alg(f"{name}_signed_response_alg", alg, SIGNING_ALGS)
        check_alg("userinfo_signed_response_alg", self.userinfo_alg, SIGNING_ALGS)
        check_alg("introspection_signed_response_alg", self.introspection_alg, SIGNING_ALGS)
        encrypted = {
            "id_token": self.id_token_encryption,
            "userinfo": self.userinfo_encryption,
            "introspection": self.introspection_encryption,
        }
        for name, encryption in encrypted.items():
            check_encryption(name, encryption, self.jwks)
            if encryption and self.jwks is None and self.jwks_uri is None:
                raise InvalidClient("jwks", "encryption needs the client's public keys")

    @property
    def sector_identifier(self) -> str:
        """What pairwise subjects are computed over (OIDC Core §8.1): the registered sector, else the redirect host."""
        if self.sector:
            return self.sector
        if self.sector_identifier_uri:
            return urlsplit(self.sector_identifier_uri).hostname or ""
        # A loopback address is every native application's (RFC 8252): only the client itself tells them apart.
        named = {urlsplit(uri).hostname or "" for uri in self.redirect_uris}
        hosts = {self.client_id if host in LOOPBACK else host for host in named}
        if len(hosts) > 1:
            raise InvalidClient("sector_identifier", "redirect URIs on several hosts need one named sector")
        return next(iter(hosts), self.client_id)


def refuse_dead(client: Client) -> None:
    """Raises InvalidClient for what may stand in an older registration but no new one should hold: metadata that could
    never have an effect, and addresses that no page should show."""
    if "offline_access" in client.scopes and GrantType.REFRESH_TOKEN not in client.grant_types:
        raise InvalidClient("scope", "offline_access does nothing without the refresh_token grant")
    if GrantType.IMPLICIT in client.grant_types and client.response_types <= {"code"}:
        raise InvalidClient(
            "response_types", "the implicit grant does nothing without one that holds id_token or token"
        )
    check_resource(client.resource)
    for name in ("logo_uri", "policy_uri", "tos_uri", "client_uri"):
        check_https(name, getattr(client, name))
