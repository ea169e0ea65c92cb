"""Reading a JWS that somebody sent: compact only, key and algorithm chosen by us, never by its header."""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.errors import IdpError

PublicKey = RSAKey | ECKey
MAX_TOKEN = 16 * 1024
_ALGORITHMS = {name: jws.JWSRegistry.algorithms[name] for name in ("RS256", "ES256")}
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")


class BadToken(IdpError):
    """A token that proves nothing. The reason is for the log."""


def header(token: str) -> Mapping[str, Any]:
    """The protected header, believed by nobody yet. Raises BadToken unless ``token`` is a small compact JWS with a
    string ``alg`` and nothing critical (RFC 7515 §4.1.11: no extension is understood here)."""
    return _header(_segments(token)[0])


@lru_cache(maxsize=256)  # whoever signs writes one header for each of its keys
def _header(segment: str) -> Mapping[str, Any]:
    found = _object(segment)
    if not isinstance(found.get("alg"), str) or "crit" in found or "b64" in found:
        raise BadToken("header")
    if not isinstance(found.get("kid", ""), str) or not isinstance(found.get("typ", ""), str):
        raise BadToken("header")
    return found


def unverified_claims(token: str) -> dict[str, Any]:
    """What a token says of itself: good for finding whose key to try, and nothing else. Raises BadToken."""
    return _object(_segments(token)[1])


def _segments(token: str) -> list[str]:
    if len(token) > MAX_TOKEN or not _COMPACT.match(token):
        raise BadToken("not a compact JWS")
    return token.split(".")


def _object(segment: str) -> dict[str, Any]:
    return members(_decoded(segment))


def _decoded(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise BadToken("not base64url") from error


def verified(token: str, key: PublicKey, algorithms: Collection[str]) -> dict[str, Any]:
    """The claims of ``token`` if ``key`` signed it with one of ``algorithms``. Raises BadToken."""
    try:
        found = jws.deserialize_compact(token, key, algorithms=list(algorithms))
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("signature") from error
    return members(found.payload)


def own_claims(token: str, key: PublicKey, algorithm: str) -> dict[str, Any]:
    """As :func:`verified` for a token whose ``header`` says that ``key``, one of ours, signed it with ``algorithm``.
    What we signed is what we wrote, so it is not searched for what others might write. Raises BadToken."""
    first, payload, signature = _segments(token)
    if not _ALGORITHMS[algorithm].verify(f"{first}.{payload}".encode("ascii"), _decoded(signature), key):
        raise BadToken("signature")
    claims: dict[str, Any] = orjson.loads(_decoded(payload))
    return claims


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
