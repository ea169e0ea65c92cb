"""An employee named by the outorgado's company: what a client is told of it, and that it ends with the naming."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ
from idp.domain.inscricao import InscricaoId
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from tests.oidc.world import ADA, Browser, World

CHOICE = "AM:040000028/procuracao/prc-firma"
YEAR = Vigencia(datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC))
FIRMA = CNPJ("11222333000181")
NAMED = Designacao(
    "dsg-1", FIRMA, "CONTABILIDADE EXEMPLO LTDA", ADA.cpf, ADA.nome, frozenset({"dte.consultar", "outro"}), YEAR
)


@pytest.fixture
def named(world: World) -> World:
    with world.store.begin() as uow:
        uow.procuracoes.add(
            Procuracao(
                "prc-firma",
                CNPJ("12ABC34501DE35"),
                "COMERCIO EXEMPLO LTDA",
                FIRMA,
                "CONTABILIDADE EXEMPLO LTDA",
                frozenset({"dte.dar_ciencia", "dte.consultar"}),
                Escopo(TipoEscopo.INSCRICOES, frozenset({InscricaoId("AM", "040000028")})),
                YEAR,
                EstadoProcuracao.ATIVA,
            )
        )
        uow.designacoes.add(NAMED)
    return world


@pytest.mark.attack("ATK-126")
def test_tokens_say_who_named_the_employee_and_give_no_more_than_both(named: World, browser: Browser) -> None:
    tokens = browser.tokens(b"ada", CHOICE, scope="openid inscricao procuracao")
    for token in (tokens["id_token"], tokens["access_token"]):
        told = jwt.decode(token, options={"verify_signature": False})["representacao"]["procuracao"]
        assert told["designada_por"] == {"cnpj": "11222333000181", "nome": "CONTABILIDADE EXEMPLO LTDA"}
        assert told["poderes"] == ["dte.consultar"]
    narrow = browser.tokens(b"ada", CHOICE, scope="openid inscricao")
    told = jwt.decode(narrow["id_token"], options={"verify_signature": False})["representacao"]["procuracao"]
    assert "designada_por" not in told


@pytest.mark.attack("ATK-130")
def test_it_ends_with_the_naming(named: World, browser: Browser) -> None:
    tokens = browser.tokens(b"ada", CHOICE, scope="openid inscricao offline_access")
    assert browser.userinfo(tokens["access_token"]).status_code == 200
    with named.store.begin() as uow:
        uow.designacoes.update(NAMED.after("encerrar", named.clock.now()))
    assert browser.userinfo(tokens["access_token"]).status_code == 401
    again = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.get_json()["error"] == "invalid_grant"
