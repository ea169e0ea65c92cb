"""A logout is told: the whole provider in its processes, an application's listener, and a power cut in between."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import requests

from tests.journeys.living import ROOT, LivingSandbox
from tests.journeys.plain import CLIENT_ID, Browser, Login, choices
from tests.server.pki import Pki
from tests.support.processes import Process

pytestmark = pytest.mark.deep  # the worker's own tests show the same without the servers
BACK = "http://127.0.0.1/saiu"


@dataclass
class Application:
    """Where its logout tokens arrive, and what it answers."""

    host: str = ""
    status: int = 200
    claims: list[dict[str, Any]] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Application, Path]]:
    pair = Pki(tmp_path_factory.mktemp("pki")).server
    here = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            token = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["logout_token"][0]
            segment = token.split(".")[1]
            here.claims.append(json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))
            self.send_response(here.status)
            self.end_headers()
            if here.status == 200:
                here.told.set()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.host = f"localhost:{server.server_port}"
    yield here, pair.certificate
    server.shutdown()
    server.server_close()


class Provider:
    """``idp serve`` on a sandbox's data, whose own command gives it no hosts of applications."""

    def __init__(self, sandbox: LivingSandbox, application: Application, authority: Path) -> None:
        self.sandbox = sandbox
        self._config = sandbox.data / "told.toml"
        told = f'client_hosts = ["{application.host}"]\nclient_ca_file = "{authority}"\n'
        self._config.write_text(told + (sandbox.data / "idp.toml").read_text())
        self.process = self.start()

    def start(self) -> Process:
        argv = self.sandbox.named(sys.executable, "-m", "idp", "serve")
        env = {"IDP_CONFIG": str(self._config), "PYTHONPATH": str(ROOT)}
        self.process = Process(argv, self.sandbox.directory / "serve.log", cwd=self.sandbox.directory, env=env)
        return self.process.wait_for(self._answers, "the issuer answers")

    def _answers(self) -> bool:
        try:
            return Browser(self.sandbox).get(f"{self.sandbox.origins.issuer}/jwks").status_code == 200
        except requests.ConnectionError:
            return False


@pytest.fixture(scope="module")
def told(
    application: tuple[Application, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Provider, Application]]:
    """A sandbox whose command-line client wants to be told."""
    here, authority = application
    sandbox = LivingSandbox(tmp_path_factory.mktemp("told"))
    sandbox.start()
    sandbox.stop()
    more = ("--backchannel-logout-uri", f"https://{here.host}/fim", "--post-logout-redirect-uri", BACK)
    changed = sandbox.idp("client", "update", CLIENT_ID, *more)
    assert changed.returncode == 0, changed.stderr
    provider = Provider(sandbox, here, authority)
    yield provider, here
    provider.process.stop(30)


def signed_in(sandbox: LivingSandbox) -> tuple[Browser, dict[str, Any]]:
    browser = Browser(sandbox, "contadora")
    login = Login(browser)
    form, offered = choices(login.consent())
    status, tokens = login.redeem(login.code(browser.submit(form, "autorizar", escolha=next(iter(offered.values())))))
    assert status == 200, tokens
    return browser, tokens


def leave(browser: Browser, tokens: dict[str, Any]) -> Any:
    query = urlencode({"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BACK, "state": "é"})
    answer = browser.get(f"{browser.sandbox.origins.issuer}/logout?{query}")
    assert answer.headers["Location"] == f"{BACK}?state=%C3%A9", answer.text
    return answer


def payload(token: str) -> dict[str, Any]:
    segment = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))


def test_the_application_knows_before_the_browser_is_back(told: tuple[Provider, Application]) -> None:
    provider, here = told
    browser, tokens = signed_in(provider.sandbox)
    leave(browser, tokens)
    assert here.claims, provider.sandbox.idp("outbox", "list").stdout
    claims = here.claims.pop()
    assert (claims["aud"], claims["iss"]) == (CLIENT_ID, provider.sandbox.origins.issuer)
    assert claims["sid"] == payload(tokens["id_token"])["sid"]
    receipts = json.loads(provider.sandbox.idp("outbox", "list", "--json").stdout)
    assert [(one["client"], one["state"], one["attempts"], one["id"]) for one in receipts] == [
        (CLIENT_ID, "delivered", 1, claims["jti"])
    ]


def test_after_a_power_cut_the_worker_tells(told: tuple[Provider, Application]) -> None:
    """The application was down at the logout and the provider is killed right after it."""
    provider, here = told
    here.told.clear()
    browser, tokens = signed_in(provider.sandbox)
    here.status = 503
    leave(browser, tokens)
    first = here.claims.pop()
    provider.process.kill()
    here.status = 200
    provider.start()
    assert here.told.wait(120), provider.sandbox.idp("outbox", "list").stdout
    assert here.claims[-1]["jti"] == first["jti"]
    assert here.claims[-1]["sid"] == payload(tokens["id_token"])["sid"]
