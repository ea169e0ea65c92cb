"""Unguessable values and the digests under which they are kept."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode


def new_id() -> str:
    """A 128-bit identifier, URL-safe. Its first character is no hyphen: on a command line it would be an option."""
    while (some := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return some


def new_secret() -> str:
    """A 256-bit bearer value, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """SHA-256 hex of a bearer value: what a store keeps instead of it."""
    return hashlib.sha256(value.encode()).hexdigest()


def s256(verifier: str) -> str:
    """PKCE's S256 transformation (RFC 7636 §4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()
