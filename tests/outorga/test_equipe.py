"""A firm of accountants names its employees."""

from __future__ import annotations

from datetime import date

import pytest

from idp.domain.designacao import EstadoDesignacao
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.representation import Demanda, Modo, Regras, RepresentationRef, represent
from idp.errors import IllegalTransition, NotFound, NotRepresentable
from idp.flow.outorga import NotFresh, Refused
from tests.outorga.world import ACAI, AM1, FIRMA, FORA, TO_FIRMA, World, nomeacao

EVERYTHING = frozenset({"todos"})


def problems(world: World, who: str = "firma", **changes: object) -> set[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        world.outorga.rascunho_de_designacao(world.quem(who), nomeacao(**changes))
    return {(p.campo, p.motivo, p.detail) for p in refused.value.problemas}


def may(world: World, who: str, procuracao: str) -> str:
    """Under which designação, as the journey judges it; or why not."""
    quem = world.quem(who)
    with world.store.begin() as uow:
        fatos = uow.cadastro.facts(quem.holder, RepresentationRef(AM1, Modo.PROCURACAO, procuracao), lock=True)
    assert fatos is not None
    try:
        made = represent(
            quem.holder,
            Modo.PROCURACAO,
            fatos,
            nivel=quem.certificado.nivel,
            demanda=Demanda(),
            regras=Regras(),
            at=world.clock.now(),
        )
    except NotRepresentable as refused:
        return refused.motivo
    return made.designacao.id if made.designacao else "direct"


def test_one_act_and_the_employee_acts_for_every_client(world: World) -> None:
    id = world.give(**TO_FIRMA, accept="firma").id
    assert may(world, "joao", id) == "sem_vinculo"
    named = world.name()
    assert may(world, "joao", id) == named.id
    later = world.give(**TO_FIRMA, accept="firma").id
    assert may(world, "joao", later) == named.id
    assert may(world, "firma", id) == "direct"
    (listed,) = world.outorga.equipe(world.quem("firma"), FIRMA)
    assert listed == named
    assert world.outorga.designacoes(world.quem("joao")) == [named]
    assert world.outorga.ver(world.quem("joao"), id).papel == "designado"
    assert world.outorga.ver(world.quem("joao"), id).eventos == ()
    assert world.outorga.carteira(world.quem("joao"), papel="recebidas").total == 2
    assert "designacao.designar" in world.audited()


@pytest.mark.parametrize(("who", "event"), [("firma", "encerrar"), ("contadora", "encerrar"), ("joao", "renunciar")])
def test_either_side_ends_it_and_what_it_gave_ends_with_it(world: World, who: str, event: str) -> None:
    id = world.give(**TO_FIRMA, accept="firma").id
    named = world.name()
    theirs, firm = world.grant("joao", id), world.grant("firma", id)
    end = world.outorga.encerrar if event == "encerrar" else world.outorga.renunciar_designacao
    ended = end(world.quem(who), named.id, "saiu da empresa")
    assert ended.estado is (EstadoDesignacao.ENCERRADA if event == "encerrar" else EstadoDesignacao.RENUNCIADA)
    assert (world.live(theirs), world.live(firm)) == (False, True)
    assert may(world, "joao", id) == "designacao_encerrada"
    assert world.audited()[-2:] == ["grant.revoked", f"designacao.{event}"]
    with pytest.raises(IllegalTransition):
        end(world.quem(who), named.id)
    with pytest.raises(NotFound):
        world.outorga.ver(world.quem("joao"), id)


@pytest.mark.attack("ATK-131")
def test_strangers_learn_nothing_of_a_team(world: World) -> None:
    named = world.name()
    for who in ("acai", "estranha", "castanha", "fora"):
        with pytest.raises(NotFound):
            world.outorga.equipe(world.quem(who), FIRMA)
        with pytest.raises(NotFound):
            world.outorga.rascunho_de_designacao(world.quem(who), nomeacao())
        for end in (world.outorga.encerrar, world.outorga.renunciar_designacao):
            with pytest.raises(NotFound):
                end(world.quem(who), named.id)
    with pytest.raises(NotFound):
        world.outorga.encerrar(world.quem("joao"), named.id)
    with pytest.raises(NotFound):
        world.outorga.renunciar_designacao(world.quem("firma"), named.id)


def test_a_seal_and_a_former_responsavel_name_nobody(world: World) -> None:
    for who, why in (("selo", Impedimento.SELO), ("ex", Impedimento.RESPONSAVEL_DIVERGENTE)):
        with pytest.raises(NotEntitled) as refused:
            world.outorga.rascunho_de_designacao(world.quem(who), nomeacao(em_nome_de=ACAI))
        assert refused.value.impedimento is why


def test_a_firm_that_no_cadastro_knows_names_its_employees(world: World) -> None:
    given = world.give(accept="fora", outorgado="11222333000181", outorgado_nome="Escritorio de Fora")
    named = world.name("fora", em_nome_de=FORA)
    assert may(world, "joao", given.id) == named.id


def test_it_needs_a_step_of_its_own_and_is_done_once(world: World) -> None:
    draft = world.outorga.rascunho_de_designacao(world.quem("firma"), nomeacao())
    assert "Pessoa designada: João Pedro Tavares, CPF 900.001.032-25." in draft.texto
    world.clock.tick()
    old = world.quem("firma", fresh=False)
    with pytest.raises(NotFresh):
        world.outorga.designar(old, draft.id)
    with pytest.raises(NotFound):
        world.outorga.conceder(world.quem("firma"), draft.id)
    first = world.outorga.designar(world.quem("firma"), draft.id)
    assert world.outorga.designar(world.quem("firma"), draft.id) == first
    assert world.audited() == ["designacao.designar"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pessoa": "12ABC34501DE35"}, ("pessoa", "invalido", "length")),
        ({"pessoa": "1"}, ("pessoa", "invalido", "length")),
        ({"pessoa_nome": ""}, ("pessoa_nome", "vazio", "")),
        ({"poderes": frozenset()}, ("poderes", "vazio", "")),
        ({"poderes": frozenset({"x"})}, ("poderes", "desconhecido", "x")),
        ({"inicio": date(2026, 11, 1)}, ("inicio", "passado", "")),
        ({"fim": date(2040, 1, 1)}, ("fim", "prazo", "2031-11-21")),
        ({"clientes": frozenset({"99990002000132"})}, ("clientes", "desconhecido", "99990002000132")),
        ({"pessoa": "90000101281"}, ("pessoa_nome", "nome_nao_confere", "")),
    ],
)
def test_each_thing_that_may_be_wrong(world: World, changes: dict[str, object], expected: tuple[str, str, str]) -> None:
    assert expected in problems(world, **changes)


def test_for_some_clients_only(world: World) -> None:
    for_acai = world.give(**TO_FIRMA, accept="firma").id
    world.name(clientes=frozenset({"99.990.001/0002-79"}), poderes=EVERYTHING)
    assert may(world, "joao", for_acai) != "sem_vinculo"
    (named,) = world.outorga.designacoes(world.quem("joao"))
    assert named.clientes == {"99990001"}
