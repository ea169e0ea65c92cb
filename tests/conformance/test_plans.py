"""The table and the tests say the same: every module is run or argued, and no test is of no module."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conformance.plans import CODE, NOT_RUN, PLANS, SKIPPED, WARNINGS, modules, name_of_test

COUNTS = {
    ("config", "A"): [1],
    ("basic", "A"): [38, 35],
    ("formpost-basic", "A"): [38, 35],
    ("dynamic", "A"): [23],
    ("3rdparty-init-login", "A"): [2],
    ("rp-initiated-logout", "A"): [11, 11],
    ("backchannel-rp-initiated-logout", "A"): [2, 2],
    ("frontchannel-rp-initiated-logout", "A"): [2, 2],
    ("implicit", "C"): [58, 54],
    ("hybrid", "C"): [102, 96],
    ("formpost-implicit", "C"): [58, 54],
    ("formpost-hybrid", "C"): [102, 96],
}
"""How many modules the suite lists for dynamic and for static registration."""
DYNAMIC_C = [18, 19, 22, 23, 22]


def written() -> dict[str, ast.FunctionDef]:
    """The mirror's tests by name."""
    trees = [ast.parse(file.read_text()) for file in Path(__file__).parent.glob("test_*.py")]
    found = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: node for node in found if node.name.startswith("test_oidcc_")}


def test_every_module_is_run_or_argued() -> None:
    wanted = {name_of_test(module) for module in modules() if module not in NOT_RUN}
    assert wanted == set(written())


def test_each_says_which_sentence_it_proves() -> None:
    without = [name for name, node in written().items() if "§" not in (ast.get_docstring(node) or "")]
    assert without == []


def test_each_is_run_for_the_variants_of_its_plans() -> None:
    """A test that asks for no variant would be run once, for none."""
    fixtures = {"variant", "rp", "register", "leaving", "metadata", "with_query"}
    without = [name for name, node in written().items() if not fixtures & {one.arg for one in node.args.args}]
    assert without == []


def test_the_plans_have_as_many_modules_as_the_suite_lists() -> None:
    for plan in PLANS:
        title = plan.title.removeprefix("oidcc-")
        if (title, plan.target) in COUNTS:
            found = [
                sum(len(part.modules) for part in plan.parts if part.variant.registration == registration)
                for registration in ("dynamic", "static")
            ]
            assert [count for count in found if count] == COUNTS[title, plan.target], title
        elif title == "dynamic":
            assert [len(part.modules) for part in plan.parts] == DYNAMIC_C


def test_arguments_are_about_modules_that_there_are() -> None:
    listed = {module for plan in PLANS for part in plan.parts for module in part.modules}
    argued = NOT_RUN | SKIPPED | WARNINGS
    assert set(argued) <= listed
    assert all(len(reason) > 40 for reason in argued.values())


def test_everything_of_target_a_is_daily_for_the_code_flow() -> None:
    for plan in PLANS:
        for part in plan.parts:
            if plan.target == "A" and part.variant.response_type == CODE and part.variant.registration == "dynamic":
                assert part.daily, plan.name
