"""Long lists, and who may look at what."""

from __future__ import annotations

import pytest

from idp.domain.politica import Impedimento, NotEntitled
from idp.errors import NotFound
from tests.outorga.test_eventos import chain
from tests.outorga.world import TO_FIRMA, TO_JOAO, World

MANY = 120


@pytest.fixture
def full(world: World) -> World:
    """The accountant has as many procurações as a small office."""
    world.give()
    for n in range(MANY):
        state = ("REVOGADA", "PENDENTE", "ATIVA")[n % 3]
        world.sql(
            "INSERT INTO procuracoes SELECT"
            f" 'p{n:03}', outorgante, outorgante_contribuinte, 'Cliente {n:03} Ltda', outorgado,"
            " outorgado_contribuinte, outorgado_nome, poderes, escopo, inscricoes, inicio, fim,"
            f" '{state}', estado_em, substabelecivel, pai,"
            f" nivel_minimo, 'cliente {n:03} ltda', outorgado_busca, sem_reserva, cedida_a, criada_em"
            " FROM procuracoes WHERE id NOT LIKE 'p___'"
        )
    return world


def test_pages_of_fifty_by_name(full: World) -> None:
    quem = full.quem("contadora")
    first = full.outorga.carteira(quem, papel="recebidas", situacao="todas")
    assert (len(first.itens), first.total, first.paginas) == (50, 121, 3)
    last = full.outorga.carteira(quem, papel="recebidas", situacao="todas", pagina=3)
    assert len(last.itens) == 21
    names = [one.outorgante_nome for one in (*first.itens, *last.itens)]
    assert names == sorted(names, key=lambda name: "acai" if name == "Açaí Ltda" else name.lower())
    assert full.outorga.carteira(quem, papel="recebidas", situacao="todas", pagina=9).itens == ()


@pytest.mark.parametrize(
    ("situacao", "many"), [("vigentes", 41), ("pendentes", 40), ("encerradas", 40), ("todas", 121)]
)
def test_by_situation(full: World, situacao: str, many: int) -> None:
    assert full.outorga.carteira(full.quem("contadora"), papel="recebidas", situacao=situacao).total == many


@pytest.mark.parametrize(
    ("q", "many"), [("CLIENTE 007", 1), ("açai", 1), ("ACAI", 1), ("99.990.001", 121), ("%", 0), ("zz", 0)]
)
def test_found_by_name_and_document(full: World, q: str, many: int) -> None:
    assert full.outorga.carteira(full.quem("contadora"), papel="recebidas", situacao="todas", q=q).total == many


@pytest.mark.attack("ATK-131")
def test_everybody_sees_their_own_and_nothing_else(world: World) -> None:
    pai, child = chain(world)
    plain = world.give().id

    def given(who: str) -> set[str]:
        return {one.id for one in world.outorga.carteira(world.quem(who), papel="concedidas").itens}

    def received(who: str) -> set[str]:
        return {one.id for one in world.outorga.carteira(world.quem(who), papel="recebidas").itens}

    assert given("acai") == given("filial") == given("dono") == given("selo") == {pai, child, plain}
    assert given("firma") == {child}
    assert received("firma") == {pai}
    assert received("contadora") == {pai, plain}, "also as the firm's representative"
    assert received("joao") == {child}
    for who in ("estranha", "castanha", "fora", "produtora"):
        assert given(who) == received(who) == set()
    for who in ("castanha", "produtora", "estranha"):
        with pytest.raises(NotFound):
            world.outorga.ver(world.quem(who), plain)
    with pytest.raises(NotEntitled):
        world.outorga.carteira(world.quem("ex"), papel="concedidas")
    with pytest.raises(NotEntitled):
        world.outorga.ver(world.quem("ex"), plain)


def test_a_seal_looks_and_does_nothing(world: World) -> None:
    id = world.give().id
    vista = world.outorga.ver(world.quem("selo"), id)
    assert (vista.papel, vista.eventos, vista.impedimento) == ("outorgante", (), Impedimento.SELO)


def test_what_each_may_cause_now(world: World) -> None:
    waiting = world.give(accept=None, **TO_FIRMA).id

    def events(who: str, id: str) -> tuple[str, ...]:
        return world.outorga.ver(world.quem(who), id).eventos

    assert events("acai", waiting) == ("revogar",)
    assert events("firma", waiting) == ("aceitar", "recusar")
    world.outorga.act(world.quem("firma"), "aceitar", waiting)
    assert events("firma", waiting) == ("renunciar", "substabelecer")
    assert events("acai", waiting) == ("revogar",)
    child = world.give("firma", accept="joao", em_nome_de=type(world.kept(waiting).outorgado)("12ABC34501DE35"),
                       pai=waiting, **TO_JOAO).id  # fmt: skip
    assert events("joao", child) == ("renunciar",)
    seen = world.outorga.ver(world.quem("joao"), child)
    assert seen.pai is not None
    assert seen.pai.id == waiting
    assert [one.id for one in world.outorga.ver(world.quem("acai"), waiting).filhas] == [child]
