"""What an attacker would try, or an operator who shuts one out, each shown by what he would see."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.domain.acr import acr_of
from idp.domain.certificado import Accepted, Claimed, Nivel
from idp.domain.documents import CPF
from idp.domain.person import PessoaFisica
from idp.flow.outcome import AskConsent
from idp.oidc.jose import unverified_claims
from idp.storage.ephemeral import EphemeralSessions, EphemeralTransactions
from tests.contracts.data import NOW, FixedClock
from tests.domain.samples import certificado
from tests.flow.world import World as Flow
from tests.oidc.world import ADA_CHOICE, BASE, LOGINS, World
from tests.storage.test_typed import SESSION, TX, Memory

BRUCE1 = "AM:040000010/representante_legal"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def flow() -> Flow:
    return Flow()


def claims(token: str) -> dict[str, Any]:
    return unverified_claims(token)


# -- by what right: the person edits the request in his own browser -------------------------------------------------


@pytest.mark.parametrize("token", ["id_token", "access_token"])
def test_a_procurador_cannot_hide_that_he_is_one(world: World, token: str) -> None:
    """The application asks for ``openid inscricao procuracao``; the employee, who may only consult, takes one word out
    of the address and is to the application and its API the company itself."""
    tokens = world.browser().tokens(b"ada", ADA_CHOICE, scope="openid inscricao")
    found = claims(tokens[token])
    assert found["inscricao"]["numero"] == "040000028"
    assert found["representacao"]["modo"] == "procuracao"


# -- a client that the operator narrows ------------------------------------------------------------------------------


@pytest.mark.attack("ATK-103")
def test_a_scope_taken_from_a_client_is_gone_at_its_next_refresh(world: World) -> None:
    person = world.browser()
    tokens = person.tokens(b"ada", ADA_CHOICE, scope="openid cpf offline_access")
    assert "cpf" in claims(tokens["id_token"])
    world.change("app", scopes=frozenset({"openid", "offline_access"}))
    refreshed = person.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).get_json()
    assert "cpf" not in claims(refreshed["id_token"])


@pytest.mark.attack("ATK-103")
def test_a_redirect_uri_taken_from_a_client_receives_no_code(world: World) -> None:
    """A taken-over host is struck from the registration while people are on their way there."""
    person = world.browser()
    asked = person.present(person.authorize(), b"wayne")
    world.change("app", redirect_uris=("https://app.example.com/cb2",))
    answer = person.choose(asked, "AM:040000010/titular")
    assert "Location" not in answer.headers


# -- consent of one natural person, used for another -----------------------------------------------------------------


def test_a_responsavel_is_asked_before_his_own_cpf_is_handed_over(world: World) -> None:
    """``sub`` is the company's. Bruce agreed once; João, the next responsável, never saw the page, and the page says
    that it hands over "o nome e o CPF do responsável"."""
    holder, certificate = LOGINS[b"wayne"]
    world.browser().tokens(b"wayne", "AM:040000010/titular", scope="openid inscricao")
    joao = replace(holder, responsavel=PessoaFisica(CPF("52998224725"), "JOAO DA SILVA"))  # type: ignore[type-var]
    world.gateway.judge = lambda der, at: Accepted(joao, certificate, Claimed())
    person = world.browser()
    response = person.present(person.authorize(scope="openid inscricao"), b"wayne")
    assert response.headers["Location"].startswith("/consentimento")


# -- what leaving means ----------------------------------------------------------------------------------------------


def test_logout_with_a_hint_ends_the_family_though_the_session_ran_out(world: World) -> None:
    """Session 4 h, family 8 h. The person presses Sair after five hours and is told that he is out."""
    person = world.browser()
    tokens = person.tokens(b"ada", ADA_CHOICE, scope="openid offline_access")
    world.clock.pass_(hours=5)
    assert person.get(f"/logout?id_token_hint={tokens['id_token']}").status_code == 200
    again = person.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.status_code == 400


@pytest.mark.attack("ATK-095")
def test_a_logout_during_a_consent_stays_a_logout(flow: Flow) -> None:
    """Two tabs: Autorizar and Sair at once. The session must not be alive afterwards."""
    asked = flow.sign_in(flow.begin(), "bruce").then
    assert isinstance(asked, AskConsent)
    session = asked.tx.session
    assert session is not None
    through = flow.journey.advance

    def other_tab_first(tx: Any, **named: Any) -> Any:
        flow.logout.end(session)
        return through(tx, **named)

    flow.journey.advance = other_tab_first  # type: ignore[method-assign]
    flow.choose(asked, BRUCE1)
    assert not flow.sessions.kept


# -- the ephemeral store answers with somebody else's value ----------------------------------------------------------


@pytest.mark.attack("ATK-146")
def test_a_session_read_under_another_key_is_nobodys() -> None:
    """redis-py has twice handed one caller the answer meant for another (CVE-2023-28858, -28859)."""
    memory, clock = Memory(), FixedClock(NOW)
    sessions, transactions = EphemeralSessions(memory, clock), EphemeralTransactions(memory, clock)
    sessions.put(SESSION)
    transactions.put(TX)
    memory.values["session:mine"] = memory.values["session:key"]
    memory.values["tx:mine"] = memory.values["tx:tx"]
    assert sessions.get("mine") is None
    assert transactions.get("mine") is None


# -- Selo Eletrônico -------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-057")
def test_a_seal_has_a_lower_acr_than_a_persons_token(world: World) -> None:
    """docs/security.md §0 decision 7: SE-S and SE-H log a company in with a lower acr. An application that asks for
    hardware assurance, or registers nivel_minimo A3, takes an unattended HSM for a person's will."""
    assert acr_of(replace(certificado(), nivel=Nivel.SE_H)) == "urn:portaria:icp:software"


# -- cheap for the attacker, for ever in the database ----------------------------------------------------------------


@pytest.mark.attack("ATK-145")
def test_a_made_up_return_code_leaves_no_audit_row(world: World) -> None:
    stranger = world.browser()
    with world.store.engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM audit").scalar()
    for _ in range(5):
        stranger.post("/test/certificate", data={"code": secrets.token_urlsafe(32)})
    with world.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit").scalar() == before


# -- identifiers and audiences ---------------------------------------------------------------------------------------


def test_two_native_applications_know_a_person_by_two_names(world: World) -> None:
    """Pairwise subjects keep applications from comparing their users; RFC 8252 gives all of them one host."""
    one = replace(BASE, client_id="native-1", redirect_uris=("http://127.0.0.1/a",))
    two = replace(BASE, client_id="native-2", redirect_uris=("http://127.0.0.1:9999/b",))
    holder, _ = LOGINS[b"ada"]
    assert world.keys is not None
    assert world.keys.subject(holder, one) != world.keys.subject(holder, two)


@pytest.mark.attack("ATK-014")
def test_an_api_does_not_read_the_cpf_with_the_token_it_was_sent(world: World) -> None:
    """The access token for https://api.example.org holds no CPF; its operator asks userinfo with that very token."""
    person = world.browser()
    world.change("app", resource="https://api.example.org")
    tokens = person.tokens(b"ada", ADA_CHOICE, scope="openid cpf inscricao")
    found = claims(tokens["access_token"])
    assert found["aud"] == "https://api.example.org"
    assert "cpf" not in found
    told = person.userinfo(tokens["access_token"]).get_json()
    assert told["inscricao"] == found["inscricao"]
    assert not {"cpf", "titular", "responsavel"} & set(told)
