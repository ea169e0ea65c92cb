"""The certificate host's page: a ticket and a handshake in, a return code out, nothing kept."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.certificate.handshake import SpoofedHeader, UntrustedHop, presented_certificate
from idp.domain.certificado import Claimed, Refused
from idp.flow.gateway import Presented
from idp.web.gateway import gateway_blueprint
from idp.web.pages import Pages
from idp.web.security import protect
from tests.web import people
from tests.web.gallery import SITE
from tests.web.html import Tree, problems

TICKET = f"{'T' * 22}.{'K' * 43}"
CODE = "R" * 43
SECRET = "s" * 40


class RecordingGateway:
    def __init__(self) -> None:
        self.presented: list[tuple[str, str, bytes | None]] = []

    def present(self, tx_id: str, ticket: str, der: bytes | None) -> Presented:
        self.presented.append((tx_id, ticket, der))
        return Presented(CODE, Refused((), Claimed()))


@pytest.fixture
def gateway() -> RecordingGateway:
    return RecordingGateway()


def make_client(gateway: RecordingGateway, presented: Any) -> FlaskClient:
    app = Flask("gateway", static_folder=None)
    pages = Pages(SITE, people.FixedClock(), on_certificate_host=True)
    protect(app, hsts=False)
    pages.handle_errors(app)
    app.register_blueprint(gateway_blueprint(gateway, presented, pages))  # type: ignore[arg-type]
    return app.test_client()


@pytest.fixture
def client(gateway: RecordingGateway) -> FlaskClient:
    return make_client(gateway, lambda environ: b"DER")


def test_the_return_code_goes_back_to_the_issuer(client: FlaskClient, gateway: RecordingGateway) -> None:
    response = client.get(f"/entrar?ticket={TICKET}", headers={"Cookie": "a=b"})
    assert response.status_code == 303
    assert response.headers["Location"] == f"https://id.sefaz.example/login/retorno?code={CODE}&tx={'T' * 22}"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers
    assert gateway.presented == [("T" * 22, "K" * 43, b"DER")]


@pytest.mark.attack("ATK-069")
@pytest.mark.parametrize("host", ["0123456789abcdef.certificado.id.sefaz.example", "evil.example"])
def test_the_way_back_is_configuration_whatever_name_was_asked(client: FlaskClient, host: str) -> None:
    headers = {"Host": host, "X-Forwarded-Host": "evil.example"}
    location = client.get(f"/entrar?ticket={TICKET}", headers=headers).headers["Location"]
    assert location.startswith("https://id.sefaz.example/login/retorno?")


def test_no_certificate_goes_back_as_well(gateway: RecordingGateway) -> None:
    """The issuer tells what is wrong, in the context of the application."""
    assert make_client(gateway, lambda environ: None).get(f"/entrar?ticket={TICKET}").status_code == 303
    assert gateway.presented[0][2] is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "ticket=",
        "ticket=x",
        f"ticket={TICKET}&ticket={TICKET}",
        f"ticket={TICKET}%0A",
        f"ticket={TICKET}.x",
        f"ticket={'T' * 22}{'K' * 43}",
        "ticket=" + "é" * 22 + "." + "K" * 43,
        "ticket=" + "T" * 9000,
        f"other={TICKET}",
    ],
)
def test_without_a_ticket_the_page_says_where_to_begin(
    client: FlaskClient, gateway: RecordingGateway, query: str
) -> None:
    response = client.get(f"/entrar?{query}")
    assert response.status_code == 400
    assert "Comece pelo serviço que você quer usar" in response.text
    assert problems(response.text) == []
    assert gateway.presented == []


@pytest.mark.attack("ATK-060")
@pytest.mark.parametrize("error", [SpoofedHeader("HTTP_X"), UntrustedHop("secret")])
def test_a_spoofed_hop_is_refused(gateway: RecordingGateway, error: Exception, lines: list[dict[str, Any]]) -> None:
    def presented(environ: object) -> bytes:
        raise error

    response = make_client(gateway, presented).get(f"/entrar?ticket={TICKET}")
    assert response.status_code == 400
    assert Tree(response.text).one("main").attributes["data-codigo"] == "SIS-02"
    assert gateway.presented == []
    assert any(line["event"] == "certificate_hop_refused" for line in lines)


@pytest.mark.attack("ATK-060")
def test_a_header_sent_by_the_browser_is_refused(gateway: RecordingGateway) -> None:
    client = make_client(gateway, lambda environ: presented_certificate(environ, "nginx", SECRET))
    response = client.get(f"/entrar?ticket={TICKET}", headers={"X-SSL-Client-Cert": "x"})
    assert response.status_code == 400
    assert gateway.presented == []


def test_there_is_nothing_else_here(client: FlaskClient) -> None:
    for path in ("/", "/login", "/consentimento", "/authorize", "/assets/x.css", "/entrar/"):
        response = client.get(path)
        assert response.status_code == 404
        assert problems(response.text) == []
    assert client.post("/entrar").status_code == 405


def test_pages_take_their_style_from_the_issuer(client: FlaskClient) -> None:
    """A style sheet from this host would be a second handshake, and with a card perhaps a second PIN."""
    response = client.get("/")
    (sheet,) = [
        link.attributes["href"] for link in Tree(response.text).all("link") if link.attributes["rel"] == "stylesheet"
    ]
    assert sheet.startswith("https://id.sefaz.example/assets/portaria.")
    assert "style-src https://id.sefaz.example;" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
