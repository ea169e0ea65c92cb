"""Around the list: another choice, what a request asks, what is kept on top, what waits, what is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from idp.domain.certificado import Nivel
from idp.domain.inscricao import InscricaoId
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.representation import Demanda
from idp.domain.session import Session
from idp.domain.transaction import Wanted
from idp.errors import IllegalTransition, InvalidGrant, NotFound
from idp.flow.choices import Look
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Granted, Outcome, Pagina, Redirected
from tests.domain.samples import AM1, AM2
from tests.flow.world import OPENID, World, browser, offered

WAYNE1, WAYNE2, WAYNE3 = f"{AM1}/titular", f"{AM2}/titular", "AM:040000036/titular"
ADA1 = f"{AM1}/procuracao/prc_1"
OFFLINE = OPENID | {"offline_access"}
ELSEWHERE = InscricaoId("AM", "999999999")


@pytest.fixture
def world() -> World:
    return World()


def with_token(world: World, asked: Outcome, choice: str, *, at: str = "A") -> str:
    granted = world.choose(asked, choice, at=at)
    assert isinstance(granted, Granted), granted
    token = world.redemption.refresh_token(world.redeem(granted))
    assert token is not None
    return token


def signed_in(world: World, who: str = "wayne", **request: Any) -> AskConsent:
    asked = world.sign_in(world.begin(scopes=OFFLINE, **request), who).then
    assert isinstance(asked, AskConsent), asked
    return asked


def again(world: World, **request: Any) -> AskConsent:
    asked = world.begin(scopes=OFFLINE, sso=True, prompt="select_account", **request)
    assert isinstance(asked, AskConsent), asked
    return asked


# -- another inscrição -----------------------------------------------------------------------------------------------


def test_another_choice_asks_for_no_certificate_and_closes_the_one_before(world: World) -> None:
    first = with_token(world, signed_in(world), WAYNE1)
    second = with_token(world, again(world), WAYNE2)
    with pytest.raises(InvalidGrant):
        world.refresh(first)
    authorization, _ = world.refresh(second)
    assert str(authorization.representation.ref) == WAYNE2
    assert world.store.audited.count("grant.revoked") == 1
    revoked = next(event for event in world.store.rows.audit if event.kind == "grant.revoked")
    assert (revoked.payload["reason"], revoked.payload["choice"]) == ("switched", WAYNE1)


def test_the_same_choice_again_closes_nothing(world: World) -> None:
    first = with_token(world, signed_in(world), WAYNE1)
    with_token(world, again(world), WAYNE1)
    assert world.refresh(first)


def test_a_client_may_have_the_one_before_kept(world: World) -> None:
    world.clients.change("rp", switch="keep")
    first = with_token(world, signed_in(world), WAYNE1)
    with_token(world, again(world), WAYNE2)
    assert world.refresh(first)


def test_what_another_client_and_another_browser_were_given_stays(world: World) -> None:
    first = with_token(world, signed_in(world), WAYNE1)
    other = with_token(world, world.sign_in(world.begin(scopes=OFFLINE, at="B"), "wayne", at="B").then, WAYNE1, at="B")
    app = world.choose(again(world, client="app"), WAYNE2)
    assert isinstance(app, Granted)
    assert world.refresh(first)
    assert world.refresh(other)


def test_the_client_is_told_that_its_first_session_ended(world: World) -> None:
    world.clients.change("rp", backchannel_logout_uri="https://rp.example/logout")
    with_token(world, signed_in(world), WAYNE1)
    first = next(iter(world.store.rows.grants.values()))
    with_token(world, again(world), WAYNE2)
    assert [notice.sid for notice in world.store.rows.outbox] == [first.sid]


@pytest.mark.attack("ATK-121")
def test_two_tabs_keep_their_own_choice(world: World) -> None:
    """Each tab is answered for what was chosen in it, whatever the other did in between."""
    world.clients.change("rp", switch="keep")
    signed_in(world)
    one, two = again(world), again(world)
    second = world.choose(two, WAYNE2)
    first = world.choose(one, WAYNE1)
    assert isinstance(first, Granted)
    assert isinstance(second, Granted)
    assert [str(world.redeem(granted).representation.ref) for granted in (first, second)] == [WAYNE1, WAYNE2]


# -- what a request asks ---------------------------------------------------------------------------------------------


def test_an_inscricao_that_was_asked_for_is_the_only_one_offered(world: World) -> None:
    asked = signed_in(world, wanted=Wanted(inscricao=AM2))
    assert offered(asked) == [WAYNE2]
    fell = world.choose(asked, WAYNE1)
    assert isinstance(fell, AskConsent), "another one was accepted"
    assert isinstance(world.choose(fell, WAYNE2), Granted)


@pytest.mark.attack("ATK-131")
def test_one_that_does_not_exist_is_answered_like_one_without_right(world: World) -> None:
    answers = []
    for wanted in (AM2, ELSEWHERE):
        asked = world.sign_in(world.begin(wanted=Wanted(inscricao=wanted)), "eva").then
        assert isinstance(asked, AskConsent)
        assert asked.choices is not None
        back = world.journey.refused(asked.tx.id, browser=browser("A"), csrf=asked.tx.csrf)
        silent = world.begin(wanted=Wanted(inscricao=wanted), sso=True, prompt="none")
        for redirected in (back, silent):
            assert isinstance(redirected, Redirected)
            answers.append((redirected.error, redirected.description))
        answers.append((asked.choices.available, asked.choices.missing))
    denied = ("access_denied", "the holder lacks the right that was asked for")
    assert answers == [denied, ("consent_required", ""), ((), ())] * 2


def test_who_has_the_right_and_cancels_refused(world: World) -> None:
    asked = signed_in(world, wanted=Wanted(inscricao=AM2))
    back = world.journey.refused(asked.tx.id, browser=browser("A"), csrf=asked.tx.csrf)
    assert isinstance(back, Redirected)
    assert back.description == "the end-user refused"


@pytest.mark.parametrize(
    ("wanted", "demanda"),
    [
        (Wanted(poderes=frozenset({"nfe.emitir"})), Demanda()),
        (Wanted(nivel_minimo=Nivel.A4), Demanda()),
        (Wanted(), Demanda(poderes=frozenset({"nfe.emitir"}))),
        (Wanted(poderes=frozenset({"dte.consultar"})), Demanda(poder="nfe.emitir")),
        (Wanted(inscricao=AM1), Demanda(inscricao=AM2)),
    ],
)
def test_the_stricter_of_request_and_registration_counts(world: World, wanted: Wanted, demanda: Demanda) -> None:
    world.clients.change("rp", demanda=demanda)
    assert offered(signed_in(world, "ada", wanted=wanted)) == []


@pytest.mark.attack("ATK-130")
def test_what_was_asked_is_judged_at_every_use(world: World) -> None:
    token = with_token(world, signed_in(world, "ada", wanted=Wanted(poderes=frozenset({"dte.consultar"}))), ADA1)
    kept = world.store.rows.procuracoes["prc_1"]
    world.store.rows.procuracoes["prc_1"] = replace(kept, poderes=frozenset({"nfe.consultar"}))
    with pytest.raises(InvalidGrant, match="poder_ausente"):
        world.refresh(token)


# -- what is kept on top, what waits, what is forgotten --------------------------------------------------------------


def pin(world: World, asked: AskConsent, choice: str, kept: bool = True, **whose: str) -> Outcome:
    given = {"browser": browser("A"), "csrf": asked.tx.csrf, "session_key": world.key()} | whose
    return world.journey.pin(asked.tx.id, choice, kept, **given)


def test_what_is_pinned_is_on_top_for_every_client_until_it_is_let_go(world: World) -> None:
    asked = signed_in(world)
    assert isinstance(pin(world, asked, WAYNE2), AskConsent)
    shown = again(world, client="app").choices
    assert shown is not None
    assert [str(one.ref) for one in shown.pinned] == [WAYNE2]
    whose = {"browser": browser("A"), "session_key": world.key()}
    world.journey.search(asked.tx.id, "wayne", csrf=asked.tx.csrf, **whose)
    searched = world.journey.resume(asked.tx.id, look=Look(), **whose)
    assert isinstance(searched, AskConsent)
    found = searched.choices
    assert found is not None
    assert ([str(one) for one in found.kept], found.pinned) == ([WAYNE2], ())
    pin(world, asked, WAYNE2, kept=False)
    shown = again(world).choices
    assert shown is not None
    assert shown.pinned == ()


@pytest.mark.attack("ATK-120")
def test_nothing_is_pinned_that_one_may_not_choose(world: World) -> None:
    asked = signed_in(world)
    for choice in (ADA1, f"{ELSEWHERE}/titular", f"{AM1}/representante_legal"):
        assert isinstance(pin(world, asked, choice), AskConsent)
    assert world.store.rows.preferencias == {}


@pytest.mark.attack("ATK-093")
def test_a_foreign_or_malformed_pin_is_none(world: World) -> None:
    asked = signed_in(world)
    assert pin(world, asked, "x") == Displayed(Pagina.FORMULARIO_INVALIDO)
    assert pin(world, asked, WAYNE1, csrf="x") == Displayed(Pagina.FORMULARIO_INVALIDO)
    assert pin(world, asked, WAYNE1, browser=browser("B")) == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert isinstance(pin(world, asked, WAYNE1, session_key="gone"), AskLogin)
    assert world.store.rows.preferencias == {}


def test_no_longer_remembered(world: World) -> None:
    with_token(world, signed_in(world, "ada"), ADA1)
    asked = again(world)
    assert asked.choices is not None
    assert asked.choices.remembered
    given = {"browser": browser("A"), "csrf": asked.tx.csrf, "session_key": world.key()}
    assert isinstance(world.journey.forget(asked.tx.id, **given), AskConsent)
    assert isinstance(world.begin(sso=True, scopes=OFFLINE), AskConsent)


class Answered:
    """Stands for the flow of procurações: ``waiting`` is what is shown of each, to Ada."""

    def __init__(self, **waiting: Waiting) -> None:
        self.acts: list[tuple[str, str, str]] = []
        self.waiting = waiting

    def act(self, quem: Session, evento: str, id: str) -> None:
        self.acts.append((str(quem.holder.documento), evento, id))

    def ver(self, quem: Session, id: str) -> Waiting:
        if id not in self.waiting or quem.holder.nome != "AUGUSTA ADA KING":
            raise NotFound("procuracao")
        return self.waiting[id]


@dataclass
class Waiting:
    procuracao: Procuracao
    eventos: tuple[str, ...] = ("aceitar", "recusar")
    impedimento: Impedimento | None = None


def test_what_waits_is_read_before_it_is_answered(world: World) -> None:
    """Bound to the Transaction's browser and session, and shown to nobody whom it does not wait for."""
    world.grant_to_ada(id="prc_2", estado=EstadoProcuracao.PENDENTE)
    waits = world.store.rows.procuracoes["prc_2"]
    world.journey.outorga = Answered(
        prc_2=Waiting(waits),
        gone=Waiting(replace(waits, estado=EstadoProcuracao.REVOGADA), ()),
        barred=Waiting(waits, (), Impedimento.SELO),
    )
    asked = signed_in(world, "ada")
    given = {"browser": browser("A"), "session_key": world.key()}
    shown = world.journey.offered(asked.tx.id, "prc_2", **given)
    assert isinstance(shown, AskConsent)
    assert shown.offered == waits
    assert world.journey.answered(asked.tx, "prc_2") == waits
    assert world.journey.answered(asked.tx, "prc_1") is None
    for id, refusal in (("prc_1", NotFound), ("gone", IllegalTransition), ("barred", NotEntitled)):
        with pytest.raises(refusal):
            world.journey.offered(asked.tx.id, id, **given)
    other = world.journey.offered(asked.tx.id, "prc_2", browser=browser("B"), session_key=world.key())
    assert other == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert isinstance(
        world.journey.offered(asked.tx.id, "prc_2", browser=browser("A"), session_key="another"), AskLogin
    )


def test_what_waits_is_shown_and_answered_in_the_name_of_the_session(world: World) -> None:
    answered = world.journey.outorga = Answered()
    world.grant_to_ada(id="prc_2", estado=EstadoProcuracao.PENDENTE)
    asked = signed_in(world, "ada")
    assert asked.choices is not None
    assert [one.id for one in asked.choices.pending] == ["prc_2"]
    given = {"browser": browser("A"), "csrf": asked.tx.csrf, "session_key": world.key()}
    assert isinstance(world.journey.answer(asked.tx.id, "aceitar", "prc_2", **given), AskConsent)
    assert world.journey.answer(asked.tx.id, "aceitar", "prc_2", **{**given, "csrf": "x"}) == Displayed(
        Pagina.FORMULARIO_INVALIDO
    )
    assert [act[1:] for act in answered.acts] == [("aceitar", "prc_2")]


def test_a_search_is_the_transactions_own(world: World) -> None:
    asked = signed_in(world)
    given = {"browser": browser("A"), "csrf": asked.tx.csrf, "session_key": world.key()}
    assert isinstance(world.journey.search(asked.tx.id, "nobody", **given), AskConsent)
    assert offered(world.resume(asked)) == []
    assert offered(again(world)) != []


# -- choosing anew, asked for elsewhere ------------------------------------------------------------------------------


def test_whoever_asked_to_choose_anew_is_asked_once(world: World) -> None:
    """Ada has one choice and let it be remembered: she is not asked, until she says so, and then once."""
    with_token(world, signed_in(world, "ada"), ADA1)
    assert isinstance(world.begin(sso=True, scopes=OFFLINE), Granted)
    (session,) = world.sessions.kept.values()
    world.sessions.put(replace(session, asks=frozenset({"rp"})))
    silent = world.begin(sso=True, scopes=OFFLINE, prompt="none")
    assert isinstance(silent, Redirected)
    assert silent.error == "account_selection_required"
    other = world.begin(sso=True, scopes=OFFLINE, client="app", prompt="none")
    assert isinstance(other, Redirected)
    assert other.error == "consent_required", "another application has nothing to do with it"
    with_token(world, world.begin(sso=True, scopes=OFFLINE), ADA1)
    assert isinstance(world.begin(sso=True, scopes=OFFLINE), Granted)


def test_the_wish_to_choose_anew_outlives_a_certificate_step_of_the_same_person_alone(world: World) -> None:
    with_token(world, signed_in(world, "ada"), ADA1)
    (session,) = world.sessions.kept.values()
    world.sessions.put(replace(session, asks=frozenset({"rp"})))
    for who, asks in (("ada", {"rp"}), ("wayne", set())):
        world.clock.at += timedelta(minutes=1)
        world.sign_in(world.begin(scopes=OFFLINE, prompt="login", sso=True), who)
        (session,) = world.sessions.kept.values()
        assert session.asks == asks
