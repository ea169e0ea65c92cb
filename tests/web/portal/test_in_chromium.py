"""The portal's pages in a real browser: readable, large enough to press, whole on a narrow screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from playwright.sync_api import Browser, Playwright

from tests.support.chromium import Chromium
from tests.web.portal.stage import gallery
from tests.web.test_in_chromium import NARROW, SMALL_TARGETS, UNREADABLE, WIDE, open_page, serve

pytestmark = pytest.mark.browser

# WCAG 2.5.5: 44 px for what is pressed, links within text excepted.
UNDER_44 = """() => [...document.querySelectorAll('button, a.button, .tabs a, .menu a, .menu summary, select,' +
  'label.option, input[type=text], input[type=search], input[type=date], input:not([type]), .pages a')]
  .filter(e => e.checkVisibility()).filter(e => e.getBoundingClientRect().height < 43.9)
  .map(e => e.outerHTML.slice(0, 90) + e.getBoundingClientRect().height)"""
# Who is in and the menu, folded.
HEADER = "() => document.querySelector('header.top').getBoundingClientRect().height"
OVERFLOWING = """() => [...document.querySelectorAll('main *')]
  .filter(e => e.checkVisibility() && !e.closest('.offscreen, .visually-hidden'))
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    installation = Chromium()
    browser = installation.launch(playwright.chromium)
    yield browser
    browser.close()
    installation.remove()


def test_every_page_can_be_read_pressed_and_printed(browser: Browser) -> None:
    with structlog.testing.capture_logs():
        app = gallery()
    server = serve(app)
    page, complaints = open_page(browser, WIDE)
    for rule in app.url_map.iter_rules():
        if rule.arguments or rule.rule.startswith("/assets"):
            continue
        page.goto(f"http://127.0.0.1:{server.port}{rule.rule}")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        assert page.evaluate(HEADER) <= 120, rule.rule
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
        for viewport in (WIDE, NARROW):
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], rule.rule
            for check in (SMALL_TARGETS, UNDER_44, OVERFLOWING):
                assert page.evaluate(check) == [], rule.rule
        assert page.evaluate(UNREADABLE) == [], rule.rule
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], rule.rule
        page.emulate_media(media="screen")
    # Chromium notes the gallery's missing /favicon.ico on the console; anything else is ours.
    assert [text for text in complaints if "the server responded with a status of" not in text] == []
    page.close()
    server.shutdown()
    server.server_close()


def test_the_menu_of_a_narrow_screen_by_keyboard(browser: Browser) -> None:
    """It says who is in, opens and closes by Enter, and leads on; a wide screen shows the links at once."""
    with structlog.testing.capture_logs():
        app = gallery()
    server = serve(app)
    page, _ = open_page(browser, NARROW)
    page.goto(f"http://127.0.0.1:{server.port}/recebidas")
    recebidas = page.get_by_role("link", name="Recebidas")
    assert recebidas.count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    focused = page.evaluate("[document.activeElement.tagName, document.activeElement.textContent]")
    assert focused[0] == "SUMMARY"
    assert "Menu. Você está como FRANCISCA CHAGAS DO NASCIMENTO" in focused[1]
    page.keyboard.press("Enter")
    assert recebidas.count() == 1
    assert recebidas.get_attribute("aria-current") == "page"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Início"
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert page.get_by_role("link", name="Recebidas").count() == 1
    assert page.get_by_role("group").filter(has_text="Menu. Você").count() == 0
    page.close()
    server.shutdown()
    server.server_close()
