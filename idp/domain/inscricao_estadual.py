"""Inscrição estadual as somebody types it: the form and the check digits of each of the 27 UFs.

Protects typed input only. Which inscrições exist, whose they are and in what state is for the cadastro to say, and
nothing here stands between a taxpayer and what the cadastro lists. Each UF publishes its rule at
http://www.sintegra.gov.br/insc_est.html; the table below is those pages in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from idp.errors import InvalidDocument

_MASK = re.compile(r"[.\-/ ]")
_CHARACTERS = re.compile(r"P?[0-9]+\Z")

Rest = Callable[[int], int]
Check = Callable[[str], bool]


def _m11(total: int) -> int:
    """11 - (total mod 11), with 10 and 11 as 0. What some UFs write as (total x 10 mod 11) mod 10 is the same."""
    digit = 11 - total % 11
    return digit if digit < 10 else 0


def _m11_less_ten(total: int) -> int:
    """11 - (total mod 11), with 10 as 0 and 11 as 1."""
    return (11 - total % 11) % 10


def _m10(total: int) -> int:
    return -total % 10


def _m9(total: int) -> int:
    return total % 9


def _rest_of_11(total: int) -> int:
    """The last digit of (total mod 11)."""
    return total % 11 % 10


def _total(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _down(*weights: int) -> tuple[int, ...]:
    """``weights``, and on from the last one down to 2."""
    return (*weights, *range(weights[-1] - 1, 1, -1))


def _each(*rows: tuple[int, ...], rest: Rest = _m11) -> Check:
    """For each row of weights, the digit right after those it weighs is the rest of their total."""

    def check(numero: str) -> bool:
        return all(rest(_total(numero[: len(row)], row)) == int(numero[len(row)]) for row in rows)

    return check


def _amapa(numero: str) -> bool:
    base = int(numero[:8])
    if base <= 3017000:
        start, of_eleven = 5, 0
    elif base <= 3019022:
        start, of_eleven = 9, 1
    else:
        start, of_eleven = 0, 0
    digit = 11 - (start + _total(numero[:8], _NINE)) % 11
    return {10: 0, 11: of_eleven}.get(digit, digit) == int(numero[8])


def _bahia(numero: str) -> bool:
    """The last digit is computed first and takes part in the one before it; the modulus hangs on one of the digits."""
    base, first, second = numero[:-2], numero[-2], numero[-1]
    rest = _m10 if base[-6] in "0123458" else _m11
    weights = _down(len(base) + 2)
    return rest(_total(base, weights[1:])) == int(second) and rest(_total(base + second, weights)) == int(first)


def _goias(numero: str) -> bool:
    rest = _total(numero[:8], _NINE) % 11
    if rest == 1:
        return int(numero[8]) == (1 if 10103105 <= int(numero[:8]) <= 10119997 else 0)
    return int(numero[8]) == (0 if rest == 0 else 11 - rest)


def _minas_gerais(numero: str) -> bool:
    """First digit: a zero is put after the third, weights 1 and 2 alternate, and the products' digits are added."""
    spread = numero[:3] + "0" + numero[3:11]
    products = "".join(str(int(digit) * weight) for digit, weight in zip(spread, (1, 2) * 6, strict=True))
    return _m10(sum(map(int, products))) == int(numero[11]) and _each(_down(3, 2, 11))(numero)


_NINE = _down(9)
_nine = _each(_NINE)
_acre = _each(_down(4, 3, 2, 9), _down(5, 4, 3, 2, 9))


class Form(NamedTuple):
    """One form of one UF's numbers. ``current`` turns an old form, whose digits are checked as the current one's,
    into it."""

    pattern: str
    check: Check
    current: Callable[[str], str] = str


FORMS: dict[str, tuple[Form, ...]] = {
    "AC": (Form("01[0-9]{11}", _acre),),
    "AL": (Form("24[0-9]{7}", _nine),),
    "AM": (Form("[0-9]{9}", _nine),),
    "AP": (Form("03[0-9]{7}", _amapa),),
    "BA": (Form("[0-9]{8,9}", _bahia),),
    "CE": (Form("[0-9]{9}", _nine),),
    "DF": (Form("[0-9]{13}", _acre),),
    "ES": (Form("[0-9]{9}", _nine),),
    "GO": (Form("(10|11|20)[0-9]{7}", _goias),),
    "MA": (Form("12[0-9]{7}", _nine),),
    "MG": (Form("[0-9]{13}", _minas_gerais),),
    "MS": (Form("(28|50)[0-9]{7}", _nine),),
    "MT": (
        Form("[0-9]{11}", _each(_down(3, 2, 9))),
        Form("[0-9]{9}", _each(_down(3, 2, 9)), lambda old: old.zfill(11)),
    ),
    "PA": (Form("(15|7[5-9])[0-9]{7}", _nine),),
    "PB": (Form("[0-9]{9}", _nine),),
    "PE": (
        Form("[0-9]{9}", _each(_down(8), _NINE)),
        Form("[0-9]{14}", _each(_down(5, 4, 3, 2, 1, 9), rest=_m11_less_ten)),
    ),
    "PI": (Form("[0-9]{9}", _nine),),
    "PR": (Form("[0-9]{10}", _each(_down(3, 2, 7), _down(4, 3, 2, 7))),),
    "RJ": (Form("[0-9]{8}", _each(_down(2, 7))),),
    "RN": (Form("20[0-9]{7}", _nine), Form("20[0-9]{8}", _each(_down(10)))),
    "RO": (
        Form("[0-9]{14}", _each(_down(6, 5, 4, 3, 2, 9), rest=_m11_less_ten)),
        Form("[0-9]{9}", _each(_down(6, 5, 4, 3, 2, 9), rest=_m11_less_ten), lambda old: old[3:].zfill(14)),
    ),
    "RR": (Form("24[0-9]{7}", _each((1, 2, 3, 4, 5, 6, 7, 8), rest=_m9)),),
    "RS": (Form("[0-9]{10}", _each(_down(2, 9))),),
    "SC": (Form("[0-9]{9}", _nine),),
    "SE": (Form("[0-9]{9}", _nine),),
    "SP": (
        Form("[0-9]{12}", _each((1, 3, 4, 5, 6, 7, 8, 10), _down(3, 2, 10), rest=_rest_of_11)),
        # A rural producer's: the letter, and one check digit only.
        Form("P0[0-9]{11}", lambda numero: _each((1, 3, 4, 5, 6, 7, 8, 10), rest=_rest_of_11)(numero[1:])),
    ),
    "TO": (
        Form("[0-9]{9}", _nine),
        # Until 2002 the third and fourth digits told the kind of taxpayer.
        Form("[0-9]{2}(01|02|03|99)[0-9]{7}", _nine, lambda old: old[:2] + old[4:]),
    ),
}


def validar(uf: str, texto: str) -> str:
    """The number as the UF writes it today, without its mask: digits, after a ``P`` for rural producers of SP.

    ``uf`` in capitals. Raises InvalidDocument with the reason uf, charset, format (length or opening digits), repeated
    or check_digits.
    """
    forms = FORMS.get(uf)
    if forms is None:
        raise InvalidDocument("IE", "uf")
    bare = _MASK.sub("", texto)
    bare = bare.upper() if bare.isascii() else bare
    if not _CHARACTERS.match(bare):
        raise InvalidDocument("IE", "charset")
    form = next((form for form in forms if re.fullmatch(form.pattern, bare)), None)
    if form is None:
        raise InvalidDocument("IE", "format")
    numero = form.current(bare)
    if len(set(numero)) == 1:
        raise InvalidDocument("IE", "repeated")
    if not form.check(numero):
        raise InvalidDocument("IE", "check_digits")
    return numero
