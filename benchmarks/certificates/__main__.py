"""``python -m benchmarks.certificates``: everything, some minutes; ``--quick`` stops at 100,000 entries.

The real bundle is read from IDP_TEST_DATA (by default ../shared), and left out where it is not there. Exits with 1
where the judgement of a leaf adds more than its goal to a bare verification.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.certificates import leaf, revocation, trust, world
from idp.clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]
ARTEFACT = ROOT / ".artefacts" / "benchmark-certificates.json"
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.certificates", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no list above 100,000 entries")
    parser.add_argument("--json", type=Path, default=ARTEFACT, help="where every figure goes")
    options = parser.parse_args()
    rounds, sizes = (5, SIZES[:2]) if options.quick else (40, SIZES)
    bundle = (ROOT / os.environ.get("IDP_TEST_DATA", "../shared") / "icp-brasil" / "ACcompactado.zip").resolve()
    with tempfile.TemporaryDirectory(prefix="portaria-bench-") as name:
        made = world.make(Path(name))
        judged = leaf.measure(made, rounds)
        print("\n".join(_leaf(judged)), flush=True)
        imported = trust.measure(bundle, 3) if bundle.exists() else None
        print("\n".join(_trust(imported, bundle)), flush=True)
        print(_HEAD, flush=True)
        lists = []
        for size in sizes:
            lists.append(revocation.measure(made, size))
            print(_row(lists[-1]), flush=True)
    document = {
        "at": SystemClock().now().isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "python": sys.version.split()[0],
        "leaf": {**asdict(judged), "added_ms": judged.added_ms, "goal_ms": leaf.GOAL_MS},
        "trust": asdict(imported) if imported else None,
        "crl": [asdict(each) for each in lists],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nEvery figure: {options.json}")
    if judged.added_ms > leaf.GOAL_MS:
        print(f"MISSED: the judgement adds {judged.added_ms:.3f} ms, goal {leaf.GOAL_MS} ms")
        return 1
    return 0


def _leaf(judged: leaf.Measured) -> Iterator[str]:
    yield f"leaf: bare RSA verification {judged.bare_ms:.3f} ms, judgement {judged.judged_ms:.3f} ms"
    yield f"      (p99 {judged.judged_p99_ms:.3f}): adds {judged.added_ms:.3f} ms, goal {leaf.GOAL_MS} ms"


def _trust(imported: trust.Measured | None, bundle: Path) -> Iterator[str]:
    if imported is None:
        yield f"trust: the real bundle is not at {bundle}"
    else:
        counts = f"{imported.certificates} certificates, {imported.eligible} may certify logins"
        yield f"trust: {counts}: {imported.seconds:.2f} s"


_HEAD = (
    f"crl: {'entries':>9} {'list MB':>8} {'index MB':>9} {'build s':>8} {'CPU s':>7} {'peak MiB':>9} {'open ms':>8} "
    f"{'look-up us':>11} {'p99':>6}"
)


def _row(one: revocation.Measured) -> str:
    return (
        f"     {one.entries:9,} {one.crl_bytes / 1e6:8.1f} {one.file_bytes / 1e6:9.1f} {one.seconds:8.2f} "
        f"{one.cpu_seconds:7.2f} {one.peak_mib:9.0f} {one.open_ms:8.1f} {one.median_us:11.1f} {one.p99_us:6.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
