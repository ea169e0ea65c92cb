"""Signed heads of the chain, kept in a file outside the database."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from idp.audit.chain import Log, moment

_CHECKPOINT = b"portaria audit checkpoint\n"

Sign = Callable[[bytes], bytes]
Check = Callable[[bytes, bytes], bool]


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
        return _CHECKPOINT + orjson.dumps([self.sequence, self.head, moment(self.at)])


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
            "at": moment(at),
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


def read(path: Path, check: Check, problems: list[str]) -> Iterator[Checkpoint]:
    """The checkpoints of a file; what is unreadable or not ours goes to ``problems``."""
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
