"""Signatures checked with a published key (RFC 7517), for whoever has nothing of ours but that."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from idp.keyring.signer import b64url


def verifies(jwk: Mapping[str, Any], signature: bytes, signed: bytes) -> bool:
    """Whether ``signature`` over ``signed`` is of this key: RS256 by an RSA key, ES256 by one on P-256, EdDSA by one on
    Ed25519 (RFC 7518 §3, RFC 8037 §3.1). False for any other key and for one that is none."""
    try:
        if jwk["kty"] == "RSA":
            rsa_key = rsa.RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()
            rsa_key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        elif (jwk["kty"], jwk["crv"]) == ("EC", "P-256") and len(signature) == 64:
            numbers = ec.EllipticCurvePublicNumbers(_integer(jwk["x"]), _integer(jwk["y"]), ec.SECP256R1())
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            numbers.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        elif (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519"):
            ed25519.Ed25519PublicKey.from_public_bytes(decode(jwk["x"])).verify(signature, signed)
        else:
            return False
    except (InvalidSignature, KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def decode(text: str) -> bytes:
    """base64url without padding. Raises ValueError for anything that is not the one way to write those bytes."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(text) % 4 == 1 or b64url(data).decode() != text:
        raise ValueError("not base64url")
    return data


def _integer(text: str) -> int:
    return int.from_bytes(decode(text), "big")
