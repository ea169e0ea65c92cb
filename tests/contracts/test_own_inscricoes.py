"""The inscrições that somebody may name in a procuração of a party's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.person import Holder
from idp.domain.representation import Regras
from idp.domain.session import Session
from idp.flow.inscricoes import Inscricoes
from idp.storage.sql import SqlStore
from tests.contracts.data import (
    ACAI,
    ACAI_FILIAL,
    CASTANHA,
    CERTIFICADO,
    EMPRESA_ACAI,
    FRANCISCA,
    INSCRICAO_TEREZA,
    JOAO,
    NOW,
    RAIMUNDO,
    TEREZA,
    FixedClock,
)

ACAI_CNPJ, CASTANHA_CNPJ = CNPJ("99990001000198"), CNPJ("99990002000132")


def of(store: SqlStore, holder: Holder, parte: CNPJ | CPF, q: str = "", pai: str | None = None) -> list[InscricaoId]:
    quem = Session("k", "s", holder, replace(CERTIFICADO), NOW, NOW + timedelta(hours=1))
    rows = Inscricoes(clock=FixedClock(NOW), store=store, regras=Regras())
    return sorted(one.id for one in rows.of(quem, parte, q, pai=pai))


def test_of_the_company_by_its_certificate_and_by_its_representative(store: SqlStore) -> None:
    for holder in (EMPRESA_ACAI, RAIMUNDO):
        assert of(store, holder, ACAI_CNPJ) == [ACAI, ACAI_FILIAL], "whatever their situação"
    assert of(store, RAIMUNDO, CASTANHA_CNPJ) == [CASTANHA]
    assert of(store, TEREZA, TEREZA.cpf) == [INSCRICAO_TEREZA]


def test_searched(store: SqlStore) -> None:
    assert of(store, RAIMUNDO, ACAI_CNPJ, "049000012") == [ACAI]
    assert of(store, RAIMUNDO, ACAI_CNPJ, "99.990.001/0002-79") == [ACAI_FILIAL]
    assert of(store, RAIMUNDO, ACAI_CNPJ, "castanha") == []


def test_of_one_passed_on_only_what_that_one_reaches(store: SqlStore) -> None:
    assert of(store, FRANCISCA, ACAI_CNPJ, pai="p-raiz") == [ACAI, ACAI_FILIAL]
    assert of(store, JOAO, ACAI_CNPJ, pai="p-filho") == [ACAI, ACAI_FILIAL]
    assert of(store, JOAO, ACAI_CNPJ, pai="p-raiz") == []


def test_nothing_of_others(store: SqlStore) -> None:
    assert of(store, FRANCISCA, ACAI_CNPJ) == [], "a procuração received is no inscrição of hers"
    assert of(store, TEREZA, ACAI_CNPJ) == []
    assert of(store, EMPRESA_ACAI, CASTANHA_CNPJ) == []
