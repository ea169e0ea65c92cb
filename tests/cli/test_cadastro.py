"""``idp cadastro``: a number judged by its state's rule, files, and an authority's service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cadastro.seed import contribuintes
from tests.cli.conftest import Idp
from tests.support.registry import Registry, certificates, serving


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


RECORDS = [
    {"tipo": "contribuinte", "documento": "11222333000181", "nome": "Nova Ltda"},
    {"tipo": "estabelecimento", "documento": "11222333000181", "matriz": True},
    {"tipo": "inscricao", "documento": "11222333000181", "uf": "AM", "numero": "049000110", "situacao": "ATIVA"},
]


@pytest.mark.parametrize("form", ["array", "lines"])
def test_a_json_file_and_its_report(installed: Idp, form: str) -> None:
    text = json.dumps(RECORDS, indent=1) if form == "array" else "\n".join(map(json.dumps, RECORDS))
    (installed.directory / "new.json").write_text("\ufeff" + text, encoding="utf-8")
    dry = installed.json("cadastro import new.json --dry-run --report differences.jsonl")
    assert (dry["applied"], dry["tables"]["inscricoes"]["new"]) == (False, 1)
    report = installed.directory / "differences.jsonl"
    differences = [json.loads(line) for line in report.read_text().splitlines()]
    assert differences == dry["examples"]
    assert differences[-1] == {
        "table": "inscricoes",
        "change": "added",
        "key": {"uf": "AM", "numero": "049000110"},
        "fields": {
            "documento": {"here": None, "file": "11222333000181"},
            "contribuinte": {"here": None, "file": "11222333"},
            "situacao": {"here": None, "file": "ATIVA"},
            "municipio": {"here": None, "file": ""},
        },
    }
    assert report.stat().st_mode & 0o777 == 0o600
    shown = installed("cadastro import new.json --dry-run")
    assert "inscricoes AM:049000110 added" in shown.stderr
    assert "reading" not in shown.stderr  # nobody looks on
    assert installed.json("cadastro import new.json")["applied"] is True


def test_a_report_of_a_file_that_is_none_is_not_left_behind(installed: Idp) -> None:
    (installed.directory / "new.json").write_text('[{"tipo": "contribuinte"')
    installed("cadastro import new.json --report r.jsonl", exit_code=2)
    assert [path.name for path in installed.directory.iterdir() if "r.jsonl" in path.name] == []


@pytest.fixture
def remote(installed: Idp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """An installation whose cadastro is an authority's service, with a token and a client certificate."""
    made = certificates(tmp_path)
    with serving(made, client_certificates=True) as registry:
        registry.contribuintes = contribuintes()
        registry.token = "s3cret"
        (tmp_path / "token").write_text("s3cret\n")
        for name, value in {
            "SOURCE": "https",
            "URL": registry.url,
            "CA": made.ca,
            "CLIENT_CERTIFICATE": made.client,
            "TOKEN_FILE": tmp_path / "token",
        }.items():
            monkeypatch.setenv(f"IDP_CADASTRO_{name}", str(value))
        yield registry


def test_one_asked_for_now(installed: Idp, remote: Registry) -> None:
    known = installed.json("cadastro fetch 99.990.001/0001-98")
    assert {name: known[name] for name in ("contribuinte", "nome", "inscricoes", "representantes")} == {
        "contribuinte": "99990001",
        "nome": "Açaí Ltda",
        "inscricoes": 2,
        "representantes": 2,
    }
    assert installed.json("cadastro fetch 900.001.072-12")["nome"] is None
    status = installed.json("cadastro status")
    assert (status["source"], status["service"], status["rows"]["contribuintes"]) == ("https", "answers", 2)
    assert ("contribuinte", "00000000", False) in remote.asked


def test_a_service_that_does_not_answer(installed: Idp, remote: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    remote.token = "another"
    assert "unauthorized" in installed("cadastro fetch 99990001", exit_code=1).stderr
    assert "unauthorized" in installed.json("cadastro status", exit_code=1)["service"]
    monkeypatch.setenv("IDP_CADASTRO_CA", str(installed.directory / "absent.pem"))
    assert installed("cadastro fetch 99990001", exit_code=3).exit_code == 3


def test_own_tables_have_nobody_to_ask(installed: Idp) -> None:
    installed("cadastro fetch 99990001", exit_code=2)
    installed("cadastro fetch 9999", exit_code=2)
    assert installed.json("cadastro status")["source"] == "local"
