"""Recompute the chain and compare it with its checkpoints."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idp.audit.chain import GENESIS, Log, commitment, link, moment
from idp.audit.checkpoints import Check, Checkpoint, read


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


def verify(log: Log, check: Check, checkpoints: Path) -> Report:
    """Recompute every commitment and hash, and compare with every checkpoint. ``check(signature, signed)`` says whether
    a signature is ours. Nothing is changed."""
    problems: list[str] = []
    expected: dict[int, list[Checkpoint]] = {}
    count = 0
    for checkpoint in read(checkpoints, check, problems):
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
                problems.append(f"sequence {row.sequence}: differs from its checkpoint of {moment(checkpoint.at)}")
    for sequence in sorted(expected):
        problems.append(f"sequence {sequence}: a checkpoint covers it, and it is gone (the chain ends at {seen})")
    return Report(sealed, unsealed, erased, count, head, tuple(problems), waiting)
