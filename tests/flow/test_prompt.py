"""prompt, max_age, id_token_hint and remembered consent: when a page may be skipped and when it must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.flow.outcome import AskConsent, AskLogin, Granted, Outcome, Redirected, SignedIn
from tests.domain.samples import AM1, EVA, T0, ada, procuracao, so
from tests.flow.world import CONFIDENTIAL, OPENID, World, offered

ADA1 = "AM:040000010/procuracao/prc_1"
WAYNE1, WAYNE2 = "AM:040000010/titular", "AM:040000028/titular"


@pytest.fixture
def world() -> World:
    return World()


def answer(outcome: Outcome) -> str:
    """What a relying party or a person sees: an OAuth error, a step, or a code."""
    if isinstance(outcome, Redirected):
        return outcome.error
    return {AskLogin: "login page", AskConsent: "consent page", Granted: "code"}[type(outcome)]


# What was done before in this browser, what is asked now, and the answer (OIDC Core §3.1.2.1, §3.1.2.6).
MATRIX = [
    ("nothing", "", "login page"),
    ("nothing", "none", "login_required"),
    ("nothing", "login", "login page"),
    ("nothing", "consent", "login page"),
    ("nothing", "select_account", "login page"),
    ("signed in", "", "consent page"),
    ("signed in", "none", "consent_required"),  # one choice only: no account to select
    ("signed in", "login", "login page"),
    ("signed in", "consent", "consent page"),
    ("signed in", "select_account", "consent page"),
    ("consented", "", "code"),
    ("consented", "none", "code"),
    ("consented", "login", "login page"),
    ("consented", "consent", "consent page"),
    ("consented", "select_account", "consent page"),
    ("consented", "login consent", "login page"),
]


@pytest.mark.parametrize(("before", "prompt", "expected"), MATRIX)
@pytest.mark.attack("ATK-099")
def test_prompt_with_a_single_choice(world: World, before: str, prompt: str, expected: str) -> None:
    if before == "consented":
        world.code("ada")
    elif before == "signed in":
        world.sign_in(world.begin(), "ada")
    world.clock.tick(1)
    assert answer(world.begin(prompt=prompt, sso=before != "nothing")) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("", "consent page"), ("none", "account_selection_required"), ("select_account", "consent page")],
)
def test_prompt_with_several_choices_is_never_decided_for_the_person(world: World, prompt: str, expected: str) -> None:
    """Consent for one of them is remembered; which one is meant today is not."""
    world.code("wayne", WAYNE1)
    world.clock.tick(1)
    assert answer(world.begin(prompt=prompt, sso=True)) == expected


def test_prompt_none_with_nothing_to_choose(world: World) -> None:
    """Whom the person agreed to tell so, hears it; any other client hears the same as of somebody who has choices."""
    world.sign_in(world.begin(), "eva")
    assert answer(world.begin(prompt="none", sso=True)) == "consent_required"


def test_prompt_login_asks_for_the_certificate_once_and_not_for_ever(world: World) -> None:
    world.code("ada")
    world.clock.tick(10)
    asked = world.begin(prompt="login", sso=True)
    signed = world.sign_in(asked, "ada")
    assert answer(signed.then) == "code"
    assert signed.session.auth_time == T0 + timedelta(seconds=10)
    (first, second) = sorted(world.store.rows.grants.values(), key=lambda g: g.created_at)
    assert second.auth_time - first.auth_time == timedelta(seconds=10)


def test_prompt_consent_and_select_account_ask_even_right_after_a_login(world: World) -> None:
    world.code("ada")
    for prompt in ("consent", "select_account", "login consent"):
        world.clock.tick(1)
        asked = world.begin(prompt=prompt)
        signed = world.sign_in(asked, "ada")
        assert answer(signed.then) == "consent page"
        assert answer(world.choose(signed.then, ADA1)) == "code"


@pytest.mark.parametrize(
    ("max_age", "age", "prompt", "expected"),
    [
        (0, 1, "", "login page"),
        (0, 1, "none", "login_required"),
        (300, 299, "", "code"),
        (300, 301, "", "login page"),
        (300, 301, "none", "login_required"),
        (None, 3 * 3600, "", "code"),
    ],
)
@pytest.mark.attack("ATK-099")
def test_max_age(world: World, max_age: int | None, age: int, prompt: str, expected: str) -> None:
    world.code("ada")
    world.clock.tick(age)
    assert answer(world.begin(max_age=max_age, prompt=prompt, sso=True)) == expected


def test_max_age_zero_is_satisfied_by_the_login_it_asks_for(world: World) -> None:
    world.code("ada")
    world.clock.tick(1)
    asked = world.begin(max_age=0, sso=True)
    world.clock.tick(100)
    signed = world.sign_in(asked, "ada")
    world.clock.tick(100)
    assert answer(signed.then) == "code"


def test_a_session_ends_by_itself(world: World) -> None:
    world.code("ada")
    world.clock.tick(4 * 3600 - 1)
    assert answer(world.begin(sso=True)) == "code"
    world.clock.tick(1)
    assert answer(world.begin(sso=True)) == "login page"


def test_logout_in_one_tab_ends_the_journey_open_in_another(world: World) -> None:
    """On a shared computer the next person must not find a consent page that still works."""
    asked = world.sign_in(world.begin(), "wayne")
    world.logout.end(asked.session)
    assert answer(world.choose(asked.then, WAYNE1)) == "login page"
    assert answer(world.resume(asked.then)) == "login page"
    assert not world.store.rows.grants


def test_another_person_s_login_takes_no_open_consent_page_along(world: World) -> None:
    first = world.sign_in(world.begin(), "wayne").then
    world.sign_in(world.begin(client="app"), "ada")
    assert answer(world.choose(first, WAYNE1)) == "login page"
    assert not world.store.rows.grants


# --- Hints ---------------------------------------------------------------------------------------------------------


def sub(world: World, client: str = "rp") -> str:
    return world.identifiers.subject(ada, world.clients.kept[client])


def test_the_hinted_person_is_served_and_any_other_is_not(world: World) -> None:
    hint = sub(world)
    world.code("ada")
    assert answer(world.begin(hint_sub=hint, sso=True)) == "code"
    assert answer(world.begin(hint_sub=hint, sso=True, prompt="none")) == "code"
    world.code("wayne", WAYNE1)
    assert answer(world.begin(hint_sub=hint, sso=True, prompt="none")) == "login_required"
    asked = world.begin(hint_sub=hint, sso=True)
    assert answer(asked) == "login page"
    signed = world.sign_in(asked, "wayne")
    assert isinstance(signed.then, Redirected)
    assert signed.then.error == "login_required"
    assert answer(world.sign_in(world.begin(hint_sub=hint), "ada").then) == "code"


def test_the_hinted_token_s_choice_is_taken_up(world: World) -> None:
    """Several choices, one meant: the one the relying party's ID token was issued for, in this session."""
    for choice in (WAYNE1, WAYNE2):
        world.code("wayne", choice)
    sids = {str(g.choice): g.sid for g in world.store.rows.grants.values()}
    for choice in (WAYNE1, WAYNE2):
        granted = world.begin(prompt="none", hint_sid=sids[choice], sso=True)
        assert answer(granted) == "code"
        assert str(world.redeem(granted).representation.ref) == choice


@pytest.mark.parametrize("sid", ["", "nonsense"])
def test_a_hint_of_no_known_sid_chooses_nothing(world: World, sid: str) -> None:
    world.code("wayne", WAYNE1)
    assert answer(world.begin(prompt="none", hint_sid=sid, sso=True)) == "account_selection_required"


def test_a_hint_from_another_session_chooses_nothing(world: World) -> None:
    world.code("wayne", WAYNE1, at="B")
    (grant,) = world.store.rows.grants.values()
    world.code("wayne", WAYNE2, at="A")
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, sso=True)) == "account_selection_required"
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, at="B", sso=True)) == "code"


def test_a_hint_from_another_client_chooses_nothing(world: World) -> None:
    world.code("wayne", WAYNE1, client="app")
    (grant,) = world.store.rows.grants.values()
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, sso=True)) == "consent_required"


def test_a_hinted_choice_that_no_longer_holds_is_not_taken_up(world: World) -> None:
    world.grant_to_ada()  # the whole root: three choices
    world.code("ada", ADA1)
    (grant,) = world.store.rows.grants.values()
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, sso=True)) == "code"
    world.revoke_procuracao()
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, sso=True)) == "interaction_required"
    world.store.rows.procuracoes["prc_2"] = procuracao(id="prc_2")
    assert answer(world.begin(prompt="none", hint_sid=grant.sid, sso=True)) == "account_selection_required"


# --- Remembered consent --------------------------------------------------------------------------------------------


def test_consent_is_remembered_per_client(world: World) -> None:
    world.code("ada")
    assert answer(world.begin(client="app", sso=True)) == "consent page"


def test_consent_is_remembered_per_person(world: World) -> None:
    world.code("ada")
    world.grant_to_ada(outorgado=EVA, escopo_de=AM1)
    assert answer(world.sign_in(world.begin(at="B"), "eva", at="B").then) == "consent page"


def test_consent_is_remembered_per_representation(world: World) -> None:
    """The same inscrição on another basis is another choice."""
    world.code("ada")
    del world.store.rows.procuracoes["prc_1"]
    world.store.rows.procuracoes["prc_2"] = procuracao(id="prc_2", escopo=so(AM1))
    asked = world.begin(sso=True)
    assert offered(asked) == ["AM:040000010/procuracao/prc_2"]


def test_new_scopes_need_consent_and_fewer_do_not(world: World) -> None:
    world.code("ada")
    assert answer(world.begin(prompt="none", scopes=OPENID | {"profile"}, sso=True)) == "consent_required"
    assert answer(world.begin(scopes=OPENID | {"profile"}, sso=True)) == "consent page"
    assert answer(world.begin(prompt="none", scopes=frozenset({"openid"}), sso=True)) == "code"


def test_consent_ends_by_itself_and_a_skip_does_not_prolong_it(world: World) -> None:
    world = World(consent=timedelta(hours=2))
    world.code("ada")
    world.clock.tick(3600)
    assert answer(world.begin(sso=True)) == "code"
    world.clock.tick(3600)
    assert answer(world.begin(sso=True)) == "consent page"


def test_an_authority_may_never_remember(world: World) -> None:
    world = World(consent=timedelta(0))
    world.code("ada")
    assert answer(world.begin(sso=True)) == "consent page"
    assert answer(world.begin(sso=True, prompt="none")) == "consent_required"


def test_a_skipped_page_still_computes_the_right(world: World) -> None:
    world.code("ada")
    world.revoke_procuracao()
    asked = world.begin(sso=True)
    assert offered(asked) == []
    assert len(world.store.rows.grants) == 1


def test_only_a_choice_the_person_made_is_audited_as_consent(world: World) -> None:
    world.code("ada")
    world.begin(sso=True)
    assert world.store.audited.count("consent.granted") == 1
    assert world.store.audited.count("code.issued") == 2


def test_pairwise_subjects_differ_and_do_not_follow_the_inscricao(world: World) -> None:
    world.clients.kept["far"] = replace(CONFIDENTIAL, client_id="far", sector="far.example")
    for client, choice in (("rp", WAYNE1), ("rp", WAYNE2), ("far", WAYNE1)):
        world.code("wayne", choice, client=client)
    one, two, far = (g.sub for g in sorted(world.store.rows.grants.values(), key=lambda g: g.client_id != "rp"))
    assert one == two != far


def test_a_signed_in_answer_is_a_new_session_even_where_the_journey_ends_in_an_error(world: World) -> None:
    back = world.back(world.present(world.begin(hint_sub="somebody"), "ada"))
    assert isinstance(back, SignedIn)
    assert answer(back.then) == "login_required"
    assert answer(world.begin(sso=True)) == "consent page"
