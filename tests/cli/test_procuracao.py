"""``idp procuracao``: what an officer sees and does."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Idp

CSV = """tipo,documento,nome,matriz,uf,numero,situacao,municipio,cpf,id,outorgado,outorgado_nome,poderes,escopo,\
inscricoes,inicio,fim,estado,substabelecivel,nivel_minimo,pai
procuracao,99990001000198,ACAI LTDA,,,,,,,p1,90000102253,FRANCISCA,dte.consultar,raiz,,2020-01-01,2199-01-01,ATIVA,nao,,
"""


@pytest.fixture
def with_one(installed: Idp) -> Idp:
    (installed.directory / "c.csv").write_text(CSV)
    installed("cadastro import c.csv")
    return installed


def test_listed_by_either_party(with_one: Idp) -> None:
    (given,) = with_one.json("procuracao list 99.990.001/0002-79")
    assert (given["id"], given["estado"], given["outorgado"]) == ("p1", "ATIVA", "90000102253")
    assert with_one.json("procuracao list 90000102253") == []
    assert [one["id"] for one in with_one.json("procuracao list 90000102253 --received --situacao vigentes")] == ["p1"]
    with_one("procuracao list 123", exit_code=2)


def test_an_officer_suspends_and_reactivates_and_ends_it_with_a_reason(with_one: Idp) -> None:
    assert with_one.json("procuracao suspend p1 --reason", "denúncia 12")["estado"] == "SUSPENSA"
    assert with_one.json("procuracao reactivate p1 --reason", "arquivada")["estado"] == "ATIVA"
    assert with_one.json("procuracao extinguish p1 --reason", "óbito")["estado"] == "EXTINTA"
    with_one("procuracao suspend p1 --reason x", exit_code=1)
    with_one("procuracao suspend none --reason x", exit_code=1)
    with_one("procuracao suspend p1", exit_code=2)
    with_one("procuracao suspend p1 --reason", " ", exit_code=2)
    shown = with_one.json("procuracao show p1")
    assert [(ato["evento"], ato["qualidade"], ato["motivo"]) for ato in shown["atos"]] == [
        ("suspender", "orgao", "denúncia 12"),
        ("reativar", "orgao", "arquivada"),
        ("extinguir", "orgao", "óbito"),
    ]
    assert "extinguir by" in with_one("procuracao show p1").stdout
    with_one("procuracao show none", exit_code=1)
    with sqlite3.connect(with_one.directory / "keys" / "portaria.sqlite") as database:
        kinds = [kind for (kind,) in database.execute("SELECT kind FROM audit ORDER BY id")]
    assert kinds[1:] == ["procuracao.suspender", "procuracao.reativar", "procuracao.extinguir"]


def test_the_policy_shown_is_a_file_that_may_be_used(
    installed: Idp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = installed("procuracao policy").stdout
    file = tmp_path / "mine.toml"
    file.write_text(text.replace("profundidade = 1", "profundidade = 2"))
    monkeypatch.setenv("IDP_POLITICA", str(file))
    assert "profundidade = 2" in installed("procuracao policy").stdout
    file.write_text("profundidade = 99")
    assert "profundidade" in installed("procuracao policy", exit_code=3).stderr
