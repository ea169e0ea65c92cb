"""The certificate host and the way back: two one-time values, so that no browser can be played against another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.domain.certificado import Accepted, CertReason, Refused
from idp.flow.outcome import AskConsent, AskLogin, Displayed, Pagina, SignedIn
from idp.flow.secret import digest
from tests.domain.samples import ada
from tests.flow.world import World, browser

SPENT = Displayed(Pagina.RETORNO_INVALIDO)


@pytest.fixture
def world() -> World:
    return World()


def asked(world: World, at: str = "A") -> AskLogin:
    outcome = world.begin(at=at)
    assert isinstance(outcome, AskLogin)
    return outcome


def test_the_gateway_judges_and_hands_back_a_code_of_256_bits(world: World) -> None:
    login = asked(world)
    presented = world.gateway.present(login.tx.id, login.tx.ticket, b"ada")
    assert isinstance(presented.verdict, Accepted)
    assert presented.verdict.holder == ada
    assert len(presented.return_code) == 43
    (kept,) = world.store.rows.return_codes
    assert kept == digest(presented.return_code) != presented.return_code
    refused = world.gateway.present(login.tx.id, login.tx.ticket, None).verdict
    assert isinstance(refused, Refused)
    assert refused.first.code is CertReason.NENHUM


@pytest.mark.attack("ATK-102")
def test_a_begins_b_presents_a_returns_with_all_a_knows(world: World) -> None:
    """A sends B the link to the certificate host and waits for B's certificate to finish A's login."""
    login = asked(world, at="A")
    return_code = world.present(login, "bruce")
    assert world.back(return_code, at="B") == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert world.store.rows.audit[-1].kind == "login.discarded"
    # A knows the Transaction, its ticket, its CSRF token and the cookie, and here even the code B's browser carried.
    for known in (login.tx.id, login.tx.ticket, login.tx.csrf, return_code, digest(return_code)):
        assert world.back(known, at="A") == SPENT
    still = world.resume(login, at="A")
    assert isinstance(still, AskLogin)
    assert not world.sessions.kept
    assert not world.store.rows.grants


@pytest.mark.attack("ATK-102")
@pytest.mark.parametrize("victim_has_a_journey_open", [True, False])
def test_nobody_plants_his_certificate_in_another_s_browser(world: World, victim_has_a_journey_open: bool) -> None:
    """The attacker keeps the return code of his own certificate and makes the victim's browser open it."""
    if victim_has_a_journey_open:
        victim = asked(world, at="V")
    return_code = world.present(asked(world, at="A"), "eva")
    assert world.back(return_code, at="V") == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert "V" not in world.jar
    assert not world.sessions.kept
    assert world.back(return_code, at="A") == SPENT, "and it is spent for the attacker, too"
    if victim_has_a_journey_open:
        assert isinstance(world.resume(victim, at="V"), AskLogin)
        assert isinstance(world.sign_in(victim, "ada", at="V").then, AskConsent)


@pytest.mark.attack("ATK-102")
def test_a_certificate_presented_under_one_ticket_does_not_sign_in_to_another_transaction(world: World) -> None:
    """The attacker writes the victim's Transaction id beside his own ticket."""
    victim, attacker = asked(world, at="V"), asked(world, at="A")
    crossed = world.gateway.present(victim.tx.id, attacker.tx.ticket, b"eva").return_code
    assert world.back(crossed, at="V") == SPENT
    assert isinstance(world.resume(victim, at="V"), AskLogin)


@pytest.mark.parametrize("cookie", ["", browser("")])
def test_without_the_transaction_s_cookie_the_code_is_spent_and_refused(world: World, cookie: str) -> None:
    login = asked(world)
    return_code = world.present(login, "ada")
    lost = world.journey.signed_in(return_code, browser=cookie, session_key=None)
    assert lost == Displayed(Pagina.OUTRO_NAVEGADOR)
    assert world.back(return_code) == SPENT


def test_a_return_code_is_good_for_a_minute(world: World) -> None:
    login = asked(world)
    early, late = world.present(login, "ada"), world.present(login, "ada")
    world.clock.tick(59.999)
    assert isinstance(world.back(early), SignedIn)
    world.clock.tick(0.001)
    assert world.back(late) == SPENT


def test_a_return_code_is_good_once(world: World) -> None:
    return_code = world.present(asked(world), "ada")
    assert isinstance(world.back(return_code), SignedIn)
    assert world.back(return_code) == SPENT
    assert world.store.audited == ["login.accepted"]


@pytest.mark.parametrize("code", ["", "x", "é", "A" * 43, "A" * 10_000, "\x00"])
def test_a_return_code_nobody_minted(world: World, code: str) -> None:
    asked(world)
    assert world.back(code) == SPENT


def test_a_return_to_a_transaction_that_is_over(world: World) -> None:
    login = asked(world)
    cancelled = world.present(login, "ada")
    world.journey.refused(login.tx.id, browser=browser("A"), csrf=login.tx.csrf)
    assert world.back(cancelled) == SPENT
    expired = asked(world)
    world.clock.tick(15 * 60 - 10)
    late = world.present(expired, "ada")
    world.clock.tick(10)
    assert world.back(late) == SPENT


def test_a_gateway_asked_for_a_transaction_that_does_not_exist_gives_the_same_answer(world: World) -> None:
    """It looks nothing up: whether a ticket is right is said by the issuer, to the right browser only."""
    presented = world.gateway.present("nonsense", "nonsense", b"ada")
    assert isinstance(presented.verdict, Accepted)
    assert world.back(presented.return_code) == SPENT


def test_signing_in_again_replaces_the_session_and_forgets_the_choice(world: World) -> None:
    login = asked(world)
    one, two = world.present(login, "ada"), world.present(login, "wayne")
    first = world.back(one)
    assert isinstance(first, SignedIn)
    second = world.back(two)
    assert isinstance(second, SignedIn)
    assert second.session.id != first.session.id
    assert isinstance(second.then, AskConsent)
    assert second.then.tx.session == second.session
    assert list(world.sessions.kept) == [second.session.key]


def test_a_verdict_kept_is_the_verdict_given(world: World) -> None:
    """What changes at the certificate host after the handshake changes nothing here."""
    login = asked(world)
    return_code = world.present(login, "ada")
    world.holders["ada"] = replace(ada, nome="OUTRA")
    back = world.back(return_code)
    assert isinstance(back, SignedIn)
    assert back.session.holder == ada
