"""What is hashed: a row's commitment, and the link of each row to the one before it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson

from idp.audit.vocabulary import KINDS, UnknownKind
from idp.ports import AuditEvent

GENESIS = hashlib.sha256(b"portaria audit chain").hexdigest()
"""What the first row's hash is computed over in place of a hash before it."""
LATE = timedelta(minutes=1)
"""For how long a row may be unsealed while a worker runs; until then it could be removed unseen."""


@dataclass(frozen=True, slots=True)
class Row:
    """One audit row. ``salt`` (hex) and ``payload`` (canonical JSON) are None once erased; ``sequence`` and ``hash``
    are None until it is sealed."""

    id: int
    kind: str
    at: datetime
    commitment: str
    salt: str | None
    payload: str | None
    sequence: int | None = None
    hash: str | None = None

    def intact(self) -> bool:
        """Whether salt and payload are what the row committed to; of an erased row, False."""
        if self.salt is None or self.payload is None:
            return False
        try:
            salt = bytes.fromhex(self.salt)
        except ValueError:
            return False
        return commitment(salt, self.kind, self.at, self.payload) == self.commitment


class Log(Protocol):
    """The rows, as a store keeps them."""

    def seal(self) -> tuple[int, str] | None:
        """Chain every committed, unsealed row, alone; the new (sequence, head), or None when nothing was there."""
        ...

    def links(self, first: int, last: int) -> Sequence[str]:
        """The hashes of the sealed rows with these sequences, in order."""
        ...

    def rows(self) -> Iterator[Row]:
        """Sealed rows by sequence, then unsealed ones by id."""
        ...


def sealed_event(event: AuditEvent) -> dict[str, Any]:
    """The columns of a new row: kind, at, commitment, salt, payload. Raises UnknownKind."""
    if event.kind not in KINDS:
        raise UnknownKind(event.kind)
    salt = secrets.token_bytes(16)
    payload = orjson.dumps(event.payload, option=orjson.OPT_SORT_KEYS).decode()
    return {
        "kind": event.kind,
        "at": event.at,
        "commitment": commitment(salt, event.kind, event.at, payload),
        "salt": salt.hex(),
        "payload": payload,
    }


def commitment(salt: bytes, kind: str, at: datetime, payload: str) -> str:
    """SHA-256 hex of salt ‖ ["kind","moment",payload]; ``payload`` is canonical JSON text (sorted keys, no spaces)."""
    head = orjson.dumps([kind, moment(at)])[:-1]
    return hashlib.sha256(salt + head + b"," + payload.encode() + b"]").hexdigest()


def link(before: str, sequence: int, kind: str, at: datetime, committed: str) -> str:
    """The chain hash of a row, given the hash before it."""
    return hashlib.sha256(orjson.dumps([before, sequence, kind, moment(at), committed])).hexdigest()


def moment(at: datetime) -> str:
    """As it is hashed and signed: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
