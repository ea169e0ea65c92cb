"""No token, consent or choice beyond the rules, and nothing refused that they allow: the whole flow over real tables,
held against the rules written a second time (tests/model/rules.py)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import RightsMachine

ALL = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


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
    run_state_machine_as_test(machine, settings=settings(ALL, max_examples=25, stateful_step_count=35))
