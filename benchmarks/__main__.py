"""``python -m benchmarks``: everything, about five minutes; ``--quick`` for a look. Exits with 1 for a missed floor.

Rounds are interleaved: each measures raw signing, stock Flask and every operation on every store in turn, so that a
ratio compares what the machine did within the same half minute. Rates alone say little on a shared machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers, signing
from benchmarks.in_process import InProcess
from benchmarks.installation import Installation
from benchmarks.load import CONNECTIONS, OPERATIONS, LoadFailed, measure, write_material
from benchmarks.relying_party import AUTHORIZATION, REDEEM, RelyingParty, authorize_path
from benchmarks.report import HELLO, IN_USE, Round, StoreReport
from benchmarks.servers import STORES, WORKERS, Served

ARTEFACT = servers.ROOT / ".artefacts" / "benchmark.json"
NEEDED = {"wrk": "wrk", "redis-server": "redis-server", "setpriv": "util-linux"}


@dataclass
class Bench:
    """One store under measurement."""

    served: Served
    installed: Installation
    directory: Path
    report: StoreReport

    def check(self) -> None:
        """Right answers, for every visitor that the load uses next: also a warm-up."""
        party = RelyingParty(self.served.url)
        for visitor in self.installed.visitors[:8]:
            party.check(visitor)

    def round(self, hello: Served, seconds: int) -> Round:
        party = RelyingParty(self.served.url)
        tokens = [party.tokens(visitor) for visitor in self.installed.visitors[:CONNECTIONS]]
        material = self.directory / "material.lua"
        access_tokens = [str(each["access_token"]) for each in tokens]
        write_material(
            material,
            authorization=AUTHORIZATION,
            authorize=authorize_path("n-0S6_WzA2Mj"),
            redeem=REDEEM,
            cookies=[visitor.cookies for visitor in self.installed.visitors],
            access_tokens=access_tokens,
            refresh_tokens=[each["refresh_token"] for each in tokens],
        )
        done = Round(signing.rate(WORKERS, seconds / 2))
        done.measured[HELLO] = measure(hello.url, HELLO, material, seconds, hello.roots)
        for operation in OPERATIONS:
            done.measured[operation] = measure(self.served.url, operation, material, seconds, self.served.roots)
        done.measured[IN_USE] = InProcess(self.installed.settings, access_tokens).measure(seconds / 2)
        self.report.rounds.append(done)
        return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 second")
    parser.add_argument("--store", choices=STORES, action="append", help="only this one")
    parser.add_argument("--json", type=Path, default=ARTEFACT, help="where every figure goes")
    options = parser.parse_args()
    rounds, seconds = (2, 1) if options.quick else (options.rounds, options.seconds)
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        print(f"the benchmark needs programs that are not installed: apt install {' '.join(missing)}", file=sys.stderr)
        return 2
    try:
        reports = run(options.store or list(STORES), rounds, seconds)
    except LoadFailed as error:
        print(error, file=sys.stderr)
        return 1
    for report in reports:
        print("\n" + "\n".join(report.table()))
    document = {
        "cpus": os.cpu_count(),
        "workers": WORKERS,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "stores": [report.document() for report in reports],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    missed = [line for report in reports for line in report.missed()]
    print(f"\nEvery figure: {options.json}\n" + "\n".join(f"MISSED {line}" for line in missed or ["nothing"]))
    return 1 if missed else 0


def run(stores: list[str], rounds: int, seconds: int) -> list[StoreReport]:
    """Raises LoadFailed."""
    with tempfile.TemporaryDirectory(prefix="portaria-bench-") as name, ExitStack() as running:
        hello = running.enter_context(servers.hello(Path(name)))
        benches = []
        for store in stores:
            directory = Path(name) / store
            directory.mkdir()
            served, installed = running.enter_context(servers.issuer(store, directory))
            benches.append(Bench(served, installed, directory, StoreReport(store)))
        for bench in benches:
            bench.check()
        for number in range(rounds):
            for bench in benches:
                done = bench.round(hello, seconds)
                said = "  ".join(f"{operation} {done.to_hello(operation):.3f}" for operation in OPERATIONS)
                print(f"round {number + 1} {bench.report.store:20} {said}", flush=True)
        for bench in benches:
            bench.check()
            bench.report.pss_mib = bench.served.pss_mib()
        return [bench.report for bench in benches]


if __name__ == "__main__":
    sys.exit(main())
