"""Answers that carry tokens themselves: the right behind them is checked, written and audited like a code's."""

from __future__ import annotations

import pytest

from idp.domain.acr import HARDWARE
from idp.domain.claims import ClaimAsked, ClaimsAsked
from idp.domain.perfil import Perfil
from idp.errors import InvalidToken
from idp.flow.outcome import AskConsent, AskLogin, Granted, Redirected
from tests.flow.world import T0, World

PERFIL = Perfil(T0, email="ada@example.com.br")
EMAIL = ClaimsAsked(id_token=(ClaimAsked("email", "email"),))


@pytest.fixture
def world() -> World:
    return World()


def granted(world: World, **request: object) -> Granted:
    return world.code("ada", "AM:040000010/procuracao/prc_1", **request)


@pytest.mark.parametrize(
    ("response_type", "code", "audited"),
    [
        ("code", True, ["code.issued"]),
        ("id_token", False, ["token.issued"]),
        ("id_token token", False, ["token.issued"]),
        ("code token", True, ["code.issued", "token.issued"]),
    ],
)
def test_what_is_issued_is_what_is_audited(world: World, response_type: str, code: bool, audited: list[str]) -> None:
    outcome = granted(world, response_type=response_type)
    assert bool(outcome.code) is code
    assert outcome.authorization is not None
    assert outcome.authorization.representation.procuracao is not None
    assert [kind for kind in world.store.audited if kind in ("code.issued", "token.issued")] == audited
    assert len(world.store.rows.grants) == 1


def test_a_token_of_the_front_channel_ends_with_its_right(world: World) -> None:
    outcome = granted(world, response_type="id_token token")
    assert outcome.authorization is not None
    grant = outcome.authorization.grant
    assert world.redemption.in_use(grant.id)
    world.revoke_procuracao()
    with pytest.raises(InvalidToken):
        world.redemption.in_use(grant.id)


def test_a_right_that_ended_meanwhile_gives_no_token(world: World) -> None:
    asked = world.sign_in(world.begin(response_type="id_token token"), "ada").then
    world.revoke_procuracao()
    outcome = world.choose(asked, "AM:040000010/procuracao/prc_1")
    assert isinstance(outcome, AskConsent)
    assert not world.store.rows.grants


def test_what_the_holder_told_is_read_only_where_the_id_token_says_it(world: World) -> None:
    world.store.rows.perfis[str(world.holders["ada"].documento)] = PERFIL
    scopes = frozenset({"openid", "profile"})

    def told(**request: object) -> Perfil | None:
        authorization = granted(world, scopes=scopes, at=str(len(world.store.rows.grants)), **request).authorization
        assert authorization is not None
        return authorization.perfil

    assert told() is None
    assert told(response_type="id_token token") is None
    assert told(response_type="id_token") == PERFIL
    assert told(claims=EMAIL) == PERFIL


def test_consent_to_a_claim_is_remembered_by_its_name(world: World) -> None:
    granted(world, scopes=frozenset({"openid"}))
    silent = {"sso": True, "prompt": "none", "scopes": frozenset({"openid"})}
    assert isinstance(world.begin(**silent), Granted)
    refused = world.begin(**silent, claims=EMAIL)
    assert isinstance(refused, Redirected)
    assert refused.error == "consent_required"
    asked = world.begin(sso=True, scopes=frozenset({"openid"}), claims=EMAIL)
    assert isinstance(world.choose(asked, "AM:040000010/procuracao/prc_1"), Granted)
    assert isinstance(world.begin(**silent, claims=EMAIL), Granted)


def test_an_assurance_that_is_not_reached_ends_the_request(world: World) -> None:
    """The certificate is an A3: hardware is reached, what nobody has is not."""
    assert isinstance(world.sign_in(world.begin(acr=(HARDWARE,)), "ada").then, AskConsent)
    refused = world.sign_in(world.begin(acr=("urn:example:more",), at="B"), "ada", at="B").then
    assert isinstance(refused, Redirected)
    assert refused.error == "unmet_authentication_requirements"
    assert isinstance(world.begin(acr=("urn:example:more",), sso=True), AskLogin), "another certificate may reach it"
