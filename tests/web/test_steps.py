"""The two steps over HTTP: what reaches the journey, and what its outcomes become."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from idp.domain.certificado import CertReason
from idp.domain.representation import Motivo
from idp.errors import StoreUnavailable
from idp.flow.choices import Look
from idp.flow.outcome import AskLogin, Displayed, Granted, Pagina, Redirected, SignedIn
from tests.web import people
from tests.web.doubles import FORM, ISSUER, ScriptedJourney
from tests.web.html import Tree

BROWSER = hashlib.sha256(b"B" * 43).hexdigest()
CODE = "R" * 43
OWN = {"Origin": ISSUER, "Sec-Fetch-Site": "same-origin"}


def codigo(response: TestResponse) -> str | None:
    return Tree(response.text).one("main").attributes.get("data-codigo")


def post(client: FlaskClient, path: str, data: Any, **headers: str) -> TestResponse:
    return client.post(path, data=data, headers=headers or OWN)


def test_login_page(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = AskLogin(people.transaction())
    response = browser.get(f"/login?tx={people.TX}")
    assert response.status_code == 200
    (link,) = [a for a in Tree(response.text).all("a") if a.text.startswith("Continuar")]
    assert link.attributes["href"] == f"https://certificado.id.sefaz.example/entrar?ticket={'T' * 22}.{'K' * 43}"
    assert journey.calls == [("resume", (people.TX,), {"browser": BROWSER, "session_key": None})]
    assert "Para usar outro certificado" not in response.text
    assert "Para usar outro certificado" in browser.get(f"/login?tx={people.TX}&trocar=1").text


def test_login_when_consent_is_pending_goes_there(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent()
    assert browser.get(f"/login?tx={people.TX}").headers["Location"] == f"/consentimento?tx={people.TX}"


def test_cancel_goes_back_to_the_application(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = Redirected(people.REQUEST, "access_denied", "the end-user refused")
    for path in ("/login", "/consentimento"):
        response = post(browser, path, {**FORM, "decisao": "cancelar"})
        assert response.status_code == 303
        location = response.headers["Location"]
        assert location.startswith("https://dte.sefaz.example/retorno?error=access_denied&error_description=the")
        assert journey.calls.pop() == ("refused", (people.TX,), {"browser": BROWSER, "csrf": people.CSRF})


@pytest.mark.attack("ATK-095")
def test_return_sets_the_session_cookie_and_goes_to_consent(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = SignedIn(people.session(), "N" * 43, people.ask_consent())
    response = browser.get(f"/login/retorno?code={CODE}&tx={people.TX}")
    assert response.status_code == 303
    assert response.headers["Location"] == f"/consentimento?tx={people.TX}"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Set-Cookie"] == (
        f"__Host-portaria-session={'N' * 43}; Secure; HttpOnly; Path=/; SameSite=Lax"
    )
    assert journey.calls == [("signed_in", (CODE,), {"browser": BROWSER, "session_key": None, "dispositivo": ""})]


def test_return_that_issues_goes_to_the_application_with_the_cookie(
    browser: FlaskClient, journey: ScriptedJourney
) -> None:
    journey.outcome = SignedIn(people.session(), "N" * 43, Granted(people.REQUEST, "the-code"))
    response = browser.get(f"/login/retorno?code={CODE}")
    assert response.headers["Location"] == "https://dte.sefaz.example/retorno?code=the-code"
    assert "__Host-portaria-session=" in response.headers["Set-Cookie"]


def test_refused_certificate_is_told_on_the_spot(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.refused(CertReason.VENCIDO, "expired")
    response = browser.get(f"/login/retorno?code={CODE}")
    assert (response.status_code, codigo(response)) == (403, "CERT-02")
    assert "O certificado de FRANCISCA CHAGAS DO NASCIMENTO venceu em 10/11/2026." in response.text
    assert "AC Sandbox RFB v5" in response.text
    assert "CERT-02 (expired)" in Tree(response.text).one("textarea").text
    assert "***.001.022-**" in Tree(response.text).one("textarea").text
    assert "Set-Cookie" not in response.headers


def test_reloading_the_return_leads_back_to_the_login_page(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = Displayed(Pagina.RETORNO_INVALIDO)
    response = browser.get(f"/login/retorno?code={CODE}&tx={people.TX}")
    assert codigo(response) == "SES-05"
    assert f'href="/login?tx={people.TX}"' in response.text
    assert 'href="/login' not in browser.get(f"/login/retorno?code={CODE}&tx=%22%3E").text


def test_another_browser_is_told_to_stop(issuer: Flask, journey: ScriptedJourney) -> None:
    journey.outcome = Displayed(Pagina.OUTRO_NAVEGADOR)
    response = issuer.test_client().get(f"/login/retorno?code={CODE}&tx={people.TX}")
    assert (response.status_code, codigo(response)) == (403, "SES-04")
    assert 'href="/login' not in response.text
    assert journey.calls[0][2] == {"browser": "", "session_key": None, "dispositivo": ""}


def test_consent_lists_what_may_be_chosen(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent()
    tree = Tree(browser.get(f"/consentimento?tx={people.TX}").text)
    radios = [one.attributes for one in tree.all("input") if one.attributes.get("name") == "escolha"]
    assert [one["data-inscricao"] for one in radios] == [
        "AM:049000101",
        "AM:049000098",
        "AM:049000012",
        "AM:049000020",
        "AM:049000039",
        "AM:049000047",
        "AM:049000055",
        "AM:049000071",
    ]
    assert radios[0]["value"] == "AM:049000101/titular"
    assert radios[2]["value"] == "AM:049000012/procuracao/prc-acai"
    assert not any("checked" in one for one in radios)


def test_a_choice_reaches_the_journey(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = SignedIn(people.session(), "N" * 43, Granted(people.REQUEST, "the-code"))
    browser.set_cookie("__Host-portaria-session", "S" * 43, domain="localhost", secure=True, path="/")
    choice = "AM:049000012/procuracao/prc-acai"
    response = post(browser, "/consentimento", {**FORM, "decisao": "autorizar", "escolha": choice})
    assert response.headers["Location"] == "https://dte.sefaz.example/retorno?code=the-code"
    session = hashlib.sha256(b"S" * 43).hexdigest()
    assert journey.calls == [
        ("consented", (people.TX, choice), {"browser": BROWSER, "csrf": people.CSRF, "session_key": session})
    ]


def test_a_choice_that_fell_through_is_told(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent(refused=Motivo.REVOGADA)
    response = post(browser, "/consentimento", {**FORM, "decisao": "autorizar", "escolha": "AM:1/titular"})
    assert response.status_code == 200
    assert "A procuração que você escolheu acaba de ser revogada." in response.text


def test_no_choice_is_an_error_on_the_same_page(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent()
    response = post(browser, "/consentimento", {**FORM, "decisao": "autorizar"})
    assert response.status_code == 400
    assert "Falta escolher" in response.text
    assert journey.calls[0][0] == "resume"


def test_no_choice_on_a_later_page_stays_there(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent()
    post(browser, "/consentimento", {**FORM, "decisao": "autorizar", "pagina": "3"})
    assert journey.calls[0][2]["look"] == Look(page=3)


def test_another_certificate(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = AskLogin(people.transaction())
    response = post(browser, "/consentimento", {**FORM, "decisao": "outro_certificado"})
    assert response.headers["Location"] == f"/login?tx={people.TX}&trocar=1"
    assert journey.calls == [("other_certificate", (people.TX,), {"browser": BROWSER, "csrf": people.CSRF})]


# --- Foreign and tampered requests ---------------------------------------------------------------------------------

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": ISSUER, "Sec-Fetch-Site": "cross-site"},
    {"Origin": ISSUER, "Sec-Fetch-Site": "same-site"},
    {"Origin": ISSUER + ".evil.example"},
    {"Origin": "http://id.sefaz.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/login", "/consentimento"])
def test_a_form_from_elsewhere_is_refused(
    browser: FlaskClient, journey: ScriptedJourney, path: str, headers: dict[str, str]
) -> None:
    response = post(browser, path, {**FORM, "decisao": "cancelar"}, **headers)
    assert (response.status_code, codigo(response)) == (403, "SES-07")
    assert journey.calls == []


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize(
    "headers", [OWN, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": ISSUER}, {"User-Agent": "curl"}]
)
def test_our_own_form_is_taken(browser: FlaskClient, journey: ScriptedJourney, headers: dict[str, str]) -> None:
    journey.outcome = Redirected(people.REQUEST, "access_denied")
    assert post(browser, "/login", {**FORM, "decisao": "cancelar"}, **headers).status_code == 303


LONG = "x" * 20_000
BAD_FORMS: list[list[tuple[str, str]]] = [
    [],
    [("tx", people.TX)],
    [("csrf", people.CSRF), ("decisao", "cancelar")],
    [("tx", people.TX), ("decisao", "cancelar")],
    [("tx", people.TX), ("csrf", ""), ("decisao", "cancelar")],
    [("tx", people.TX), ("csrf", "short"), ("decisao", "cancelar")],
    [("tx", people.TX), ("tx", people.TX), ("csrf", people.CSRF), ("decisao", "cancelar")],
    [("tx", people.TX), ("csrf", people.CSRF), ("csrf", people.CSRF), ("decisao", "cancelar")],
    [("tx", people.TX), ("csrf", people.CSRF), ("decisao", "cancelar"), ("decisao", "autorizar")],
    [("tx", people.TX), ("csrf", people.CSRF)],
    [("tx", people.TX), ("csrf", people.CSRF), ("decisao", "apagar")],
    [("tx", people.TX), ("csrf", people.CSRF), ("decisao", LONG)],
    [("tx", LONG), ("csrf", people.CSRF), ("decisao", "cancelar")],
    [("tx", people.TX), ("csrf", "ção\x00\udcff"), ("decisao", "cancelar")],
    [("tx", people.TX + "\n"), ("csrf", people.CSRF), ("decisao", "cancelar")],
]
_AUTHORIZE = [("tx", people.TX), ("csrf", people.CSRF), ("decisao", "autorizar")]
BAD_CHOICES: list[list[tuple[str, str]]] = [
    [*_AUTHORIZE, ("escolha", "")],
    [*_AUTHORIZE, ("escolha", "AM:1/titular"), ("escolha", "AM:2/titular")],
    [*_AUTHORIZE, ("escolha", "AM:1/procuracao/\x00")],
    [*_AUTHORIZE, ("escolha", "AM:1/procuracao/é")],
    [*_AUTHORIZE, ("escolha", "A" * 201)],
    [*_AUTHORIZE, ("escolha", LONG)],
]


@pytest.mark.parametrize("form", BAD_FORMS, ids=range(len(BAD_FORMS)))
@pytest.mark.parametrize("path", ["/login", "/consentimento"])
def test_a_tampered_form_is_refused(
    browser: FlaskClient, journey: ScriptedJourney, path: str, form: list[tuple[str, str]]
) -> None:
    body = "&".join(f"{name}={_quoted(value)}" for name, value in form)
    response = browser.post(path, data=body, content_type="application/x-www-form-urlencoded", headers=OWN)
    assert (response.status_code, codigo(response)) == (400, "SES-06")
    assert journey.calls == []


@pytest.mark.parametrize("form", BAD_CHOICES, ids=range(len(BAD_CHOICES)))
def test_a_tampered_choice_is_refused(
    browser: FlaskClient, journey: ScriptedJourney, form: list[tuple[str, str]]
) -> None:
    response = post(browser, "/consentimento", MultiDict(form))
    assert (response.status_code, codigo(response)) == (400, "SES-06")
    assert journey.calls == []


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "tx=",
        f"tx={'T' * 22}&tx={'T' * 22}",
        "tx=%00",
        "tx=%FF%FE",
        f"tx={'T' * 23}",
        f"tx={'T' * 22}%0A",
        "tx[]=1",
        "tx=" + "T" * 5000,
        "%",
        "&&&=&tx",
    ],
)
def test_a_transaction_that_cannot_be_one(browser: FlaskClient, journey: ScriptedJourney, query: str) -> None:
    for path in ("/login", "/consentimento"):
        response = browser.get(f"{path}?{query}")
        assert (response.status_code, codigo(response)) == (410, "SES-02")
    for code in (query.replace("tx", "code"), ""):
        response = browser.get(f"/login/retorno?{code}")
        assert (response.status_code, codigo(response)) == (400, "SES-05")
    assert journey.calls == []


@pytest.mark.parametrize(
    "query", ["q=%00%FF", "q=" + "a" * 5000, "pagina=0", "pagina=-1", "pagina=x", "pagina=99999", "pagina=9999&q=("]
)
def test_search_and_page_make_the_best_of_anything(browser: FlaskClient, journey: ScriptedJourney, query: str) -> None:
    journey.outcome = people.ask_consent()
    assert browser.get(f"/consentimento?tx={people.TX}&{query}").status_code == 200


@pytest.mark.attack("ATK-106")
@pytest.mark.parametrize("path", ["/login", "/consentimento"])
def test_a_body_over_the_limit_is_refused_unread(browser: FlaskClient, journey: ScriptedJourney, path: str) -> None:
    flood = "&".join(f"a{i}=1" for i in range(20_000))
    response = browser.post(path, data=flood, content_type="application/x-www-form-urlencoded", headers=OWN)
    assert (response.status_code, codigo(response)) == (413, "HTTP-413")
    parts = MultiDict((f"p{i}", "1") for i in range(100))
    response = browser.post(path, data=parts, content_type="multipart/form-data", headers=OWN)
    assert response.status_code == 413
    assert browser.get(f"/login?tx={people.TX}", data=b"x" * 70_000).status_code == 413  # whatever reads no body
    assert journey.calls == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", "x"])
def test_another_kind_of_body_holds_no_form(browser: FlaskClient, journey: ScriptedJourney, content_type: str) -> None:
    response = browser.post("/login", data=b'{"tx":1}\xff', content_type=content_type, headers=OWN)
    assert (response.status_code, codigo(response)) == (400, "SES-06")
    assert journey.calls == []


def test_a_store_that_does_not_answer(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = StoreUnavailable("connection refused")
    response = browser.get(f"/login?tx={people.TX}")
    assert (response.status_code, codigo(response)) == (503, "SIS-01")
    assert response.headers["Retry-After"] == "30"
    assert "connection refused" not in response.text


def test_a_failure_shows_a_code_and_no_trace(
    browser: FlaskClient, journey: ScriptedJourney, lines: list[dict[str, Any]]
) -> None:
    journey.outcome = ValueError("secret detail")
    response = browser.get(f"/login?tx={people.TX}")
    assert (response.status_code, codigo(response)) == (500, "SIS-03")
    assert "secret detail" not in response.text
    failed = next(line for line in lines if line["event"] == "failed")
    assert failed["correlation_id"] in response.text
    assert isinstance(failed["exc_info"], ValueError)


def test_strict_transport_security_outside_the_sandbox(browser: FlaskClient, pages: FlaskClient) -> None:
    assert browser.get("/login").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in pages.get("/login").headers
