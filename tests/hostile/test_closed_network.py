"""Hostile logins where no packet can leave, and where the kernel counts whoever tries (ATK-034)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.debian import program, unavailable

ROOT = Path(__file__).resolve().parents[2]


def _isolated() -> list[str]:
    """A command that runs another in a network namespace without any way out, not even loopback."""
    namespace = [program("unshare", "util-linux"), "--net"]
    if os.geteuid() != 0:
        namespace.append("--map-root-user")
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        unavailable("a network namespace needs root, or user namespaces allowed")
    return namespace


def _logins(directory: Path, count: int, seed: int) -> dict[str, Any]:
    argv = [*_isolated(), sys.executable, "-m", "tests.hostile.logins", str(directory), str(count), str(seed)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def _check(report: dict[str, Any], count: int) -> None:
    assert not any(report["attempts"].values()), report["attempts"]
    assert report["watched"] == []
    assert set(report["statuses"]) <= {"200", "303", "400", "403"}, report["statuses"]
    assert sum(report["ends"].values()) == count
    refused = sum(number for end, number in report["ends"].items() if end.startswith("CERT-"))
    assert report["audit"]["login.refused"] == refused > count / 2
    assert report["audit"]["login.accepted"] == report["ends"]["accepted"]
    # Both ways of counting do see who tries: two attempts made on purpose, after all logins.
    assert report["canary"]["IpOutNoRoutes"] == report["canary"]["watched"] == 2


@pytest.mark.attack("ATK-034")
@pytest.mark.attack("ATK-046")
def test_hostile_logins_reach_nobody_and_break_nothing(tmp_path: Path) -> None:
    """No connection, no datagram, no name looked up; no HTTP 5xx; and an audit row for each that was refused."""
    _check(_logins(tmp_path, 300, 1), 300)


@pytest.mark.deep
@pytest.mark.attack("ATK-034")
@pytest.mark.attack("ATK-046")
def test_ten_thousand_hostile_logins(tmp_path: Path) -> None:
    _check(_logins(tmp_path, 10_000, 2), 10_000)
