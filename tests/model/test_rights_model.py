"""No token, consent or choice beyond the rules, and nothing refused that they allow: the whole flow over real tables,
held against the rules written a second time (tests/model/rules.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import RightsMachine
from tests.model.mutants import MUTANTS, mutated

STEPS, MANY = 40, 2500
ALL = settings(deadline=None, suppress_health_check=list(HealthCheck), stateful_step_count=STEPS)


@pytest.mark.attack("ATK-120")
@pytest.mark.attack("ATK-121")
@pytest.mark.attack("ATK-122")
@pytest.mark.attack("ATK-123")
@pytest.mark.attack("ATK-124")
@pytest.mark.attack("ATK-125")
@pytest.mark.attack("ATK-126")
@pytest.mark.attack("ATK-127")
@pytest.mark.attack("ATK-128")
@pytest.mark.attack("ATK-129")
@pytest.mark.attack("ATK-130")
@pytest.mark.attack("ATK-131")
def test_in_any_order(machine: type[RightsMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(ALL, max_examples=20))


@pytest.mark.deep
@pytest.mark.attack("ATK-122")
def test_in_any_order_thousands_of_times(
    machine: type[RightsMachine], record_property: Callable[[str, object], None]
) -> None:
    run_state_machine_as_test(machine, settings=settings(ALL, max_examples=MANY))
    record_property("deep", f"{MANY} histories of up to {STEPS} steps, each step held against the rules")


@pytest.mark.deep
@pytest.mark.parametrize("name", MUTANTS)
def test_a_check_taken_out_is_missed(machine: type[RightsMachine], name: str) -> None:
    """The control: without it, some history shows a right that the rules do not give, or lacks one that they do."""
    found = settings(ALL, max_examples=MANY, phases=[Phase.generate], report_multiple_bugs=False, database=None)
    with mutated(name), pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=found)
