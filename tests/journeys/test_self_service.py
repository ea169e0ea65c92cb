"""What a person sees and ends by himself: a second browser, an application, what he told; in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import NARROW, Computer, press, window
from tests.journeys.test_portal import enter, heading

pytestmark = pytest.mark.browser


def wide_enough(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def through_menu(page: Page, name: str) -> None:
    """On a telephone the menu is folded."""
    page.locator("header summary").click()
    page.get_by_role("link", name=name).click()


def test_a_second_browser_is_seen_and_ended(computer: Computer, sandbox: LivingSandbox) -> None:
    issuer = sandbox.origins.issuer
    with computer.as_persona("contadora") as browser:
        desk, phone = window(browser), window(browser, width=NARROW)
        enter(desk, sandbox)
        enter(phone, sandbox)
        through_menu(phone, "Serviços autorizados")
        phone.get_by_role("link", name="Ver onde você está").click()
        heading(phone, "Sessões")
        wide_enough(phone)
        expect(phone.locator("main")).to_contain_text("Chrome no Linux")
        phone.get_by_role("link", name="Encerrar todas as outras").click()
        heading(phone, "Encerrar todas as outras sessões?")
        press(phone, "Encerrar todas as outras")
        expect(phone.get_by_role("status")).to_contain_text("foram encerradas")
        desk.goto(f"{issuer}/portal/sessoes")
        heading(desk, "Entrar com certificado digital")

        through_menu(phone, "Meus dados")
        phone.get_by_role("link", name="Informar").click()
        phone.get_by_label("E-mail").fill("francisca at contas")
        press(phone, "Guardar")
        expect(phone.get_by_role("alert")).to_contain_text("Confira o e-mail")
        wide_enough(phone)
        phone.get_by_label("E-mail").fill("francisca@contas.example")
        press(phone, "Guardar")
        heading(phone, "Meus dados")
        expect(phone.locator("main")).to_contain_text("francisca@contas.example (não confirmado)")
        phone.get_by_role("link", name="Baixar uma cópia").click()
        with phone.expect_download() as download:
            press(phone, "Baixar o arquivo")
        assert download.value.suggested_filename == "meus-dados.json"
        assert "francisca@contas.example" in download.value.path().read_text()
        for path in ("usos", "aplicacoes"):
            phone.goto(f"{issuer}/portal/{path}")
            wide_enough(phone)
