"""A fresh name below the certificate host's for each login (IDP_CERTIFICATE_WILDCARD), in Debian's Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.journeys.chooser import cancel, choose_first, choose_second, press_and_be_asked, visible
from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import Computer, code, continue_link, press
from tests.support.xvfb import Display

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    living = LivingSandbox(tmp_path_factory.mktemp("fresh"), "--wildcard")
    living.start()
    yield living
    living.stop()


@pytest.fixture
def office(fresh: LivingSandbox, playwright: Playwright) -> Iterator[Computer]:
    """Her own certificate, which Chromium lists first, and her client's."""
    computer = Computer(fresh, playwright, ("contadora", "empresa"))
    yield computer
    computer.chromium.remove()


def entered(page: Page, who: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
    expect(page.locator(".person")).to_contain_text(who)


def test_the_browser_asks_every_time(office: Computer, playwright: Playwright, display: Display) -> None:
    """After a choice, after a refusal to choose, and again, and again: no choice sticks."""
    with visible(office, playwright, display) as page:
        press_and_be_asked(page, "Continuar", display)
        choose_second(display)
        entered(page, "ACAI DO RIO NEGRO ALIMENTOS LTDA")
        for key, who in ((choose_first, "FRANCISCA"), (choose_second, "ACAI DO RIO NEGRO")):
            press(page, "Usar outro certificado")
            press_and_be_asked(page, "Continuar", display)
            key(display)
            entered(page, who)
        press(page, "Usar outro certificado")
        press_and_be_asked(page, "Continuar", display)
        for _ in range(2):
            cancel(page, display)
            expect(page.get_by_role("heading", level=1)).to_have_text("Nenhum certificado foi apresentado")
            press_and_be_asked(page, "Tentar de novo", display)
        choose_first(display)
        entered(page, "FRANCISCA")


def test_a_logout_is_a_logout(office: Computer, playwright: Playwright, display: Display) -> None:
    """Whoever sits down after her is asked, and cannot go on as her with one click."""
    with visible(office, playwright, display) as page:
        press_and_be_asked(page, "Continuar", display)
        choose_first(display)
        entered(page, "FRANCISCA")
        page.goto(f"{office.sandbox.origins.issuer}/logout")
        press(page, "Sair")
        expect(page.get_by_role("heading", level=1)).to_have_text("Você saiu")
        page.goto(f"{office.sandbox.origins.application}/entrar")
        press_and_be_asked(page, "Continuar", display)
        cancel(page, display)
        assert code(page) == "CERT-01"


def test_the_link_is_below_the_certificate_hosts_own_name(office: Computer) -> None:
    """And leads back to the configured issuer, whatever the name was."""
    with office.page("contadora") as page:
        page.goto(f"{office.sandbox.origins.application}/entrar")
        port = office.sandbox.ports["certificado"]
        assert re.match(rf"https://[0-9a-f]{{16}}\.certificado\.portaria\.test:{port}/entrar\?", continue_link(page))
