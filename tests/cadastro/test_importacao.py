"""Whole files into the cadastro, on both backends: all of it, or nothing, and every bad line by its number."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from idp.cadastro import importacao
from idp.cadastro.importacao import ArquivoInvalido, Counts, Problem, Result, importar
from idp.domain.procuracao import EstadoProcuracao
from idp.storage.sql import SqlStore

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADER = (
    "tipo,documento,nome,matriz,uf,numero,situacao,municipio,cpf,id,outorgado,outorgado_nome,poderes,escopo,inscricoes,"
    "inicio,fim,estado,substabelecivel,nivel_minimo,pai"
)
NARROW = "tipo,documento,nome,matriz,uf,numero,situacao,municipio,cpf,estado"
NEW_COMPANY = f"""{NARROW}
contribuinte,11.222.333/0001-81,Nova Ltda,,,,,,,
estabelecimento,11.222.333/0001-81,,sim,,,,,,
inscricao,11.222.333/0001-81,,,AM,04.900.011-0,ATIVA,Manaus,,
representante,11.222.333/0001-81,Raimundo,,,,,,900.001.072-12,
"""
PROCURACAO = (
    "procuracao,99990001000198,Açaí Ltda,,,,,,,{id},90000102253,Francisca,dte.consultar,raiz,,2026-01-01,2027-01-01,"
    "{estado},nao,,{pai}"
)


def run(store: SqlStore, text: str, on_error: Literal["refuse", "skip"] = "refuse", dry_run: bool = False) -> Result:
    with store.staging(AT) as staging:
        return importar(
            text.splitlines(keepends=True), staging, on_error=on_error, dry_run=dry_run, summary={"file": "f.csv"}
        )


def query(store: SqlStore, sql: str) -> list[tuple[Any, ...]]:
    with store.engine.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def everything(store: SqlStore) -> list[list[tuple[Any, ...]]]:
    tables = ("contribuintes", "estabelecimentos", "inscricoes", "representantes", "procuracoes", "audit")
    return [query(store, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


def test_a_new_company(store: SqlStore) -> None:
    result = run(store, NEW_COMPANY)
    assert (result.applied, result.lines, result.problems) == (True, 4, [])
    assert result.tables["inscricoes"] == Counts(new=1)
    assert query(store, "SELECT id, nome FROM contribuintes WHERE id = '11222333'") == [("11222333", "Nova Ltda")]
    assert query(
        store, "SELECT uf, documento, contribuinte, situacao, municipio FROM inscricoes WHERE numero = '049000110'"
    ) == [("AM", "11222333000181", "11222333", "ATIVA", "Manaus")]
    assert query(store, "SELECT cpf FROM representantes WHERE contribuinte = '11222333'") == [("90000107212",)]
    ((kind, payload),) = query(store, "SELECT kind, payload FROM audit")
    assert kind == "cadastro.imported"
    assert json.loads(payload) == {
        "file": "f.csv",
        "lines": 4,
        "refused": 0,
        "tables": {name: {"new": 1} for name in ("contribuintes", "estabelecimentos", "inscricoes", "representantes")}
        | {"procuracoes": {}},
    }


def test_again_changes_nothing_and_another_time_only_what_differs(store: SqlStore) -> None:
    run(store, NEW_COMPANY)
    assert run(store, NEW_COMPANY).tables["contribuintes"] == Counts(same=1)
    result = run(store, NEW_COMPANY.replace("ATIVA", "BAIXADA"))
    assert (result.tables["inscricoes"], result.tables["representantes"]) == (Counts(changed=1), Counts(same=1))
    assert query(store, "SELECT situacao FROM inscricoes WHERE numero = '049000110'") == [("BAIXADA",)]


def test_a_person_is_his_own_establishment(store: SqlStore) -> None:
    run(store, f"{NARROW}\ncontribuinte,11144477735,Zé,,,,,,,\ninscricao,11144477735,,,AM,7,ATIVA,,,\n")
    assert query(store, "SELECT documento, matriz FROM estabelecimentos WHERE contribuinte = '11144477735'") == [
        ("11144477735", True)
    ]


def test_the_order_of_lines_does_not_matter_and_the_last_of_a_key_wins(store: SqlStore) -> None:
    lines = NEW_COMPANY.splitlines()
    text = "\n".join([lines[0], *reversed(lines[1:]), lines[1].replace("Nova", "Renomeada")])
    assert run(store, text).applied
    assert query(store, "SELECT nome FROM contribuintes WHERE id = '11222333'") == [("Renomeada Ltda",)]


def test_a_representative_who_is_so_no_longer(store: SqlStore) -> None:
    gone = f"{NARROW}\nrepresentante,99990001000198,,,,,,,90000107212,EXTINTA\n"
    assert run(store, gone).tables["representantes"] == Counts(removed=1)
    assert query(store, "SELECT contribuinte, cpf FROM representantes ORDER BY 1") == [
        ("99990001", "90000101281"),
        ("99990002", "90000107212"),
    ]
    assert run(store, gone).tables["representantes"] == Counts(same=1)


def test_a_substabelecimento_may_stand_before_its_parent(store: SqlStore) -> None:
    lines = [PROCURACAO.format(id=id, estado="ATIVA", pai=pai) for id, pai in (("a", "b"), ("b", "c"), ("c", ""))]
    assert run(store, "\n".join([HEADER, *lines])).tables["procuracoes"] == Counts(new=3)


@pytest.mark.parametrize("ended", ["REVOGADA", "RENUNCIADA", "RECUSADA", "EXPIRADA", "EXTINTA"])
def test_a_procuracao_that_ended_here_is_not_brought_back(store: SqlStore, ended: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE procuracoes SET estado = '{ended}' WHERE id = 'p-raiz'")
    before = query(store, "SELECT * FROM procuracoes WHERE id = 'p-raiz'")
    result = run(store, f"{HEADER}\n{PROCURACAO.format(id='p-raiz', estado='ATIVA', pai='')}\n")
    assert result.tables["procuracoes"] == Counts(kept=1)
    assert query(store, "SELECT * FROM procuracoes WHERE id = 'p-raiz'") == before


def test_a_procuracao_suspended_by_the_authority_says_since_when(store: SqlStore) -> None:
    run(store, f"{HEADER}\n{PROCURACAO.format(id='p-raiz', estado='SUSPENSA', pai='')}\n")
    with store.reading() as uow:
        found = uow.procuracoes.get("p-raiz", lock=False)
    assert found is not None
    assert (found.estado, found.estado_em) == (EstadoProcuracao.SUSPENSA, AT)


BAD = f"""{HEADER}
contribuinte,11222333000181,Nova Ltda,,,,,,,,,,,,,,,,,,
contribuinte,11222333000182,Check Digit,,,,,,,,,,,,,,,,,,
inscricao,99990001000350,,,AM,1,ATIVA,,,,,,,,,,,,,,
"quoted

over lines",,,,,,,,,,,,,,,,,,,,
contribuinte,too,many,,,,,,,,,,,,,,,,,,,,
contribuinte,too,few
{PROCURACAO.format(id="filho", estado="ATIVA", pai="neto")}
{PROCURACAO.format(id="neto", estado="ATIVA", pai="nobody")}
estabelecimento,45723174000110,,sim,,,,,,,,,,,,,,,,,
"""
PROBLEMS = [
    Problem(3, "documento: check_digits"),
    Problem(4, "documento: no such estabelecimento, here or in the file"),
    Problem(7, "tipo: one of contribuinte, estabelecimento, inscricao, representante, procuracao"),
    Problem(8, "more fields than columns"),
    Problem(9, "fewer fields than columns"),
    Problem(10, "pai: no such procuracao, here or in the file"),
    Problem(11, "pai: no such procuracao, here or in the file"),
    Problem(12, "documento: no such contribuinte, here or in the file"),
]


def test_one_bad_line_refuses_the_file_and_all_bad_lines_are_told(store: SqlStore) -> None:
    before = everything(store)
    result = run(store, BAD)
    assert (result.applied, result.problems, result.problem_count) == (False, PROBLEMS, 8)
    assert result.tables["contribuintes"] == Counts(new=1)
    assert everything(store) == before


def test_bad_lines_may_be_left_out(store: SqlStore) -> None:
    result = run(store, BAD, on_error="skip")
    assert (result.applied, result.problems) == (True, PROBLEMS)
    assert query(store, "SELECT nome FROM contribuintes WHERE id = '11222333'") == [("Nova Ltda",)]
    assert json.loads(query(store, "SELECT payload FROM audit")[0][0])["refused"] == 8


@pytest.mark.parametrize("on_error", ["refuse", "skip"])
def test_a_dry_run_says_what_would_be_and_changes_nothing(store: SqlStore, on_error: Literal["refuse", "skip"]) -> None:
    before = everything(store)
    result = run(store, NEW_COMPANY, on_error, dry_run=True)
    assert (result.applied, result.tables["representantes"]) == (False, Counts(new=1))
    assert everything(store) == before


def test_many_bad_lines_are_counted(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importacao, "MOST_PROBLEMS", 3)
    monkeypatch.setattr(importacao, "BATCH", 2)
    result = run(store, NARROW + "\nx,,,,,,,,,".join([""] * 8))
    assert (len(result.problems), result.problem_count, result.lines) == (3, 7, 7)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "tipo first"),
        ("documento,tipo\n", "tipo first"),
        ("tipo,documento,unheard\n", "unknown columns: unheard"),
        ("tipo,nome,nome\n", "named twice"),
        ('tipo,nome\ncontribuinte,"open\n', "line 2"),
        ("tipo,nome\ncontribuinte," + "x" * 200_000, "line 2"),
    ],
)
def test_what_is_no_such_file(store: SqlStore, text: str, reason: str) -> None:
    with pytest.raises(ArquivoInvalido, match=reason):
        run(store, text)


def test_bytes_that_are_not_utf8(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "latin1.csv"
    path.write_bytes(NEW_COMPANY.replace("Nova", "Nov\u00e1").encode("latin-1"))
    with path.open(encoding="utf-8-sig", newline="") as text, store.staging(AT) as staging:
        with pytest.raises(ArquivoInvalido, match="UTF-8"):
            importar(text, staging, summary={})


def test_nothing_is_locked_while_a_file_is_read(store: SqlStore) -> None:
    """A journey begins and commits between two lines of a file that is being imported."""
    journeys: list[int] = []

    def slow_lines() -> Any:
        lines = NEW_COMPANY.splitlines(keepends=True)
        yield from lines[:3]
        with store.engine.begin() as connection:
            journeys.append(connection.exec_driver_sql("UPDATE contribuintes SET nome = nome").rowcount)
        yield from lines[3:]

    with store.staging(AT) as staging:
        importar(slow_lines(), staging, summary={})
    assert journeys == [4]


def test_two_imports_at_once_both_arrive(store: SqlStore) -> None:
    texts = [NEW_COMPANY, NEW_COMPANY.replace("Raimundo", "R. N. Batista"), NEW_COMPANY]
    results: list[Result] = []
    threads = [threading.Thread(target=lambda text=text: results.append(run(store, text))) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.applied for result in results] == [True] * 3
    assert len(query(store, "SELECT * FROM representantes WHERE contribuinte = '11222333'")) == 1
