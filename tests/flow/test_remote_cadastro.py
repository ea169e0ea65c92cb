"""A remote cadastro in the journey: asked before people choose, asked again where facts are too old, and while it does
not answer nothing is guessed, spent or revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from idp.domain.person import Holder
from idp.domain.representation import Regras
from idp.errors import CadastroUnavailable
from idp.flow.outcome import AskConsent, Redirected
from tests.domain.samples import AM1
from tests.flow.world import OPENID, World

AGE = timedelta(hours=1)


class Source:
    """A service that may be down; what it fetches is as of now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.down = False
        self.known_at: datetime | None = None
        self.asked: list[Sequence[str] | Holder] = []

    def before_choices(self, holder: Holder) -> datetime | None:
        self.asked.append(holder)
        return self._answered() or self.known_at

    def refresh(self, contribuintes: Sequence[str]) -> None:
        self.asked.append(contribuintes)
        self._answered()
        self.world.store.rows.fetched_at = self.world.clock.now()

    def _answered(self) -> None:
        if self.down:
            raise CadastroUnavailable


@pytest.fixture
def world() -> World:
    world = World(regras=Regras(cadastro_age=AGE))
    world.source = Source(world)  # type: ignore[attr-defined]
    world.journey.source = world.redemption.source = world.source  # type: ignore[attr-defined]
    world.store.rows.fetched_at = world.clock.now()
    return world


def test_people_choose_from_what_was_just_asked_for(world: World) -> None:
    asked = world.sign_in(world.begin(), "bruce").then
    assert isinstance(asked, AskConsent)
    assert {holder.nome for holder in world.source.asked} == {"BRUCE WAYNE"}  # type: ignore[attr-defined]
    assert asked.known_at is None


def test_the_page_is_told_how_old_the_facts_are(world: World) -> None:
    world.source.known_at = world.clock.now() - timedelta(minutes=20)  # type: ignore[attr-defined]
    asked = world.sign_in(world.begin(), "bruce").then
    assert isinstance(asked, AskConsent)
    assert asked.known_at == world.clock.now() - timedelta(minutes=20)


def test_while_it_is_down_a_login_ends_with_the_page_and_the_session_is_kept(world: World) -> None:
    world.source.down = True  # type: ignore[attr-defined]
    with pytest.raises(CadastroUnavailable):
        world.sign_in(world.begin(), "bruce")
    assert not world.store.rows.grants


def test_a_silent_request_is_told(world: World) -> None:
    world.code("bruce", f"{AM1}/representante_legal")
    world.source.down = True  # type: ignore[attr-defined]
    answer = world.begin(sso=True, prompt="none")
    assert isinstance(answer, Redirected)
    assert answer.error == "temporarily_unavailable"


def test_a_choice_made_on_old_facts_is_judged_by_fresh_ones(world: World) -> None:
    asked = world.sign_in(world.begin(), "bruce").then
    world.store.rows.fetched_at = world.clock.now() - 2 * AGE
    world.choose(asked, f"{AM1}/representante_legal")
    assert world.source.asked[-1] == (asked.choices.available[0].inscricao.raiz,)  # type: ignore[attr-defined, union-attr]
    assert len(world.store.rows.grants) == 1


@pytest.mark.attack("ATK-120")
def test_a_code_and_a_refresh_on_old_facts_ask_once_and_then_count(world: World) -> None:
    scopes = OPENID | {"offline_access"}
    granted = world.code("bruce", f"{AM1}/representante_legal", scopes=scopes)
    world.store.rows.fetched_at = world.clock.now() - 2 * AGE
    authorization = world.redeem(granted)
    token = world.redemption.refresh_token(authorization)
    world.clock.tick(2 * AGE.total_seconds())
    assert token is not None
    asked = len(world.source.asked)  # type: ignore[attr-defined]
    _, token = world.refresh(token)
    world.refresh(token)
    assert len(world.source.asked) == asked + 1  # type: ignore[attr-defined]


@pytest.mark.attack("ATK-120")
def test_while_it_is_down_nothing_is_spent_and_nothing_revoked(world: World) -> None:
    scopes = OPENID | {"offline_access"}
    granted = world.code("bruce", f"{AM1}/representante_legal", scopes=scopes)
    world.store.rows.fetched_at = world.clock.now() - 2 * AGE
    world.source.down = True  # type: ignore[attr-defined]
    with pytest.raises(CadastroUnavailable):
        world.redeem(granted)
    world.source.down = False  # type: ignore[attr-defined]
    authorization = world.redeem(granted)
    token = world.redemption.refresh_token(authorization)
    assert token is not None
    world.clock.tick(2 * AGE.total_seconds())
    world.source.down = True  # type: ignore[attr-defined]
    for _ in range(3):
        with pytest.raises(CadastroUnavailable):
            world.refresh(token)
        with pytest.raises(CadastroUnavailable):
            world.redemption.in_use(authorization.grant.id)
    world.source.down = False  # type: ignore[attr-defined]
    assert world.redemption.in_use(authorization.grant.id).representation.inscricao.id == AM1
    world.refresh(token)


def test_a_representative_removed_there_gets_nothing_more(world: World) -> None:
    scopes = OPENID | {"offline_access"}
    authorization = world.redeem(world.code("bruce", f"{AM1}/representante_legal", scopes=scopes))
    token = world.redemption.refresh_token(authorization)
    assert token is not None
    world.clock.tick(2 * AGE.total_seconds())
    world.store.rows.representantes = {}
    with pytest.raises(Exception, match="sem_vinculo"):
        world.refresh(token)


def test_own_tables_ask_nobody() -> None:
    world = World()
    assert world.policy == replace(world.policy, regras=Regras())
    world.clock.tick(timedelta(days=100).total_seconds())
    assert isinstance(world.sign_in(world.begin(), "wayne").then, AskConsent)
