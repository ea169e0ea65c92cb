"""The browser's own certificate window, as a person meets it: chosen, cancelled, chosen wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.journeys.chooser import cancel, choose_first, choose_second, press_and_be_asked, visible
from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import SCREENS, Computer, code, press
from tests.support.xvfb import Display

pytestmark = pytest.mark.browser

SWITCH = "Ao continuar, o navegador pergunta de novo"


@pytest.fixture
def owner(request: pytest.FixtureRequest, sandbox: LivingSandbox, playwright: Playwright) -> Iterator[Computer]:
    """An accountant's office: her own certificate and one more, for the test to name. Chromium lists what lasts longer
    first, which is hers."""
    office = Computer(sandbox, playwright, ("contadora", request.param))
    yield office
    office.chromium.remove()


@contextmanager
def asked(owner: Computer, playwright: Playwright, display: Display) -> Iterator[Page]:
    """A visible browser that stands before the open chooser."""
    with visible(owner, playwright, display) as page:
        press_and_be_asked(page, "Continuar", display)
        yield page


@pytest.mark.parametrize("owner", ["empresa"], indirect=True)
def test_the_chosen_certificate_is_the_one_that_enters(
    owner: Computer, playwright: Playwright, display: Display
) -> None:
    """And was it the wrong one of two good ones, "Usar outro certificado" has the browser ask again."""
    with asked(owner, playwright, display) as page:
        SCREENS.mkdir(parents=True, exist_ok=True)
        display.screenshot(SCREENS / "chromiums-own-chooser.png")
        choose_second(display)
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        expect(page.locator(".person")).to_contain_text("ACAI DO RIO NEGRO ALIMENTOS LTDA")
        press(page, "Usar outro certificado")
        expect(page.get_by_role("heading", level=1)).to_have_text("Entrar com certificado digital")
        expect(page.get_by_text(SWITCH)).to_be_visible()
        press_and_be_asked(page, "Continuar", display)
        choose_first(display)
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        expect(page.locator(".person")).to_contain_text("FRANCISCA CHAGAS DO NASCIMENTO")


@pytest.mark.parametrize("owner", ["empresa"], indirect=True)
def test_cancelling_ends_on_a_page_that_says_what_to_do(
    owner: Computer, playwright: Playwright, display: Display
) -> None:
    """At the second address Chromium asks again. The third time it asks at neither: it remembers both refusals."""
    with asked(owner, playwright, display) as page:
        cancel(page, display)
        none_presented(page)
        press_and_be_asked(page, "Tentar de novo", display)
        cancel(page, display)
        none_presented(page)
        second = page.url
        press(page, "Tentar de novo")
        page.wait_for_url(lambda url: url != second)
        none_presented(page)
        press(page, "Cancelar e voltar ao serviço")
        expect(page.locator("[data-erro]")).to_have_text("access_denied")


@pytest.mark.parametrize("owner", ["revogado"], indirect=True)
def test_the_wrong_certificate_is_refused_with_a_way_on(
    owner: Computer, playwright: Playwright, display: Display
) -> None:
    """The page says why, and has the browser ask again."""
    with asked(owner, playwright, display) as page:
        choose_second(display)
        expect(page.get_by_role("heading", level=1)).to_have_text("Certificado revogado")
        assert code(page) == "CERT-04"
        expect(page.get_by_text(SWITCH)).to_be_visible()
        press_and_be_asked(page, "Tentar com outro certificado", display)
        choose_first(display)
        expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")


def none_presented(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Nenhum certificado foi apresentado")
    assert code(page) == "CERT-01"
    expect(page.get_by_text(SWITCH)).to_be_visible()
