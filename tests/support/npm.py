"""Examples and tests that need packages from npm: ``make npm`` installs what their lock files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.debian import program

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def missing() -> list[str]:
    """Directories whose packages are not there."""
    found = (lock.parent for folder in ("examples", "tests") for lock in (ROOT / folder).glob("*/package-lock.json"))
    return sorted(str(one.relative_to(ROOT)) for one in found if not _installed(one))


def package(directory: str, name: str) -> Path:
    """Where ``directory`` (below the root) has the package ``name``. Without it the calling test is skipped."""
    if not _installed(ROOT / directory):
        pytest.skip(f"{directory}: packages not installed: make npm")
    return ROOT / directory / "node_modules" / name


def node(example: str) -> str:
    """Path of Node.js, to run that example. Its packages come from a registry that may be out of reach: without them
    the calling test is skipped, and pytest's summary says so."""
    if not _installed(EXAMPLES / example):
        pytest.skip(f"examples/{example}: packages not installed: make npm")
    return program("node", "nodejs")


def _installed(directory: Path) -> bool:
    """npm writes this file last, and it is as old as the lock it was made from."""
    made = directory / "node_modules" / ".package-lock.json"
    return made.exists() and made.stat().st_mtime >= (directory / "package-lock.json").stat().st_mtime
