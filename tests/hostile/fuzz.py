"""``python -m tests.hostile.fuzz [--seconds N] [TARGET…]``: coverage-guided fuzzing of what reads hostile bytes.

Makes its seeds, then gives each target its share of the time in a process of its own, one for each processor. A finding
is kept in ``.artefacts/fuzz`` and makes the exit code 1; ``TARGET --replay FILE`` runs that one input again. Needs
atheris, which has wheels for Linux on x86-64 only: elsewhere it says so and does nothing.
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FINDINGS = ROOT / ".artefacts" / "fuzz"
CANARY = "canary"
"""A target with a fault, found in a moment: by it a test knows that findings are reported."""
_WEIGHTS = {"leaf": 3, "crl": 2, "bundle": 2}
"""Shares of the time; what is not named has one."""


@dataclass(frozen=True)
class Ended:
    target: str
    runs: int
    covered: int
    code: int
    output: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="altogether, and half a minute to start")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one kept input again")
    parser.add_argument("--findings", type=Path, default=FINDINGS, help="where inputs that fail are kept")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options, libfuzzer = parser.parse_known_args()
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("not fuzzed: atheris is not installed, and has wheels for Linux on x86-64 only", file=sys.stderr)
        return 3 if (sys.platform, platform.machine()) == ("linux", "x86_64") and sys.version_info < (3, 14) else 0
    if options.child:
        return _child(options.targets[0], options.child, [*options.targets[1:], *libfuzzer])
    with tempfile.TemporaryDirectory(prefix="portaria-fuzz-") as name:
        names = _prepare(Path(name))
        unknown = set(options.targets) - {*names, CANARY}
        if unknown:
            parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        return _run(Path(name), options.targets or names, options)


def _prepare(directory: Path) -> list[str]:
    """The world and one folder of seeds for each target. Returns their names."""
    from tests.hostile.seeds import World

    world = World(directory / "pki")
    (directory / "world.pickle").write_bytes(pickle.dumps((world.pins, set(world.leaves.values()))))
    seeds = world.seeds()
    for target, inputs in {**seeds, CANARY: [b"x"]}.items():
        folder = directory / "seeds" / target
        folder.mkdir(parents=True)
        for number, data in enumerate(inputs):
            (folder / f"seed-{number}").write_bytes(data)
    return list(seeds)


def _run(directory: Path, targets: list[str], options: argparse.Namespace) -> int:
    findings, replay = options.findings.resolve(), options.replay
    findings.mkdir(parents=True, exist_ok=True)
    workers = max(1, min(os.cpu_count() or 1, len(targets)))
    share = options.seconds * workers / sum(_WEIGHTS.get(target, 1) for target in targets)
    began = time.monotonic()

    def fuzz(target: str) -> Ended:
        limit = [str(replay.resolve())] if replay else [
            str(directory / "seeds" / target), f"-max_total_time={max(1, round(share * _WEIGHTS.get(target, 1)))}",
            "-max_len=20000", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={findings}/{target}-",
        ]  # fmt: skip
        argv = [sys.executable, "-m", "tests.hostile.fuzz", "--child", str(directory), target, *limit]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        output = done.stdout + done.stderr
        runs = re.search(r"Done (\d+) runs", output) or re.search(r"stat::number_of_executed_units: (\d+)", output)
        covered = re.findall(r" cov: (\d+) ", output)
        return Ended(target, int(runs[1]) if runs else 0, int(covered[-1]) if covered else 0, done.returncode, output)

    with ThreadPoolExecutor(workers) as pool:
        ended = list(pool.map(fuzz, targets))
    for each in ended:
        found = "FOUND" if each.code else "clean"
        print(f"{each.target:10}{each.runs:12,} runs {each.covered:6,} branches   {found}")
    for each in ended:
        if each.code:
            print(f"\n--- {each.target} (exit code {each.code}) ---\n{_told(each.output)}")
    print(f"{time.monotonic() - began:.0f} s; findings are kept in {findings}")
    return 1 if any(each.code for each in ended) else 0


def _told(output: str) -> str:
    """Of libFuzzer's output: the exception, and where its input was kept; all of the end where there is neither."""
    exception = re.search(r"=== Uncaught Python exception: ===\n(?:.+\n)+", output)
    kept = re.search(r"Test unit written to (\S+)", output)
    return "\n".join(found[0] for found in (exception, kept) if found) or output[-3000:]


def _child(target: str, directory: Path, libfuzzer: list[str]) -> int:
    """One target under libFuzzer, which ends the process."""
    import atheris

    with atheris.instrument_imports(include=["idp.certificate", "idp.domain", "http_sf"]):
        from idp.certificate.trust import TrustList
        from tests.hostile import targets as module
    from tests.certificate.openssl_pki import NOW

    trust = TrustList.load(directory / "pki" / "trust.json", "sandbox")
    pins, genuine = pickle.loads((directory / "world.pickle").read_bytes())
    made = module.Targets(directory / "work" / target, trust, pins, genuine, NOW).by_name()
    atheris.Setup([target, *libfuzzer], made.get(target, _canary))
    atheris.Fuzz()
    return 0


def _canary(data: bytes) -> None:
    if len(data) > 3:
        raise LookupError("the canary's fault")


if __name__ == "__main__":
    sys.exit(main())
