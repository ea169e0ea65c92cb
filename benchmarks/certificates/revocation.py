"""The index of revoked certificates at several sizes: how it is built, and how fast it answers."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.certificates import synthetic
from benchmarks.certificates.world import World
from idp.certificate.crl_file import CompiledCrl, file_of

ROOT = Path(__file__).resolve().parents[2]
LOOKUPS = 20_000


@dataclass(frozen=True)
class Measured:
    """One size. Look-ups in microseconds: half of them of serials that are listed, half of others."""

    entries: int
    crl_bytes: int
    file_bytes: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    before_mib: float
    open_ms: float
    median_us: float
    p99_us: float


def measure(world: World, entries: int) -> Measured:
    directory = world.directory / f"crl-{entries}"
    directory.mkdir()
    source = directory / "list.crl"
    source.write_bytes(synthetic.crl(entries, world.ca.certificate, world.ca_key, 1, world.at))
    argv = [sys.executable, "-m", "benchmarks.certificates.build", *map(str, (source, world.trust_file, directory))]
    built = json.loads(subprocess.run(argv, cwd=ROOT, capture_output=True, check=True).stdout)
    source.unlink()
    began = time.perf_counter()
    compiled = CompiledCrl(file_of(directory, world.ca.key))
    opened = time.perf_counter() - began
    listed = [s.hex() for s in itertools.islice(synthetic.serials(entries), 0, entries, max(1, entries // 5000))]
    found = _lookups(compiled, listed, present=True)
    absent = _lookups(compiled, [s.hex() for s in synthetic.serials(5000, seed=2)], present=False)
    taken = sorted(found + absent)
    return Measured(
        entries,
        int(built["bytes"]),
        int(built["file_bytes"]),
        built["seconds"],
        built["cpu_seconds"],
        built["peak_mib"],
        built["before_mib"],
        opened * 1e3,
        taken[len(taken) // 2] * 1e6,
        taken[len(taken) * 99 // 100] * 1e6,
    )


def _lookups(compiled: CompiledCrl, serials: Sequence[str], *, present: bool) -> list[float]:
    """Seconds of each; every answer is checked."""
    taken = []
    for serial in itertools.islice(itertools.cycle(serials), LOOKUPS // 2):
        began = time.perf_counter()
        answer = compiled.find(serial)
        taken.append(time.perf_counter() - began)
        if (answer is not None) != present:
            raise SystemExit(f"the index is wrong about {serial}")
    return taken
