"""An application that lives in the browser: oidc-client-ts in real Chromium, a public client with PKCE."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.examples.running import ACAI, CASTANHA, Example, reactivate, running, suspend
from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import Computer, option, press

pytestmark = pytest.mark.browser

AUTHORIZE = "Autorizar e entrar em Exemplo oidc-client-ts"


@pytest.fixture(scope="module")
def example(sandbox: LivingSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    with running(sandbox, "oidc-client-ts", tmp_path_factory.mktemp("example"), public=True) as one:
        yield one


@pytest.fixture(scope="module")
def computer(sandbox: LivingSandbox, playwright: Playwright) -> Iterator[Computer]:
    everybody = Computer(sandbox, playwright, ("contadora",))
    yield everybody
    everybody.chromium.remove()


@pytest.fixture
def page(computer: Computer, example: Example) -> Iterator[Page]:
    """Signed in on behalf of the açaí company."""
    with computer.page("contadora") as page:
        page.goto(example.origin)
        press(page, "Entrar com certificado digital")
        press(page, "Continuar")
        option(page, ACAI).check()
        press(page, AUTHORIZE)
        expect(page.get_by_role("status")).to_contain_text("ACAI DO RIO NEGRO")
        yield page


def shown(page: Page) -> dict[str, Any]:
    return dict(json.loads(page.locator("#dados").text_content() or ""))


def test_the_whole_journey(page: Page, example: Example, sandbox: LivingSandbox) -> None:
    """Code and tokens by fetch from another origin, userinfo, refresh, another inscrição, revocation and logout."""
    assert page.url == f"{example.origin}/", "no code stays in the address"
    before = shown(page)
    claims = before["claims"]
    assert claims["iss"] == sandbox.origins.issuer
    assert claims["inscricao"]["cnpj"] == "99990001000198"
    press(page, "Consultar")
    expect(page.locator("#dados")).to_contain_text('"userinfo": {')
    assert shown(page)["userinfo"]["inscricao"]["numero"] == "049000012"
    with page.expect_response(f"{sandbox.origins.issuer}/token") as renewal:
        press(page, "Renovar")
    assert renewal.value.status == 200
    assert renewal.value.headers["access-control-allow-origin"] == example.origin
    expect(page.locator("#dados")).to_contain_text('"userinfo": null')
    assert shown(page)["claims"]["sid"] == claims["sid"]

    press(page, "Trocar inscrição")
    option(page, CASTANHA).check()
    press(page, AUTHORIZE)
    expect(page.get_by_role("status")).to_contain_text("CASTANHA DO PURUS")
    other = shown(page)
    assert other["claims"]["sub"] == claims["sub"]
    assert (before["visits"], other["visits"]) == (1, 1)

    with page.expect_response(f"{sandbox.origins.issuer}/revoke") as revoked:
        press(page, "Sair")
    assert revoked.value.status == 200
    expect(page.get_by_role("status")).to_have_text("Ninguém entrou.")
    press(page, "Entrar com certificado digital")
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar com certificado digital")


@pytest.mark.parametrize(("act", "told"), [("Consultar", "userinfo: 401"), ("Renovar", "invalid_grant")])
def test_a_right_that_has_ended_shows_at_once(page: Page, sandbox: LivingSandbox, act: str, told: str) -> None:
    suspend(sandbox, "prc-acai-contadora")
    try:
        press(page, act)
        expect(page.get_by_role("alert")).to_have_text(told)
    finally:
        reactivate(sandbox, "prc-acai-contadora")
    expect(page.get_by_role("status")).to_have_text("Ninguém entrou.")


def test_one_act_asks_for_its_poder(page: Page) -> None:
    press(page, "Dar ciência")
    expect(option(page, ACAI)).to_have_count(1)
    expect(option(page, CASTANHA)).to_have_count(0)


def test_a_script_of_another_origin_reads_no_answer(page: Page, sandbox: LivingSandbox) -> None:
    """The same browser, signed in: neither the token endpoint nor userinfo answers another origin's script."""
    stranger = page.context.new_page()
    stranger.goto(f"{sandbox.origins.application}/saiu")
    reached = "url => fetch(url, {method: 'POST'}).then(answer => answer.status, () => 'unreadable')"
    for path in ("/token", "/userinfo", "/revoke"):
        assert stranger.evaluate(reached, sandbox.origins.issuer + path) == "unreadable"
        assert page.evaluate(reached, sandbox.origins.issuer + path) in (400, 401)
