"""The ID token (OIDC Core §2): who is there, since when, by what, and for whom they act."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from idp.domain.grant import Authorization
from idp.oidc.claims import acr, amr, scope_claims
from idp.oidc.keys import Keys
from idp.oidc.own_tokens import ID_TOKEN


def id_token(
    authorization: Authorization,
    scopes: Collection[str],
    access_token: str,
    *,
    issuer: str,
    lifetime: timedelta,
    keys: Keys,
) -> str:
    """Signed with the client's registered algorithm. It ends with ``lifetime``, or before, where the certificate or the
    procuração does. ``at_hash`` ties the ``access_token`` that comes with it."""
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
        "at_hash": _half_hash(access_token),
        **scope_claims(authorization, scopes),
    }
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    return keys.sign_jwt(claims, authorization.client.id_token_alg, ID_TOKEN)


def _half_hash(token: str) -> str:
    """OIDC Core §3.1.3.6: both signing algorithms there are hash with SHA-256."""
    return urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
