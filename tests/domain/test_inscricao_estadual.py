"""Inscrição estadual as it is typed: every UF's own rule, by numbers that the states themselves publish."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.inscricao_estadual import FORMS, validar
from idp.errors import InvalidDocument
from tests.support.corpora import corpus

PUBLISHED = """
AC 01.004.823/001-12    AL 24.000.004-8     AM 04.193.980-8     AM 04.345.678-2   AM 04.104.862-8  AM 06.200.021-7
AM 07.000.507-9         AM 041330188        AP 03.012.345-9     BA 123456-63      BA 612345-57     BA 1000003-06
BA 1234567-48           CE 06.000.001-5     DF 07.408.738/002-50  ES 082.223.54-8 GO 10.987.654-7  GO 10.103.119-1
MA 12.000.038-5         MG 062.307.904/0081 MS 28.303.759-8     MT 0013000001-9   PA 15.999.999-5  PB 16.000.001-7
PE 0321418-40           PE 18.1.001.0000004-9  PI 19.301.656-7  PR 123.45678-50   RJ 78.045.302    RJ 99.999.99-3
RN 20.040.040-1         RN 20.0.040.040-0   RO 0000000062521-3  RR 24006628-1     RS 224/3658792   SC 251.040.852
SE 27123456-3           SP 110.042.490.114  SP P-01100424.3/002 TO 29.040.636-6
"""
_WORDS = PUBLISHED.split()
NUMBERS = list(zip(_WORDS[::2], _WORDS[1::2], strict=True))


def reason(uf: str, texto: str) -> str:
    with pytest.raises(InvalidDocument) as refused:
        validar(uf, texto)
    assert refused.value.kind == "IE"
    return refused.value.reason


@pytest.mark.parametrize(("uf", "texto"), NUMBERS)
def test_a_published_number_is_one_and_loses_its_mask(uf: str, texto: str) -> None:
    assert validar(uf, texto) == "".join(c for c in texto if c.isalnum())


def test_every_uf_has_its_rule_and_its_example() -> None:
    assert len(FORMS) == 27
    assert {uf for uf, _ in NUMBERS} == FORMS.keys()


@pytest.mark.parametrize(("uf", "texto"), NUMBERS)
def test_another_last_digit_is_not_one(uf: str, texto: str) -> None:
    """But for rural producers in SP, whose last three digits are not computed."""
    position = len(texto) - (5 if texto.startswith("P") else 1)
    others = [texto[:position] + digit + texto[position + 1 :] for digit in "0123456789" if digit != texto[position]]
    assert {reason(uf, other) for other in others} <= {"check_digits", "repeated"}


def test_every_labelled_example_is_told_right() -> None:
    with corpus("ie-examples").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["uf"] for row in rows} == FORMS.keys()
    wrong = []
    for row in rows:
        try:
            validar(row["uf"], row["inscricao"])
            valid = "1"
        except InvalidDocument:
            valid = "0"
        if valid != row["valid"]:
            wrong.append(row)
    assert wrong == []


@pytest.mark.parametrize(
    ("uf", "old", "today"),
    [
        ("TO", "29 01 022783 6", "290227836"),
        ("RO", "101.62521-3", "00000000625213"),
        ("MT", "13000001-9", "00130000019"),
    ],
)
def test_an_old_form_becomes_todays(uf: str, old: str, today: str) -> None:
    assert validar(uf, old) == today
    assert validar(uf, today) == today


@pytest.mark.parametrize(
    ("uf", "numero"),
    [
        ("AP", "030000020"),  # eleven minus rest is eleven, in each of the three ranges, and ten
        ("AP", "030170071"),
        ("AP", "030190290"),
        ("AP", "030000080"),
        ("GO", "101031051"),  # rest 1 inside the range where it means 1, and outside; rest 0
        ("GO", "101200030"),
        ("GO", "101031130"),
        ("PE", "94327252328970"),  # eleven minus rest is ten
        ("SP", "P014365530713"),  # rest is ten
    ],
)
def test_the_rests_that_have_a_rule_of_their_own(uf: str, numero: str) -> None:
    assert validar(uf, numero) == numero


@pytest.mark.parametrize(
    ("uf", "texto", "expected"),
    [
        ("XX", "041330188", "uf"),
        ("am", "041330188", "uf"),
        ("AM", "", "charset"),
        ("AM", "ISENTO", "charset"),
        ("AM", "04133018８", "charset"),
        ("AM", "04133018٨", "charset"),
        ("AM", "041330188\n", "charset"),
        ("AM", "P41330188", "format"),
        ("AM", "04133018", "format"),
        ("AM", "0041330188", "format"),
        ("AL", "250000042", "format"),
        ("AM", "000000000", "repeated"),
        ("SP", "P110042490114", "format"),
    ],
)
def test_what_is_none_says_why(uf: str, texto: str, expected: str) -> None:
    assert reason(uf, texto) == expected


@given(uf=st.sampled_from(sorted(FORMS)), texto=st.text(max_size=20) | st.from_regex(r"P?[0-9]{8,14}", fullmatch=True))
def test_whatever_is_typed_the_answer_is_clean(uf: str, texto: str) -> None:
    try:
        numero = validar(uf, texto)
    except InvalidDocument:
        return
    assert validar(uf, numero) == numero
