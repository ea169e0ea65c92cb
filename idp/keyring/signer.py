"""One signing key: RS256 with RSA-2048 or ES256 with P-256 (RFC 7518 §3), and its public half as a JWK.

Signing is what a token costs most, so nothing is built here per token but the token itself.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from idp.errors import ConfigurationError

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_SHA256 = hashes.SHA256()
_PKCS1 = padding.PKCS1v15()
_ECDSA = ec.ECDSA(_SHA256)


class Signer:
    """``kid`` is the RFC 7638 thumbprint; ``public_jwk`` is what the JWK Set publishes."""

    def __init__(self, alg: str, key: SigningKey) -> None:
        self.alg = alg
        self._key = key
        public = _public_jwk(key)
        self.kid = thumbprint(public)
        self.public_jwk: Mapping[str, str] = {**public, "kid": self.kid, "alg": alg, "use": "sig"}
        self._headers: dict[str, bytes] = {}

    @classmethod
    def generate(cls, alg: str) -> Signer:
        if alg == "RS256":
            return cls(alg, rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return cls(alg, ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, alg: str, pem: bytes) -> Signer:
        """Raises ConfigurationError where ``pem`` is no key for ``alg``."""
        try:
            key = load_pem_private_key(pem, None)
        except ValueError as error:
            raise ConfigurationError("a signing key is damaged", "restore it from the backup") from error
        expected = rsa.RSAPrivateKey if alg == "RS256" else ec.EllipticCurvePrivateKey
        if not isinstance(key, expected):
            raise ConfigurationError(f"a key listed for {alg} is of another type", "restore it from the backup")
        return cls(alg, key)

    def pem(self) -> bytes:
        """The private key, PKCS #8, not encrypted."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign_jwt(self, claims: Mapping[str, Any], typ: str) -> str:
        """Compact serialization (RFC 7515 §3.1)."""
        signed = self._header(typ) + b64url(orjson.dumps(claims))
        return (signed + b"." + b64url(self._sign(signed))).decode("ascii")

    def _header(self, typ: str) -> bytes:
        header = self._headers.get(typ)
        if header is None:
            header = b64url(orjson.dumps({"alg": self.alg, "kid": self.kid, "typ": typ})) + b"."
            self._headers[typ] = header
        return header

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PKCS1, _SHA256)
        r, s = decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def b64url(data: bytes) -> bytes:
    """base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=")


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638 §3: SHA-256 over the required members in lexical order."""
    names = ("e", "kty", "n") if jwk["kty"] == "RSA" else ("crv", "kty", "x", "y")
    canonical = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"), sort_keys=True)
    return b64url(hashlib.sha256(canonical.encode()).digest()).decode()


def _public_jwk(key: SigningKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(numbers.n), "e": _integer(numbers.e)}
    point = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": _integer(point.x, 32), "y": _integer(point.y, 32)}


def _integer(number: int, length: int | None = None) -> str:
    return b64url(number.to_bytes(length or (number.bit_length() + 7) // 8, "big")).decode()
