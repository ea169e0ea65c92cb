"""Procurações, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.errors import NotFound
from idp.storage.sql import SqlStore
from tests.contracts.data import NOW

VIGENCIA = Vigencia(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
WHOLE = Procuracao(
    id="p-nova",
    outorgante=CNPJ("12ABC34501DE35"),
    outorgante_nome="Estaleiro Ltda",
    outorgado=CPF("90000103225"),
    outorgado_nome="João",
    poderes=frozenset({"nfe.consultar", "dte.consultar"}),
    escopo=Escopo(TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "049000071"), InscricaoId("SP", "1")})),
    vigencia=VIGENCIA,
    substabelecivel=True,
    pai="p-raiz",
    nivel_minimo=Nivel.A3,
)


def test_a_procuracao_comes_back_as_it_went(store: SqlStore) -> None:
    bare = replace(WHOLE, id="p-bare", escopo=Escopo(TipoEscopo.RAIZ), pai=None, nivel_minimo=None, estado_em=NOW)
    with store.begin() as uow:
        uow.procuracoes.add(WHOLE)
        uow.procuracoes.add(bare)
        assert uow.procuracoes.get("p-nova", lock=False) == WHOLE
        assert uow.procuracoes.get("p-bare", lock=True) == bare
        for unknown in ("p-none", "", "\x00", "p-\ud800", "x" * 70_000):
            assert uow.procuracoes.get(unknown, lock=False) is None


def test_update_replaces_state_and_moment_only(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.procuracoes.add(WHOLE)
        revoked = WHOLE.after("revogar", NOW)
        uow.procuracoes.update(replace(revoked, poderes=frozenset({"todos"})))
        assert uow.procuracoes.get("p-nova", lock=False) == revoked
    assert (revoked.estado, revoked.estado_em) == (EstadoProcuracao.REVOGADA, NOW)


def test_update_of_none_is_said_so(store: SqlStore) -> None:
    with pytest.raises(NotFound), store.begin() as uow:
        uow.procuracoes.update(WHOLE)


def test_a_poder_that_would_read_back_as_two_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="poder"), store.begin() as uow:
        uow.procuracoes.add(replace(WHOLE, poderes=frozenset({"a|todos"})))
