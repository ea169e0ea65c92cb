"""Examples that need packages from npm: ``make npm`` installs what their lock files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.debian import program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def missing() -> list[str]:
    """Examples whose packages are not there."""
    found = (lock.parent for lock in sorted(EXAMPLES.glob("*/package-lock.json")))
    return [example.name for example in found if not _installed(example)]


def node(example: str) -> str:
    """Path of Node.js, to run that example. Its packages come from a registry that may be out of reach: without them
    the calling test is skipped, and pytest's summary says so."""
    if not _installed(EXAMPLES / example):
        pytest.skip(f"examples/{example}: packages not installed: make npm")
    return program("node", "nodejs")


def _installed(example: Path) -> bool:
    """npm writes this file last, and it is as old as the lock it was made from."""
    made = example / "node_modules" / ".package-lock.json"
    return made.exists() and made.stat().st_mtime >= (example / "package-lock.json").stat().st_mtime
