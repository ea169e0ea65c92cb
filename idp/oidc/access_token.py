"""Access tokens as RFC 9068 JWTs: short-lived, so that a resource server may validate them off line."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from idp.domain.client import SCOPES, Client
from idp.domain.grant import Authorization
from idp.oidc.authorization_details import granted_details
from idp.oidc.claims import access_token_claims, acr
from idp.oidc.keys import Keys
from idp.oidc.own_tokens import ACCESS_TOKEN
from idp.oidc.status_address import with_status


def scope_text(scopes: Collection[str]) -> str:
    """Space-separated, in the one order that everything of ours uses (RFC 6749 §3.3: order means nothing)."""
    return " ".join(scope for scope in SCOPES if scope in scopes)


def audience(client: Client, issuer: str) -> str:
    """``aud``: the client's registered resource, else the issuer."""
    return client.resource or issuer


def grant_of(claims: dict[str, Any]) -> str | None:
    """The grant an access token's ``jti`` names; None for a client's own token."""
    grant_id, separator, _ = str(claims.get("jti", "")).partition(".")
    return grant_id if separator else None


def access_token(
    authorization: Authorization, scopes: Collection[str], *, issuer: str, lifetime: timedelta, keys: Keys
) -> tuple[str, int]:
    """For a person: the token and its life in seconds, which ends where the certificate or the procuração does."""
    grant, client, at = authorization.grant, authorization.client, authorization.at
    iat = int(at.timestamp())
    exp = int(authorization.until(at + lifetime).timestamp())
    claims = {
        "iss": issuer,
        "sub": grant.sub,
        "aud": audience(client, issuer),
        "client_id": client.client_id,
        "scope": scope_text(scopes),
        "iat": iat,
        "exp": exp,
        "jti": f"{grant.id}.{secrets.token_urlsafe(12)}",
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": acr(authorization),
        **with_status(access_token_claims(authorization, scopes), issuer),
    }
    details = granted_details(authorization, scopes)
    if details is not None:
        claims["authorization_details"] = details  # RFC 9396 §9.1
    return keys.sign_jwt(claims, client.access_token_alg, ACCESS_TOKEN), exp - iat


def client_access_token(
    client: Client, scopes: Collection[str], at: datetime, *, issuer: str, lifetime: timedelta, keys: Keys
) -> tuple[str, int]:
    """For a client itself: ``sub`` is the client (RFC 9068 §2.2)."""
    iat = int(at.timestamp())
    claims = {
        "iss": issuer,
        "sub": client.client_id,
        "aud": audience(client, issuer),
        "client_id": client.client_id,
        "scope": scope_text(scopes),
        "iat": iat,
        "exp": iat + int(lifetime.total_seconds()),
        "jti": secrets.token_urlsafe(24),
    }
    return keys.sign_jwt(claims, client.access_token_alg, ACCESS_TOKEN), int(lifetime.total_seconds())
