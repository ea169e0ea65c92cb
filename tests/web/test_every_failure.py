"""Every failure has a page that says what happened, what to do, who helps, under which code, and what to send them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from idp.domain.certificado import CertReason
from idp.errors import StoreUnavailable
from idp.flow.outcome import AskLogin
from tests.web import people
from tests.web.doubles import ScriptedJourney
from tests.web.gallery import SITE, gallery, make_screens
from tests.web.html import Tree

AC = "AC Sandbox RFB v5"
ISSUER_HELPS = {"CERT-02", "CERT-03", "CERT-04", "CERT-09"}
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
COMPUTER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def told(text: str) -> tuple[str, str, int, str, str]:
    """Code, everything in main, number of steps, diagnosis, and the paragraph that says who helps."""
    tree = Tree(text)
    main = tree.one("main")
    (who,) = [p.text for p in tree.all("p") if p.text.startswith("Quem ajuda:")] or [""]
    steps = [li for li in tree.all("li") if "main" in li.parents]
    return main.attributes["data-codigo"], main.text, len(steps), tree.one("textarea").text, who


@pytest.mark.parametrize("code", CertReason, ids=lambda code: code.value)
def test_a_certificate_s_failure(pages: FlaskClient, code: CertReason) -> None:
    page = pages.get(f"/{code.value.lower()}", headers={"User-Agent": PHONE}).text
    named, text, steps, diagnosis, who = told(page)
    assert named == code.value
    assert f"Código {code.value}" in text
    assert steps >= 1
    assert (AC in who) is (named in ISSUER_HELPS)
    assert ("0800 000 0000" in who) is (named not in ISSUER_HELPS)
    assert (AC in text.split("Dados para o suporte")[0]) is (named != "CERT-01")
    assert ("Certificado usado" in text) is (named != "CERT-01")
    assert ("Tentar de novo" in text) is (named == "CERT-01")
    lines = dict(line.split(": ", 1) for line in diagnosis.splitlines())
    assert lines["Motivos"].startswith(f"{code.value} (")
    assert lines["Documento"] == "***.001.022-**"
    assert (lines["Emissor"], lines["Número de série"]) == (AC, "1f2e3d4c5b6a")
    assert lines["Serviço"] == "Domicílio Tributário Eletrônico"
    assert lines["Navegador"] == PHONE
    assert f'<strong class="code">{lines["Atendimento"]}</strong>' in page


@pytest.mark.parametrize(
    ("state", "code", "links"),
    [
        ("nada", "INS-01", "nenhum"),
        ("nada-procuracao", "PRC-02", "procuracao_revogada"),
        ("nada-pendente", "PRC-03", "procuracao_pendente"),
        ("nada-responsavel", "CERT-10", "responsavel_divergente"),
    ],
)
def test_nothing_to_choose(pages: FlaskClient, state: str, code: str, links: str) -> None:
    """With who came, by which certificate until when, and a way to come with another one."""
    response = pages.get(f"/{state}").text
    named, text, steps, diagnosis, who = told(response)
    assert named == code
    assert steps >= 1
    assert "0800 000 0000" in who
    for shown in ("FRANCISCA CHAGAS DO NASCIMENTO", "***.001.022-**", AC, "27/12/2027", "Usar outro certificado"):
        assert shown in text
    lines = dict(line.split(": ", 1) for line in diagnosis.splitlines())
    assert (lines["Código"], lines["Vínculos"], lines["Número de série"]) == (code, links, "1f")


def test_nothing_to_choose_warns_of_the_certificate_s_end_too() -> None:
    screens = make_screens()
    app = gallery()
    app.add_url_rule("/breve", "breve", lambda: screens.consent(people.ask_consent((), (), days=9)))
    assert "Seu certificado vence em 9 dias." in app.test_client().get("/breve").text


def test_the_cadastro_out_of_reach(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = StoreUnavailable("connection refused")
    response = browser.get(f"/consentimento?tx={people.TX}")
    named, text, steps, diagnosis, who = told(response.text)
    assert (response.status_code, named, response.headers["Retry-After"]) == (503, "SIS-01", "30")
    assert "não é no seu computador" in text
    assert steps == 1
    assert "0800 000 0000" in who
    assert "Código: SIS-01" in diagnosis


def test_without_a_help_desk_none_is_named() -> None:
    client = gallery(make_screens(replace(SITE, support=""))).test_client()
    for state in ("cert-06", "nada", "cert-01"):
        assert told(client.get(f"/{state}").text)[4] == ""


@pytest.mark.parametrize(
    ("headers", "phone"),
    [
        ({"User-Agent": PHONE}, True),
        ({"User-Agent": IPHONE}, True),
        ({"User-Agent": COMPUTER}, False),
        ({"User-Agent": COMPUTER, "Sec-CH-UA-Mobile": "?1"}, True),
        ({"User-Agent": PHONE, "Sec-CH-UA-Mobile": "?0"}, False),
        ({"User-Agent": PHONE, "Sec-CH-UA-Mobile": "nonsense"}, True),
        ({"User-Agent": ""}, False),
    ],
)
def test_on_a_phone_the_login_page_hints_and_does_not_block(
    browser: FlaskClient, journey: ScriptedJourney, headers: dict[str, str], phone: bool
) -> None:
    journey.outcome = AskLogin(people.transaction())
    response = browser.get(f"/login?tx={people.TX}", headers=headers)
    assert response.status_code == 200
    assert ("Código DEV-01" in response.text) is phone
    assert any(a.text == "Continuar" for a in Tree(response.text).all("a"))
    assert "data-codigo" not in Tree(response.text).one("main").attributes


def test_the_end_of_a_session_s_certificate_is_told_where_it_is_noticed(
    browser: FlaskClient, journey: ScriptedJourney
) -> None:
    journey.outcome = people.refused(CertReason.REVOGADO, "revoked")
    for path in ("login", "consentimento"):
        assert told(browser.get(f"/{path}?tx={people.TX}").text)[0] == "CERT-04"
