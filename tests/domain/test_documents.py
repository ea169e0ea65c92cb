"""CPF and CNPJ: what is one, what is not, and that neither is ever a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.documents import CNPJ, CPF, parse_documento
from idp.errors import InvalidDocument

FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + i) for i in range(10)))
ARABIC = str.maketrans("0123456789", "".join(chr(0x0660 + i) for i in range(10)))


@pytest.mark.parametrize("numero", ["18162247238", "47891178631", "52998224725", "12345678909", "01234567890"])
def test_a_cpf_is_eleven_digits_with_right_check_digits(numero: str) -> None:
    assert str(CPF(numero)) == numero


@pytest.mark.parametrize(
    "numero",
    [
        "34785515000166",
        "12ABC34501DE35",  # IN RFB 2.229/2024
        "Y1V5MYJT000195",
        "34785515AB1290",  # numeric root, alphanumeric order
        "00000000000191",  # zero-heavy and real
    ],
)
def test_a_cnpj_is_fourteen_characters_the_last_two_digits(numero: str) -> None:
    assert str(CNPJ(numero)) == numero


@pytest.mark.parametrize(
    ("numero", "reason"),
    [
        ("", "length"),
        ("1816224723", "length"),
        ("181622472380", "length"),
        ("1234567890", "length"),  # never zero-padded
        ("18162247239", "check_digits"),
        ("18162247228", "check_digits"),
        ("02010392230", "check_digits"),  # seen in a public sample certificate
        *((digit * 11, "repeated") for digit in "0123456789"),
        ("181.622.472-38", "length"),  # the mask belongs to parse()
        ("1816224723X", "charset"),
        ("-8162247238", "charset"),
        (" 8162247238", "charset"),
        ("1816224723\x00", "charset"),
        ("\x0018162247238", "length"),
        ("18162247238\n", "length"),
        ("18162247238".translate(FULL_WIDTH), "charset"),
        ("18162247238".translate(ARABIC), "charset"),
        ("1816224723²", "charset"),
        ("181622\u200b4723", "charset"),
    ],
)
@pytest.mark.attack("ATK-042")
@pytest.mark.attack("ATK-044")
def test_what_is_not_a_cpf_is_refused_with_its_reason(numero: str, reason: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        CPF(numero)
    assert (refused.value.kind, refused.value.reason) == ("CPF", reason)


@pytest.mark.parametrize(
    ("numero", "reason"),
    [
        ("", "length"),
        ("3478551500016", "length"),
        ("191", "length"),
        ("034785515000166", "length"),
        ("34785515000167", "check_digits"),
        ("34785515000176", "check_digits"),
        ("12ABC34501DE53", "check_digits"),
        ("12ABC34501DF35", "check_digits"),
        *((digit * 14, "repeated") for digit in "0123456789"),
        ("12.ABC.345/01DE-35", "length"),
        ("12abc34501de35", "charset"),
        ("12ABC34501DE3A", "charset"),
        ("12ABC34501DEAB", "charset"),
        ("12ABÇ34501DE35", "charset"),
        ("12ABC34501DE3\x00", "charset"),
        ("12ABC34501DE35\n", "length"),
        ("34785515000166".translate(FULL_WIDTH), "charset"),
        ("34785515000166".translate(ARABIC), "charset"),
        ("12ＡBC34501DE35", "charset"),
        ("12АBC34501DE35", "charset"),  # Cyrillic А
    ],
)
@pytest.mark.attack("ATK-042")
@pytest.mark.attack("ATK-044")
def test_what_is_not_a_cnpj_is_refused_with_its_reason(numero: str, reason: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        CNPJ(numero)
    assert (refused.value.kind, refused.value.reason) == ("CNPJ", reason)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("181.622.472-38", CPF("18162247238")),
        ("18162247238", CPF("18162247238")),
        (" 181 622 472 38 ", CPF("18162247238")),
        ("12.ABC.345/01DE-35", CNPJ("12ABC34501DE35")),
        ("12.abc.345/01de-35", CNPJ("12ABC34501DE35")),
        ("12abc34501de35", CNPJ("12ABC34501DE35")),
        ("34.785.515/0001-66", CNPJ("34785515000166")),
    ],
)
def test_typed_input_may_be_masked_and_in_any_case(typed: str, means: CPF | CNPJ) -> None:
    assert parse_documento(typed) == means


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "123",
        "4785515000166",
        "047.891.178-631",
        "181,622,472-38",
        "181.622.472-38\x00",
        "18162247238".translate(FULL_WIDTH),
        "34785515000166".translate(FULL_WIDTH),
        "181622472\u200b38",
    ],
)
def test_typed_input_that_is_neither_is_refused(typed: str) -> None:
    with pytest.raises(InvalidDocument):
        parse_documento(typed)


@pytest.mark.parametrize("lookalike", ["ı", "ſ"])
@pytest.mark.attack("ATK-044")
def test_upper_casing_never_makes_an_ascii_letter_of_another(lookalike: str) -> None:
    """str.upper() turns dotless i into I and long s into S."""
    twin = CNPJ("Y1V5MYJT000195").numero.replace("Y", lookalike, 1)
    assert twin.upper().isascii()
    with pytest.raises(InvalidDocument) as refused:
        CNPJ.parse(twin)
    assert refused.value.reason == "charset"


@given(st.text())
def test_any_text_is_a_document_or_refused_never_another_error(text: str) -> None:
    try:
        documento = parse_documento(text)
    except InvalidDocument:
        return
    assert str(documento).isascii()
    assert len(str(documento)) in (11, 14)


@given(st.text(alphabet="0123456789", min_size=11, max_size=11))
def test_cpf_check_digits_agree_with_the_written_rule(numero: str) -> None:
    """Weights 10 to 2 and 11 to 2; (sum x 10 mod 11) mod 10; repeated digits are nobody's number."""
    digits = [int(c) for c in numero]

    def dv(n: int) -> int:
        return sum(d * w for d, w in zip(digits[:n], range(n + 1, 1, -1), strict=True)) * 10 % 11 % 10

    right = digits[9] == dv(9) and digits[10] == dv(10) and len(set(numero)) > 1
    try:
        CPF(numero)
    except InvalidDocument:
        assert not right
    else:
        assert right


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12))
def test_every_twelve_characters_have_exactly_one_pair_of_check_digits(base: str) -> None:
    """IN RFB 2.229/2024: a character counts ASCII - 48, weights 2 to 9 from the right, modulo 11."""

    def dv(text: str) -> str:
        total = sum((ord(c) - 48) * (2 + i % 8) for i, c in enumerate(reversed(text)))
        return "0" if total % 11 < 2 else str(11 - total % 11)

    first = dv(base)
    right = base + first + dv(base + first)
    if len(set(right)) == 1:
        return
    assert CNPJ(right).numero == right
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    with pytest.raises(InvalidDocument):
        CNPJ(wrong)


def test_the_root_is_the_first_eight_characters() -> None:
    assert CNPJ("12ABC34501DE35").raiz == "12ABC345"
    assert CNPJ("34785515000166").raiz == CNPJ("34785515AB1290").raiz == "34785515"


def test_documents_are_written_for_people() -> None:
    assert CPF("18162247238").formatado == "181.622.472-38"
    assert CNPJ("12ABC34501DE35").formatado == "12.ABC.345/01DE-35"


def test_a_masked_document_and_a_repr_do_not_give_it_away() -> None:
    assert CPF("18162247238").mascarado == "***.622.472-**"
    assert CNPJ("12ABC34501DE35").mascarado == "**.***.345/01DE-**"
    for documento in (CPF("18162247238"), CNPJ("12ABC34501DE35")):
        assert documento.numero not in repr(documento)
        assert documento.formatado not in repr(documento)


def test_a_cpf_never_equals_a_cnpj() -> None:
    assert CPF("18162247238") != CNPJ("00000000000191")
    assert len({CPF("18162247238"), CPF("18162247238"), CNPJ("00000000000191")}) == 2
