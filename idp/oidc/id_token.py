"""The ID token (OIDC Core §2): who is there, since when, by what, and for whom they act."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from idp.domain.grant import Authorization
from idp.oidc.claims import acr, amr, asked_claims, id_token_claims
from idp.oidc.protection import Protection, Use
from idp.oidc.status_address import with_status


def id_token(
    authorization: Authorization,
    scopes: Collection[str],
    *,
    issuer: str,
    lifetime: timedelta,
    protection: Protection,
    access_token: str | None = None,
    code: str | None = None,
) -> str:
    """Signed with the client's registered algorithm, and encrypted to it where it registered that. It ends with
    ``lifetime``, or before, where the certificate or the procuração does. ``at_hash`` and ``c_hash`` tie the
    ``access_token`` and the ``code`` that come with it. Raises DocumentUnavailable where the client's key for
    encryption cannot be had.

    Beside a code it passes through the browser's address bar, and says of the person only what was asked of it by name
    (OIDC Core §3.3.3.6); the one that the code buys says the rest.
    """
    grant, at = authorization.grant, authorization.at
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": grant.sub,
        "aud": grant.client_id,
        "exp": int(authorization.until(at + lifetime).timestamp()),
        "iat": int(at.timestamp()),
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": acr(authorization),
        "amr": amr(authorization),
        "sid": grant.sid,
    }
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    if access_token is not None:
        claims["at_hash"] = half_hash(access_token)
    if code is None:
        claims |= id_token_claims(authorization, scopes, alone=access_token is None)
    else:
        claims |= {"c_hash": half_hash(code), **asked_claims(authorization, grant.claims.id_token)}
    return protection.protect(with_status(claims, issuer), authorization.client, Use.ID_TOKEN)


def half_hash(value: str) -> str:
    """OIDC Core §3.1.3.6, §3.3.2.11: every algorithm we sign with hashes with SHA-256."""
    return urlsafe_b64encode(hashlib.sha256(value.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
