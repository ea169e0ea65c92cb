"""What ends with a session."""

from __future__ import annotations

import pytest

from idp.errors import InvalidGrant, InvalidToken
from tests.flow.world import World


@pytest.fixture
def world() -> World:
    return World()


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
