"""Answers other than a code in a query, as real Chromium carries them to an application."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from playwright.sync_api import Page, expect

from idp.domain.client import AuthMethod, Client, GrantType
from idp.storage.sql import open_store
from tests.journeys.living import LivingSandbox
from tests.journeys.taxpayer import Computer, option, press, shoot

pytestmark = pytest.mark.browser

ACAI = "AM:049000012"


class Application:
    """Listens at a redirect URI and remembers what was posted to it."""

    def __init__(self) -> None:
        posted = self.posted = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._page()

            def do_POST(self) -> None:
                posted.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self._page()

            def _page(self) -> None:
                body = b"<!doctype html><title>App</title><h1>Aplicativo</h1>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_address[1]}/retorno"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    listening = Application()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def client_id(sandbox: LivingSandbox, application: Application) -> str:
    """A native application with the older response types, as dynamic registration would write it."""
    client = Client(
        "hibrido",
        "Hibrido",
        (application.uri,),
        auth_method=AuthMethod.NONE,
        grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.IMPLICIT}),
        response_types=frozenset({"code", "code id_token", "id_token"}),
        scopes=frozenset({"openid", "profile", "email", "inscricao"}),
        application_type="native",
    )
    store = open_store(f"sqlite:///{next(sandbox.data.rglob('portaria.sqlite'))}")
    store.registry().add(client, datetime.now(UTC), "test")
    store.close()
    return client.client_id


def authorize(page: Page, sandbox: LivingSandbox, application: Application, client_id: str, **more: str) -> None:
    """To the consent page, and through it."""
    query = {
        "client_id": client_id,
        "redirect_uri": application.uri,
        "scope": "openid inscricao",
        "state": "estado",
        "nonce": "n-1",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        **more,
    }
    page.goto(f"{sandbox.origins.issuer}/authorize?{urlencode(query)}")
    press(page, "Continuar")


def test_form_post_submits_itself(
    computer: Computer, sandbox: LivingSandbox, application: Application, client_id: str
) -> None:
    with computer.page("contadora") as page:
        authorize(page, sandbox, application, client_id, response_type="code", response_mode="form_post")
        option(page, ACAI).check()
        press(page, "Autorizar e entrar em Hibrido")
        expect(page.get_by_role("heading", level=1)).to_have_text("Aplicativo")
        assert page.url == application.uri
        told = application.posted[-1]
        assert set(told) == {"code", "state", "iss"}
        assert told["iss"] == [sandbox.origins.issuer]


def test_without_javascript_form_post_is_one_button_away(
    computer: Computer, sandbox: LivingSandbox, application: Application, client_id: str
) -> None:
    with computer.page("contadora", javascript=False) as page:
        authorize(page, sandbox, application, client_id, response_type="code", response_mode="form_post")
        press(page, "Cancelar")
        press(page, "Continuar")
        assert page.url == application.uri
        assert application.posted[-1]["error"] == ["access_denied"]
        assert application.posted[-1]["state"] == ["estado"]


def test_a_hybrid_answer_arrives_in_the_fragment(
    computer: Computer, sandbox: LivingSandbox, application: Application, client_id: str
) -> None:
    """And the person has seen what was asked for by name."""
    claims = json.dumps({"userinfo": {"email": None}, "id_token": {"inscricao": None}})
    with computer.page("contadora") as page:
        authorize(page, sandbox, application, client_id, response_type="code id_token", claims=claims)
        expect(page.locator("main")).to_contain_text("E-mail")
        shoot(page, "consentimento-claims")
        option(page, ACAI).check()
        press(page, "Autorizar e entrar em Hibrido")
        page.wait_for_url(application.uri + "#*")
        told = parse_qs(urlsplit(page.url).fragment)
        assert set(told) == {"code", "id_token", "state", "iss"}
        found = jwt.decode(told["id_token"][0], options={"verify_signature": False})
        assert (found["nonce"], found["aud"]) == ("n-1", client_id)
        assert found["inscricao"]["numero"] == "049000012"
        assert "representacao" in found
        assert "titular" not in found
