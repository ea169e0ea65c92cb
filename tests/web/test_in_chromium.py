"""The pages in a real browser: their policy lets them work, they fit a narrow screen, they can be read and pressed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, Playwright
from werkzeug.serving import BaseWSGIServer, make_server

from idp.flow.outcome import AskLogin, Redirected
from idp.web.consent import consent_blueprint
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.pages import Pages
from idp.web.screens import StepScreens
from idp.web.security import protect
from tests.support.chromium import Chromium
from tests.web import people
from tests.web.doubles import ScriptedJourney, written
from tests.web.gallery import POLICY, SITE, gallery, make_screens, states

pytestmark = pytest.mark.browser

STATES = sorted(states(make_screens()))
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

# WCAG 2.2: 1.4.3 contrast (4.5:1; 3:1 for large text) and 2.5.8 target size (24 px, inline links excepted).
UNREADABLE = """() => {
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [one, other] = [luminance(parse(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(element.tagName + ' ' + element.textContent.trim().slice(0, 30) + ratio);
  }
  return found;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, input:not([type=hidden]), a.button, textarea')]
  .filter(e => e.checkVisibility()).map(e => [e, (e.closest('label') || e).getBoundingClientRect()])
  .filter(([e, r]) => r.width < 24 || r.height < 24).map(([e, r]) => e.outerHTML.slice(0, 80) + r.height)"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    installation = Chromium()
    browser = installation.launch(playwright.chromium)
    yield browser
    browser.close()
    installation.remove()


def serve(app: Flask) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def shown() -> Iterator[str]:
    server = serve(gallery())
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


def open_page(browser: Browser, viewport: dict[str, int]) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def test_every_page_keeps_its_own_policy_fits_and_can_be_read(browser: Browser, shown: str) -> None:
    page, complaints = open_page(browser, WIDE)
    for state in STATES:
        page.goto(f"{shown}/{state}")
        page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
        for viewport in (WIDE, NARROW):
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], state
            assert page.evaluate(SMALL_TARGETS) == [], state
        assert page.evaluate(UNREADABLE) == [], state
    # Chromium itself notes a 4xx document on the console; anything else is ours.
    assert [text for text in complaints if "the server responded with a status of" not in text] == []
    page.close()


@pytest.mark.parametrize(
    ("state", "begins"),
    [("consentimento-contadora", "#busca"), ("consentimento-fixadas", "#busca"), ("consentimento-uma", "#escolhas")],
)
def test_on_a_telephone_the_choice_begins_on_the_first_screen(
    browser: Browser, shown: str, state: str, begins: str
) -> None:
    """And what the application receives stands in sight before the button all the same."""
    page, _ = open_page(browser, NARROW)
    page.goto(f"{shown}/{state}")
    top = f"document.querySelector('{begins}').getBoundingClientRect().top"
    assert page.evaluate(top) <= 560
    told = page.locator(".receives").get_by_text("inscrição estadual escolhida").first
    assert told.is_visible()
    button = page.get_by_role("button", name="Autorizar")
    assert told.evaluate("(e, b) => !!(e.compareDocumentPosition(b) & 4)", button.element_handle())
    page.close()


def test_the_checks_find_what_they_are_for(browser: Browser) -> None:
    page, _ = open_page(browser, NARROW)
    page.set_content('<p style="color:#999;background:#fff">pale</p><button style="font:6px x;padding:0">x</button>')
    assert len(page.evaluate(UNREADABLE)) == 1
    assert len(page.evaluate(SMALL_TARGETS)) == 1
    page.close()


class Elsewhere:
    """A relying party on an origin of its own, and the issuer's two steps."""

    def __init__(self) -> None:
        party = Flask("party")
        party.add_url_rule("/retorno", "retorno", lambda: Response(f"arrived {request.args.get('error')}"))
        self.party = serve(party)
        self.journey = ScriptedJourney()
        callback = f"http://127.0.0.1:{self.party.port}/retorno"
        self.request = replace(people.REQUEST, redirect_uri=callback)
        self.server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
        self.origin = f"http://127.0.0.1:{self.server.port}"
        self.server.app = self._issuer(callback)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _issuer(self, callback: str) -> Flask:
        app = Flask("issuer", static_folder=None)
        pages = Pages(replace(SITE, issuer=self.origin), people.FixedClock())
        client = replace(people.CLIENT, redirect_uris=(callback,))
        screens = StepScreens(pages, people.OneClient(client), POLICY)
        respond = make_responder(screens, written, lambda granted: {"code": granted.code})
        protect(app, hsts=False)
        app.register_blueprint(login_blueprint(self.journey, screens, respond))  # type: ignore[arg-type]
        app.register_blueprint(consent_blueprint(self.journey, screens, respond))  # type: ignore[arg-type]
        return app

    def close(self) -> None:
        for server in (self.party, self.server):
            server.shutdown()
            server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    both = Elsewhere()
    yield both
    both.close()


@pytest.mark.parametrize(("path", "button"), [("login", "Cancelar"), ("consentimento", "Cancelar")])
def test_a_form_s_answer_may_lead_to_the_application(
    browser: Browser, elsewhere: Elsewhere, path: str, button: str
) -> None:
    """The browser's own Origin and Sec-Fetch-Site pass our check, and its form-action check passes the redirect."""
    page, _ = open_page(browser, WIDE)
    tx = people.transaction(request=elsewhere.request)
    consent = people.ask_consent()
    asked = AskLogin(tx) if path == "login" else replace(consent, tx=replace(consent.tx, request=elsewhere.request))
    elsewhere.journey.outcome = asked
    page.goto(f"{elsewhere.origin}/{path}?tx={people.TX}")
    elsewhere.journey.outcome = Redirected(elsewhere.request, "access_denied")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/retorno?**")
    assert page.text_content("body") == "arrived access_denied"
    page.close()


def test_the_keyboard_alone_chooses_and_authorizes(browser: Browser, elsewhere: Elsewhere) -> None:
    page, _ = open_page(browser, WIDE)
    consent = people.ask_consent()
    elsewhere.journey.outcome = replace(consent, tx=replace(consent.tx, request=elsewhere.request))
    page.goto(f"{elsewhere.origin}/consentimento?tx={people.TX}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ir para o conteúdo"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.querySelector('input:checked').dataset.inscricao") == "AM:049000098"
    elsewhere.journey.outcome = Redirected(elsewhere.request, "done")
    page.keyboard.press("Enter")
    page.wait_for_url("**/retorno?**")
    name, arguments, _ = elsewhere.journey.calls[-1]
    assert (name, arguments) == ("consented", (people.TX, "AM:049000098/representante_legal"))
    page.close()
