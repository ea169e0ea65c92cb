"""axe finds nothing on any page in any state: on a telephone always, on a wide screen when tests run deep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from playwright.sync_api import Browser, Playwright

from tests.support.chromium import Chromium
from tests.web import gallery as steps
from tests.web.axe import violations
from tests.web.portal import stage as portal
from tests.web.test_in_chromium import NARROW, WIDE, open_page, serve

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    installation = Chromium()
    browser = installation.launch(playwright.chromium)
    yield browser
    browser.close()
    installation.remove()


@pytest.fixture(params=[NARROW, pytest.param(WIDE, marks=pytest.mark.deep)], ids=["telephone", "desk"])
def viewport(request: pytest.FixtureRequest) -> dict[str, int]:
    return dict(request.param)


def found_in(app: Flask, browser: Browser, viewport: dict[str, int]) -> dict[str, list[str]]:
    """State → what axe finds there, everything folded open."""
    server = serve(app)
    page, _ = open_page(browser, viewport)
    found = {}
    states = [one.rule for one in app.url_map.iter_rules() if not one.arguments and not one.rule.startswith("/assets")]
    assert len(states) > 25
    for state in states:
        page.goto(f"http://127.0.0.1:{server.port}{state}")
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
        if problems := violations(page):
            found[state] = problems
    page.close()
    server.shutdown()
    server.server_close()
    return found


def test_the_pages_of_the_journey(browser: Browser, viewport: dict[str, int]) -> None:
    assert found_in(steps.gallery(), browser, viewport) == {}


def test_the_pages_of_the_portal(browser: Browser, viewport: dict[str, int]) -> None:
    with structlog.testing.capture_logs():
        app = portal.gallery()
    assert found_in(app, browser, viewport) == {}


def test_it_finds_what_it_is_for(browser: Browser) -> None:
    page, _ = open_page(browser, WIDE)
    page.set_content('<main><input><p style="color:#999;background:#fff">pale</p></main><img src="data:,">')
    rules = {one.partition(":")[0] for one in violations(page)}
    assert rules >= {"label", "color-contrast", "image-alt", "html-has-lang", "document-title", "page-has-heading-one"}
    page.close()
