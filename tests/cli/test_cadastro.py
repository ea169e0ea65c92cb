"""``idp cadastro check-ie``: what an operator typed, judged by its state's rule."""

from __future__ import annotations

from tests.cli.conftest import Idp


def test_a_number_that_can_be_one(idp: Idp) -> None:
    assert idp.json("cadastro check-ie AM", "04.193.980-8") == {
        "uf": "AM",
        "numero": "041939808",
        "valid": True,
        "reason": None,
    }
    assert "041939808" in idp("cadastro check-ie am 04.193.980-8").stdout


def test_one_that_cannot_says_why_and_exits_with_1(idp: Idp) -> None:
    document = idp.json("cadastro check-ie AM", "04.193.980-9", exit_code=1)
    assert (document["valid"], document["numero"], document["reason"]) == (False, None, "check_digits")


def test_a_state_that_is_none_is_unusable_input(idp: Idp) -> None:
    idp("cadastro check-ie ZZ 041939808", exit_code=2)
