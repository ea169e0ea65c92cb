"""docs/conformance.md is what its command writes, and the command reads the suite's results."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance.plans import NOT_RUN, PLANS, SKIPPED, WARNINGS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def command() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_page", DOCS / "conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_make_docs_writes(command: ModuleType) -> None:
    assert (DOCS / "conformance.md").read_text() == command.page(), "run: make docs"


def test_results_of_the_suite_are_shown(command: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"oidcc-server": "PASSED", "oidcc-prompt-login": "REVIEW", "oidcc-idtoken-unsigned": "SKIPPED"}
    file = tmp_path / "results.json"
    file.write_text(json.dumps({"suite": "5.2.4", "date": "2026-11-22", "plans": {"oidcc-basic[x=y]": found}}))
    monkeypatch.setattr(command, "RESULTS", file)
    assert (
        "| `oidcc-basic[x=y]` | 3 | 1 PASSED, 1 REVIEW, 1 SKIPPED | `oidcc-idtoken-unsigned` SKIPPED |\n"
        in command.page()
    )
    monkeypatch.setattr(command, "RESULTS", tmp_path / "none.json")
    assert "Results of the suite" not in command.page()


def test_what_the_suite_found_is_argued() -> None:
    """Committed results hold nothing failed, and no warning or skipped module without a reason."""
    file = DOCS / "conformance-results.json"
    if not file.exists():
        pytest.skip("no results of the official suite are committed")
    reasons = {"SKIPPED": SKIPPED, "WARNING": WARNINGS}
    for plan, outcome in json.loads(file.read_text())["plans"].items():
        listed = [one for one in PLANS if plan.startswith(one.name)]
        assert listed or plan.startswith(tuple(one.title for one in PLANS)), plan
        for module, result in outcome.items():
            assert result in ("PASSED", "REVIEW", *reasons), (plan, module)
            assert module not in NOT_RUN
            assert result not in reasons or module in reasons[result], f"{plan}: {module} is {result}: why?"
