"""A picture of every state of every page, wide and narrow, from the living product: .artefacts/screens.

For people to judge. What a machine can see is asserted: each state is reached, names itself, has one heading and a
title, and fits a narrow screen.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chrome
from playwright.sync_api import Page, expect

from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, present
from tests.journeys.taxpayer import AUTHORIZE, NARROW, Computer, code, continue_link, option, press, shoot, window

pytestmark = pytest.mark.browser

REFUSED = {
    "sem-certificado": "CERT-01",
    "vencido": "CERT-02",
    "futuro": "CERT-03",
    "revogado": "CERT-04",
    "ac-desconhecida": "CERT-05",
    "site": "CERT-07",
    "fora-da-icp": "CERT-08",
    "divergente": "CERT-09",
    "ex-administrador": "CERT-10",
    "cidada": "INS-01",
}
CHOOSING = {"contadora": 7, "empresa": 5, "socio": 6, "produtora": 1, "selo": 1, "funcionario": 1}
"""Persona → inscrições on "Em nome de quem?"."""


@pytest.fixture(scope="module")
def chrome(computer: Computer) -> Iterator[Chrome]:
    with computer.as_persona("contadora") as browser:
        yield browser


@pytest.fixture
def page(chrome: Chrome) -> Iterator[Page]:
    fresh = window(chrome)
    yield fresh
    fresh.context.close()


def picture(page: Page, name: str) -> None:
    """Keep it, and see what a machine can see of it."""
    shoot(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title().strip()
    page.set_viewport_size({"width": NARROW, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.set_viewport_size({"width": 1280, "height": 900})


def start(page: Page, sandbox: LivingSandbox) -> None:
    page.goto(f"{sandbox.origins.application}/entrar")


def come_as(page: Page, sandbox: LivingSandbox, persona: str) -> None:
    """To be asked even what is remembered. Another TLS stack shows the persona's certificate for this browser:
    Chromium offers no bad ones."""
    page.goto(f"{sandbox.origins.application}/trocar")
    certificate = "" if persona == "sem-certificado" else persona
    page.goto(present(Browser(sandbox, certificate), continue_link(page)))


def test_the_application(page: Page, sandbox: LivingSandbox) -> None:
    page.goto(sandbox.origins.application)
    picture(page, "app-inicio")
    start(page, sandbox)
    press(page, "Cancelar")
    picture(page, "app-recusado")
    come_as(page, sandbox, "contadora")
    option(page, "AM:049000071").check()
    press(page, AUTHORIZE)
    press(page, "Emitir recibo")
    picture(page, "app-dentro")
    press(page, "Sair")
    expect(page.get_by_role("heading", level=1)).to_have_text("Você saiu")
    picture(page, "app-saiu")


def test_before_the_certificate(page: Page, sandbox: LivingSandbox) -> None:
    start(page, sandbox)
    picture(page, "login")
    page.goto(f"{page.url}&trocar=1")
    picture(page, "login-trocar")


@pytest.mark.parametrize(("persona", "expected"), REFUSED.items())
def test_who_cannot_enter(persona: str, expected: str, page: Page, sandbox: LivingSandbox) -> None:
    come_as(page, sandbox, persona)
    assert code(page) == expected
    picture(page, f"recusa-{expected}")


@pytest.mark.parametrize(("persona", "count"), CHOOSING.items())
def test_who_may_choose(persona: str, count: int, page: Page, sandbox: LivingSandbox) -> None:
    come_as(page, sandbox, persona)
    asked = "Em nome de quem?" if count > 1 else "Confirme em nome de quem você entra"
    expect(page.get_by_role("heading", level=1)).to_have_text(asked)
    expect(page.locator('input[name="escolha"]')).to_have_count(count)
    picture(page, f"consentimento-{persona}")


def test_states_of_the_choice(page: Page, sandbox: LivingSandbox) -> None:
    come_as(page, sandbox, "contadora")
    page.get_by_role("searchbox").fill("estaleiro")
    press(page, "Procurar")
    option(page, "AM:049000071").check()
    picture(page, "consentimento-busca")
    page.get_by_role("searchbox").fill("inexistente")
    press(page, "Procurar")
    expect(page.locator('input[name="escolha"]')).to_have_count(0)
    expect(page.get_by_role("button", name="Autorizar")).to_have_count(0)
    picture(page, "consentimento-busca-vazia")
    press(page, "Limpar a busca")
    page.locator("form:has(fieldset)").evaluate("form => { form.noValidate = true }")
    press(page, AUTHORIZE)
    expect(page.get_by_role("alert")).to_be_visible()
    picture(page, "consentimento-sem-escolha")
    option(page, "AM:049000071").evaluate("radio => { radio.value = radio.value.replace('049000071', '049000101') }")
    option(page, "AM:049000071").check()
    press(page, AUTHORIZE)
    expect(page.get_by_role("alert")).to_contain_text("não está mais disponível")
    picture(page, "consentimento-escolha-caiu")


def test_dead_ends_of_a_request(page: Page, chrome: Chrome, sandbox: LivingSandbox) -> None:
    issuer = sandbox.origins.issuer
    start(page, sandbox)
    stranger = window(chrome)
    stranger.goto(page.url)
    assert code(stranger) == "SES-04"
    picture(stranger, "fim-SES-04")
    stranger.context.close()
    back = present(Browser(sandbox, "vencido"), continue_link(page))
    page.goto(back)
    page.goto(back)
    assert code(page) == "SES-05"
    picture(page, "fim-SES-05")
    press(page, "Voltar à página de entrada")
    page.locator('input[name="csrf"]').evaluate("field => { field.value = 'A'.repeat(43) }")
    press(page, "Cancelar")
    assert code(page) == "SES-06"
    picture(page, "fim-SES-06")
    page.goto(f"{issuer}/login?tx={'A' * 22}")
    assert code(page) == "SES-02"
    picture(page, "fim-SES-02")


def test_wrong_addresses(page: Page, sandbox: LivingSandbox) -> None:
    issuer, certificate = sandbox.origins.issuer, sandbox.origins.certificate
    authorize = f"{issuer}/authorize?response_type=code&scope=openid"
    for name, address, expected in (
        ("fim-404", f"{issuer}/nada", "HTTP-404"),
        ("fim-SES-08", f"{certificate}/entrar", "SES-08"),
        ("fim-404-certificado", f"{certificate}/", "HTTP-404"),
        ("fim-APP-01-aplicativo", f"{authorize}&client_id=nenhum", "APP-01"),
        ("fim-APP-01-retorno", f"{authorize}&client_id=recibos&redirect_uri=https://app.portaria.test/", "APP-01"),
    ):
        page.goto(address)
        assert code(page) == expected
        picture(page, name)


def test_leaving_from_the_issuers_own_page(page: Page, sandbox: LivingSandbox) -> None:
    come_as(page, sandbox, "contadora")
    page.goto(f"{sandbox.origins.issuer}/logout")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deseja sair?")
    picture(page, "sair")
    press(page, "Não sair")
    picture(page, "sair-ficou")
    page.goto(f"{sandbox.origins.issuer}/logout")
    press(page, "Sair")
    expect(page.get_by_role("heading", level=1)).to_have_text("Você saiu")
    picture(page, "sair-saiu")
