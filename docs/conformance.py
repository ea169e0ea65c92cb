"""Prints docs/conformance.md: plans, modules, what holds and what is argued. `make docs` runs it.

It reads the table in tests/conformance/plans.py, the sentences in the tests' docstrings, and, where there is one,
docs/conformance-results.json: what the official suite found, as {"suite": version, "date": day, "plans": {plan:
{module: result}}}; a plan's name may be followed by its variants in brackets.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.conformance.plans import (
    NOT_RUN,
    PLANS,
    SKIPPED,
    SUITE_VERSION,
    WARNINGS,
    Plan,
    modules,
    name_of_test,
    variants,
)

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests" / "conformance"
RESULTS = DOCS / "conformance-results.json"

HEAD = f"""\
# Conformance

This page is written by `make docs` from `tests/conformance/plans.py` and the tests beside it; change it there.

The OpenID Foundation certifies providers with a [suite](https://openid.net/certification/) of plans, each a list of
modules. Every module of the plans below has a test of ours of the same name in `tests/conformance`, against the whole
server over HTTPS, with a relying party and a browser that share no code with it; its docstring is the sentence that
it proves. Those tests run with all the others. The suite itself is no part of this repository: [how to run
it](conformance-run.md). Names and numbers are those of its version {SUITE_VERSION}.

Where Portaria does less than a standard allows, or reads it more narrowly, [Divergences](divergences.md) says so.
"""


def sentences() -> dict[str, str]:
    """What each test says that it proves, by its name."""
    trees = [ast.parse(file.read_text()) for file in sorted(TESTS.glob("test_*.py"))]
    found = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: " ".join((ast.get_docstring(node) or "").split()) for node in found}


def results() -> dict[str, Any]:
    """What the suite found; empty where nobody has written it down."""
    return dict(json.loads(RESULTS.read_text())) if RESULTS.exists() else {}


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def table(*columns: str) -> str:
    return "\n" + row(*columns) + "|" + "---|" * len(columns) + "\n"


def plans() -> str:
    text = (
        "\n## Plans\n\nTarget A must hold. Target C holds because it is the same code: its response types are off for"
    )
    text += (
        " a client\nuntil they are registered. *Daily* modules run with every change, the rest in `make test-deep`.\n"
    )
    text += table("Plan", "Target", "Variants", "Modules", "Tested here", "Daily")
    return text + "".join(map(_plan, PLANS))


def _plan(plan: Plan) -> str:
    listed = [(module, part) for part in plan.parts for module in part.modules]
    tested = sum(module not in NOT_RUN for module, _ in listed)
    kinds = "<br>".join(str(part.variant).replace(",", ", ") for part in plan.parts)
    daily = sum(variants(module)[part.variant] for module, part in listed if module not in NOT_RUN)
    return row(f"`{plan.title}`", plan.target or "no", kinds, str(len(listed)), str(tested), str(daily))


def proofs() -> str:
    said = sentences()
    text = "\n## Modules\n\nEach with the plans that have it and the sentence its test proves.\n"
    text += table("Module", "Plans", "What is proved")
    for module in modules():
        where = dict.fromkeys(
            plan.title.removeprefix("oidcc-") for plan in PLANS if any(module in part.modules for part in plan.parts)
        )
        text += row(f"`{module}`", ", ".join(where), said[name_of_test(module)])
    return text


def argued(title: str, lead: str, reasons: dict[str, str]) -> str:
    lines = "".join(row(f"`{module}`", reason) for module, reason in reasons.items())
    return f"\n## {title}\n\n{lead}\n" + table("Module", "Why") + lines


def official(found: dict[str, Any]) -> str:
    """The suite's own results, counted, and every one that is neither passed nor for a human to look at."""
    text = "\n## Results of the suite\n\n"
    text += (
        f"Version {found['suite']}, {found['date']}. REVIEW is passed, with a picture that a human has to look at.\n"
    )
    text += table("Plan", "Modules", "Results", "Other than PASSED and REVIEW")
    for plan, outcome in found["plans"].items():
        counts = ", ".join(f"{count} {result}" for result, count in sorted(Counter(outcome.values()).items()))
        others = [f"`{module}` {result}" for module, result in outcome.items() if result not in ("PASSED", "REVIEW")]
        text += row(f"`{plan}`", str(len(outcome)), counts, "<br>".join(others))
    return text


def page() -> str:
    """The whole page, as Markdown."""
    found = results()
    text = HEAD + plans() + (official(found) if found else "") + proofs()
    text += argued("Skipped", "The suite skips a module where the metadata offers less than it needs.", SKIPPED)
    text += argued("Warnings", "Modules that may end with a warning.", WARNINGS)
    return text + argued("Not offered", "Listed so that nobody looks for them.", NOT_RUN)


if __name__ == "__main__":
    print(page(), end="")
