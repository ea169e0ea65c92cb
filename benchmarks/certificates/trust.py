"""``idp trust import``'s work on the real bundle: read, validated against the pinned roots, compiled."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from idp.certificate.trust import PINS, compile_bundle, read_bundle
from idp.clock import SystemClock


@dataclass(frozen=True)
class Measured:
    certificates: int
    eligible: int
    seconds: float


def measure(bundle: Path, rounds: int) -> Measured:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        certificates = read_bundle(bundle)
        trust = compile_bundle(certificates, pins=PINS, realm="icp-brasil", at=SystemClock().now())
        taken.append(time.perf_counter() - began)
    return Measured(len(certificates), len(trust.eligible), median(taken))
