"""Everything kept of a person is handed over: every table is decided about, every column is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from idp.audit import seal
from idp.domain.documents import CNPJ, CPF
from idp.domain.grant import CodeBinding
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql import tables as t
from idp.storage.sql.personal import IMPERSONAL, PERSONAL, Whose, export_person, forget_person
from tests.audit.world import ADA, MATRIZ, NOON, story
from tests.contracts.conftest import database_url, sqlite_template
from tests.contracts.data import grant
from tests.domain.samples import DAY, EVA, ada
from tests.domain.samples import wayne as company

__all__ = ["database_url", "sqlite_template"]

STRANGER = CPF("90000107212")
ROWS: dict[str, dict[str, Any]] = {
    "contribuintes": {"id": "18162247238", "nome": "ADA"},
    "estabelecimentos": {"documento": "18162247238", "contribuinte": "18162247238", "matriz": True},
    "inscricoes": {
        "uf": "AM", "numero": "041330188", "documento": "18162247238", "contribuinte": "18162247238",
        "situacao": "ATIVA", "municipio": "MANAUS",
    },
    "representantes": {"contribuinte": "18162247238", "cpf": "47891178631", "nome": "BRUCE WAYNE"},
    "designacoes": {
        "id": "d1", "empresa": "34785515000166", "empresa_contribuinte": "34785515", "empresa_nome": "W",
        "pessoa": "18162247238", "pessoa_nome": "ADA", "poderes": "todos", "clientes": "", "inicio": NOON,
        "fim": NOON + DAY, "estado": "ATIVA",
    },
    "pedidos": {
        "id": "p1", "outorgante": "34785515000166", "outorgante_contribuinte": "34785515",
        "outorgado": "18162247238", "outorgado_contribuinte": "18162247238", "outorgado_nome": "ADA",
        "poderes": "todos", "escopo": "raiz", "inscricoes": "", "inicio": NOON, "fim": NOON + DAY,
        "criado_em": NOON, "expira_em": NOON + DAY, "mensagem": "por favor", "estado": "ABERTO",
    },
    "atos": {
        "id": "a2", "procuracao": "prc_mae", "evento": "outorgar", "em": NOON, "por": "34785515000166",
        "por_nome": "W", "qualidade": "titular", "motivo": "", "texto": "dou poderes a Ada",
    },
    "perfis": {"titular": "18162247238", "dados": '{"email":"ada@example.com"}'},
    "preferencias": {"quem": "digest of ada", "choice": "AM:041330188/titular", "fixada_em": NOON},
    "consents": {
        "sub": "sub of ada", "client_id": "dte", "choice": "AM:041330188/titular", "scope": "openid",
        "granted_at": NOON, "until": NOON + DAY,
    },
    "outbox": {
        "id": "o1", "client_id": "dte", "sub": "sub of ada", "sid": "s", "created_at": NOON, "attempts": 0,
    },
}  # fmt: skip
"""Of Ada, one row in each personal table that the story does not fill."""


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(database_url)
    story(store)
    with store.engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(insert(t.metadata.tables[name]).values(row))
    with store.begin() as uow:
        binding = CodeBinding("https://rp.example/cb", True, None, NOON)
        uow.grants.add(replace(grant("g1"), holder=ada, client_id="dte", nonce="n"), "code digest", binding, "tx1")
    seal(store.audit_log(), lambda data: b"", NOON, tmp_path / "checkpoints")
    store.audit_log().index()
    yield store
    store.close()


def of(store: SqlStore, *, documento: CPF | CNPJ = ADA, named: bool = True) -> dict[str, list[dict[str, Any]]]:
    who = Whose(documento, {"sub of ada"}, {"digest of ada"}) if named else Whose(documento)
    tables: dict[str, list[dict[str, Any]]] = export_person(store, who, NOON)["tables"]
    return tables


def test_every_table_is_decided_about() -> None:
    """A new table names people or does not: say which in idp/storage/sql/personal.py."""
    personal = [kept.table.name for kept in PERSONAL]
    assert sorted([*personal, *IMPERSONAL]) == sorted(t.metadata.tables)
    assert all(reason.strip() for reason in IMPERSONAL.values())
    for kept in PERSONAL:
        assert set(kept.withheld) <= {column.name for column in kept.table.columns}


def test_every_column_of_every_personal_table_is_there(store: SqlStore) -> None:
    exported = of(store)
    for kept in PERSONAL:
        assert exported[kept.table.name], kept.table.name
        if kept.table.name == "audit":
            assert set(exported["audit"][0]) == {"at", "kind", "payload"}
            continue
        columns = {column.name for column in kept.table.columns} - set(kept.withheld)
        assert all(set(row) == columns for row in exported[kept.table.name])


def test_what_an_export_says(store: SqlStore) -> None:
    exported = of(store)
    assert sorted(row["id"] for row in exported["procuracoes"]) == ["prc_filha", "prc_mae"]
    assert exported["perfis"][0]["dados"] == {"email": "ada@example.com"}
    assert exported["atos"][1]["texto"] == "dou poderes a Ada"
    assert exported["grants"][0]["client_id"] == "dte"
    assert [row["kind"] for row in exported["audit"]] == [
        "procuracao.outorgar",
        "procuracao.aceitar",
        "procuracao.substabelecer",
        "code.issued",
        "token.issued",
        "procuracao.revogar",
    ]


def test_nothing_of_others(store: SqlStore) -> None:
    assert all(rows == [] for rows in of(store, documento=STRANGER, named=False).values())
    eva = of(store, documento=EVA, named=False)
    assert {name for name, rows in eva.items() if rows} == {"procuracoes", "audit"}
    assert [row["id"] for row in eva["procuracoes"]] == ["prc_filha"]


def test_a_company_by_its_root(store: SqlStore) -> None:
    company = of(store, documento=CNPJ("34785515000247"), named=False)
    assert sorted(row["id"] for row in company["procuracoes"]) == ["prc_filha", "prc_mae", "prc_outra"]
    assert len(company["audit"]) == 15
    assert str(MATRIZ) in str(company["pedidos"])


def test_a_companys_consent_by_its_responsavel(store: SqlStore) -> None:
    """Kept under the company's sub and a digest of the person; and % is no wildcard."""
    with store.engine.begin() as connection:
        for sub in ("sub of ada.0a1b", "sub of adam", "sub%of ada.1"):
            connection.execute(insert(t.consents).values({**ROWS["consents"], "sub": sub}))
    assert [row["sub"] for row in of(store)["consents"]] == ["sub of ada", "sub of ada.0a1b"]


def test_forgetting_leaves_what_the_law_holds(store: SqlStore) -> None:
    who = Whose(ADA, {"sub of ada"}, {"digest of ada"})
    assert forget_person(store, Whose(STRANGER)) == {}
    assert forget_person(store, who) == {"perfis": 1, "preferencias": 1, "consents": 1}
    left = of(store)
    assert [name for name in ("perfis", "preferencias", "consents") if left[name]] == []
    assert left["procuracoes"]
    assert left["grants"]
    assert left["audit"]


def test_an_establishment_s_copy_has_its_own_sessions_and_acts_only(store: SqlStore) -> None:
    """Where an e-CNPJ acts for its establishment alone, the other establishments' are none of its business, nor who
    represents them and what they told of themselves."""
    with store.engine.begin() as connection:
        connection.execute(insert(t.contribuintes).values({**ROWS["contribuintes"], "id": "34785515"}))
        root = {"contribuinte": "34785515", "cpf": "47891178631", "nome": "BRUCE WAYNE"}
        connection.execute(insert(t.representantes).values(root))
        connection.execute(insert(t.perfis).values({**ROWS["perfis"], "titular": "34785515"}))
    branch = replace(company, cnpj=CNPJ("34785515000247"))
    binding = CodeBinding("https://rp.example/cb", True, None, NOON)
    with store.begin() as uow:
        for id, holder in (("of the matriz", company), ("of the branch", branch)):
            uow.grants.add(replace(grant(id), holder=holder), f"code {id}", binding, f"tx {id}")
    whole = export_person(store, Whose(MATRIZ), NOON)["tables"]
    assert {row["id"] for row in whole["grants"]} >= {"of the matriz", "of the branch"}
    assert whole["audit"]
    assert whole["designacoes"]
    own = export_person(store, Whose(branch.cnpj, raiz=False), NOON)["tables"]
    assert [row["id"] for row in own["grants"]] == ["of the branch"]
    assert own["contribuintes"] == whole["contribuintes"]
    assert whole["representantes"]
    assert whole["perfis"]
    for name in ("audit", "designacoes", "pedidos", "procuracoes", "atos", "representantes", "perfis"):
        assert own[name] == [], name
    assert export_person(store, Whose(MATRIZ, raiz=False), NOON)["tables"]["designacoes"] == whole["designacoes"]
