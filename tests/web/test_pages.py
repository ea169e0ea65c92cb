"""Pages by themselves: errors, JSON, assets, logos, log lines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from idp import logs
from idp.flow.outcome import AskLogin
from idp.web.pages import Pages
from idp.web.screens import StepScreens
from idp.web.security import content_security_policy, source
from tests.web import people
from tests.web.gallery import POLICY, SITE, make_screens
from tests.web.html import Tree, problems


def test_not_found_and_wrong_method(pages: FlaskClient) -> None:
    missing, wrong = pages.get("/nowhere"), pages.post("/login")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert "Esta página não existe" in missing.text
    assert "GET" in wrong.headers["Allow"]
    for response in (missing, wrong):
        assert problems(response.text) == []
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_json_for_whoever_accepts_nothing_else(pages: FlaskClient) -> None:
    response = pages.get("/nowhere", headers={"Accept": "application/json"})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    assert response.json is not None
    assert set(response.json) == {"error", "error_description", "correlation_id"}
    assert response.json["error"] == "HTTP-404"
    asked = pages.get("/aplicativo", headers={"Accept": "application/json"})
    assert (asked.json or {})["error"] == "redirect_uri"
    assert (asked.json or {})["error_description"] == "redirect_uri is not registered for this client"
    for accept in ("*/*", "text/html", "application/json, text/html;q=0.5", ""):
        assert pages.get("/nowhere", headers={"Accept": accept}).mimetype == "text/html"


def test_a_protocol_error_speaks_to_the_person_and_to_the_developer(pages: FlaskClient) -> None:
    text = pages.get("/aplicativo").text
    assert "um endereço que ele não cadastrou" in text
    assert "redirect_uri: redirect_uri is not registered for this client" in text


def test_protocol_error_detail_is_text() -> None:
    app = Flask(__name__)
    with app.test_request_context():
        text = make_screens().pages.protocol_error("x", "<b>\u202e" + "y" * 9000).get_data(as_text=True)
    assert "<b>" not in text
    assert "\u202e" not in text
    assert "y" * 400 not in text


def test_the_style_sheet_may_be_kept_for_ever(pages: FlaskClient) -> None:
    (path,) = [
        link.attributes["href"]
        for link in Tree(pages.get("/login").text).all("link")
        if link.attributes["rel"] == "stylesheet"
    ]
    response = pages.get(path)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert hashlib.sha256(response.data).hexdigest()[:12] in path
    for other in ("/assets/portaria.css", "/assets/portaria.000000000000.css", "/assets/../pages.py", "/assets/%2e%2e"):
        assert pages.get(other).status_code == 404


def test_the_style_sheet_asks_for_nothing_from_elsewhere(pages: FlaskClient) -> None:
    (path,) = [
        link.attributes["href"]
        for link in Tree(pages.get("/login").text).all("link")
        if link.attributes["rel"] == "stylesheet"
    ]
    sheet = pages.get(path).text
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "prefers-reduced-motion" in sheet
    assert ":focus-visible" in sheet


def login_with(logo: str | None, *, sandbox: bool = True) -> tuple[str, str]:
    client = replace(people.CLIENT, logo_uri=logo)
    pages = Pages(replace(SITE, sandbox=sandbox), people.FixedClock())
    screens = StepScreens(pages, people.OneClient(client), POLICY)
    with Flask(__name__).test_request_context():
        response = screens.login(AskLogin(people.transaction()))
    return response.get_data(as_text=True), response.headers["Content-Security-Policy"]


def test_a_logo_is_the_only_foreign_image() -> None:
    text, policy = login_with("https://cdn.sefaz.example/logo.png?a=1;b")
    assert 'src="https://cdn.sefaz.example/logo.png?a=1;b"' in text
    assert "img-src 'self' https://cdn.sefaz.example;" in policy


@pytest.mark.parametrize(
    "logo",
    [None, "", "http://cdn.example/logo.png", "javascript:alert(1)", "data:image/svg+xml,<svg>", "//cdn.example/x"],
)
def test_another_kind_of_logo_is_left_out(logo: str | None) -> None:
    text, policy = login_with(logo)
    assert "<img" not in text
    assert "img-src 'self';" in policy


def test_no_banner_outside_the_sandbox() -> None:
    assert "Ambiente de testes" not in login_with(None, sandbox=False)[0]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://a.example/x?y#z", "https://a.example"),
        ("https://a.example:8450/x", "https://a.example:8450"),
        ("http://127.0.0.1:9/x", "http://127.0.0.1:9"),
        ("http://[::1]:9/x", "http:"),
        ("https://a.example;script-src *", "https:"),
        ("https://a.example 'unsafe-inline'", "https:"),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("", None),
        (None, None),
    ],
)
def test_no_uri_can_write_into_the_policy(uri: str | None, expected: str | None) -> None:
    assert source(uri) == expected
    assert content_security_policy(forms=[uri or ""]).count(";") == 5


def test_a_page_and_its_line_share_a_code(pages: FlaskClient, lines: list[dict[str, Any]]) -> None:
    text = pages.get("/cert-02").text
    line = next(line for line in lines if line["event"] == "page")
    assert f">{line['correlation_id']}<" in text
    assert (line["status"], line["codigo"]) == (403, "CERT-02")
    other = pages.get("/cert-02").text
    assert f">{line['correlation_id']}<" not in other


def test_log_lines_are_json_without_documents(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        logs.configure("info")
        logger = structlog.get_logger()
        logger.info("x", who="900.001.022-53", company="99990001000198", n=3)
        logger.debug("silent")
        try:
            raise ValueError("cpf 90000102253")
        except ValueError as error:
            logger.error("failed", exc_info=error)
    finally:
        structlog.configure(**before)
    first, second = capsys.readouterr().out.splitlines()
    line = json.loads(first)
    assert (line["event"], line["level"], line["n"]) == ("x", "info", 3)
    assert (line["who"], line["company"]) == ("***.001.022-**", "**.***.001/0001-**")
    assert "***.001.022-**" in json.loads(second)["exception"]
    assert "90000102253" not in first + second
