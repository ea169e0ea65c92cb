"""What may happen to a procuração: every kind of actor, every event, every state; and what ends with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from idp.domain.politica import DEFAULT, Impedimento, NotEntitled
from idp.domain.procuracao import EstadoProcuracao, TipoEscopo
from idp.errors import IllegalTransition, NotFound
from idp.flow.outorga import Refused
from tests.outorga.world import AM2, DAY, FIRMA, JOAO, TO_FIRMA, TO_JOAO, World, proposta

E = EstadoProcuracao
STATES = ("PENDENTE", "ATIVA", "SUSPENSA", "RECUSADA", "REVOGADA", "RENUNCIADA", "EXPIRADA", "EXTINTA")

# Of the procuração that Açaí gave the firm: who is which party, or why not.
ACTORS = {
    "acai": "outorgante",
    "filial": "outorgante",
    "socia": "outorgante",
    "dono": "outorgante",
    "firma": "outorgado",
    "contadora": "outorgado",  # the firm's legal representative
    "selo": "SELO",
    "sem": "SEM_RESPONSAVEL",
    "ex": "RESPONSAVEL_DIVERGENTE",
    "joao": "stranger",
    "castanha": "stranger",
    "fora": "stranger",
    "produtora": "stranger",
    "estranha": "stranger",
}
# Event: whose it is, and what each state becomes by it.
EVENTS = {
    "aceitar": ("outorgado", {"PENDENTE": "ATIVA"}),
    "recusar": ("outorgado", {"PENDENTE": "RECUSADA"}),
    "renunciar": ("outorgado", {"ATIVA": "RENUNCIADA", "SUSPENSA": "RENUNCIADA"}),
    "revogar": ("outorgante", {"PENDENTE": "REVOGADA", "ATIVA": "REVOGADA", "SUSPENSA": "REVOGADA"}),
}


@pytest.mark.attack("ATK-128")
@pytest.mark.attack("ATK-131")
def test_everybody_every_event_every_state(world: World) -> None:
    """448 cells. Whoever is not the party is told what a stranger to everything is told."""
    id = world.give(accept=None, **TO_FIRMA).id
    seen = 0
    for who, part in ACTORS.items():
        quem = world.quem(who)
        for event, (party, becomes) in EVENTS.items():
            for state in STATES:
                world.sql(f"UPDATE procuracoes SET estado = '{state}' WHERE id = '{id}'")
                try:
                    outcome = world.outorga.act(quem, event, id).estado.value
                except (NotFound, NotEntitled, IllegalTransition) as error:
                    outcome = type(error).__name__
                    assert world.kept(id).estado.value == state
                if part == party:
                    expected = becomes.get(state, "IllegalTransition")
                elif part.isupper() and party == "outorgante":
                    expected = "NotEntitled"
                else:
                    expected = "NotFound"
                assert outcome == expected, (who, event, state)
                seen += 1
    assert seen == 14 * 4 * 8


@pytest.mark.attack("ATK-131")
def test_nothing_there_and_nothing_of_theirs_is_one_answer(world: World) -> None:
    id = world.give(accept=None).id
    said = set()
    for one in (id, "none", "\x00", "x" * 100):
        with pytest.raises(NotFound) as refused:
            world.outorga.act(world.quem("estranha"), "revogar", one)
        with pytest.raises(NotFound) as unseen:
            world.outorga.ver(world.quem("estranha"), one)
        said |= {str(refused.value), str(unseen.value)}
    assert len(said) == 1


def test_a_seal_accepts_nothing(world: World) -> None:
    id = world.give("castanha", accept=None, em_nome_de=type(FIRMA)("99990002000132"), outorgado="99990001000198").id
    with pytest.raises(NotEntitled) as refused:
        world.outorga.act(world.quem("selo"), "aceitar", id)
    assert refused.value.impedimento is Impedimento.SELO
    assert world.outorga.act(world.quem("acai"), "aceitar", id).estado is E.ATIVA


def test_a_firm_that_no_cadastro_knows_accepts_by_the_responsavel_of_its_certificate(world: World) -> None:
    given = world.give(accept="fora", outorgado="11222333000181", outorgado_nome="Escritorio de Fora")
    assert given.estado is E.ATIVA
    assert world.outorga.act(world.quem("fora"), "renunciar", given.id).estado is E.RENUNCIADA


# --- What ends with it ---------------------------------------------------------------------------------------------


def test_a_revocation_revokes_what_rests_on_it_and_tells_the_clients(world: World) -> None:
    mine, other = world.give(), world.give(**TO_FIRMA, accept="firma")
    rests, free = world.grant("contadora", mine.id), world.grant("firma", other.id)
    world.outorga.act(world.quem("acai"), "revogar", mine.id, "  mudamos\n de escritório ")
    assert (world.live(rests), world.live(free)) == (False, True)
    assert world.told() == 1
    assert world.audited()[-2:] == ["grant.revoked", "procuracao.revogar"]
    last = world.outorga.ver(world.quem("contadora"), mine.id).atos[-1]
    assert (last.evento, last.motivo, last.qualidade) == ("revogar", "mudamos de escritório", "e-cnpj")


@pytest.mark.parametrize("end", ["revogar", "renunciar", "suspender", "extinguir", "expirar"])
def test_every_end_ends_the_children_s_grants_too(world: World, end: str) -> None:
    pai, child = chain(world)
    below = world.grant("joao", child)
    if end == "expirar":
        world.clock.at = world.kept(pai).vigencia.fim
        assert world.outorga.vencer(world.clock.now()) == 2
    elif end in ("suspender", "extinguir"):
        world.outorga.autoridade(end, pai, "ana", "processo 12/2026")
    else:
        world.outorga.act(world.quem("acai" if end == "revogar" else "firma"), end, pai)
    assert not world.live(below)


def test_a_suspension_lifted_gives_back_the_right_and_no_token(world: World) -> None:
    given = world.give()
    grant = world.grant("contadora", given.id)
    world.clock.tick()
    world.outorga.autoridade("suspender", given.id, "ana", "denúncia")
    world.clock.tick()
    assert world.outorga.autoridade("reativar", given.id, "ana", "arquivada").estado is E.ATIVA
    assert not world.live(grant)
    atos = world.outorga.ver(world.quem("contadora"), given.id).atos
    assert [(a.evento, a.por, a.qualidade) for a in atos[2:]] == [
        ("suspender", "ana", "orgao"),
        ("reativar", "ana", "orgao"),
    ]


@pytest.mark.parametrize(("event", "reason"), [("revogar", "x"), ("suspender", " ")])
def test_an_officer_has_three_events_and_a_reason(world: World, event: str, reason: str) -> None:
    given = world.give()
    with pytest.raises(ValueError, match="reason"):
        world.outorga.autoridade(event, given.id, "ana", reason)
    with pytest.raises(NotFound):
        world.outorga.autoridade("suspender", "none", "ana", "x")


# --- Time ----------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-123")
def test_what_time_has_ended_has_no_more_events_whether_or_not_the_worker_came(world: World) -> None:
    given = world.give(fim=date(2026, 12, 31))
    world.clock.at = given.vigencia.fim - timedelta(microseconds=1)
    assert world.outorga.ver(world.quem("contadora"), given.id).eventos == ("renunciar",)
    world.clock.at = given.vigencia.fim
    assert world.outorga.ver(world.quem("contadora"), given.id).eventos == ()
    for who, event in (("contadora", "renunciar"), ("acai", "revogar")):
        with pytest.raises(IllegalTransition, match="EXPIRADA"):
            world.outorga.act(world.quem(who), event, given.id)
    assert world.outorga.vencer(world.clock.now()) == 1
    assert world.kept(given.id).estado is E.EXPIRADA
    assert world.outorga.vencer(world.clock.now()) == 0


def test_nobody_accepts_after_thirty_days(world: World) -> None:
    given = world.give(accept=None)
    world.clock.at = given.estado_em + 30 * DAY
    with pytest.raises(IllegalTransition):
        world.outorga.act(world.quem("contadora"), "aceitar", given.id)
    assert world.outorga.vencer(world.clock.now()) == 1
    assert world.kept(given.id).estado is E.EXPIRADA
    assert world.audited()[-1] == "procuracao.expirar"


def test_expiry_comes_in_batches(world: World) -> None:
    ids = [world.give(accept=None).id for _ in range(3)]
    world.clock.tick(31 * DAY)
    assert [world.outorga.vencer(world.clock.now(), 2) for _ in range(3)] == [2, 1, 0]
    assert {world.kept(id).estado for id in ids} == {E.EXPIRADA}


# --- Passing on ----------------------------------------------------------------------------------------------------

DEEP = replace(DEFAULT, profundidade=2)


def chain(world: World, **changes: object) -> tuple[str, str]:
    """Açaí to the firm, the firm to João; both in force."""
    pai = world.give(**TO_FIRMA, accept="firma", poderes=frozenset({"dte.consultar", "nfe.consultar"})).id
    return pai, pass_on(world, pai, **changes).id


def pass_on(world: World, pai: str, who: str = "firma", accept: str | None = "joao", **changes: object):
    return world.give(who, **{"em_nome_de": FIRMA, "pai": pai, **TO_JOAO, "accept": accept, **changes})


def problems(world: World, pai: str, who: str = "firma", **changes: object) -> set[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        world.draft(who, **{"em_nome_de": FIRMA, "pai": pai, **TO_JOAO, **changes})
    return {(p.campo, p.motivo, p.detail) for p in refused.value.problemas}


def test_a_firm_passes_part_of_it_on(world: World) -> None:
    pai, child = chain(world, escopo_tipo=TipoEscopo.INSCRICOES, inscricoes=frozenset({"AM:049000039"}))
    given = world.kept(child)
    assert (given.outorgante, given.outorgante_nome, given.outorgado, given.pai) == (
        world.kept(pai).outorgante,
        "Açaí Ltda",
        JOAO,
        pai,
    )
    assert given.escopo.inscricoes == {AM2}
    assert world.audited()[-2:] == ["procuracao.substabelecer", "procuracao.aceitar"]
    texto = world.outorga.ver(world.quem("joao"), child).atos[0].texto
    assert texto is not None
    assert "Quem substabelece: Contas Certas Ltda, CNPJ 12.ABC.345/01DE-35. Com reserva" in texto


@pytest.mark.attack("ATK-125")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"poderes": frozenset({"dte.dar_ciencia"})}, ("poderes", "fora_da_procuracao", "dte.dar_ciencia")),
        ({"poderes": frozenset({"todos"})}, ("poderes", "fora_da_procuracao", "todos")),
        ({"fim": date(2027, 11, 22)}, ("fim", "fora_da_procuracao", "2027-11-21")),
        ({"escopo_tipo": TipoEscopo.INSCRICOES, "inscricoes": frozenset({"AM:049000063"})},
         ("inscricoes", "nao_pertence", "AM:049000063")),
        ({"outorgado": "99990001000279"}, ("outorgado", "proprio", "")),
        ({"outorgado": "12ABC34501DE35"}, ("outorgado", "proprio", "")),
        ({"substabelecivel": True}, ("substabelecivel", "profundidade", "1")),
    ],
)  # fmt: skip
def test_nobody_passes_on_more_than_he_has(world: World, changes: dict[str, object], expected: object) -> None:
    pai = world.give(**TO_FIRMA, accept="firma", poderes=frozenset({"dte.consultar", "nfe.consultar"})).id
    assert expected in problems(world, pai, **changes)


@pytest.mark.attack("ATK-125")
def test_a_narrower_scope_stays_narrow(world: World) -> None:
    narrow = {"escopo_tipo": TipoEscopo.INSCRICOES, "inscricoes": frozenset({"AM:049000012"})}
    pai = world.give(**TO_FIRMA, accept="firma", **narrow).id
    assert problems(world, pai) == {("escopo_tipo", "fora_da_procuracao", "")}
    other = {"escopo_tipo": TipoEscopo.INSCRICOES, "inscricoes": frozenset({"AM:049000039"})}
    assert problems(world, pai, **other) == {("escopo_tipo", "fora_da_procuracao", "")}
    assert pass_on(world, pai, **narrow).estado is E.ATIVA


def test_only_its_outorgado_passes_it_on_and_only_while_it_is_in_force(world: World) -> None:
    pai = world.give(**TO_FIRMA, accept=None).id
    assert problems(world, pai) == {("pai", "encerrada", "PENDENTE")}
    world.outorga.act(world.quem("firma"), "aceitar", pai)
    for who, em_nome_de in (("acai", proposta().em_nome_de), ("castanha", type(FIRMA)("99990002000132"))):
        with pytest.raises(NotFound):
            world.draft(who, em_nome_de=em_nome_de, pai=pai, **TO_JOAO)
    with pytest.raises(NotFound):
        world.draft("acai", em_nome_de=FIRMA, pai=pai, **TO_JOAO)
    world.outorga.autoridade("suspender", pai, "ana", "x")
    assert problems(world, pai) == {("pai", "encerrada", "SUSPENSA")}
    plain = world.give(**{**TO_FIRMA, "substabelecivel": False}, accept="firma").id
    assert problems(world, plain) == {("pai", "nao_substabelecivel", "")}


@pytest.mark.attack("ATK-124")
def test_the_authority_s_depth(make: Callable[..., World]) -> None:
    world = make(politica=DEEP)
    pai, child = chain(world, substabelecivel=True)
    third = {"outorgado": "90000108294", "outorgado_nome": "Tereza Kambeba", "em_nome_de": JOAO}
    grandchild = pass_on(world, child, "joao", "produtora", **third)
    assert (grandchild.pai, grandchild.estado) == (child, E.ATIVA)
    rests = world.grant("produtora", grandchild.id)
    world.sql(f"UPDATE procuracoes SET substabelecivel = TRUE WHERE id = '{grandchild.id}'")
    fourth = {"em_nome_de": type(JOAO)("90000108294"), "outorgado": "90000104205", "outorgado_nome": "Maria Lima"}
    assert ("pai", "profundidade", "2") in problems(world, grandchild.id, "produtora", **fourth)
    world.outorga.act(world.quem("firma"), "revogar", grandchild.id)  # it passed on what this descends from
    assert not world.live(rests)
    assert world.kept(pai).estado is E.ATIVA


@pytest.mark.attack("ATK-124")
def test_the_database_lets_nothing_descend_from_itself(world: World) -> None:
    pai, child = chain(world)
    for statement in (
        f"UPDATE procuracoes SET pai = '{child}' WHERE id = '{pai}'",
        f"UPDATE procuracoes SET pai = id WHERE id = '{pai}'",
        f"UPDATE procuracoes SET pai = NULL WHERE id = '{child}'",
        f"UPDATE procuracoes SET id = 'other' WHERE id = '{child}'",
    ):
        with pytest.raises(Exception, match=r"(?i)written once|itself|constraint|unique"):
            world.sql(statement)


def test_the_ascendente_takes_back_what_it_passed_on_and_the_outorgante_all(world: World) -> None:
    pai, child = chain(world)
    vista = world.outorga.ver(world.quem("firma"), child)
    assert (vista.papel, vista.eventos) == ("ascendente", ("revogar",))
    assert world.outorga.act(world.quem("firma"), "revogar", child).estado is E.REVOGADA
    again = pass_on(world, pai).id
    assert world.outorga.ver(world.quem("acai"), again).papel == "outorgante"
    assert world.outorga.act(world.quem("acai"), "revogar", again).estado is E.REVOGADA
    with pytest.raises(NotFound):
        world.outorga.act(world.quem("joao"), "revogar", pai)


# --- Without reserve -----------------------------------------------------------------------------------------------


def test_without_reserve_everything_goes_and_the_firm_acts_no_more(world: World) -> None:
    pai = world.give(**TO_FIRMA, accept="firma", poderes=frozenset({"dte.consultar", "nfe.consultar"})).id
    by_firma = world.grant("firma", pai)
    pending = pass_on(world, pai, accept=None, sem_reserva=True, poderes=frozenset())
    assert pending.poderes == {"dte.consultar", "nfe.consultar"}
    assert world.live(by_firma), "until it is accepted nothing changes"
    accepted = world.outorga.act(world.quem("joao"), "aceitar", pending.id)
    kept = world.kept(pai)
    assert (accepted.estado, kept.cedida_a, kept.estado) == (E.ATIVA, pending.id, E.ATIVA)
    assert not world.live(by_firma)
    by_joao = world.grant("joao", pending.id)
    assert problems(world, pai) == {("pai", "cedida", "")}
    vista = world.outorga.ver(world.quem("firma"), pending.id)
    assert (vista.papel, vista.eventos) == ("ascendente", ())
    with pytest.raises(NotFound):
        world.outorga.act(world.quem("firma"), "revogar", pending.id)
    world.outorga.act(world.quem("acai"), "revogar", pai)
    assert not world.live(by_joao)


def test_of_two_without_reserve_one_wins(world: World) -> None:
    pai = world.give(**TO_FIRMA, accept="firma").id
    one = pass_on(world, pai, accept=None, sem_reserva=True)
    two = pass_on(world, pai, accept=None, sem_reserva=True, outorgado="90000108294", outorgado_nome="Tereza Kambeba")
    plain = pass_on(world, pai, accept=None)
    world.outorga.act(world.quem("joao"), "aceitar", one.id)
    for who, id in (("produtora", two.id), ("joao", plain.id)):
        with pytest.raises(IllegalTransition, match="cedida"):
            world.outorga.act(world.quem(who), "aceitar", id)
    assert world.kept(two.id).estado is E.PENDENTE


@pytest.mark.parametrize(("state", "said"), [("REVOGADA", "REVOGADA"), ("SUSPENSA", "SUSPENSA")])
def test_what_is_no_longer_there_is_not_accepted(world: World, state: str, said: str) -> None:
    pai = world.give(**TO_FIRMA, accept="firma").id
    child = pass_on(world, pai, accept=None).id
    world.sql(f"UPDATE procuracoes SET estado = '{state}' WHERE id = '{pai}'")
    with pytest.raises(IllegalTransition, match=said):
        world.outorga.act(world.quem("joao"), "aceitar", child)
