"""Clients' public keys: from the registration, or from the jwks_uri, where they may change at any time.

A fetched set is used for a minute. What no key of it verifies is tried once more with a set fetched anew: that is
how a client rotates (OIDC Core §10.1.1), and at most so often, because anybody can send a token that nothing verifies.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeGuard

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from idp.domain.client import Client
from idp.domain.client_metadata import encrypts
from idp.domain.jwks import sound_keys
from idp.errors import DocumentUnavailable, InvalidClient
from idp.oidc.jose import BadToken, PublicKey, header, verified
from idp.ports import Document, Documents

Jwk = Mapping[str, Any]
Usable = tuple[tuple[Jwk, PublicKey], ...]

FRESH_SECONDS = 60.0
"""A key that its client withdrew is gone here at most so much later."""
STALE_SECONDS = 3600.0
"""For so long the last set serves while the client's host does not answer."""
COOLDOWN_SECONDS = 10.0
_WAIT_SECONDS = 1.0
_SETS = 1024
_N_2048 = 342
"""Length of a 2048-bit modulus in base64url. The library imports a shorter one with no more than a warning."""
_KTY = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}


@dataclass(slots=True)
class _Set:
    """One jwks_uri. Times are of the monotonic clock; ``retried`` is when an unverified token last led to a fetch."""

    keys: Usable | None = None
    fetched: float = 0.0
    retried: float | None = None
    fetching: threading.Lock = field(default_factory=threading.Lock)


class Nobody:
    """Implements :class:`idp.ports.Documents` for a provider that asks nobody for anything."""

    def get(self, url: str, client: Client, *, limit: int = 0, seconds: float = 0.0) -> Document:
        raise DocumentUnavailable("not-allowed", url)

    def post(self, url: str, client: Client, form: Mapping[str, str], *, seconds: float = 0.0) -> int:
        raise DocumentUnavailable("not-allowed", url)


class ClientKeys:
    """Finds a client's key for a signature or for encryption."""

    def __init__(self, documents: Documents, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._monotonic = monotonic
        self._sets: OrderedDict[tuple[str, str | None], _Set] = OrderedDict()
        self._lock = threading.Lock()

    def verified(self, token: str, client: Client, algorithms: Collection[str]) -> dict[str, Any]:
        """The claims of a compact JWS that ``client`` signed with one of ``algorithms``. Raises BadToken."""
        found = header(token)
        alg, kid = found["alg"], found.get("kid")
        if alg not in algorithms or alg not in _KTY:
            raise BadToken("algorithm")
        try:
            if client.jwks_uri is None:
                return verified(token, _signing(_inline(client), alg, kid), (alg,))
            return self._verified_by_fetched(token, client, client.jwks_uri, alg, kid)
        except DocumentUnavailable as error:
            raise BadToken(f"jwks_uri: {error}") from error

    def encrypting(self, client: Client, alg: str) -> tuple[Jwk, PublicKey]:
        """The client's newest key for ``alg`` (the set's first that fits). Raises DocumentUnavailable for none."""
        usable = _inline(client) if client.jwks_uri is None else self._fetched(client.jwks_uri, client)
        for jwk, key in usable:
            if encrypts(jwk, alg):
                return jwk, key
        raise DocumentUnavailable("no-key", f"of {client.client_id} for {alg}")

    def _verified_by_fetched(self, token: str, client: Client, uri: str, alg: str, kid: str | None) -> dict[str, Any]:
        try:
            return verified(token, _signing(self._fetched(uri, client), alg, kid), (alg,))
        except BadToken:
            if not self._retry(uri, client):
                raise
        return verified(token, _signing(self._fetched(uri, client, anew=True), alg, kid), (alg,))

    def _retry(self, uri: str, client: Client) -> bool:
        """Whether a fetch beyond the usual ones may be made now; each one that may is counted."""
        one, now = self._set(uri, client), self._monotonic()
        with self._lock:
            if one.retried is not None and now - one.retried < COOLDOWN_SECONDS:
                return False
            one.retried = now
        return True

    def _fetched(self, uri: str, client: Client, *, anew: bool = False) -> Usable:
        """The keys at ``uri``. One thread fetches; others use what is known, or wait a moment where nothing is."""
        one, asked = self._set(uri, client), self._monotonic()
        if one.keys is not None and not anew and asked - one.fetched < FRESH_SECONDS:
            return one.keys
        if not one.fetching.acquire(timeout=0 if one.keys is not None else _WAIT_SECONDS):
            return self._known(one, DocumentUnavailable("busy", uri))
        try:
            if one.keys is None or one.fetched <= asked:
                one.keys, one.fetched = self._read(uri, client), self._monotonic()
            return one.keys
        except DocumentUnavailable as error:
            return self._known(one, error)
        finally:
            one.fetching.release()

    def _known(self, one: _Set, problem: DocumentUnavailable) -> Usable:
        if one.keys is None or self._monotonic() - one.fetched > STALE_SECONDS:
            raise problem
        return one.keys

    def _read(self, uri: str, client: Client) -> Usable:
        try:
            return _imported(sound_keys(json.loads(self._documents.get(uri, client).body)))
        except (ValueError, RecursionError, InvalidClient) as error:
            raise DocumentUnavailable("not-keys", uri) from error

    def _set(self, uri: str, client: Client) -> _Set:
        # Who registered itself may name somebody else's address, and has a set of its own to wear out.
        key = (uri, None if client.registered_with is None else client.client_id)
        with self._lock:
            one = self._sets.setdefault(key, _Set())
            self._sets.move_to_end(key)
            if len(self._sets) > _SETS:
                self._sets.popitem(last=False)
            return one


def _signing(usable: Usable, alg: str, kid: str | None) -> PublicKey:
    """The one key that fits. Raises BadToken for none or several."""
    fitting = [
        key
        for jwk, key in usable
        if jwk["kty"] == _KTY[alg]
        and jwk.get("alg", alg) == alg
        and jwk.get("use", "sig") == "sig"
        and (kid is None or jwk.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise BadToken("key")
    return fitting[0]


@lru_cache(maxsize=256)
def _inline(client: Client) -> Usable:
    return _imported((client.jwks or {}).get("keys", ()))


def _imported(jwks: Iterable[Jwk]) -> Usable:
    """Those of the keys that are strong enough: RSA of at least 2048 bits and P-256."""
    found: list[tuple[Jwk, PublicKey]] = []
    for jwk in jwks:
        if jwk.get("kty") == "RSA" and len(jwk.get("n", "")) < _N_2048:
            continue
        try:
            key = import_key(dict(jwk))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if _is_strong(key):
            found.append((jwk, key))
    return tuple(found)


def _is_strong(key: object) -> TypeGuard[PublicKey]:
    if isinstance(key, RSAKey):
        return key.raw_value.key_size >= 2048
    return isinstance(key, ECKey) and key.curve_name == "P-256"
