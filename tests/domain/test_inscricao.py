"""(UF, number): the same number is valid in nine states."""

from __future__ import annotations

import pytest

from idp.domain.inscricao import InscricaoId
from tests.domain.samples import ADA, ALFA, inscricao


def test_it_is_written_uf_colon_number_and_read_back() -> None:
    assert str(InscricaoId("AM", "040000010")) == "AM:040000010"
    assert InscricaoId.parse("AM:040000010") == InscricaoId("AM", "040000010")
    assert InscricaoId.parse("sp:p011004243002") == InscricaoId("SP", "P011004243002")


def test_the_same_number_in_two_states_is_two_inscricoes() -> None:
    assert InscricaoId("AM", "012345679") != InscricaoId("CE", "012345679")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "AM:",
        ":040000010",
        "040000010",
        "AMX:040000010",
        "A1:040000010",
        "AM:04.000.001-0",
        "AM:04 0000010",
        "AM:040000010\x00",
        "AM:040000010\n",
        "ÃM:040000010",
        "AM:０４００００１０",
        "AM:040000010:1",
        "AM/040000010",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="UF:NUMERO"):
        InscricaoId.parse(text)


def test_the_root_of_an_inscricao_is_its_company_s() -> None:
    assert inscricao(contribuinte=ALFA).raiz == "12ABC345"
    assert inscricao(contribuinte=ADA).raiz is None
