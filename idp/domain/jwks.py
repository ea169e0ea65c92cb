"""Public keys a relying party may register or publish (RFC 7517): RSA of 2048 to 8192 bits, or EC on P-256; nothing
secret.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from idp.errors import InvalidClient

_LONGEST_RSA = 8192
"""Bits. What is longer costs much to compute with, and beyond 16,384 OpenSSL refuses."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def check_public_keys(jwks: object) -> dict[str, Any]:
    """``jwks`` itself, when every key of it can be used. Raises InvalidClient naming the key that cannot (ATK-013)."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(jwks, dict) or not isinstance(keys, list) or not keys:
        raise InvalidClient("jwks", 'is a JSON object with a list "keys" of at least one key (RFC 7517 §5)')
    for number, key in enumerate(keys, 1):
        problem = _problem(key) if isinstance(key, dict) else "is not an object"
        if problem:
            raise InvalidClient("jwks", f"key {number} {problem}")
    if len(keys) > 1:
        kids = [key.get("kid") for key in keys]
        if None in kids or len(set(kids)) < len(kids):
            raise InvalidClient("jwks", "several keys need a kid each, all different")
    return jwks


def sound_keys(jwks: object) -> list[dict[str, Any]]:
    """Of a key set that a client publishes, the keys that can be used: others are passed over (RFC 7517 §5), and so
    are those whose kid is not theirs alone. Raises InvalidClient where it is no key set."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise InvalidClient("jwks_uri", 'does not lead to a JSON object with a list "keys" (RFC 7517 §5)')
    sound = [key for key in keys if isinstance(key, dict) and _problem(key) is None]
    kids = [key.get("kid") for key in sound]
    return [key for key in sound if len(sound) == 1 or kids.count(key.get("kid")) == 1]


def _problem(key: Mapping[str, Any]) -> str | None:
    if not _PRIVATE.isdisjoint(key):
        return "is a private or shared key: make a new pair and register its public half only"
    if not isinstance(key.get("kid", ""), str):
        return "has a kid that is not text"
    if key.get("use", "sig") not in ("sig", "enc"):
        return "is neither for signatures nor for encryption (use)"
    if key.get("kty") == "RSA":
        if _number(key.get("n")).bit_length() < 2048:
            return "is RSA of less than 2048 bits"
        if _number(key.get("n")).bit_length() > _LONGEST_RSA:
            return f"is RSA of more than {_LONGEST_RSA} bits"
        return None if _sound_exponent(_number(key.get("e"))) else "has an RSA exponent below 65537, above 2^32 or even"
    if key.get("kty") == "EC" and key.get("crv") == "P-256":
        sizes = {len(_bytes(key.get(coordinate))) for coordinate in ("x", "y")}
        return None if sizes == {32} else "has coordinates that are not of P-256"
    return "is neither RSA nor EC on P-256"


def _sound_exponent(e: int) -> bool:
    return 65537 <= e < 2**32 and e % 2 == 1


def _number(value: object) -> int:
    return int.from_bytes(_bytes(value))


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        return b""
    try:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return b""
