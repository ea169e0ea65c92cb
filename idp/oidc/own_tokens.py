"""Our own tokens when they come back: access tokens at userinfo, ID tokens as hints.

``typ`` tells them apart: an ID token is never an access token, an access token never a hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc.jwk import import_key

from idp.oidc.jose import BadToken, PublicKey, header, own_claims
from idp.oidc.keys import Keys

ID_TOKEN = "JWT"
ACCESS_TOKEN = "at+jwt"
"""RFC 9068 §2.1."""


class OwnTokens:
    """Verifies what this issuer signed, by any key it still publishes."""

    def __init__(self, keys: Keys, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._imported: dict[str, PublicKey] = {}

    def access_token(self, token: str, at: datetime) -> dict[str, Any]:
        """The claims of an unexpired access token of ours. Its audience is the caller's to compare. Raises BadToken."""
        claims = self._verified(token, ACCESS_TOKEN)
        exp = claims.get("exp")
        if not isinstance(exp, int) or exp <= at.timestamp():
            raise BadToken("expired")
        return claims

    def id_token_hint(self, token: str) -> dict[str, Any]:
        """The claims of an ID token of ours, expired or not (OIDC RP-Initiated Logout §2). Raises BadToken."""
        return self._verified(token, ID_TOKEN)

    def _verified(self, token: str, typ: str) -> dict[str, Any]:
        found = header(token)
        kid = found.get("kid", "")
        jwk = self._keys.public_jwk(kid)
        if jwk is None or found.get("typ") != typ or found["alg"] != jwk["alg"]:
            raise BadToken("key, type or algorithm")
        claims = own_claims(token, self._key(kid, jwk), jwk["alg"])
        if claims.get("iss") != self._issuer:
            raise BadToken("issuer")
        return claims

    def _key(self, kid: str, jwk: Mapping[str, str]) -> PublicKey:
        """Imported once: a kid is the thumbprint of its key (RFC 7638), so it never stands for another."""
        if kid not in self._imported:
            key = import_key(dict(jwk))
            assert isinstance(key, PublicKey)
            self._imported[kid] = key
        return self._imported[kid]
