"""Every page in every state: sound HTML, strict headers, nothing of the person in clear."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.web.gallery import make_screens, states
from tests.web.html import Tree, problems

STATES = sorted(states(make_screens()))
WITH_FORMS = [state for state in STATES if state.startswith(("login", "cert-", "consentimento", "nada"))]
CPF, FORMATTED = "90000102253", "900.001.022-53"


@pytest.mark.parametrize("state", STATES)
def test_html_is_sound(pages: FlaskClient, state: str) -> None:
    assert problems(pages.get(f"/{state}").text) == []


@pytest.mark.attack("ATK-094")
@pytest.mark.attack("ATK-097")
@pytest.mark.attack("ATK-098")
@pytest.mark.parametrize("state", STATES)
def test_headers(pages: FlaskClient, state: str) -> None:
    headers = pages.get(f"/{state}").headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert set(policy["form-action"].split()) <= {"'self'", "https://dte.sefaz.example"}
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("state", WITH_FORMS)
def test_forms_may_lead_back_to_the_application(pages: FlaskClient, state: str) -> None:
    """Chromium holds form-action against the redirect after Cancel or Autorizar."""
    policy = pages.get(f"/{state}").headers["Content-Security-Policy"]
    assert "form-action 'self' https://dte.sefaz.example;" in policy


@pytest.mark.parametrize("state", STATES)
def test_documents_are_masked(pages: FlaskClient, state: str) -> None:
    text = pages.get(f"/{state}").text
    assert CPF not in text
    assert FORMATTED not in text


@pytest.mark.parametrize("state", STATES)
def test_sandbox_banner_and_attendance_code(pages: FlaskClient, state: str) -> None:
    text = pages.get(f"/{state}").text
    assert "Ambiente de testes." in text
    assert re.search(r"Código de atendimento: <strong class=\"code\">[0-9A-Z]{4}-[0-9A-Z]{4}</strong>", text)


@pytest.mark.parametrize("state", STATES)
def test_no_request_goes_elsewhere(pages: FlaskClient, state: str) -> None:
    tree = Tree(pages.get(f"/{state}").text)
    for element in tree.all("link"):
        assert element.attributes["href"].startswith(("/assets/", "data:"))
    assert not tree.all("img")


def test_error_pages_are_named(pages: FlaskClient) -> None:
    for state, code in {
        "cert-02": "CERT-02",
        "nada": "INS-01",
        "nada-responsavel": "CERT-10",
        "nada-procuracao": "PRC-02",
        "nada-pendente": "PRC-03",
        "nada-situacao": "INS-02",
        "aplicativo": "APP-01",
        "transacao_expirada": "SES-02",
    }.items():
        assert Tree(pages.get(f"/{state}").text).one("main").attributes["data-codigo"] == code
    for state in ("login", "consentimento-contadora", "saiu"):
        assert "data-codigo" not in Tree(pages.get(f"/{state}").text).one("main").attributes


@pytest.mark.attack("ATK-043")
def test_a_hostile_certificate_writes_text_and_nothing_else(pages: FlaskClient) -> None:
    text = pages.get("/hostil").text
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\u202e" not in text
    assert "\u2066" not in text
    assert "\x00" not in text
    assert "X" * 130 not in text
    assert len(text) < 20_000
    assert len(Tree(text).all("textarea")) == 1


def test_the_checker_finds_what_it_is_for() -> None:
    bad = """<!doctype html><html lang="en"><head><title>x</title></head><body><header></header><main>
    <h1>a</h1><h3>b</h3><p id="x" style="color:red">c</p><p id="x" onclick="y()">d</p><input id="q" type="text">
    <a href="javascript:alert(1)">e</a><a href="#gone">f</a><script>1</script><label for="none">g</label>
    </main><footer></div></footer></body></html>"""
    found = "\n".join(problems(bad))
    for expected in ("lang", "h1 is followed by h3", "twice", "style=", "onclick", "no label", "javascript:", "#gone"):
        assert expected in found
    for expected in ("<script>", "for=none", "</div>"):
        assert expected in found
