"""What a relying party must check, from the specifications' text; PyJWT does the cryptography."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import jwt

_WORDS = "iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash s_hash nbf jti sid txn"
_OF_THE_PROTOCOL = frozenset(_WORDS.split())
_PROFILE = """name given_name family_name middle_name nickname preferred_username profile picture website gender
    birthdate zoneinfo locale updated_at"""
PROFILE = frozenset(_PROFILE.split())
"""The claims of the scope profile (OIDC Core §5.4)."""


def half_hash(value: str) -> str:
    """at_hash and c_hash of what is signed with SHA-256 (OIDC Core §3.1.3.6, §3.3.2.11)."""
    return urlsafe_b64encode(sha256(value.encode("ascii")).digest()[:16]).rstrip(b"=").decode()


def id_token_claims(
    token: str,
    keys: list[dict[str, Any]],
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    alg: str = "RS256",
    person: bool = False,
) -> dict[str, Any]:
    """The claims of an ID token that passes OIDC Core §2 and §3.1.3.7. ``person``: claims about the person may be in
    it; otherwise they belong to the UserInfo endpoint."""
    header = jwt.get_unverified_header(token)
    assert header["alg"] == alg
    (key,) = (key for key in keys if key["kid"] == header["kid"])
    claims = jwt.decode(token, jwt.PyJWK(key).key, [alg], audience=client_id, issuer=issuer)
    assert claims["aud"] in (client_id, [client_id])
    assert claims.get("azp", client_id) == client_id
    now = time.time()
    assert now < claims["exp"]
    assert abs(now - claims["iat"]) < 300
    assert 0 < len(claims["sub"]) <= 255
    assert claims["sub"].isascii()
    assert claims["acr"]
    assert isinstance(claims["auth_time"], int)
    assert claims["auth_time"] <= now
    assert claims.get("nonce") == nonce
    if not person:
        assert set(claims) <= _OF_THE_PROTOCOL
    return dict(claims)


def checked_person(claims: dict[str, Any]) -> dict[str, Any]:
    """``claims`` about somebody, each of the type that OIDC Core §5.1 gives it."""
    for name, value in claims.items():
        assert value not in (None, "", "null"), name
        kind = bool if name.endswith("_verified") else int if name == "updated_at" else str
        if name == "address":
            assert value, "OIDC Core §5.1.1"
            assert all(isinstance(part, str) and part for part in value.values())
        elif name in PROFILE or name.startswith(("email", "phone_number")):
            assert isinstance(value, kind), name
    assert claims.get("updated_at", 0) <= time.time()
    return claims
