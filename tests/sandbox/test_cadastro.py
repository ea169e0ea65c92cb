"""The demonstration data holds what the personas promise."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from idp.domain.documents import parse_documento
from idp.sandbox import cadastro
from idp.sandbox.personas import PERSONAS

COLUMNS = (
    "tipo,documento,nome,matriz,uf,numero,situacao,municipio,cpf,id,outorgado,outorgado_nome,poderes,escopo,"
    "inscricoes,inicio,fim,estado,substabelecivel,nivel_minimo,pai"
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("cadastro") / "cadastro.csv"
    cadastro.write(path, date(2026, 11, 22))
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == COLUMNS
    return list(csv.DictReader(text.splitlines()))


def of(rows: list[dict[str, str]], tipo: str) -> list[dict[str, str]]:
    return [row for row in rows if row["tipo"] == tipo]


def test_no_row_has_a_column_too_many_or_too_few(rows: list[dict[str, str]]) -> None:
    assert all(None not in row and None not in row.values() for row in rows)


def test_dates_count_from_the_day_the_sandbox_is_made(rows: list[dict[str, str]]) -> None:
    narrow = next(row for row in rows if row["id"] == "prc-acai-funcionario")
    assert (narrow["inicio"], narrow["fim"]) == ("2026-10-08T00:00:00-04:00", "2027-10-08T00:00:00-04:00")


def test_documents_and_inscricoes_have_right_check_digits(rows: list[dict[str, str]]) -> None:
    for row in rows:
        for name in ("documento", "cpf", "outorgado"):
            if row[name]:
                parse_documento(row[name])
    for persona in PERSONAS:
        if persona.spec.documento:
            parse_documento(persona.spec.documento)
            assert not persona.spec.responsavel[0] or parse_documento(persona.spec.responsavel[0])
    for row in of(rows, "inscricao"):
        assert am_check_digit(row["numero"][:8]) == row["numero"][8]


def am_check_digit(body: str) -> str:
    """Amazonas: weights 9 to 2, 11 - (sum mod 11), 10 and 11 become 0; published examples prove it below."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
    return str(rest if rest < 10 else 0)


@pytest.mark.parametrize("known", ["041939808", "043456782", "041048628", "062000217", "041330188"])
def test_the_check_digit_rule_itself(known: str) -> None:
    assert am_check_digit(known[:8]) == known[8]


def test_the_company_has_a_matriz_two_filiais_and_five_inscricoes(rows: list[dict[str, str]]) -> None:
    root = "99990001"
    places = [row for row in of(rows, "estabelecimento") if row["documento"].startswith(root)]
    assert sorted(row["matriz"] for row in places) == ["nao", "nao", "sim"]
    assert len([row for row in of(rows, "inscricao") if row["documento"].startswith(root)]) == 5


def test_the_accountant_has_procuracoes_of_three_companies_one_alphanumeric(rows: list[dict[str, str]]) -> None:
    given = {
        row["documento"]
        for row in of(rows, "procuracao")
        if row["outorgado"] == "90000102253" and row["estado"] == "ATIVA"
    }
    assert given == {"99990001000198", "99990002000132", "12ABC34501DE35"}


def test_the_employee_has_one_poder_for_one_inscricao(rows: list[dict[str, str]]) -> None:
    (only,) = [row for row in of(rows, "procuracao") if row["outorgado"] == "90000103225"]
    assert (only["poderes"], only["escopo"], only["inscricoes"]) == ("dte.consultar", "inscricoes", "AM:049000039")


def test_the_ex_administrator_is_not_among_the_representatives(rows: list[dict[str, str]]) -> None:
    current = {row["cpf"] for row in of(rows, "representante") if row["documento"] == "99990003000187"}
    assert current == {"90000106240"}
