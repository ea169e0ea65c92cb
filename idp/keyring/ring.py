"""The ring of keys: what signs, what is published, what identifiers are derived from."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.domain.client import Client
from idp.domain.client_metadata import SIGNING_ALGS
from idp.domain.documents import CPF
from idp.domain.person import Holder
from idp.errors import ConfigurationError
from idp.keyring.manifest import (
    MANIFEST,
    KeyInfo,
    State,
    fingerprint,
    read_manifest,
    read_private,
    stamp,
    write_manifest,
    write_private,
)
from idp.keyring.signer import Signer, b64url

RETIRED_FOR = timedelta(days=30)
"""How long a retired key stays published: longer than any token, session or id_token_hint it may have signed."""
_SECRETS = ("pairwise.key", "refresh.key", "audit.key")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """One reading of the directory; replaced as a whole when the manifest changes."""

    stamp: tuple[int, int]
    keys: tuple[KeyInfo, ...]
    signers: Mapping[str, Signer]
    active: Mapping[str, Signer]
    jwks: bytes
    etag: str


class KeyRing:
    """The keys of one realm. Safe between threads; notices a rotation by another process within a second."""

    def __init__(self, directory: Path, realm: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """See :meth:`open`."""
        self._directory = directory
        self.realm = realm
        self._monotonic = monotonic
        self._fingerprints = read_manifest(directory).secrets
        self._check_realm()
        self._pairwise, self._refresh, audit = (self._secret(name) for name in _SECRETS)
        self._audit = Ed25519PrivateKey.from_private_bytes(audit)
        self._loaded = self._load({})
        self._checked = monotonic()

    @classmethod
    def open(cls, directory: Path, realm: str, *, monotonic: Callable[[], float] = time.monotonic) -> KeyRing:
        """Load an existing directory; slow (RSA), so once a process. Raises ConfigurationError where it does not exist,
        lacks a secret that its manifest lists, belongs to another realm, or is open to everybody."""
        return cls(Path(directory), realm, monotonic)

    @classmethod
    def create(cls, directory: Path, realm: str, at: datetime) -> KeyRing:
        """Make a directory with an active and a next key of each algorithm. Raises ConfigurationError where there is
        one already. Secrets left by an attempt that was cut short are taken up, never replaced."""
        directory = Path(directory)
        if (directory / MANIFEST).exists():
            raise ConfigurationError(f"{directory} already holds keys", "open it, or name an empty directory")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _SECRETS:
            if not (directory / name).exists():
                write_private(directory / name, secrets.token_bytes(32))
        write_private(directory / "realm", realm.encode() + b"\n")
        keys = [_new_key(directory, alg, state, at) for alg in SIGNING_ALGS for state in (State.ACTIVE, State.NEXT)]
        write_manifest(directory, keys, {name: fingerprint(read_private(directory / name)) for name in _SECRETS})
        return cls(directory, realm)

    # -- what the rest asks ------------------------------------------------------------------------------------------

    def sign_jwt(self, claims: Mapping[str, Any], alg: str, typ: str) -> str:
        """A compact JWS over ``claims`` by the active key of ``alg`` (RFC 7515 §3.1); ``typ`` is its header's."""
        return self._current().active[alg].sign_jwt(claims, typ)

    def jwks(self) -> tuple[bytes, str]:
        """The published keys as the JWK Set's bytes (RFC 7517 §5), and their entity tag."""
        current = self._current()
        return current.jwks, current.etag

    def public_jwk(self, kid: str) -> Mapping[str, str] | None:
        """The published key with that ``kid``, whatever its state."""
        signer = self._current().signers.get(kid)
        return signer.public_jwk if signer else None

    def keys(self) -> tuple[KeyInfo, ...]:
        """Every signing key, newest first within its algorithm."""
        return self._current().keys

    def subject(self, holder: Holder, client: Client) -> str:
        """``sub`` of the holder at the client (OIDC Core §8.1): opaque, 43 characters, the same for ever."""
        kind = "PF" if isinstance(holder.documento, CPF) else "PJ"
        # No sector identifier is empty, so that a public subject can never equal a pairwise one.
        sector = client.sector_identifier if client.subject_type == "pairwise" else ""
        return _mac(self._pairwise, kind, holder.documento.numero, sector)

    def refresh_mac(self, grant_id: str, generation: int) -> str:
        """What makes the refresh token of this family and generation; 43 characters."""
        return _mac(self._refresh, grant_id, str(generation))

    def sign_checkpoint(self, data: bytes) -> bytes:
        """Ed25519 signature over a head of the audit chain."""
        return self._audit.sign(data)

    def check_checkpoint(self, signature: bytes, data: bytes) -> bool:
        """Whether ``signature`` is ours over ``data``."""
        try:
            self._audit.public_key().verify(signature, data)
        except InvalidSignature:
            return False
        return True

    @property
    def checkpoint_jwk(self) -> Mapping[str, str]:
        """The public half of what signs checkpoints, as a JWK (RFC 8037 §2): not in the published set, it signs no
        token."""
        raw = self._audit.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": b64url(raw).decode()}

    # -- changing ----------------------------------------------------------------------------------------------------

    def rotate(self, alg: str, at: datetime) -> KeyInfo:
        """The next key of ``alg`` becomes active, the active one retired but still published, and a new next one is
        published. The key now active. One rotation at a time, also between processes."""
        if alg not in SIGNING_ALGS:
            raise ConfigurationError(f"no signing keys for {alg}", f"name one of {', '.join(SIGNING_ALGS)}")
        with self._exclusively() as keys:
            upcoming = next((key for key in keys if key.alg == alg and key.state is State.NEXT), None)
            upcoming = upcoming or _new_key(self._directory, alg, State.NEXT, at)
            activated = replace(upcoming, state=State.ACTIVE, activated_at=at)
            others = [
                replace(key, state=State.RETIRED, retired_at=at)
                if key.alg == alg and key.state is State.ACTIVE
                else key
                for key in keys
                if key.kid != upcoming.kid
            ]
            keys[:] = [_new_key(self._directory, alg, State.NEXT, at), activated, *others]
        return activated

    def prune(self, at: datetime, keep: timedelta = RETIRED_FOR) -> list[KeyInfo]:
        """Withdraw and delete keys retired for longer than ``keep``; those withdrawn."""
        with self._exclusively() as keys:
            old = [key for key in keys if key.retired_at is not None and key.retired_at + keep < at]
            keys[:] = [key for key in keys if key not in old]
        for key in old:
            (self._directory / f"{key.kid}.pem").unlink(missing_ok=True)
        return old

    def withdraw(self, kid: str) -> KeyInfo:
        """Stop publishing and accepting a key at once, and delete it, for a key that somebody may have stolen.
        Everything it signed stops verifying. Raises ConfigurationError for an unknown key, or one that still signs."""
        with self._exclusively() as keys:
            found = next((key for key in keys if key.kid == kid), None)
            if found is None:
                raise ConfigurationError(f"there is no key {kid}", "see them: idp keys list")
            if found.state is State.ACTIVE:
                raise ConfigurationError(f"{kid} still signs", f"first: idp keys rotate --alg {found.alg}")
            keys.remove(found)
        (self._directory / f"{kid}.pem").unlink(missing_ok=True)
        return found

    @contextmanager
    def _exclusively(self) -> Iterator[list[KeyInfo]]:
        """The keys as the manifest has them now, to be changed in place; written when the block ends well."""
        with (self._directory / "manifest.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = list(read_manifest(self._directory).keys)
            yield keys
            write_manifest(self._directory, keys, self._fingerprints)
            self._loaded = self._load(self._loaded.signers)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _current(self) -> _Loaded:
        now = self._monotonic()
        if now - self._checked >= 1.0:
            self._checked = now
            try:
                if stamp(self._directory) != self._loaded.stamp:
                    self._loaded = self._load(self._loaded.signers)
            except (OSError, ConfigurationError):
                # What is loaded still signs and verifies: a fault in the directory must not stop logins.
                _log.exception("the signing directory could not be read again")
        return self._loaded

    def _load(self, known: Mapping[str, Signer]) -> _Loaded:
        found = stamp(self._directory)
        keys = read_manifest(self._directory).keys
        signers = {key.kid: known.get(key.kid) or self._signer(key) for key in keys}
        active = {key.alg: signers[key.kid] for key in keys if key.state is State.ACTIVE}
        if set(active) != set(SIGNING_ALGS):
            raise ConfigurationError(f"{self._directory} lacks an active key", "restore it from the backup")
        jwks = orjson.dumps({"keys": [signer.public_jwk for signer in signers.values()]})
        return _Loaded(found, keys, signers, active, jwks, f'"{hashlib.sha256(jwks).hexdigest()[:32]}"')

    def _signer(self, key: KeyInfo) -> Signer:
        signer = Signer.load(key.alg, read_private(self._directory / f"{key.kid}.pem"))
        if signer.kid != key.kid:
            raise ConfigurationError(f"{key.kid}.pem holds another key", "restore it from the backup")
        return signer

    def _secret(self, name: str) -> bytes:
        content = read_private(self._directory / name)
        if not hmac.compare_digest(fingerprint(content), self._fingerprints.get(name, "")):
            raise ConfigurationError(f"{name} is not the one the manifest lists", "restore it from the backup")
        return content

    def _check_realm(self) -> None:
        found = read_private(self._directory / "realm").decode().strip()
        if found != self.realm:
            raise ConfigurationError(
                f"the keys in {self._directory} belong to the realm {found!r}, not {self.realm!r}",
                "correct IDP_REALM or IDP_SIGNING_DIR; keys never change realm",
            )


def _new_key(directory: Path, alg: str, state: State, at: datetime) -> KeyInfo:
    # A kid is typed after `idp keys withdraw`, where a hyphen at its beginning would make it an option.
    while (signer := Signer.generate(alg)).kid.startswith("-"):
        pass
    write_private(directory / f"{signer.kid}.pem", signer.pem())
    return KeyInfo(signer.kid, alg, state, at, at if state is State.ACTIVE else None)


def _mac(key: bytes, *parts: str) -> str:
    return b64url(hmac.digest(key, "\x00".join(parts).encode(), "sha256")).decode()
