"""Signed heads of the chain, kept in a file outside the database.

A checkpoint also carries the Merkle root of the rows since the one before it, so that single rows can be shown to
stand in the chain without the rest. One without a root is of the time before, and verifies as it did.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from idp.audit import merkle
from idp.audit.chain import Log, moment

_CHECKPOINT = b"portaria audit checkpoint\n"
_ROOTED = b"portaria audit checkpoint with root\n"
_TAIL = 1 << 16

Sign = Callable[[bytes], bytes]
Check = Callable[[bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain's head at one moment, signed. ``root`` (hex) is the Merkle root of the hashes of rows ``first`` to
    ``sequence``; both are None in a checkpoint without."""

    sequence: int
    head: str
    at: datetime
    signature: bytes = b""
    first: int | None = None
    root: str | None = None

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        head = [self.sequence, self.head, moment(self.at)]
        if self.root is None:
            return _CHECKPOINT + orjson.dumps(head)
        return _ROOTED + orjson.dumps([*head, self.first, self.root])

    def document(self) -> dict[str, Any]:
        """As a JSON object, in the file and in a bundle."""
        rooted = {} if self.root is None else {"first": self.first, "root": self.root}
        return {
            "sequence": self.sequence,
            "head": self.head,
            "at": moment(self.at),
            **rooted,
            "signature": b64encode(self.signature).decode(),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Checkpoint:
        """The inverse of :meth:`document`. Raises ValueError, KeyError or TypeError."""
        at = datetime.fromisoformat(document["at"])
        signature = b64decode(document["signature"], validate=True)
        first, root = document.get("first"), document.get("root")
        checkpoint = cls(document["sequence"], document["head"], at, signature, first, root)
        if (first is None) != (root is None) or at.tzinfo is None:
            raise ValueError("a checkpoint has both a first row and a root, or neither")
        if not isinstance(checkpoint.sequence, int) or not isinstance(checkpoint.head, str):
            raise TypeError("sequence is a number, head a text")
        return checkpoint


def seal(log: Log, sign: Sign, at: datetime, checkpoints: Path) -> Checkpoint | None:
    """Chain what is new and append a signed checkpoint to the file; None when nothing was new.

    The checkpoint is written after the chain is durable: a crash in between leaves rows that the next one covers, with
    its head and under its root.
    """
    sealed = log.seal()
    if sealed is None:
        return None
    sequence, head = sealed
    first = min(_rooted(checkpoints), sequence - 1) + 1
    root = merkle.root([bytes.fromhex(link) for link in log.links(first, sequence)]).hex()
    checkpoint = Checkpoint(sequence, head, at, first=first, root=root)
    checkpoint = replace(checkpoint, signature=sign(checkpoint.signed))
    line = orjson.dumps(checkpoint.document())
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
                checkpoint = Checkpoint.of(orjson.loads(line))
            except (ValueError, KeyError, TypeError):
                problems.append(f"checkpoint {number}: unreadable")
                continue
            if check(checkpoint.signature, checkpoint.signed):
                yield checkpoint
            else:
                problems.append(f"checkpoint {number}: its signature is not ours")


def _rooted(path: Path) -> int:
    """Up to which row roots reach by the file's last lines; 0 where they say nothing. Whether those lines are genuine
    matters to who verifies them, not here: a wrong one makes a proof longer or missing, and no row unprotected."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            tail = file.read().splitlines()
    except FileNotFoundError:
        return 0
    for line in reversed(tail):
        try:
            checkpoint = Checkpoint.of(orjson.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
        if checkpoint.root is not None:
            return checkpoint.sequence
    return 0
