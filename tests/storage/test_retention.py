"""What is kept for how long, and what goes when its time has come: time is moved, nobody waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from idp.audit import seal, verify
from idp.audit.subjects import procuracao
from idp.domain.grant import CodeBinding
from idp.ports import AuditEvent
from idp.settings import Settings
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql import tables as t
from idp.storage.sql.retention import RULES, Terms, due_for_erasure, enforce
from tests.audit.world import NOON, story
from tests.contracts.conftest import database_url, sqlite_template
from tests.contracts.data import grant
from tests.domain.samples import DAY

__all__ = ["database_url", "sqlite_template"]

TERMS = Terms(access=183 * DAY, procuracoes=2192 * DAY, audit=2192 * DAY)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
END = NOON + 30 * DAY
"""The end of the story's procurações."""


def check(signature: bytes, signed: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, signed)
    except InvalidSignature:
        return False
    return True


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(database_url)
    store.record(AuditEvent("login.refused", NOON, {"claimed": {"documento": "52998224725"}}))
    story(store)
    sealed(store, tmp_path)
    yield store
    store.close()


def sealed(store: SqlStore, directory: Path) -> None:
    seal(store.audit_log(), KEY.sign, NOON, directory / "checkpoints")
    store.audit_log().index()


def count(store: SqlStore, table: t.Table) -> int:
    with store.reader.connect() as connection:
        return len(connection.execute(select(table)).all())


def test_the_terms_are_the_settings() -> None:
    given = Terms.of(Settings(retention_access_days=200, retention_procuracoes_days=3000, retention_audit_days=2500))
    assert given == Terms(200 * DAY, 3000 * DAY, 2500 * DAY)
    assert Terms.of(Settings()) == TERMS


def test_nothing_goes_before_its_time(store: SqlStore) -> None:
    assert enforce(store, TERMS, NOON + 182 * DAY) == {}


def test_refused_logins_go_first_and_the_chain_verifies(store: SqlStore, tmp_path: Path) -> None:
    assert enforce(store, TERMS, NOON + 184 * DAY) == {"audit: refused and discarded logins": 1}
    sealed(store, tmp_path)
    report = verify(store.audit_log(), check, tmp_path / "checkpoints")
    assert (report.erased, report.problems) == (1, ())
    assert enforce(store, TERMS, NOON + 184 * DAY) == {}
    rows = [row for row in store.audit_log().rows() if row.kind == "audit.erased"]
    assert ['"rows":1' in (row.payload or "") for row in rows] == [True]


def test_the_audit_of_a_procuracao_outlives_its_term_with_it(store: SqlStore, tmp_path: Path) -> None:
    """Six years after the acts but not after the procurações' end: what names one of them stays, the rest goes."""
    at = NOON + (8 + 2192) * DAY
    assert enforce(store, TERMS, at) == {
        "audit: refused and discarded logins": 1,
        "audit: everything else": 4,  # the two logins that rested on no procuração
    }
    at = END + 2192 * DAY
    assert enforce(store, TERMS, at) == {
        "procurações, with their acts and texts": 3,
        "audit: everything else": 11,
    }
    assert count(store, t.procuracoes) == 0
    sealed(store, tmp_path)
    report = verify(store.audit_log(), check, tmp_path / "checkpoints")
    assert (report.sealed, report.erased, report.problems) == (19, 16, ())
    assert count(store, t.audit_subjects) == 0


def test_one_that_others_descend_from_waits_for_them(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        connection.execute(t.procuracoes.update().where(t.procuracoes.c.id == "prc_filha").values(fim=END + 100 * DAY))
    assert enforce(store, TERMS, END + 2192 * DAY)["procurações, with their acts and texts"] == 1
    with store.reader.connect() as connection:
        left = set(connection.execute(select(t.procuracoes.c.id)).scalars())
    assert left == {"prc_mae", "prc_filha"}
    assert enforce(store, TERMS, END + (100 + 2192) * DAY)["procurações, with their acts and texts"] == 2


def test_grants_and_consents(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.grants.add(
            replace(grant("g1"), expires_at=NOON + DAY), "digest", CodeBinding("https://rp/cb", True, None, NOON), "tx1"
        )
        uow.consents.remember("sub", "dte", grant("g1").choice, frozenset({"openid"}), NOON, NOON + 180 * DAY)
    assert enforce(store, TERMS, NOON + 180 * DAY - timedelta(seconds=1)) == {}
    assert enforce(store, TERMS, NOON + 180 * DAY) == {"remembered consents": 1}
    done = enforce(store, TERMS, NOON + 184 * DAY)
    assert done["grants: sign-ins at applications"] == 1
    assert (count(store, t.grants), count(store, t.consents)) == (0, 0)


def test_requests_and_designacoes_go_with_their_acts(store: SqlStore) -> None:
    party = {"outorgante": "34785515000166", "outorgante_contribuinte": "34785515", "outorgado": "18162247238"}
    with store.engine.begin() as connection:
        connection.execute(
            insert(t.designacoes).values(
                id="d1", empresa="34785515000166", empresa_contribuinte="34785515", empresa_nome="W",
                pessoa="18162247238", pessoa_nome="A", poderes="todos", clientes="", inicio=NOON, fim=END,
                estado="ATIVA",
            )
        )  # fmt: skip
        connection.execute(
            insert(t.pedidos).values(
                id="p1", **party, outorgado_contribuinte="18162247238", outorgado_nome="A", poderes="todos",
                escopo="raiz", inscricoes="", inicio=NOON, fim=END, criado_em=NOON, expira_em=NOON + DAY, mensagem="",
                estado="ABERTO", procuracao="prc_outra",
            )
        )  # fmt: skip
        for number, owner in enumerate(({"designacao": "d1"}, {"procuracao": "prc_mae"})):
            connection.execute(
                insert(t.atos).values(
                    id=f"b{number}", evento="x", em=NOON, por="34785515000166", por_nome="W", qualidade="titular",
                    motivo="", texto="texto", **owner,
                )
            )  # fmt: skip
    done = enforce(store, TERMS, END + 2192 * DAY)
    assert done["requests for a procuração"] == 1
    assert done["designações of employees, with their acts"] == 1
    assert done["procurações, with their acts and texts"] == 3
    assert [count(store, table) for table in (t.atos, t.designacoes, t.pedidos, t.procuracoes)] == [0, 0, 0, 0]


@pytest.mark.parametrize("estado", ["ENCERRADA", "RENUNCIADA"])
def test_a_designacao_that_somebody_ended_has_its_term_from_that_day(store: SqlStore, estado: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(
            insert(t.designacoes).values(
                id="d1", empresa="34785515000166", empresa_contribuinte="34785515", empresa_nome="W",
                pessoa="18162247238", pessoa_nome="A", poderes="todos", clientes="", inicio=NOON, fim=END,
                estado=estado, estado_em=NOON + DAY,
            )
        )  # fmt: skip
    designacoes = "designações of employees, with their acts"
    assert designacoes not in enforce(store, TERMS, NOON + (1 + 2192) * DAY - timedelta(seconds=1))
    assert enforce(store, TERMS, NOON + (1 + 2192) * DAY)[designacoes] == 1


def test_the_day_that_a_person_is_told_counts_from_the_revocation(store: SqlStore) -> None:
    """And not from the end that the procuração would have had."""
    about, at = [procuracao("prc_mae")], NOON + 20 * DAY
    assert due_for_erasure(store, about, TERMS, at) == ([], END + 2192 * DAY)
    with store.engine.begin() as connection:
        connection.execute(t.procuracoes.update().values(estado="REVOGADA", estado_em=at))
    assert due_for_erasure(store, about, TERMS, at) == ([], at + 2192 * DAY)


def test_many_more_than_one_batch(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.storage.sql.retention._BATCH", 2)
    done = enforce(store, TERMS, END + 2192 * DAY)
    assert done["procurações, with their acts and texts"] == 3
    assert done["audit: everything else"] == 15


def test_the_page_names_every_rule_and_every_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "retention.md").read_text()
    for rule in RULES:
        assert f"| {rule.data} | {rule.term} | {rule.how} |" in page
    missing = [name for name in t.metadata.tables if f"`{name}`" not in page]
    assert missing == []
