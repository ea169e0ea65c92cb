"""``python -m benchmarks.certificates.build CRL TRUST INDEX``: one CRL into an index, in a process of its own.

Prints one JSON document: how long it took, how large the file is, the most memory there ever was. Lifts the product's
cap on a list's size, so that what lies behind it can be measured.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from idp.certificate import crl, crl_file, crl_import
from idp.certificate.trust import TrustList
from idp.clock import SystemClock


def main(source: Path, trust_file: Path, directory: Path) -> dict[str, float]:
    trust, at = TrustList.load(trust_file, "sandbox"), SystemClock().now()
    authorities = tuple(trust.authorities())
    size = source.stat().st_size
    crl.MAX_BYTES = max(crl.MAX_BYTES, size)
    before = _peak()
    der = source.read_bytes()
    began, cpu = time.perf_counter(), time.process_time()
    outcome = crl_import.take_in(directory, source.name, der, authorities, at)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if outcome.outcome != "imported":
        raise SystemExit(f"{source}: {outcome.outcome} {outcome.detail}")
    return {
        "bytes": size,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mib": _peak(),
        "before_mib": before,
        "file_bytes": crl_file.file_of(directory, outcome.issuer_key).stat().st_size,
    }


def _peak() -> float:
    """Most resident memory of this program so far, in MiB; getrusage would count its parent's before the exec."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:4]))))
