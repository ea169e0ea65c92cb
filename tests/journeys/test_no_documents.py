"""No CPF, no CNPJ and no name of anybody stands in a log line, a metric, an address, a key of what may be lost, or on a
page for strangers (security.md: LGPD). The personas' are planted: everything that people do here carries them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from urllib.parse import unquote

import pytest
import requests

from idp.sandbox.html import Page
from idp.sandbox.personas import PERSONAS
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login, choices, present

NAMES = sorted({name for one in PERSONAS for name in (one.nome, one.spec.responsavel[1]) if name})
NUMBERS = sorted({number for one in PERSONAS for number in (one.spec.documento, one.spec.responsavel[0]) if number})
COMPANIES = ("99990001000198", "12ABC34501DE35")


def found(text: str) -> list[str]:
    """Everything planted that ``text`` holds: numbers with and without punctuation and escapes, names."""
    plain = unquote(text)
    bare = re.sub(r"[.\-/ ]", "", plain).upper()
    numbers = [number for number in (*NUMBERS, *COMPANIES) if number in bare]
    return numbers + [name for name in NAMES if name.upper() in plain.upper()]


class Recording(Browser):
    """A browser that remembers every address it was at or was sent to."""

    def __init__(self, sandbox: LivingSandbox, persona: str = "") -> None:
        super().__init__(sandbox, persona)
        self.addresses: list[str] = []
        self.http.hooks["response"].append(self._note)

    def _note(self, answer: requests.Response, **_: object) -> None:
        self.addresses += [answer.url, answer.headers.get("Location", "")]


@pytest.fixture(scope="module")
def lived(sandbox: LivingSandbox) -> tuple[LivingSandbox, list[str]]:
    """Logins of everybody who is let in and of everybody who is not, and what strangers try with people's numbers."""
    addresses: list[str] = []
    for persona in PERSONAS:
        if persona.spec.profile.name == "NENHUM":
            continue
        login = Login(browser := Recording(sandbox, persona.slug))
        answer = browser.go(present(browser, login.ticket(login.begin(prompt="consent"))))
        if persona.expected.choices:
            page = Page(answer.url, answer.text)
            assert "em nome de quem" in page.heading.lower(), (persona.slug, answer.status_code, answer.text[:3000])
            form, offered = choices(page)
            searched = browser.submit(form, "autorizar", escolha=offered[persona.expected.inscricao])
            login.redeem(login.code(searched))
        addresses += browser.addresses
    stranger = Recording(sandbox)
    issuer = sandbox.origins.issuer
    for number in (*NUMBERS, "900.001.022-53", "99.990.001/0001-98", "12.abc.345/01de-35"):
        for path in (f"/{number}", f"/authorize?client_id={number}&login_hint={number}", f"/consentimento?tx={number}"):
            answer = stranger.get(issuer + path)
            assert answer.status_code < 500, (path, answer.status_code)
        stranger.post(f"{issuer}/token", {"grant_type": "authorization_code", "client_id": number, "code": number})
    return sandbox, addresses


def test_something_was_planted(lived: tuple[LivingSandbox, list[str]]) -> None:
    """The audit, which is evidence, has them: what is searched for below was there to slip."""
    sandbox, _ = lived
    told = str(sandbox.audit())
    assert len(found(told)) > 8


def test_no_log_line(lived: tuple[LivingSandbox, list[str]]) -> None:
    """Standard output and error of the provider and all its processes, and of the relying party."""
    sandbox, _ = lived
    lines = [line for log in (sandbox.data / "log").glob("*.log") for line in log.read_text().splitlines()]
    assert len(lines) > 10
    assert [line for line in lines if found(line)] == []


def test_no_metric(lived: tuple[LivingSandbox, list[str]]) -> None:
    sandbox, _ = lived
    metrics = requests.get(f"http://127.0.0.1:{sandbox.management_port}/metrics", timeout=60)
    assert metrics.status_code == 200
    assert found(metrics.text) == []


def test_no_address(lived: tuple[LivingSandbox, list[str]]) -> None:
    """Which are also what access logs and Referer headers would hold."""
    _, addresses = lived
    assert len(addresses) > 50
    assert [address for address in addresses if found(address)] == []


def test_no_key_of_what_may_be_lost(lived: tuple[LivingSandbox, list[str]]) -> None:
    sandbox, _ = lived
    (database,) = sandbox.data.rglob("*.sqlite")
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM ephemeral")]
    assert keys
    assert [key for key in keys if found(key)] == []


@pytest.mark.parametrize("persona", ["empresa", "contadora"])
def test_no_page_for_a_stranger(lived: tuple[LivingSandbox, list[str]], persona: str) -> None:
    """Who arrives with somebody's return code but without his cookie learns nothing of him."""
    sandbox, _ = lived
    login, thief = Login(Browser(sandbox, persona)), Browser(sandbox)
    back = present(login.browser, login.ticket(login.begin()))
    page = thief.get(back)
    assert page.status_code == 403
    assert found(page.text) == []
