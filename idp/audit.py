"""The audit chain: its vocabulary, what is hashed, how it is sealed and how it is verified. Rows are storage's.

An act's row is written in the act's transaction with a *commitment*, SHA-256(salt ‖ canonical JSON of kind, moment and
payload). Within a second a sealer, one at a time, gives each row the next *sequence* and a hash over the hash before
it, in the order in which acts became durable: on PostgreSQL a row with a lower id may be committed later, so the id
says nothing about order. The head is signed into a file outside the database (a *checkpoint*). Erasing a person drops
payload and salt: the commitment no longer tells anything, and the chain still verifies.

What it cannot show: a row removed before it was sealed, and rows removed from the end together with every checkpoint
that covers them. Keep the checkpoint file where the database's owner cannot write.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson

from idp.domain.documents import parse_documento
from idp.errors import IdpError, InvalidDocument
from idp.ports import AuditEvent

VOCABULARY: tuple[tuple[str, str], ...] = (
    ("login.accepted", "a certificate was accepted for a Transaction"),
    ("login.refused", "a certificate was presented and refused"),
    ("login.discarded", "a return code came back unknown, late, or in another browser"),
    ("consent.granted", "a person agreed to what a client receives"),
    ("consent.refused", "a person pressed Cancel"),
    ("consent.forgotten", "a remembered consent was withdrawn"),
    ("code.issued", "an authorization code and its family came to be"),
    ("code.refused", "the right chosen at consent no longer held at issue"),
    ("code.replayed", "a spent code was shown again; its family was revoked"),
    ("token.issued", "tokens were made, by code, refresh or client credentials"),
    ("token.refused", "a code or refresh token was right, and what stands behind it no longer"),
    ("refresh.reused", "a spent refresh token was shown again; its family was revoked"),
    ("grant.revoked", "a family was revoked"),
    ("session.ended", "a browser session was ended by its person, by a client, or by its certificate's end"),
    ("client.created", "a client was registered"),
    ("client.updated", "a client's registration was changed"),
    ("client.deleted", "a client was removed, with its consents; its families were revoked"),
    ("client.secret_rotated", "a client received a new secret"),
    ("procuracao.outorgar", "a procuração was given"),
    ("procuracao.substabelecer", "a procuração was passed on"),
    ("procuracao.aceitar", "the outorgado accepted"),
    ("procuracao.recusar", "the outorgado refused"),
    ("procuracao.revogar", "the outorgante revoked"),
    ("procuracao.renunciar", "the outorgado renounced"),
    ("procuracao.suspender", "the authority suspended"),
    ("procuracao.reativar", "the authority lifted a suspension"),
    ("procuracao.expirar", "its time ran out"),
    ("procuracao.extinguir", "it ended by law, as by death or dissolution"),
    ("cadastro.imported", "a file was merged into the cadastro"),
    ("key.created", "a signing key was made"),
    ("key.rotated", "the active signing key changed"),
    ("key.withdrawn", "a signing key is no longer published or accepted"),
    ("trust.imported", "the list of issuing CAs was compiled anew"),
    ("crl.imported", "the revocation index was built anew"),
    ("audit.erased", "payloads were erased at the end of their term or on a person's request"),
    ("audit.read", "somebody exported the audit rows"),
)
"""Every kind of act, with its meaning. Writing any other is an error."""
KINDS = frozenset(kind for kind, _ in VOCABULARY)

GENESIS = hashlib.sha256(b"portaria audit chain").hexdigest()
"""What the first row's hash is computed over in place of a hash before it."""
LATE = timedelta(minutes=1)
"""For how long a row may be unsealed while a worker runs; until then it could be removed unseen."""
_CHECKPOINT = b"portaria audit checkpoint\n"
_DOCUMENT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}"
    r"|[0-9A-Za-z]{2}\.?[0-9A-Za-z]{3}\.?[0-9A-Za-z]{3}/?[0-9A-Za-z]{4}-?[0-9]{2})(?![0-9A-Za-z])"
)


class UnknownKind(IdpError, ValueError):
    """An audit event whose kind is not in the vocabulary."""


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


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's head at one moment, signed."""

    sequence: int
    head: str
    at: datetime
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return _CHECKPOINT + orjson.dumps([self.sequence, self.head, _moment(self.at)])


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. ``problems``: one sentence each, empty when all holds. ``unsealed``: rows the sealer has
    not reached yet, their commitments checked; ``waiting_since``: the moment of the oldest of them."""

    sealed: int
    unsealed: int
    erased: int
    checkpoints: int
    head: str
    problems: Sequence[str] = field(default_factory=tuple)
    waiting_since: datetime | None = None


class Log(Protocol):
    """The rows, as a store keeps them."""

    def seal(self) -> tuple[int, str] | None:
        """Chain every committed, unsealed row, alone; the new (sequence, head), or None when nothing was there."""
        ...

    def rows(self) -> Iterator[Row]:
        """Sealed rows by sequence, then unsealed ones by id."""
        ...


Sign = Callable[[bytes], bytes]
Check = Callable[[bytes, bytes], bool]


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
    head = orjson.dumps([kind, _moment(at)])[:-1]
    return hashlib.sha256(salt + head + b"," + payload.encode() + b"]").hexdigest()


def link(before: str, sequence: int, kind: str, at: datetime, committed: str) -> str:
    """The chain hash of a row, given the hash before it."""
    return hashlib.sha256(orjson.dumps([before, sequence, kind, _moment(at), committed])).hexdigest()


def seal(log: Log, sign: Sign, at: datetime, checkpoints: Path) -> Checkpoint | None:
    """Chain what is new and append a signed checkpoint to the file; None when nothing was new.

    The checkpoint is written after the chain is durable: a crash in between leaves rows that the next one covers.
    """
    sealed = log.seal()
    if sealed is None:
        return None
    bare = Checkpoint(*sealed, at)
    checkpoint = Checkpoint(*sealed, at, sign(bare.signed))
    line = orjson.dumps(
        {
            "sequence": checkpoint.sequence,
            "head": checkpoint.head,
            "at": _moment(at),
            "signature": b64encode(checkpoint.signature).decode(),
        }
    )
    checkpoints.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(checkpoints, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line + b"\n")  # one write: lines of two processes do not mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return checkpoint


def verify(log: Log, check: Check, checkpoints: Path) -> Report:
    """Recompute every commitment and hash, and compare with every checkpoint. ``check(signature, signed)`` says whether
    a signature is ours. Nothing is changed."""
    problems: list[str] = []
    expected: dict[int, list[Checkpoint]] = {}
    count = 0
    for checkpoint in _read(checkpoints, check, problems):
        expected.setdefault(checkpoint.sequence, []).append(checkpoint)
        count += 1
    sealed = unsealed = erased = 0
    head, seen = GENESIS, 0
    waiting: datetime | None = None
    for row in log.rows():
        if row.payload is None or row.salt is None:
            erased += 1
        elif commitment(bytes.fromhex(row.salt), row.kind, row.at, row.payload) != row.commitment:
            problems.append(f"row {row.id}: its content is not what was committed to")
        if row.sequence is None:
            unsealed += 1
            waiting = min(waiting or row.at, row.at)
            continue
        sealed += 1
        if row.sequence != seen + 1:
            problems.append(f"sequence {seen + 1}: missing (the next row is {row.sequence})")
        seen = row.sequence
        if link(head, row.sequence, row.kind, row.at, row.commitment) != row.hash:
            problems.append(f"sequence {row.sequence}: does not follow from the row before it")
        head = row.hash or head
        for checkpoint in expected.pop(row.sequence, ()):
            if not hmac.compare_digest(checkpoint.head, head):
                problems.append(f"sequence {row.sequence}: differs from its checkpoint of {_moment(checkpoint.at)}")
    for sequence in sorted(expected):
        problems.append(f"sequence {sequence}: a checkpoint covers it, and it is gone (the chain ends at {seen})")
    return Report(sealed, unsealed, erased, count, head, tuple(problems), waiting)


def mascarar(text: str) -> str:
    """``text`` with every CPF and CNPJ in it masked, formatted or not: for log lines."""
    return _DOCUMENT.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    try:
        return parse_documento(match[0]).mascarado
    except InvalidDocument:
        return match[0]


def _read(path: Path, check: Check, problems: list[str]) -> Iterator[Checkpoint]:
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = orjson.loads(line)
                at = datetime.fromisoformat(entry["at"])
                checkpoint = Checkpoint(entry["sequence"], entry["head"], at, b64decode(entry["signature"]))
            except (ValueError, KeyError, TypeError):
                problems.append(f"checkpoint {number}: unreadable")
                continue
            if check(checkpoint.signature, checkpoint.signed):
                yield checkpoint
            else:
                problems.append(f"checkpoint {number}: its signature is not ours")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
