"""Applications that keep their tokens on a server: openid-client, oauth4webapi, Authlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.examples.running import ACAI, CASTANHA, Example, choose, reactivate, running, shown, suspend, to_consent
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, choices

PROCURACAO = "prc-acai-contadora"


@pytest.fixture(scope="module", params=["openid-client", "oauth4webapi", "authlib-flask"])
def example(
    request: pytest.FixtureRequest, sandbox: LivingSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Example]:
    with running(sandbox, request.param, tmp_path_factory.mktemp("example")) as one:
        yield one


def enter(example: Example, browser: Browser, inscricao: str = ACAI) -> dict[str, Any]:
    home = browser.get(f"{example.origin}/")
    assert "/entrar" in home.text
    returned = choose(browser, to_consent(browser, browser.get(f"{example.origin}/entrar")), inscricao)
    assert (returned.status_code, returned.headers.get("Location")) == (303, "/"), returned.text
    return shown(browser.get(f"{example.origin}/"))


def test_the_whole_journey(example: Example, sandbox: LivingSandbox) -> None:
    """In, claims, userinfo, refresh, another inscrição, out at both ends."""
    browser = Browser(sandbox, "contadora")
    before = enter(example, browser)
    claims = before["claims"]
    assert claims["iss"] == sandbox.origins.issuer
    assert claims["titular"] == {"tipo": "PF", "nome": "FRANCISCA CHAGAS DO NASCIMENTO"}
    assert (claims["inscricao"]["numero"], claims["inscricao"]["cnpj"]) == ("049000012", "99990001000198")
    assert claims["representacao"]["procuracao"]["id"] == PROCURACAO
    assert browser.post(f"{example.origin}/consultar", {}).status_code == 303
    now = shown(browser.get(f"{example.origin}/"))
    assert now["userinfo"]["sub"] == claims["sub"]
    assert now["userinfo"]["inscricao"]["numero"] == "049000012"
    assert browser.post(f"{example.origin}/renovar", {}).status_code == 303
    renewed = shown(browser.get(f"{example.origin}/"))["claims"]
    assert (renewed["sub"], renewed["sid"], renewed["auth_time"]) == (claims["sub"], claims["sid"], claims["auth_time"])

    choose(browser, to_consent(browser, browser.get(f"{example.origin}/trocar")), CASTANHA)
    other = shown(browser.get(f"{example.origin}/"))
    assert (other["claims"]["sub"], other["claims"]["auth_time"]) == (claims["sub"], claims["auth_time"])
    assert other["claims"]["inscricao"]["numero"] == "049000063"
    assert other["visits"] == 1, "what it keeps is kept by (sub, inscrição)"

    leaving = browser.post(f"{example.origin}/sair", {})
    ended = browser.go(leaving.headers["Location"])
    assert ended.headers["Location"].startswith(f"{example.origin}/")
    assert "/entrar" in browser.get(ended.headers["Location"]).text
    again = to_consent(Browser(sandbox), browser.get(f"{example.origin}/entrar"))
    assert again.heading.strip() != "Em nome de quem?"


def test_one_act_asks_for_its_poder(example: Example, sandbox: LivingSandbox) -> None:
    """Authorization details: companies for which she may not dar ciência are not offered."""
    browser = Browser(sandbox, "contadora")
    before = enter(example, browser)
    page = to_consent(browser, browser.get(f"{example.origin}/ciencia"))
    _, offered = choices(page)
    assert ACAI in offered
    assert CASTANHA not in offered
    choose(browser, page, ACAI)
    assert shown(browser.get(f"{example.origin}/"))["visits"] == before["visits"] + 1


@pytest.mark.parametrize("act", ["consultar", "renovar"])
def test_a_right_that_has_ended_shows_at_once(example: Example, sandbox: LivingSandbox, act: str) -> None:
    browser = Browser(sandbox, "contadora")
    enter(example, browser)
    suspend(sandbox, PROCURACAO)
    try:
        refused = browser.post(f"{example.origin}/{act}", {})
    finally:
        reactivate(sandbox, PROCURACAO)
    assert refused.status_code == 400
    assert 'id="erro"' in refused.text
    assert "/entrar" in browser.get(f"{example.origin}/").text, "and nobody is signed in any more"


def test_an_answer_that_nobody_asked_for_signs_nobody_in(example: Example, sandbox: LivingSandbox) -> None:
    """A code of somebody else's login, planted in this browser."""
    browser, victim = Browser(sandbox, "contadora"), Browser(sandbox)
    form, offered = choices(to_consent(browser, browser.get(f"{example.origin}/entrar")))
    answer = browser.submit(form, "autorizar", escolha=offered[ACAI])
    assert victim.get(answer.headers["Location"]).status_code == 400
    assert "/entrar" in victim.get(f"{example.origin}/").text


def test_a_refusal_is_shown(example: Example, sandbox: LivingSandbox) -> None:
    browser = Browser(sandbox, "contadora")
    form, _ = choices(to_consent(browser, browser.get(f"{example.origin}/entrar")))
    back = browser.get(browser.submit(form, "cancelar").headers["Location"])
    assert back.status_code == 400
    assert "access_denied" in back.text
