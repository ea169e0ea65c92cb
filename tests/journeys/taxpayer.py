"""A taxpayer's own computer: Debian's Chromium with every persona's certificate installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Playwright

from tests.journeys.living import P12_PASSWORD, ROOT, LivingSandbox
from tests.support.chromium import Chromium

HOSTS = {"*.portaria.test": "127.0.0.1"}
CERTIFICATE_HOSTS = "https://[*.]certificado.portaria.test"
"""In the words of Chromium's policies: that host and those below it, on any port."""
SCREENS = ROOT / ".artefacts" / "screens"
WIDE, NARROW = 1280, 360
HEIGHT = 900
AUTHORIZE = "Autorizar e entrar em Recibos (demonstração)"

COMMON_NAMES = {
    "empresa": "ACAI DO RIO NEGRO ALIMENTOS LTDA:99990001000198",
    "contadora": "FRANCISCA CHAGAS DO NASCIMENTO:90000102253",
    "funcionario": "JOAO PEDRO TAVARES:90000103225",
    "produtora": "TEREZA KAMBEBA:90000108294",
    "cidada": "MARIA DO SOCORRO LIMA:90000104205",
    "ex-administrador": "MADEIRAS SOLIMOES LTDA:99990003000187",
    "vencido": "LUIZ HENRIQUE AZEVEDO:90000109266",
    "revogado": "PESCADO DO TUPE COMERCIO LTDA:99990004000121",
    "site": "loja.exemplo.test",
}
"""Persona → subject CN of the certificate, as the computer's owner sees it in the list."""


class Computer:
    """One installation; ``as_persona`` decides what its browser answers when asked for a certificate."""

    def __init__(self, sandbox: LivingSandbox, playwright: Playwright, people: tuple[str, ...]) -> None:
        self.sandbox = sandbox
        self._playwright = playwright
        self.chromium = Chromium()
        self.chromium.trust(sandbox.web_ca, "sandbox web CA")
        for slug in people:
            self.chromium.import_p12(sandbox.persona(slug, ".p12"), P12_PASSWORD)

    @contextmanager
    def as_persona(self, slug: str) -> Iterator[Browser]:
        """A browser that presents that persona's certificate without asking; "" leaves the question open."""
        rules = [(CERTIFICATE_HOSTS, {"SUBJECT": {"CN": COMMON_NAMES[slug]}})] if slug else []
        self.chromium.select_certificate(*rules)
        with self.chromium.launch(self._playwright.chromium, hosts=HOSTS) as browser:
            yield browser

    @contextmanager
    def page(self, slug: str, *, width: int = WIDE, javascript: bool = True) -> Iterator[Page]:
        """One window of such a browser, at the size of a screen ``width`` pixels wide."""
        with self.as_persona(slug) as browser:
            yield window(browser, width=width, javascript=javascript)


def window(browser: Browser, *, width: int = WIDE, javascript: bool = True) -> Page:
    """A window with cookies of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, locale="pt-BR", java_script_enabled=javascript
    )
    context.set_default_timeout(20_000)
    return context.new_page()


def shoot(page: Page, name: str) -> Path:
    """Keep the whole page as an artefact, on a wide screen and on a narrow one; returns the wide one."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size(size)
    return SCREENS / f"{name}-{WIDE}.png"


def code(page: Page) -> str | None:
    """The code of an error page (data-codigo of its main element), None on any other."""
    return page.locator("main").get_attribute("data-codigo")


def press(page: Page, label: str) -> None:
    """Press the button or follow the link that says just ``label``."""
    button = page.get_by_role("button", name=label, exact=True)
    button.or_(page.get_by_role("link", name=label, exact=True)).first.click()


def continue_link(page: Page) -> str:
    """Where "Continuar" leads: the certificate host."""
    link = page.get_by_role("link", name="Continuar", exact=True).get_attribute("href")
    assert link is not None
    return link


def option(page: Page, inscricao: str) -> Locator:
    """The radio button of an inscrição (UF:NUMERO)."""
    return page.locator(f'input[name="escolha"][data-inscricao="{inscricao}"]')
