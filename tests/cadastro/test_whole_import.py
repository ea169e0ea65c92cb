"""An import as an operator lives it: what it would change, killed in the middle, beside logins, a million at once."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cadastro.files import cnpj, write
from idp.cadastro.importacao import Difference, importar
from idp.domain.representation import Modo, RepresentationRef
from idp.storage.sql import SqlStore
from tests.cadastro.test_importacao import AT, HEADER, NARROW, NEW_COMPANY, PROCURACAO, everything, query, run
from tests.contracts.data import ACAI, FRANCISCA, RAIMUNDO

CHANGES = f"""{HEADER}
contribuinte,99990002000132,Castanha do Pará Ltda,,,,,,,,,,,,,,,,,,
inscricao,99990001000198,,,AM,049000012,BAIXADA,Manaus,,,,,,,,,,,,,
inscricao,99990002000132,,,AM,049000063,ATIVA,Lábrea,,,,,,,,,,,,,
inscricao,99990002000132,,,AM,049000209,ATIVA,Lábrea,,,,,,,,,,,,,
representante,99990001000198,,,,,,,90000107212,,,,,,,,,EXTINTA,,,
{PROCURACAO.format(id="p-raiz", estado="ATIVA", pai="")}
"""


def test_differences_say_what_and_from_what_to_what(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE procuracoes SET estado = 'REVOGADA' WHERE id = 'p-raiz'")
    before = everything(store)
    found: list[Difference] = []
    with store.staging(AT) as staging:
        result = importar(io.StringIO(CHANGES), staging, dry_run=True, summary={}, report=found.append)
    assert everything(store) == before
    assert [(one.table, one.kind, dict(one.key), dict(one.fields)) for one in found[:4]] == [
        ("contribuintes", "changed", {"id": "99990002"}, {"nome": ("Castanha Ltda", "Castanha do Pará Ltda")}),
        (
            "inscricoes",
            "added",
            {"uf": "AM", "numero": "049000209"},
            {
                "documento": (None, "99990002000132"),
                "contribuinte": (None, "99990002"),
                "situacao": (None, "ATIVA"),
                "municipio": (None, "Lábrea"),
            },
        ),
        ("inscricoes", "changed", {"uf": "AM", "numero": "049000012"}, {"situacao": ("ATIVA", "BAIXADA")}),
        (*("procuracoes", "kept", {"id": "p-raiz"}), dict(found[3].fields)),
    ]
    assert found[3].fields["estado"] == ("REVOGADA", "ATIVA")
    assert (found[4].kind, dict(found[4].key)) == ("removed", {"contribuinte": "99990001", "cpf": "90000107212"})
    assert len(found) == 5
    assert result.examples == found


def test_a_few_examples_and_every_difference(store: SqlStore) -> None:
    lines = [f"inscricao,99990001000198,,,AM,{number:09},ATIVA,Manaus,," for number in range(500, 530)]
    found: list[Difference] = []
    with store.staging(AT) as staging:
        text = io.StringIO("\n".join([NARROW, *lines]))
        result = importar(text, staging, dry_run=True, summary={}, report=found.append)
    assert (len(found), len(result.examples)) == (30, 5)


def test_json_does_what_csv_does(store: SqlStore) -> None:
    records = [
        {"tipo": "contribuinte", "documento": "11222333000181", "nome": "Nova Ltda"},
        {"tipo": "estabelecimento", "documento": "11222333000181", "matriz": True},
        {"tipo": "inscricao", "documento": "11222333000181", "uf": "AM", "numero": "049000110", "situacao": "ATIVA"},
        {"tipo": "nothing"},
    ]
    for form in (json.dumps(records), "\n".join(map(json.dumps, records))):
        with store.staging(AT) as staging:
            result = importar(io.StringIO(form), staging, format="json", on_error="skip", summary={})
        assert (result.applied, [problem.line for problem in result.problems]) == (True, [4])
    assert query(store, "SELECT situacao FROM inscricoes WHERE numero = '049000110'") == [("ATIVA",)]


def test_a_procuracao_keeps_its_parent_and_none_descends_from_itself(store: SqlStore) -> None:
    lines = [
        PROCURACAO.format(id="p-filho", estado="ATIVA", pai=""),
        PROCURACAO.format(id="a", estado="ATIVA", pai="b"),
        PROCURACAO.format(id="b", estado="ATIVA", pai="a"),
        PROCURACAO.format(id="c", estado="ATIVA", pai="c"),
        PROCURACAO.format(id="d", estado="ATIVA", pai="p-raiz"),
    ]
    result = run(store, "\n".join([HEADER, *lines]), on_error="skip")
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (2, "pai: it is another here"),
        (3, "pai: it descends from itself"),
        (4, "pai: it descends from itself"),
        (5, "pai: it descends from itself"),
    ]
    assert query(store, "SELECT id FROM procuracoes WHERE pai = 'p-raiz' ORDER BY 1") == [("d",), ("p-filho",)]


def test_what_is_the_same_is_not_locked(postgres_store: SqlStore) -> None:
    """A login holds the rows that a file repeats unchanged: the import goes by."""
    store = postgres_store
    text = f"{NARROW}\ncontribuinte,99990001000198,Açaí Ltda,,,,,,,\n" + NEW_COMPANY.split("\n", 1)[1]
    run(store, text)
    with store.begin() as login:
        assert login.cadastro.facts(RAIMUNDO, RepresentationRef(ACAI, Modo.REPRESENTANTE_LEGAL), lock=True)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(run, store, text.replace("Nova", "Novíssima")).result(timeout=60).applied


def test_logins_go_on_beside_a_merge(postgres_store: SqlStore) -> None:
    """Whoever's rows a merge does not change is not held up by it, from its first lock to its commit."""
    store = postgres_store
    with store.staging(AT) as staging:
        compare = staging.compare
        seen: list[object] = []

        def beside() -> Any:
            with store.begin() as login:
                by_chain = RepresentationRef(ACAI, Modo.PROCURACAO, "p-raiz")
                seen.append(login.cadastro.facts(FRANCISCA, by_chain, lock=True))
            return compare()

        staging.compare = beside  # type: ignore[method-assign]  # within the merge, its locks taken
        text = "inscricao,99990002000132,,,AM,049000063,BAIXADA,Lábrea,,\n"
        assert importar([NARROW + "\n", text], staging, summary={}).applied
    assert len(seen) == 1


KILLED = """
import sys
from idp.storage.sql import staged, staging
from idp.cli import main
execute = staging.SqlStaging.merge
def merge(self, summary):
    run = type(self._connection).execute
    def told(connection, statement, *more, **options):
        result = run(connection, statement, *more, **options)
        if statement is staged.REPRESENTANTES.merge.on(connection):
            print("merged", flush=True)
            sys.stdin.read()
        return result
    type(self._connection).execute = told
    return execute(self, summary)
staging.SqlStaging.merge = merge
main()
"""


@pytest.mark.attack("REL-01")
def test_killed_in_the_middle_of_a_merge_the_old_state_stays(
    store: SqlStore, database_url: str, tmp_path: Path
) -> None:
    before = everything(store)
    file = tmp_path / "new.csv"
    file.write_text(NEW_COMPANY)
    environment = os.environ | {"IDP_REALM": "sandbox", "IDP_DATABASE_URL": database_url}
    command = [sys.executable, "-c", KILLED, "cadastro", "import", str(file)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as importing:
        assert importing.stdout is not None
        assert importing.stdout.readline() == b"merged\n"
        importing.send_signal(signal.SIGKILL)
    assert everything(store) == before
    assert run(store, NEW_COMPANY).applied


@pytest.mark.deep
def test_a_million_inscricoes_at_once(store: SqlStore, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "million.csv"
    rows = write(file, 1_000_000, 200_000)
    environment = os.environ | {"IDP_REALM": "sandbox", "IDP_DATABASE_URL": database_url}
    began = time.monotonic()
    importing = subprocess.Popen(
        [sys.executable, "-m", "idp", "cadastro", "import", str(file)], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(importing.pid, 0)
    importing.returncode = status
    assert status == 0
    assert usage.ru_maxrss // 1024 < 400
    assert time.monotonic() - began < 900
    assert rows > 2_000_000
    (count,) = query(store, "SELECT count(*) FROM inscricoes")
    assert count == (1_000_005,)
    assert query(store, f"SELECT nome FROM contribuintes WHERE id = '{cnpj(10_000_000)[:8]}'") == [("EMPRESA 0 LTDA",)]


def test_a_database_just_filled_knows_its_size(store: SqlStore) -> None:
    """Without statistics SQLite reads every inscrição for one login's list."""
    run(store, NEW_COMPANY)
    if store.engine.dialect.name == "sqlite":
        known = query(store, "SELECT DISTINCT tbl FROM sqlite_stat1")
    else:
        known = query(store, "SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'")
    assert {"contribuintes", "estabelecimentos", "inscricoes", "representantes"} <= {name for (name,) in known}
