"""Substabelecimentos at random: whatever is tried, chains stay acyclic, short, and a subset at every link."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from idp.domain.documents import CPF
from idp.domain.politica import DEFAULT
from idp.domain.procuracao import TODOS, EstadoProcuracao, TipoEscopo
from idp.errors import IllegalTransition, NotFound
from idp.flow.outorga import Refused
from tests.outorga.world import PEOPLE, World, proposta

NAMES = {"contadora": "Francisca Nascimento", "joao": "Joao Tavares", "produtora": "Tereza Kambeba",
         "estranha": "Maria Lima", "dono": "Raimundo Batista"}  # fmt: skip
POWERS = ("dte.consultar", "dte.dar_ciencia", "nfe.consultar", TODOS)


@pytest.mark.attack("ATK-124")
@pytest.mark.attack("ATK-125")
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_random_graphs(make: Callable[..., World], depth: int) -> None:
    world = make(politica=replace(DEFAULT, profundidade=depth))
    choose = random.Random(depth)
    world.outorga.rascunhos.attempt = lambda *_: True  # type: ignore[method-assign]
    made = [world.give(outorgado=str(cpf(who)), outorgado_nome=NAMES[who], accept=who, poderes=frozenset({"todos"}),
                       substabelecivel=depth > 0).id for who in ("contadora", "joao")]  # fmt: skip
    refused = 0
    for _ in range(60):
        pai = choose.choice(made)
        who, to = choose.choice(list(NAMES)), choose.choice(list(NAMES))
        terms: dict[str, Any] = {
            "em_nome_de": cpf(who),
            "pai": pai,
            "outorgado": str(cpf(to)),
            "outorgado_nome": NAMES[to],
            "poderes": frozenset(choose.sample(POWERS, choose.randint(1, 2))),
            "substabelecivel": choose.random() < 0.8,
            "sem_reserva": choose.random() < 0.2,
        }
        if choose.random() < 0.3:
            terms |= {"escopo_tipo": TipoEscopo.INSCRICOES, "inscricoes": frozenset({"AM:049000012"})}
        try:
            draft = world.outorga.rascunho(world.quem(who), proposta(**terms))
            world.clock.tick()
            child = world.outorga.conceder(world.quem(who), draft.id)
            made.append(world.outorga.act(world.quem(to), "aceitar", child.id).id)
        except (Refused, NotFound, IllegalTransition):
            refused += 1
        if len(made) > 3 and choose.random() < 0.1:
            victim = world.kept(choose.choice(made[2:]))
            if victim.estado is EstadoProcuracao.ATIVA:
                world.outorga.act(world.quem("acai"), "revogar", victim.id)
    assert refused
    assert (len(made) > 2) == (depth > 0)
    kept = {id: world.kept(id) for id in made}
    for one in kept.values():
        seen, link = {one.id}, one
        while link.pai is not None:
            above = kept[link.pai]
            assert link.descends_from(above)
            assert above.id not in seen
            seen.add(above.id)
            link = above
        assert len(seen) <= depth + 1
        ceded = [other for other in kept.values() if other.pai == one.id and other.sem_reserva]
        assert len(ceded) == (one.cedida_a is not None)


def cpf(who: str) -> CPF:
    documento = PEOPLE[who].documento
    assert isinstance(documento, CPF)
    return documento
