"""CPF and CNPJ are hidden however they are written, and nothing else is."""

from __future__ import annotations

import pytest

from idp.domain.masking import masked, sem_documentos


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("login of 900.001.072-12 done", "login of ***.001.072-** done"),
        ("cpf=90000107212;", "cpf=***.001.072-**;"),
        ("cnpj 12.ABC.345/01DE-35", "cnpj **.***.345/01DE-**"),
        ("12ABC34501DE35,90000107212", "**.***.345/01DE-**,***.001.072-**"),
        ("12abc34501de35", "**.***.345/01DE-**"),
        ("mistyped 90000107213", "mistyped ***.001.072-**"),
        ("mistyped 12ABC34501DE36", "mistyped **.***.345/01DE-**"),
        ("/search?q=12.ABC.345%2F01DE-35&x", "/search?q=**.***.345/01DE-**&x"),
        ("next=%2F90000107212", "next=%2F***.001.072-**"),
        ("%3a34785515000166%3A", "%3a**.***.515/0001-**%3A"),
        ("cpf90000107212", "cpf***.001.072-**"),
        ("x34785515000166y", "x**.***.515/0001-**y"),
        ("CPF_90000107212_", "CPF_***.001.072-**_"),
        ("são90000107212", "são***.001.072-**"),
    ],
)
def test_documents_are_hidden(line: str, shown: str) -> None:
    assert sem_documentos(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "x90000107213 is no CPF",
        "9000010721212345",
        "configuracao01",
        "2026-11-22T22:12:46.123456Z",
        "inscrição 049000012",
        "1f2e3d4c5b6a7f8e",
        "nothing here",
        "",
    ],
)
def test_other_text_stays(line: str) -> None:
    assert sem_documentos(line) == line


def test_wherever_it_stands_in_a_structure() -> None:
    class Person:
        def __str__(self) -> str:
            return "person 90000107212"

    deep = {"90000107212": ["a 90000107212", ("b", {"c": b"90000107212"})], "n": 7, "t": True, "o": None, "p": Person()}
    assert masked(deep) == {
        "***.001.072-**": ["a ***.001.072-**", ["b", {"c": "***.001.072-**"}]],
        "n": 7,
        "t": True,
        "o": None,
        "p": "person ***.001.072-**",
    }
