"""Coming in for the provider's own pages: the same certificate step, no client, nowhere else to end."""

from __future__ import annotations

import pytest

from idp.domain.client import AuthMethod, Client
from idp.domain.person import PessoaFisica
from idp.errors import InvalidClient
from idp.flow.entry import CLIENT_ID
from idp.flow.outcome import AskLogin, Displayed, Entered, Left, Outcome, Pagina, SignedIn
from tests.domain.samples import ada
from tests.flow.world import CALLBACK, World, browser


def enter(world: World, path: str = "/portal/recebidas", *, fresh: bool = False, at: str = "A") -> Outcome:
    return world.journey.enter(path, fresh=fresh, browser=browser(at), session_key=world.key(at))


def test_a_certificate_leads_in_and_the_next_page_asks_no_more() -> None:
    world = World()
    back = world.sign_in(enter(world), "ada")
    assert back.then == Entered(back.session, "/portal/recebidas")
    assert world.transactions.kept == {}
    again = enter(world, "/portal")
    assert isinstance(again, Entered)
    assert isinstance(again.session.holder, PessoaFisica)
    assert again.session.holder == ada
    assert world.transactions.kept == {}, "whoever is in costs nothing"


def test_a_fresh_step_is_asked_of_whoever_is_in_and_made_after_it_began() -> None:
    world = World()
    world.sign_in(enter(world), "ada")
    world.clock.tick(60)
    asked = enter(world, "/portal/conceder/x/revisar", fresh=True)
    assert isinstance(asked, AskLogin)
    assert isinstance(world.resume(asked), AskLogin), "the old session does not answer it"
    before = world.clock.now()
    back = world.sign_in(asked, "ada")
    assert isinstance(back.then, Entered)
    assert back.then.session.auth_time >= before


def test_the_same_person_keeps_the_session_another_has_one_of_their_own() -> None:
    world = World()
    first = world.sign_in(enter(world), "ada").session
    world.clock.tick(1)
    same = world.sign_in(enter(world, fresh=True), "ada").session
    world.clock.tick(1)
    other = world.sign_in(enter(world, fresh=True), "bruce").session
    assert (same.id == first.id, same.key == first.key) == (True, False)
    assert other.id != first.id


def test_cancel() -> None:
    world = World()
    asked = enter(world)
    assert isinstance(asked, AskLogin)
    gone = world.journey.refused(asked.tx.id, browser=browser("A"), csrf=asked.tx.csrf)
    assert gone == Left("/portal")
    again = enter(world, "/portal/conceder/x/revisar", fresh=True)
    assert isinstance(again, AskLogin)
    gone = world.journey.refused(again.tx.id, browser=browser("A"), csrf=again.tx.csrf)
    assert gone == Left("/portal/conceder/x/revisar"), "back where he was, still in"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/login",
        "/portalx",
        "portal",
        "//evil.example",
        "/portal//evil.example",
        "/portal/../logout",
        "/portal/\\evil.example",
        "/portal?x=https://evil.example",
        "/portal/\r\nLocation: x",
        "/portal\n",
        "https://evil.example/portal",
        "/portal/" + "a/" * 5,
        "/portal/" + "a" * 65,
    ],
)
def test_only_paths_of_the_portal(path: str) -> None:
    with pytest.raises(ValueError, match="portal"):
        enter(World(), path)


def test_nobody_can_register_the_portal_as_a_client() -> None:
    with pytest.raises(InvalidClient, match="client_id"):
        Client(CLIENT_ID, "Minhas procurações", (CALLBACK,), auth_method=AuthMethod.NONE)


@pytest.mark.attack("ATK-095")
def test_another_browser_cannot_finish_it_nor_choose_by_it() -> None:
    world = World()
    asked = enter(world)
    assert isinstance(asked, AskLogin)
    back = world.back(world.present(asked, "ada"), at="B")
    assert isinstance(back, Displayed)
    assert back.pagina is Pagina.OUTRO_NAVEGADOR
    chosen = world.choose(enter(world), "AM:040000010/procuracao/prc_1")
    assert isinstance(chosen, AskLogin), "there is nothing to choose, and nothing is issued"
    assert world.store.rows.grants == {}


def test_a_revoked_certificate_leaves() -> None:
    world = World()
    session = world.sign_in(enter(world), "ada").session
    world.revocation.say(session.certificado.ref.serial, "revoked")
    asked = enter(world)
    assert isinstance(asked, AskLogin)
    assert asked.refused is not None
    assert not isinstance(enter(world), Entered | SignedIn)
