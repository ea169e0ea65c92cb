"""Recompute the chain and compare it with its checkpoints."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson

from idp.audit import merkle
from idp.audit.chain import GENESIS, Log, link, moment
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
    signed = list(read(checkpoints, check, problems))
    expected: dict[int, list[Checkpoint]] = {}
    for checkpoint in signed:
        expected.setdefault(checkpoint.sequence, []).append(checkpoint)
    roots = _Roots(signed)
    sealed = unsealed = erased = accounted = 0
    head, seen = GENESIS, 0
    waiting: datetime | None = None
    for row in log.rows():
        if row.payload is None and row.salt is None:
            erased += 1
        elif not row.intact():
            problems.append(f"row {row.id}: its content is not what was committed to")
        elif row.kind == "audit.erased":
            accounted += orjson.loads(row.payload or "{}").get("rows", 0)
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
        roots.add(row.sequence, head)
        for checkpoint in expected.pop(row.sequence, ()):
            if checkpoint.head != head or not roots.agrees(checkpoint):
                problems.append(f"sequence {row.sequence}: differs from its checkpoint of {moment(checkpoint.at)}")
        roots.forget()
    for sequence in sorted(expected):
        problems.append(f"sequence {sequence}: a checkpoint covers it, and it is gone (the chain ends at {seen})")
    if erased != accounted:
        problems.append(f"{erased} rows are without their content, and the audit's own rows account for {accounted}")
    return Report(sealed, unsealed, erased, len(signed), head, tuple(problems), waiting)


class _Roots:
    """The hashes that Merkle roots yet to come may need, and no others: a second's worth as a rule."""

    def __init__(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._firsts = sorted((c.sequence, c.first) for c in checkpoints if c.first is not None)
        lowest: int | None = None
        for at in range(len(self._firsts) - 1, -1, -1):
            sequence, first = self._firsts[at]
            lowest = first if lowest is None else min(first, lowest)
            self._firsts[at] = (sequence, lowest)
        self._firsts.reverse()
        self._hashes: deque[tuple[int, str]] = deque()

    def add(self, sequence: int, link: str) -> None:
        if self._firsts and sequence >= self._firsts[-1][1]:
            self._hashes.append((sequence, link))

    def agrees(self, checkpoint: Checkpoint) -> bool:
        if checkpoint.root is None or checkpoint.first is None:
            return True
        covered = [link for sequence, link in self._hashes if checkpoint.first <= sequence <= checkpoint.sequence]
        try:
            return merkle.root([bytes.fromhex(link) for link in covered]).hex() == checkpoint.root
        except ValueError:
            return False

    def forget(self) -> None:
        """Drop what no later checkpoint covers."""
        reached = self._hashes[-1][0] if self._hashes else 0
        while self._firsts and self._firsts[-1][0] <= reached:
            self._firsts.pop()
        while self._hashes and (not self._firsts or self._hashes[0][0] < self._firsts[-1][1]):
            self._hashes.popleft()
