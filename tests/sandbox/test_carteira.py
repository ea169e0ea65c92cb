"""A persona with as many companies as one likes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from idp.domain.documents import parse_documento
from idp.domain.inscricao_estadual import validar
from idp.sandbox import carteira
from idp.sandbox.personas import persona

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("carteira") / "carteira.csv"
    carteira.write(path, persona("contadora"), carteira.MOST, TODAY)
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def of(rows: list[dict[str, str]], tipo: str) -> list[dict[str, str]]:
    return [row for row in rows if row["tipo"] == tipo]


def test_five_thousand_companies_each_with_documents_and_a_name_of_its_own(rows: list[dict[str, str]]) -> None:
    companies, states = of(rows, "contribuinte"), of(rows, "inscricao")
    assert len(companies) == len({row["documento"] for row in companies}) == len({row["nome"] for row in companies})
    assert len(companies) == len({row["numero"] for row in states}) == 5000
    for row in companies:
        parse_documento(row["documento"])
    assert sum(not row["documento"].isdigit() for row in companies) == 1667
    for row in states[::50]:
        validar("AM", row["numero"])


def test_most_may_be_chosen_and_some_may_not(rows: list[dict[str, str]]) -> None:
    given = of(rows, "procuracao")
    assert {row["outorgado"] for row in given} == {"90000102253"}
    assert sum(row["fim"] <= str(TODAY) for row in given) == 250
    assert sum(row["situacao"] == "BAIXADA" for row in of(rows, "inscricao")) == 100
    assert {poder for row in given for poder in row["poderes"].split("|")} == {
        *("todos", "dte.consultar", "dte.dar_ciencia", "nfe.consultar")
    }


def test_a_longer_file_only_adds_to_a_shorter_one(rows: list[dict[str, str]], tmp_path: Path) -> None:
    carteira.write(tmp_path / "short.csv", persona("contadora"), 40, TODAY)
    short = list(csv.DictReader((tmp_path / "short.csv").read_text(encoding="utf-8").splitlines()))
    assert short == rows[: len(short)]
    assert len(of(short, "contribuinte")) == 40
