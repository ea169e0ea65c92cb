"""Client assertions (RFC 7523 §3): a JWT that a client signs with its own key, good once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeGuard

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from idp.domain.client import Client
from idp.oidc.jose import BadToken, PublicKey, header, unverified_claims, verified
from idp.ports import Clock, Store

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS256", "PS256", "ES256")
LEEWAY = timedelta(seconds=30)
"""Clocks may differ by this much."""
MAX_LIFE = timedelta(hours=1)
"""An assertion good for longer is refused: its ``jti`` would have to be remembered as long."""
_TYPES = ("JWT", "client-authentication+jwt")
_N_2048 = 342
"""Length of a 2048-bit modulus in base64url. The library imports a shorter one with no more than a warning."""
_KTY = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}


class Assertions:
    """Judges assertions and spends their ``jti`` in the durable store. ``audiences``: the issuer and the token
    endpoint; an assertion addressed to anybody else as well is refused, because that one could present it here."""

    def __init__(self, *, audiences: frozenset[str], clock: Clock, store: Store) -> None:
        self._audiences = audiences
        self._clock = clock
        self._store = store

    def claimed_client(self, token: str) -> str:
        """Whose key to try. Raises BadToken."""
        sub = unverified_claims(token).get("sub")
        if not isinstance(sub, str):
            raise BadToken("sub")
        return sub

    def accept(self, token: str, client: Client) -> None:
        """Raises BadToken unless ``token`` is ``client``'s, meant for us, in time, and seen for the first time."""
        found = header(token)
        alg = found["alg"]
        if alg not in ALGORITHMS or found.get("typ", "JWT") not in _TYPES:
            raise BadToken("type or algorithm")
        claims = verified(token, _key(client, alg, found.get("kid")), (alg,))
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise BadToken("issuer or subject")
        if not self._meant_for_us(claims.get("aud")):
            raise BadToken("audience")
        expires_at = self._in_time(claims)
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= 255 or not jti.isprintable():
            raise BadToken("jti")
        with self._store.begin() as uow:
            if not uow.assertions.spend(client.client_id, jti, expires_at):
                raise BadToken("replayed")

    def _meant_for_us(self, aud: Any) -> bool:
        values = [aud] if isinstance(aud, str) else aud
        if not isinstance(values, list) or not values:
            return False
        return all(isinstance(value, str) and value in self._audiences for value in values)

    def _in_time(self, claims: dict[str, Any]) -> datetime:
        now, leeway = self._clock.now(), LEEWAY.total_seconds()
        moment = now.timestamp()
        exp = claims.get("exp")
        if not _is_number(exp) or not moment - leeway < exp <= moment + MAX_LIFE.total_seconds() + leeway:
            raise BadToken("exp")
        for name in ("iat", "nbf"):
            value = claims.get(name, moment)
            if not _is_number(value) or value > moment + leeway:
                raise BadToken(name)
        return now + timedelta(seconds=exp - moment) + LEEWAY


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(client: Client, alg: str, kid: str | None) -> PublicKey:
    """The one key of the client's set that fits. Raises BadToken for none or several."""
    fitting = [
        key
        for jwk, key in _keys(client)
        if jwk["kty"] == _KTY[alg]
        and jwk.get("alg", alg) == alg
        and jwk.get("use", "sig") == "sig"
        and (kid is None or jwk.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise BadToken("key")
    return fitting[0]


@lru_cache(maxsize=256)
def _keys(client: Client) -> tuple[tuple[dict[str, Any], PublicKey], ...]:
    """The client's usable keys: RSA of at least 2048 bits and P-256."""
    found: list[tuple[dict[str, Any], PublicKey]] = []
    for jwk in (client.jwks or {}).get("keys", ()):
        if jwk.get("kty") == "RSA" and len(jwk.get("n", "")) < _N_2048:
            continue
        try:
            key = import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if _is_strong(key):
            found.append((jwk, key))
    return tuple(found)


def _is_strong(key: object) -> TypeGuard[PublicKey]:
    if isinstance(key, RSAKey):
        return key.raw_value.key_size >= 2048
    return isinstance(key, ECKey) and key.curve_name == "P-256"
