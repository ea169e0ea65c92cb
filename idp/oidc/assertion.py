"""Client assertions (RFC 7523 §3): a JWT that a client signs with its own key, good once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeGuard

from idp.domain.client import Client
from idp.domain.client_metadata import CLIENT_ALGS
from idp.oidc.client_keys import ClientKeys
from idp.oidc.jose import BadToken, header, unverified_claims
from idp.ports import Clock, Store

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY = timedelta(seconds=30)
"""Clocks may differ by this much."""
MAX_LIFE = timedelta(hours=1)
"""An assertion good for longer is refused: its ``jti`` would have to be remembered as long."""
_TYPES = ("JWT", "client-authentication+jwt")


class Assertions:
    """Judges assertions and spends their ``jti`` in the durable store. ``audiences``: the issuer and the token
    endpoint; an assertion addressed to anybody else as well is refused, because that one could present it here."""

    def __init__(self, *, audiences: frozenset[str], keys: ClientKeys, clock: Clock, store: Store) -> None:
        self._audiences = audiences
        self._keys = keys
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
        if header(token).get("typ", "JWT") not in _TYPES:
            raise BadToken("type")
        allowed = (client.assertion_alg,) if client.assertion_alg else CLIENT_ALGS
        claims = self._keys.verified(token, client, allowed)
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
