"""An employee acts by the company that named him: never beyond the naming, never beyond the procuração."""

from __future__ import annotations

from typing import Any

import pytest

from idp.domain.designacao import Designacao, EstadoDesignacao
from idp.domain.procuracao import Vigencia
from idp.domain.representation import Demanda, Fatos, Modo, Motivo, Regras, Representation, represent
from idp.errors import IllegalTransition, NotRepresentable
from tests.domain.samples import DAY, EVA, FIRMA, T0, ada, certificado, eva, inscricao, procuracao

GIVEN = frozenset({"dte.consultar", "nfe.consultar"})


def designacao(*poderes: str, **changes: Any) -> Designacao:
    values: dict[str, Any] = {
        "id": "dsg_1",
        "empresa": FIRMA,
        "empresa_nome": "CONTABILIDADE EXEMPLO LTDA",
        "pessoa": EVA,
        "pessoa_nome": "EVA NINGUEM",
        "poderes": frozenset(poderes),
        "vigencia": Vigencia(T0 - 10 * DAY, T0 + 10 * DAY),
    }
    return Designacao(**values | changes)


def acts(*named: Designacao, given: frozenset[str] = GIVEN, poder: str | None = None, who: Any = eva) -> Representation:
    link = procuracao(outorgado=FIRMA, poderes=given)
    fatos = Fatos(inscricao(), cadeia=(link,), designacoes=named)
    demanda = Demanda(poder=poder)
    nivel = certificado().nivel
    return represent(who, Modo.PROCURACAO, fatos, nivel=nivel, demanda=demanda, regras=Regras(), at=T0)


def refusal(*named: Designacao, **options: Any) -> str:
    with pytest.raises(NotRepresentable) as refused:
        acts(*named, **options)
    return refused.value.motivo


@pytest.mark.attack("ATK-125")
@pytest.mark.parametrize(
    ("named", "given", "has"),
    [
        ({"todos"}, GIVEN, GIVEN),
        ({"todos"}, {"todos"}, {"todos"}),
        ({"dte.consultar"}, {"todos"}, {"dte.consultar"}),
        ({"dte.consultar", "dte.dar_ciencia"}, GIVEN, {"dte.consultar"}),
    ],
)
def test_an_employee_has_what_both_give(named: set[str], given: set[str], has: set[str]) -> None:
    made = acts(designacao(*named), given=frozenset(given))
    assert made.poderes == has
    assert made.ate == T0 + 10 * DAY
    assert made.designacao is not None


@pytest.mark.attack("ATK-125")
def test_what_one_of_the_two_does_not_give_is_refused() -> None:
    assert refusal(designacao("dte.consultar"), poder="nfe.consultar") == Motivo.PODER
    assert refusal(designacao("dte.dar_ciencia"), poder="dte.dar_ciencia") == Motivo.PODER
    assert refusal(designacao("dte.dar_ciencia")) == Motivo.PODER, "a naming that leaves nothing gives nothing"


def test_of_several_the_one_that_permits_counts() -> None:
    long = designacao("dte.dar_ciencia", id="dsg_2", vigencia=Vigencia(T0 - DAY, T0 + 20 * DAY))
    assert acts(designacao("dte.consultar"), long).designacao == designacao("dte.consultar")


@pytest.mark.parametrize(
    ("changes", "motivo"),
    [
        ({"estado": EstadoDesignacao.ENCERRADA}, Motivo.DESIGNACAO),
        ({"estado": EstadoDesignacao.RENUNCIADA}, Motivo.DESIGNACAO),
        ({"vigencia": Vigencia(T0 - 2 * DAY, T0)}, Motivo.DESIGNACAO),
        ({"vigencia": Vigencia(T0 + DAY, T0 + 2 * DAY)}, Motivo.DESIGNACAO),
        ({"clientes": frozenset({"99990002"})}, Motivo.SEM_VINCULO),
    ],
)
def test_one_that_does_not_hold_gives_nothing(changes: dict[str, Any], motivo: Motivo) -> None:
    assert refusal(designacao("todos", **changes)) == motivo


def test_another_s_naming_is_nobody_else_s() -> None:
    assert refusal(designacao("todos"), who=ada) == Motivo.SEM_VINCULO
    assert acts(designacao("todos", clientes=frozenset({"34785515"}))).designacao is not None


def test_it_ends_once() -> None:
    ended = designacao("todos").after("encerrar", T0)
    assert (ended.estado, ended.estado_em) == (EstadoDesignacao.ENCERRADA, T0)
    for event in ("encerrar", "renunciar", "aceitar"):
        with pytest.raises(IllegalTransition):
            ended.after(event, T0)
