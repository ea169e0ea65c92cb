"""The journey in a taxpayer's own browser: headless Chromium, its own certificates, real names, real TLS."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, present
from tests.journeys.taxpayer import AUTHORIZE, NARROW, Computer, code, continue_link, option, press, window

pytestmark = pytest.mark.browser

ESTALEIRO, CASTANHA = "AM:049000071", "AM:049000063"


def start(page: Page, sandbox: LivingSandbox) -> None:
    """From the application to the login page."""
    page.goto(sandbox.origins.application)
    press(page, "Entrar com certificado digital")
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar com certificado digital")
    assert page.url.startswith(f"{sandbox.origins.issuer}/login")


def arrived(page: Page, sandbox: LivingSandbox) -> dict[str, Any]:
    """Back at the application: the claims of the ID token it verified."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olá")
    assert page.url == f"{sandbox.origins.application}/"
    claims: dict[str, Any] = json.loads(page.locator("#id-token").text_content() or "")
    return claims


def test_the_accountants_whole_journey(computer: Computer, sandbox: LivingSandbox) -> None:
    """Application → certificate → search → a company of hers → its API → another company → out."""
    with computer.page("contadora") as page:
        start(page, sandbox)
        press(page, "Continuar")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        assert page.url.startswith(f"{sandbox.origins.issuer}/consentimento")
        expect(page.locator('input[name="escolha"]')).to_have_count(7)
        expect(page.locator("main")).to_contain_text("FRANCISCA CHAGAS DO NASCIMENTO")
        assert "90000102253" not in page.content(), "a CPF is shown masked"

        page.get_by_role("searchbox").fill("12.abc.345")
        press(page, "Procurar")
        expect(page.locator('input[name="escolha"]')).to_have_count(1)
        option(page, ESTALEIRO).check()
        offered = page.locator("main").inner_text()
        press(page, AUTHORIZE)

        claims = arrived(page, sandbox)
        last = date.fromisoformat(claims["representacao"]["procuracao"]["fim"])
        assert f"até {last:%d/%m/%Y}" in offered, "the last day is one for people and for programs"
        assert claims["iss"] == sandbox.origins.issuer
        assert claims["inscricao"]["cnpj"] == "12ABC34501DE35"
        assert claims["inscricao"]["numero"] == "049000071"
        assert claims["representacao"]["procuracao"]["id"] == "prc-estaleiro-contadora"
        press(page, "Emitir recibo")
        expect(page.locator("main")).to_contain_text("Nº 1")

        press(page, "Trocar inscrição")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        option(page, CASTANHA).check()
        press(page, AUTHORIZE)
        other = arrived(page, sandbox)
        assert other["inscricao"]["numero"] == "049000063"
        assert (other["sub"], other["auth_time"]) == (claims["sub"], claims["auth_time"])
        expect(page.locator("main")).not_to_contain_text("Nº 1")

        press(page, "Sair")
        expect(page.get_by_role("heading", level=1)).to_have_text("Você saiu")
        assert page.url.startswith(f"{sandbox.origins.application}/saiu")
        press(page, "Voltar ao início")
        press(page, "Entrar com certificado digital")
        expect(page.get_by_role("heading", level=1)).to_have_text("Entrar com certificado digital")


def test_a_company_chooses_among_its_establishments(computer: Computer, sandbox: LivingSandbox) -> None:
    """An e-CNPJ reaches every establishment of its CNPJ root, and each is named."""
    with computer.page("empresa") as page:
        start(page, sandbox)
        press(page, "Continuar")
        expect(page.locator('input[name="escolha"]')).to_have_count(5)
        expect(page.get_by_role("heading", name="Outros estabelecimentos da sua empresa")).to_be_visible()
        page.get_by_text("Inscrição estadual 049000047").click()
        press(page, AUTHORIZE)
        claims = arrived(page, sandbox)
        assert claims["inscricao"]["cnpj"] == "99990001000279"
        assert claims["representacao"]["modo"] == "titular"


def test_a_choice_that_is_the_only_one_is_asked_once(computer: Computer, sandbox: LivingSandbox) -> None:
    """The first time it is shown, with nothing to choose; the second time the certificate is enough."""
    with computer.as_persona("funcionario") as browser:
        first, second = window(browser), window(browser)
        start(first, sandbox)
        press(first, "Continuar")
        expect(first.get_by_role("heading", level=1)).to_have_text("Confirme em nome de quem você entra")
        expect(first.get_by_role("radio")).to_have_count(0)
        expect(first.get_by_role("heading", name="Você vai entrar por esta inscrição estadual")).to_be_visible()
        expect(first.locator("main")).to_contain_text("Inscrição estadual 049000039")
        press(first, AUTHORIZE)
        before = arrived(first, sandbox)
        start(second, sandbox)
        press(second, "Continuar")
        after = arrived(second, sandbox)
        assert (after["sub"], after["inscricao"]) == (before["sub"], before["inscricao"])


@pytest.mark.parametrize(
    ("persona", "expected", "title"),
    [
        ("cidada", "INS-01", "Nenhuma inscrição estadual para este CPF"),
        ("ex-administrador", "CERT-10", "O responsável no e-CNPJ não representa a empresa no cadastro"),
        ("revogado", "CERT-04", "Certificado revogado"),
    ],
)
def test_who_cannot_enter_is_told_why_and_can_go_back(
    persona: str, expected: str, title: str, computer: Computer, sandbox: LivingSandbox
) -> None:
    with computer.page(persona) as page:
        start(page, sandbox)
        press(page, "Continuar")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert code(page) == expected
        assert page.url.startswith(sandbox.origins.issuer)
        press(page, "Cancelar e voltar ao serviço")
        refused(page, sandbox, "access_denied")


def test_an_expired_certificate_is_told_apart_where_the_browser_sends_it(
    computer: Computer, sandbox: LivingSandbox
) -> None:
    """Chromium offers no expired certificate, others do: here another TLS stack shows it for this browser."""
    with computer.page("contadora") as page:
        start(page, sandbox)
        page.goto(present(Browser(sandbox, "vencido"), continue_link(page)))
        expect(page.get_by_role("heading", level=1)).to_have_text("Certificado vencido")
        assert code(page) == "CERT-02"
        press(page, "Tentar com outro certificado")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")


def test_whoever_has_only_an_expired_certificate_learns_why_none_is_offered(
    sandbox: LivingSandbox, playwright: Playwright
) -> None:
    owner = Computer(sandbox, playwright, ("vencido",))
    try:
        with owner.page("vencido") as page:
            start(page, sandbox)
            press(page, "Continuar")
            expect(page.get_by_role("heading", level=1)).to_have_text("Nenhum certificado foi apresentado")
            assert code(page) == "CERT-01"
            expect(page.locator("main")).to_contain_text("vencido")
    finally:
        owner.chromium.remove()


@pytest.mark.parametrize("step", ["login", "consent"])
def test_cancel_goes_back_to_the_application(step: str, computer: Computer, sandbox: LivingSandbox) -> None:
    with computer.page("empresa") as page:
        start(page, sandbox)
        if step == "consent":
            press(page, "Continuar")
            expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        press(page, "Cancelar")
        refused(page, sandbox, "access_denied")


def test_authorizing_without_a_choice_says_what_is_missing(computer: Computer, sandbox: LivingSandbox) -> None:
    """Beside the list, where the focus then is; and the journey goes on."""
    with computer.page("contadora") as page:
        start(page, sandbox)
        press(page, "Continuar")
        press(page, AUTHORIZE)
        told = page.locator("fieldset").get_by_role("alert")
        expect(told).to_contain_text("Falta escolher")
        expect(told).to_be_in_viewport()
        expect(page.get_by_role("radio").first).to_be_focused()
        assert page.locator('input[name="escolha"]:checked').count() == 0
        option(page, CASTANHA).check()
        press(page, AUTHORIZE)
        assert arrived(page, sandbox)["inscricao"]["numero"] == "049000063"


def test_the_keyboard_alone_is_enough(computer: Computer, sandbox: LivingSandbox) -> None:
    """Tab, arrows, Space and Enter; the arrows go through all choices as one group."""
    with computer.page("contadora") as page:
        page.goto(sandbox.origins.application)
        tab_to(page, page.get_by_role("link", name="Entrar com certificado digital"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Entrar com certificado digital")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Ir para o conteúdo")).to_be_focused()
        tab_to(page, page.get_by_role("link", name="Continuar"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        tab_to(page, page.get_by_role("searchbox"))
        page.keyboard.type("estaleiro")
        page.keyboard.press("Enter")
        expect(page.locator('input[name="escolha"]')).to_have_count(1)
        tab_to(page, page.get_by_role("button", name="Limpar a busca"))
        page.keyboard.press("Enter")
        options = page.locator('input[name="escolha"]')
        expect(options).to_have_count(7)
        tab_to(page, options.first)
        page.keyboard.press("Space")
        expect(options.first).to_be_checked()
        for _ in range(6):
            page.keyboard.press("ArrowDown")
        expect(options.last).to_be_checked()
        tab_to(page, page.get_by_role("button", name="Autorizar"))
        page.keyboard.press("Enter")
        assert arrived(page, sandbox)["inscricao"]["numero"] == "049000071"


@pytest.mark.parametrize("javascript", [True, False], ids=["narrow", "narrow without JavaScript"])
def test_a_narrow_screen_and_no_javascript_are_enough(
    javascript: bool, computer: Computer, sandbox: LivingSandbox
) -> None:
    """Nothing is cut off at 360 pixels, what decides is in reach, and no page needs a script."""
    with computer.page("contadora", width=NARROW, javascript=javascript) as page:
        start(page, sandbox)
        fits(page)
        press(page, "Continuar")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        fits(page)
        page.get_by_role("searchbox").fill("castanha")
        press(page, "Procurar")
        expect(page.locator('input[name="escolha"]')).to_have_count(1)
        option(page, CASTANHA).check()
        press(page, AUTHORIZE)
        assert arrived(page, sandbox)["inscricao"]["numero"] == "049000063"


def test_the_back_button_after_the_answer_ends_on_a_page_that_is_true(
    computer: Computer, sandbox: LivingSandbox
) -> None:
    """What was answered is not asked again, and the page does not pretend that nothing was sent."""
    with computer.page("empresa") as page:
        start(page, sandbox)
        press(page, "Continuar")
        option(page, "AM:049000012").check()
        press(page, AUTHORIZE)
        arrived(page, sandbox)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Este pedido não está mais aberto")
        assert code(page) == "SES-02"
        expect(page.locator("main")).not_to_contain_text("Nada foi enviado")


def refused(page: Page, sandbox: LivingSandbox, error: str) -> None:
    """Back at the application, which got that OAuth error."""
    expect(page.locator("[data-erro]")).to_have_text(error)
    assert page.url.startswith(f"{sandbox.origins.application}/retorno?")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until ``target`` has the focus."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {target}")


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    widest = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    assert widest <= NARROW
