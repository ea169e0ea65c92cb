"""What this package needs of the key ring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Keys(Protocol):
    """Implemented by ``idp.keyring.KeyRing``."""

    def sign_jwt(self, claims: Mapping[str, Any], alg: str, typ: str) -> str:
        """Compact JWS by the active key of ``alg`` (RS256, ES256)."""
        ...

    def jwks(self) -> tuple[bytes, str]:
        """The JWK Set's bytes and their entity tag."""
        ...

    def public_jwk(self, kid: str) -> Mapping[str, str] | None:
        """The published key with that ``kid``."""
        ...
