"""The journey in a taxpayer's own browser: headless Chromium, its own certificates, real names, real TLS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import Computer, option, press

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
    claims: dict[str, Any] = json.loads(page.locator("#id-token").inner_text())
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
        press(page, "Autorizar")

        claims = arrived(page, sandbox)
        assert claims["iss"] == sandbox.origins.issuer
        assert claims["inscricao"]["cnpj"] == "12ABC34501DE35"
        assert claims["inscricao"]["numero"] == "049000071"
        assert claims["representacao"]["procuracao"]["id"] == "prc-estaleiro-contadora"
        press(page, "Emitir recibo")
        expect(page.locator("main")).to_contain_text("Nº 1")

        press(page, "Trocar inscrição")
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        option(page, CASTANHA).check()
        press(page, "Autorizar")
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
