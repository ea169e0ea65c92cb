"""Attacks on the way between the hosts, by whoever has a browser: several cookie jars over real TLS."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from idp.sandbox.html import Page
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login, choices, present
from tests.journeys.taxpayer import Computer, press
from tests.support.ports import free_port
from tests.support.processes import wait_until

OWN, NOBODYS, PRODUTORAS = "AM:049000039", "AM:999999999", "AM:049000101"


def test_the_public_client_gets_its_tokens(sandbox: LivingSandbox) -> None:
    """The honest journey that the attacks below disturb."""
    login = Login(Browser(sandbox, "contadora"))
    form, offered = choices(login.consent())
    code = login.code(login.browser.submit(form, "autorizar", escolha=offered["AM:049000071"]))
    status, tokens = login.redeem(code)
    assert status == 200
    assert {"id_token", "access_token"} <= tokens.keys()


def test_a_victims_certificate_does_not_finish_the_attackers_login(sandbox: LivingSandbox) -> None:
    """A starts; B, sent A's link, presents; neither B nor A with all A knows gets in, and the return code is spent."""
    attacker, victim = Login(Browser(sandbox)), Browser(sandbox, "contadora")
    login_page = attacker.begin()
    ticket = attacker.ticket(login_page)
    back = present(victim, ticket)
    before = len(sandbox.audit())

    arrival = victim.get(back)
    assert (arrival.status_code, code_of(arrival)) == (403, "SES-04")
    assert "FRANCISCA" not in arrival.text
    assert not victim.http.cookies
    discarded = since(sandbox, before)
    assert [(row["kind"], row["payload"]) for row in discarded] == [("login.discarded", {"why": "browser"})]

    # The code itself, which only the victim's browser saw, is worth nothing any more, not even beside A's cookie.
    replayed = attacker.browser.get(back)
    assert (replayed.status_code, code_of(replayed)) == (400, "SES-05")
    # All that A has from the start: its own addresses, and the ticket in place of a return code.
    transaction, _, secret = parse_qs(urlsplit(ticket).query)["ticket"][0].partition(".")
    guess = attacker.browser.get(f"{attacker.issuer}/login/retorno?code={secret}&tx={transaction}")
    assert code_of(guess) == "SES-05"
    waiting = attacker.browser.go(f"{attacker.issuer}/consentimento?tx={transaction}")
    assert Page(waiting.url, waiting.text).heading.strip() == "Entrar com certificado digital"


def test_an_attackers_certificate_is_not_planted_into_a_victims_browser(sandbox: LivingSandbox) -> None:
    """A presents his own certificate and sends B the address he is given: refused there, and spent for A as well."""
    attacker, victim = Login(Browser(sandbox, "empresa")), Login(Browser(sandbox, "contadora"))
    victims_page = victim.begin()
    planted = present(attacker.browser, attacker.ticket(attacker.begin()))
    cookies = dict(victim.browser.http.cookies)
    before = len(sandbox.audit())

    arrival = victim.browser.get(planted)
    assert (arrival.status_code, code_of(arrival)) == (403, "SES-04")
    assert dict(victim.browser.http.cookies) == cookies, "no session was given to the victim"
    assert [row["payload"] for row in since(sandbox, before)] == [{"why": "browser"}]
    again = attacker.browser.get(planted)
    assert (again.status_code, code_of(again)) == (400, "SES-05")

    # The victim's own login was not disturbed.
    consent = victim.browser.go(present(victim.browser, victim.ticket(victims_page)))
    assert "FRANCISCA CHAGAS DO NASCIMENTO" in consent.text


def test_a_return_code_serves_only_the_transaction_whose_ticket_was_shown(sandbox: LivingSandbox) -> None:
    """A ticket that is not the Transaction's own brings nobody in, though browser and certificate are right."""
    login = Login(Browser(sandbox, "contadora"))
    ticket = login.ticket(login.begin())
    forged = ticket[:-43] + "A" * 43
    back = present(login.browser, forged)
    assert code_of(login.browser.get(back)) == "SES-05"
    assert code_of(login.browser.get(back)) == "SES-05"


def test_a_return_code_works_once(sandbox: LivingSandbox) -> None:
    login = Login(Browser(sandbox, "contadora"))
    back = present(login.browser, login.ticket(login.begin()))
    first = login.browser.get(back)
    assert first.status_code == 303
    assert code_of(login.browser.get(back)) == "SES-05"


@pytest.mark.attack("ATK-093")
def test_another_browser_neither_sees_nor_answers_a_consent(sandbox: LivingSandbox) -> None:
    """With the address and the form's own token, but another browser's cookie."""
    owner, thief = Login(Browser(sandbox, "contadora")), Login(Browser(sandbox, "empresa"))
    page = owner.consent()
    thief.consent()
    form, offered = choices(page)
    for answer in (
        thief.browser.get(page.url),
        thief.browser.submit(form, "autorizar", escolha=next(iter(offered.values()))),
        thief.browser.submit(form, "cancelar"),
    ):
        assert (answer.status_code, code_of(answer)) == (403, "SES-04")
        assert "FRANCISCA" not in answer.text
    owner.code(owner.browser.submit(form, "autorizar", escolha=offered["AM:049000063"]))


@pytest.mark.attack("ATK-093")
def test_an_old_consent_form_gives_no_second_code(sandbox: LivingSandbox) -> None:
    login = Login(Browser(sandbox, "contadora"))
    form, offered = choices(login.consent())
    login.code(login.browser.submit(form, "autorizar", escolha=offered["AM:049000071"]))
    before = len(sandbox.audit())
    for inscricao in ("AM:049000071", "AM:049000063"):
        answer = login.browser.submit(form, "autorizar", escolha=offered[inscricao])
        assert (answer.status_code, code_of(answer)) == (410, "SES-02")
    assert since(sandbox, before) == []


@pytest.mark.attack("ATK-120")
def test_the_inscricao_of_another_cannot_be_chosen_nor_found_out(sandbox: LivingSandbox) -> None:
    """A choice that was never offered: one that exists and one that does not are refused alike, and recorded."""
    login = Login(Browser(sandbox, "funcionario"))
    form, offered = choices(login.consent(prompt="consent"))
    before = len(sandbox.audit())
    answers = []
    for stranger in (PRODUTORAS, NOBODYS):
        posted = offered[OWN].replace(OWN, stranger)
        answer = login.browser.submit(form, "autorizar", escolha=posted)
        assert answer.status_code == 200
        page = Page(answer.url, answer.text)
        assert page.heading.strip() == "Confirme em nome de quem você entra"
        assert list(choices(page)[1]) == [OWN]
        assert "TEREZA" not in answer.text
        answers.append(re.sub(r"(?<=Código de atendimento: ).*", "", answer.text))
        form, _ = choices(page)
    assert answers[0] == answers[1]
    rows = since(sandbox, before)
    assert [row["kind"] for row in rows] == ["code.refused", "code.refused"]
    assert PRODUTORAS in rows[0]["payload"]["choice"]
    assert rows[0]["payload"]["titular"] == "90000103225"
    login.code(login.browser.submit(form, "autorizar", escolha=offered[OWN]))


@pytest.mark.attack("ATK-121")
def test_two_tabs_of_one_browser_keep_their_choices_apart(sandbox: LivingSandbox) -> None:
    """Each request gets the choice made in its own form, in whatever order they are answered; the last one counts."""
    browser = Browser(sandbox, "contadora")
    first, second = Login(browser), Login(browser)
    first_form, offered = choices(first.consent())
    second_page = browser.go(second.begin(prompt="select_account").url)
    second_form, _ = choices(Page(second_page.url, second_page.text))

    def told(access_token: str) -> requests.Response:
        bearer = {"Authorization": f"Bearer {access_token}"}
        return browser.http.get(f"{first.issuer}/userinfo", headers=bearer, timeout=60)

    given = []
    for login, form, numero in ((second, second_form, "049000063"), (first, first_form, "049000071")):
        code = login.code(browser.submit(form, "autorizar", escolha=offered[f"AM:{numero}"]))
        status, tokens = login.redeem(code)
        assert status == 200
        assert told(tokens["access_token"]).json()["inscricao"]["numero"] == numero
        given.append(tokens["access_token"])
    assert told(given[0]).status_code == 401, "the other choice of the same client and session ended the one before"


class _Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign_site() -> Iterator[str]:
    """An empty page of another site, on this machine: Chromium keeps public sites from its loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), _Nothing)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
@pytest.mark.attack("ATK-102")
@pytest.mark.parametrize("victim_is_signed_in", [False, True])
def test_a_foreign_page_gets_nothing_out_of_a_certificate_that_the_browser_sends_by_itself(
    victim_is_signed_in: bool, computer: Computer, sandbox: LivingSandbox, foreign_site: str
) -> None:
    """The attacker's page loads the certificate host with his own ticket, in an image, a frame and a window. Chromium
    shows it the victim's certificate unasked; the image's return code it does not even follow (the certificate host is
    for its own origin only), the others are spent, and nobody is signed in."""
    attacker = Login(Browser(sandbox))
    ticket = attacker.ticket(attacker.begin())
    with computer.page("contadora") as page:
        if victim_is_signed_in:
            page.goto(f"{sandbox.origins.application}/entrar")
            press(page, "Continuar")
            expect(page.get_by_role("heading", level=1)).to_have_text("Em nome de quem?")
        before = len(sandbox.audit())
        page.goto(foreign_site)
        page.set_content(f'<img src="{ticket}"><iframe src="{ticket}"></iframe>')
        wait_until(lambda: since(sandbox, before), "the frame came back")
        with page.expect_popup() as popup:
            page.evaluate("address => { window.open(address) }", ticket)
        expect(popup.value.get_by_role("heading", level=1)).to_have_text("Este pedido começou em outro navegador")
        rows = [(row["kind"], row["payload"]) for row in since(sandbox, before)]
        assert rows == [("login.discarded", {"why": "browser"})] * 2
    waiting = attacker.browser.go(attacker.begin().url)
    assert Page(waiting.url, waiting.text).heading.strip() == "Entrar com certificado digital"


def code_of(answer: Any) -> str:
    """The code of the error page (data-codigo), "" on any other."""
    return Page(answer.url, answer.text).code


def since(sandbox: LivingSandbox, before: int) -> list[dict[str, Any]]:
    """Audit rows written after the first ``before``, without those of reading the audit itself."""
    return [row for row in sandbox.audit()[before:] if row["kind"] != "audit.read"]
