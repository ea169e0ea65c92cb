"""Who may do what to a procuração, and what ends with a session."""

from __future__ import annotations

import pytest

from idp.domain.procuracao import EstadoProcuracao
from idp.domain.representation import Regras
from idp.errors import IllegalTransition, InvalidGrant, InvalidToken, NotFound
from tests.domain.samples import ADA, ALFA, BRUCE, EVA, FILIAL, FIRMA, FIRMA_FILIAL, MATRIZ, T0, procuracao
from tests.flow.world import World

PENDENTE, ATIVA = EstadoProcuracao.PENDENTE, EstadoProcuracao.ATIVA


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("event", "estado", "by", "becomes"),
    [
        ("aceitar", PENDENTE, ADA, "ATIVA"),
        ("recusar", PENDENTE, ADA, "RECUSADA"),
        ("renunciar", ATIVA, ADA, "RENUNCIADA"),
        ("revogar", ATIVA, MATRIZ, "REVOGADA"),
        ("revogar", PENDENTE, MATRIZ, "REVOGADA"),
        ("revogar", ATIVA, FILIAL, "REVOGADA"),
    ],
)
def test_each_party_has_its_own_events(world: World, event: str, estado: EstadoProcuracao, by, becomes: str) -> None:
    world.grant_to_ada(estado=estado)
    assert world.outorga.act(event, "prc_1", by).estado == becomes
    kept = world.store.rows.procuracoes["prc_1"]
    assert (kept.estado, kept.estado_em) == (becomes, T0)
    (event_row,) = world.store.rows.audit
    assert event_row.kind == f"procuracao.{event}"
    assert event_row.payload["por"] == str(by)


@pytest.mark.parametrize("event", ["aceitar", "recusar", "renunciar", "revogar"])
@pytest.mark.parametrize("by", [EVA, BRUCE, ALFA])
@pytest.mark.attack("ATK-128")
@pytest.mark.attack("ATK-131")
def test_nobody_else_may_do_anything_nor_learn_that_it_exists(world: World, event: str, by) -> None:
    world.grant_to_ada(estado=PENDENTE)
    before = world.store.rows.copy()
    with pytest.raises(NotFound) as stranger:
        world.outorga.act(event, "prc_1", by)
    with pytest.raises(NotFound) as nothing:
        world.outorga.act(event, "prc_none", by)
    assert str(stranger.value) == str(nothing.value)
    assert world.store.rows == before


@pytest.mark.parametrize(("event", "by"), [("aceitar", MATRIZ), ("renunciar", MATRIZ), ("revogar", ADA)])
@pytest.mark.attack("ATK-128")
def test_neither_party_has_the_other_s_events(world: World, event: str, by) -> None:
    """Above all, the outorgante cannot accept in the outorgado's place."""
    world.grant_to_ada(estado=PENDENTE if event == "aceitar" else ATIVA)
    with pytest.raises(NotFound):
        world.outorga.act(event, "prc_1", by)


def test_an_event_its_state_does_not_have_changes_nothing(world: World) -> None:
    world.revoke_procuracao()
    before = world.store.rows.copy()
    for event, by in (("revogar", MATRIZ), ("renunciar", ADA), ("aceitar", ADA)):
        with pytest.raises(IllegalTransition):
            world.outorga.act(event, "prc_1", by)
    assert world.store.rows == before


def test_a_branch_acts_for_its_company_only_where_roots_count() -> None:
    given = procuracao(outorgado=FIRMA, estado=PENDENTE)
    narrow = World(regras=Regras(raiz=False))
    narrow.store.rows.procuracoes["prc_1"] = given
    with pytest.raises(NotFound):
        narrow.outorga.act("aceitar", "prc_1", FIRMA_FILIAL)
    wide = World()
    wide.store.rows.procuracoes["prc_1"] = given
    assert wide.outorga.act("aceitar", "prc_1", FIRMA_FILIAL).estado is ATIVA


# --- Logout --------------------------------------------------------------------------------------------------------


def test_a_session_s_end_ends_what_it_gave_and_nothing_else(world: World) -> None:
    mine, token = world.tokens("ada")
    again, _ = world.tokens("ada", client="app")
    other, other_token = world.tokens("ada", at="B")
    session = world.sessions.get(world.key("A"))
    ended = world.logout.end(session)
    assert {grant.id for grant in ended.grants} == {mine.grant.id, again.grant.id}
    assert world.store.audited[-1] == "session.ended"
    with pytest.raises(InvalidGrant):
        world.refresh(token)
    with pytest.raises(InvalidToken):
        world.redemption.in_use(mine.grant.id)
    assert world.redemption.in_use(other.grant.id)
    assert world.refresh(other_token)
    assert world.sessions.get(world.key("A")) is None
    assert world.logout.end(session).grants == []
