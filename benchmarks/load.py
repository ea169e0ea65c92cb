"""One measured stretch of load: wrk with load.lua, and the servers' CPU time around it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import proc

OPERATIONS = ("flow", "refresh", "client_credentials", "userinfo")
CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("load.lua")


class LoadFailed(Exception):
    """An operation did not end as it must: its figures would mean nothing."""


@dataclass(frozen=True)
class Measured:
    """``rate``: operations a second; percentiles of one operation in milliseconds; ``cpu``: microseconds of the
    server's processes, databases included, for each."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float


def measure(url: str, operation: str, material: Path, seconds: int, roots: Sequence[int]) -> Measured:
    """Raises LoadFailed at the first error: none is tolerated."""
    command = ["wrk", f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", _SCRIPT, url, "--"]
    before = proc.cpu_seconds(roots)
    done = subprocess.run([*command, operation, material], capture_output=True, text=True)
    cpu = proc.cpu_seconds(roots) - before
    match = re.search(r"^DONE (.*)$", done.stdout, re.MULTILINE)
    if match is None:
        raise LoadFailed(f"{operation}: wrk ended without a result\n{done.stdout}{done.stderr}")
    result = json.loads(match[1])
    count = result["finished"]
    if result["errors"] or not count:
        raise LoadFailed(f"{operation}: {result['errors']} errors in {count}; the first: {result['failure']}")
    return Measured(count / result["seconds"], result["p50"], result["p95"], result["p99"], cpu / count * 1e6)


def write_material(path: Path, **values: str | Sequence[str]) -> None:
    """As a Lua file that returns a table."""
    lines = (f"  {name} = {_lua(value)},\n" for name, value in values.items())
    path.write_text("return {\n" + "".join(lines) + "}\n")


def _lua(value: str | Sequence[str]) -> str:
    # JSON's strings are Lua's as long as they are ASCII without control characters, which all of these are.
    return json.dumps(value) if isinstance(value, str) else "{" + ", ".join(map(json.dumps, value)) + "}"
