"""Reading a JWS that somebody sent: compact only, key and algorithm chosen by us, never by its header."""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.errors import IdpError

PublicKey = RSAKey | ECKey
MAX_TOKEN = 16 * 1024
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")


class BadToken(IdpError):
    """A token that proves nothing. The reason is for the log."""


def header(token: str) -> dict[str, Any]:
    """The protected header, believed by nobody yet. Raises BadToken unless ``token`` is a small compact JWS with a
    string ``alg`` and nothing critical (RFC 7515 §4.1.11: no extension is understood here)."""
    found = _part(token, 0)
    if not isinstance(found.get("alg"), str) or "crit" in found or "b64" in found:
        raise BadToken("header")
    if not isinstance(found.get("kid", ""), str) or not isinstance(found.get("typ", ""), str):
        raise BadToken("header")
    return found


def unverified_claims(token: str) -> dict[str, Any]:
    """What a token says of itself: good for finding whose key to try, and nothing else. Raises BadToken."""
    return _part(token, 1)


def _part(token: str, index: int) -> dict[str, Any]:
    if len(token) > MAX_TOKEN or not _COMPACT.match(token):
        raise BadToken("not a compact JWS")
    segment = token.split(".")[index]
    try:
        return members(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except binascii.Error as error:
        raise BadToken("not base64url") from error


def verified(token: str, key: PublicKey, algorithms: Collection[str]) -> dict[str, Any]:
    """The claims of ``token`` if ``key`` signed it with one of ``algorithms``. Raises BadToken."""
    try:
        found = jws.deserialize_compact(token, key, algorithms=list(algorithms))
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("signature") from error
    return members(found.payload)


def members(payload: bytes | None) -> dict[str, Any]:
    """A JSON object without members given twice (RFC 7519 §4), of values that can be written again: no lone surrogates,
    no integers beyond 64 bits (RFC 7493 §2). Raises BadToken."""
    try:
        claims = json.loads(payload or b"", object_pairs_hook=_unique, parse_constant=_refuse)
        orjson.dumps(claims)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadToken("payload") from error
    if not isinstance(claims, dict):
        raise BadToken("payload")
    return claims


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
