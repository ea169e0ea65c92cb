"""Asking, by one and by file; answering; and what a request tells its maker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from idp.domain.pedido import EstadoPedido
from idp.domain.politica import DEFAULT
from idp.domain.procuracao import EstadoProcuracao, TipoEscopo
from idp.errors import IllegalTransition, NotFound
from idp.flow.outorga import NotFresh, Refused
from tests.outorga.world import ACAI, CONTADORA, DAY, World, solicitacao

E = EstadoPedido


def ask(world: World, who: str = "contadora", **changes: object):
    return world.outorga.pedir(world.quem(who), solicitacao(**changes))


def problems(world: World, **changes: object) -> set[tuple[str, str, str]]:
    with pytest.raises(Refused) as refused:
        ask(world, **changes)
    return {(p.campo, p.motivo, p.detail) for p in refused.value.problemas}


def approve(world: World, id: str, who: str = "acai"):
    draft = world.outorga.rascunho_de_pedido(world.quem(who), id)
    world.clock.tick()
    return world.outorga.conceder(world.quem(who), draft.id)


def test_the_company_only_has_to_approve(world: World) -> None:
    pedido = ask(world)
    assert world.outorga.ver_pedido(world.quem("acai"), pedido.id) == (pedido, "outorgante")
    assert world.outorga.ver_pedido(world.quem("contadora"), pedido.id) == (pedido, "outorgado")
    draft = world.outorga.rascunho_de_pedido(world.quem("acai"), pedido.id)
    assert "ou já foi dado no pedido" in draft.texto
    old = world.quem("acai", fresh=False)
    world.clock.tick()
    with pytest.raises(NotFresh):
        world.outorga.conceder(old, draft.id)
    given = world.outorga.conceder(world.quem("acai"), draft.id)
    assert (given.estado, given.outorgado, given.outorgante) == (EstadoProcuracao.ATIVA, CONTADORA, ACAI)
    closed, _ = world.outorga.ver_pedido(world.quem("acai"), pedido.id)
    assert (closed.estado, closed.procuracao) == (E.APROVADO, given.id)
    assert world.audited() == ["pedido.fazer", "pedido.aprovar", "procuracao.outorgar"]


def test_no_request_waits_longer_than_what_it_asks_for(world: World) -> None:
    assert ask(world).expira_em == datetime(2026, 12, 22, 12, tzinfo=UTC), "thirty days"
    short = ask(world, outorgante="99.990.002/0001-32", fim=date(2026, 11, 30))
    assert short.expira_em == short.vigencia.fim == datetime(2026, 12, 1, 4, tzinfo=UTC), "midnight in Manaus"


def test_a_request_is_approved_once(world: World) -> None:
    pedido = ask(world)
    drafts = [world.outorga.rascunho_de_pedido(world.quem(who), pedido.id) for who in ("acai", "dono")]
    world.clock.tick()
    world.outorga.conceder(world.quem("acai"), drafts[0].id)
    with pytest.raises(IllegalTransition):
        world.outorga.conceder(world.quem("dono"), drafts[1].id)
    assert world.outorga.carteira(world.quem("contadora"), papel="recebidas").total == 1


def test_approved_days_later_it_begins_then(world: World) -> None:
    pedido = ask(world)
    world.clock.tick(5 * DAY)
    given = approve(world, pedido.id, "dono")
    assert given.vigencia.inicio == pedido.vigencia.inicio + 5 * DAY
    assert given.vigencia.fim == pedido.vigencia.fim


@pytest.mark.parametrize(
    ("who", "event", "becomes"), [("acai", "negar", "NEGADO"), ("contadora", "desistir", "DESISTIDO")]
)
def test_it_is_denied_or_taken_back(world: World, who: str, event: str, becomes: str) -> None:
    pedido = ask(world)
    other = "contadora" if who == "acai" else "acai"
    for stranger in (other, "estranha", "castanha"):
        with pytest.raises(NotFound):
            getattr(world.outorga, event)(world.quem(stranger), pedido.id)
    assert getattr(world.outorga, event)(world.quem(who), pedido.id).estado == becomes
    with pytest.raises(IllegalTransition):
        world.outorga.rascunho_de_pedido(world.quem("acai"), pedido.id)
    with pytest.raises(NotFound):
        world.outorga.rascunho_de_pedido(world.quem("estranha"), pedido.id)


def test_it_waits_for_thirty_days(world: World) -> None:
    pedido = ask(world)
    world.clock.tick(30 * DAY)
    for act in (world.outorga.negar, world.outorga.rascunho_de_pedido):
        with pytest.raises(IllegalTransition):
            act(world.quem("acai"), pedido.id)
    assert world.outorga.vencer(world.clock.now()) == 1
    assert world.outorga.ver_pedido(world.quem("acai"), pedido.id)[0].estado is E.EXPIRADO
    assert world.audited()[-1] == "pedido.expirar"


@pytest.mark.attack("ATK-131")
def test_a_request_tells_nothing_of_whom_it_asks(world: World) -> None:
    """To a company of ours, to one that nobody knows, and with an inscrição that exists or does not: the same."""
    known = ask(world)
    unknown = ask(world, outorgante="11.222.333/0001-81")
    some = {"escopo_tipo": TipoEscopo.INSCRICOES}
    real = ask(world, outorgante="99990002000132", **some, inscricoes=frozenset({"AM:049000063"}))
    invented = ask(world, outorgante="99990003000187", **some, inscricoes=frozenset({"AM:049999999"}))
    assert {one.estado for one in (known, unknown, real, invented)} == {E.ABERTO}
    listed = world.outorga.pedidos(world.quem("contadora"), papel="feitos")
    assert listed.total == 4
    assert "Açaí" not in repr(listed)


def test_what_was_asked_beyond_what_the_company_has_is_refused_at_the_approval(world: World) -> None:
    pedido = ask(world, escopo_tipo=TipoEscopo.INSCRICOES, inscricoes=frozenset({"AM:049000063"}))
    with pytest.raises(Refused) as refused:
        world.outorga.rascunho_de_pedido(world.quem("acai"), pedido.id)
    assert [p.motivo for p in refused.value.problemas] == ["nao_pertence"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"outorgante": ""}, ("outorgante", "vazio", "")),
        ({"outorgante": "90000102253"}, ("outorgante", "proprio", "")),
        ({"poderes": frozenset({"x"})}, ("poderes", "desconhecido", "x")),
        ({"mensagem": "m" * 501}, ("mensagem", "longo", "500")),
        ({"mensagem": "a\x1bb"}, ("mensagem", "invalido", "charset")),
    ],
)
def test_each_thing_that_may_be_wrong(world: World, changes: dict[str, object], expected: tuple[str, str, str]) -> None:
    assert expected in problems(world, **changes)


def test_one_open_request_to_each_and_so_many_in_all(make: Callable[..., World]) -> None:
    world = make(politica=replace(DEFAULT, pedidos_abertos=2))
    ask(world)
    assert problems(world) == {("outorgante", "ja_pedido", "")}
    ask(world, outorgante="99990002000132")
    assert problems(world, outorgante="99990003000187") == {("outorgante", "muitos", "2")}


def test_nobody_asks_for_another(world: World) -> None:
    for who in ("estranha", "acai", "joao"):
        with pytest.raises(NotFound):
            ask(world, who)
