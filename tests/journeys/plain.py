"""A browser that a test holds in its hands: cookies, one certificate, forms, and no redirect followed unasked."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from idp.sandbox.html import Form, Page
from tests.journeys.living import LivingSandbox

CLIENT_ID, REDIRECT_URI = "sandbox-cli", "http://127.0.0.1/retorno"
"""The sandbox's public client: its redirect URI is nobody's, so a test reads the answer from the Location."""


class _Loopback(HTTPAdapter):
    """Every name is 127.0.0.1; TLS and HTTP still speak of the real one."""

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return {**host, "host": "127.0.0.1"}, {
            **pool,
            "server_hostname": host["host"],
            "assert_hostname": host["host"],
        }

    def send(self, request: Any, *arguments: Any, **named: Any) -> requests.Response:
        request.headers["Host"] = urlsplit(request.url).netloc
        return super().send(request, *arguments, **named)


class Browser:
    """``persona``: whose certificate it shows to the host that asks; "" none."""

    def __init__(self, sandbox: LivingSandbox, persona: str = "") -> None:
        self.sandbox = sandbox
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.mount("https://", _Loopback())
        self.http.verify = str(sandbox.web_ca)
        if persona:
            self.http.cert = (str(sandbox.persona(persona, ".pem")), str(sandbox.persona(persona, ".key")))

    def get(self, url: str) -> requests.Response:
        return self.http.get(url, allow_redirects=False, timeout=60)

    def go(self, url: str) -> requests.Response:
        """Follow redirects within the issuer; stop at a page, or at a redirect to another origin."""
        answer = self.get(url)
        while answer.is_redirect and self._within(answer):
            answer = self.get(requests.compat.urljoin(answer.url, answer.headers["Location"]))
        return answer

    def post(self, url: str, data: Any) -> requests.Response:
        origin = {"Origin": self.sandbox.origins.issuer}
        return self.http.post(url, data, headers=origin, allow_redirects=False, timeout=60)

    def submit(self, form: Form, decisao: str, **chosen: str) -> requests.Response:
        """Press the form's button ``decisao``."""
        return self.post(form.action, [*form.data(None, **chosen), ("decisao", decisao)])

    def _within(self, answer: requests.Response) -> bool:
        target = requests.compat.urljoin(answer.url, answer.headers["Location"])
        return target.startswith(self.sandbox.origins.issuer + "/")


@dataclass
class Login:
    """One authorization request of the public client, step by step."""

    browser: Browser
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def issuer(self) -> str:
        return self.browser.sandbox.origins.issuer

    def begin(self, **parameters: str) -> Page:
        """To the login page."""
        answer = self.request(**parameters)
        assert answer.status_code == 200, answer.text
        return Page(answer.url, answer.text)

    def request(self, **parameters: str) -> requests.Response:
        """To /authorize, and wherever the issuer sends the browser from there."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile inscricao procuracao",
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **parameters,
        }
        metadata = self.browser.get(f"{self.issuer}/.well-known/openid-configuration").json()
        return self.browser.go(f"{metadata['authorization_endpoint']}?{urlencode(query)}")

    def ticket(self, page: Page) -> str:
        """The link to the certificate host."""
        link = (
            page.find_link("Continuar")
            or page.find_link("Tentar com outro certificado")
            or page.find_link("Tentar de novo")
        )
        assert link is not None
        origins = self.browser.sandbox.origins
        assert link.startswith((f"{origins.certificate}/", f"{origins.second}/"))
        return link

    def consent(self, **parameters: str) -> Page:
        """To "Em nome de quem?" with the browser's own certificate."""
        answer = self.browser.go(present(self.browser, self.ticket(self.begin(**parameters))))
        assert answer.status_code == 200, answer.text
        return Page(answer.url, answer.text)

    def code(self, answer: requests.Response, redirect_uri: str = REDIRECT_URI) -> str:
        """The code in the answer that leaves for the client."""
        assert answer.status_code in (302, 303), answer.text
        location = answer.headers["Location"]
        assert location.startswith(redirect_uri + "?")
        parameters = parse_qs(urlsplit(location).query)
        assert parameters["state"] == [self.state]
        assert parameters["iss"] == [self.issuer]
        return parameters["code"][0]

    def redeem(self, code: str) -> tuple[int, dict[str, Any]]:
        """At the token endpoint: status and document."""
        answer = self.browser.http.post(
            f"{self.issuer}/token",
            {
                "grant_type": "authorization_code",
                "client_id": CLIENT_ID,
                "code": code,
                "redirect_uri": REDIRECT_URI,
                "code_verifier": self.verifier,
            },
            timeout=60,
        )
        return answer.status_code, answer.json()


def present(browser: Browser, ticket: str) -> str:
    """Do the handshake of the certificate host; the address it sends back to, with the return code in it."""
    answer = browser.get(ticket)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def choices(page: Page) -> tuple[Form, dict[str, str]]:
    """The form of "Em nome de quem?", and inscrição (UF:NUMERO) → value."""
    form = next(form for form in page.forms if form.named("escolha"))
    return form, {one.attributes["data-inscricao"]: one.value for one in form.named("escolha")}
