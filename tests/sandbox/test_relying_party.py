"""The demonstration relying party refuses what a relying party must refuse (ATK-016), over real TLS."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.sandbox import pki
from idp.sandbox.html import Page
from idp.sandbox.relying_party import RelyingPartyConfig, make_server
from tests.sandbox.fake_provider import KEYS, FakeProvider, serving
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def world(made_now: pki.Pki) -> Iterator[tuple[FakeProvider, RelyingPartyConfig]]:
    port = free_port()
    provider = FakeProvider("recibos", f"https://127.0.0.1:{port}/api")
    with serving(provider, made_now):
        config = RelyingPartyConfig(
            provider.issuer,
            "recibos",
            "a-secret",
            port,
            str(made_now.web_ca),
            str(made_now.server_certificate),
            str(made_now.server_key),
        )
        server = make_server(config)
        thread = threading.Thread(target=server.start)
        thread.start()
        while not server.ready:
            time.sleep(0.01)
        yield provider, config
        server.stop()
        thread.join()


@pytest.fixture
def provider(world: tuple[FakeProvider, RelyingPartyConfig]) -> Iterator[FakeProvider]:
    world[0].quirks.clear()
    return world[0]


class Browser:
    def __init__(self, config: RelyingPartyConfig) -> None:
        self.origin = config.origin
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = config.web_ca

    def get(self, path: str) -> Page:
        return self._page(self.http.get(self.origin + path, timeout=60))

    def press(self, page: Page, label: str, **instead: str) -> Page:
        found = page.find_button(label=label)
        assert found is not None
        return self._page(self.http.post(found[0].action, found[0].data(found[1], **instead), timeout=60))

    def _page(self, response: requests.Response) -> Page:
        self.status = response.status_code
        return Page(response.url, response.text)


@pytest.fixture
def browser(world: tuple[FakeProvider, RelyingPartyConfig]) -> Iterator[Browser]:
    browser = Browser(world[1])
    yield browser
    browser.http.close()


def test_a_login_shows_who_and_on_whose_behalf(provider: FakeProvider, browser: Browser) -> None:
    page = browser.get("/entrar")
    assert browser.status == 200, page.text
    assert page.heading == "Olá, MARIA <b>"  # escaped on the page, whatever a certificate may say
    assert "<b>" not in page.text
    assert "99.990.001/0001-98" in page.text
    assert "Representante legal no cadastro" in page.text


def test_the_request_has_pkce_nonce_and_state(provider: FakeProvider, browser: Browser) -> None:
    browser.get("/entrar")
    sent = provider.requests["c0de"]
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == 43
    assert len(sent["nonce"]) >= 20
    assert len(sent["state"]) >= 20
    assert sent["response_type"] == "code"


def test_changing_inscricao_asks_for_the_chooser(provider: FakeProvider, browser: Browser) -> None:
    browser.get("/trocar")
    assert provider.requests["c0de"]["prompt"] == "select_account"


@pytest.mark.attack("ATK-016")
@pytest.mark.parametrize(
    ("quirks", "error"),
    [
        ({"authorize": {"iss": None}}, "invalid_issuer"),
        ({"authorize": {"iss": "https://other.example"}}, "invalid_issuer"),
        ({"authorize": {"state": "another"}}, "mismatching_state"),
        ({"authorize": {"code": None, "error": "access_denied"}}, "access_denied"),
        ({"authorize": {"error": "access_denied", "iss": None}}, "invalid_issuer"),
        ({"id_token": {"nonce": "another"}}, "invalid_id_token"),
        ({"id_token": {"nonce": None}}, "invalid_id_token"),
        ({"id_token": {"aud": "another"}}, "invalid_id_token"),
        ({"id_token": {"aud": "another", "azp": "recibos"}}, "invalid_id_token"),
        ({"id_token": {"iss": "https://other.example"}}, "invalid_id_token"),
        ({"id_token": {"exp": 1_700_000_000}}, "invalid_id_token"),
        ({"id_token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, "invalid_id_token"),
        ({"id_token.key": {"key": rsa.generate_private_key(65537, 2048)}}, "invalid_id_token"),
        ({"token": {"id_token": None}}, "missing_id_token"),
        ({"userinfo": {"sub": "s-2"}}, "sub_mismatch"),
    ],
)
def test_an_answer_that_is_not_ours_signs_nobody_in(
    provider: FakeProvider, browser: Browser, quirks: dict[str, dict[str, Any]], error: str
) -> None:
    """OpenID Connect Core 3.1.3.7, 5.3.2; RFC 9207 2.4."""
    provider.quirks.update(quirks)
    page = browser.get("/entrar")
    assert browser.status == 400
    assert f"<code data-erro>{error}</code>" in page.text
    assert browser.get("/").heading == "Consulte os seus recibos"


def test_a_callback_cannot_be_used_in_another_browser(
    provider: FakeProvider, world: tuple[FakeProvider, RelyingPartyConfig], browser: Browser
) -> None:
    """Login CSRF: the state belongs to the browser that began."""
    start = browser.http.get(f"{browser.origin}/entrar", allow_redirects=False, timeout=60)
    answer = browser.http.get(start.headers["Location"], allow_redirects=False, timeout=60)
    victim = Browser(world[1])
    response = victim.http.get(answer.headers["Location"], timeout=60)
    victim.http.close()
    assert response.status_code == 400
    assert "mismatching_state" in response.text


def test_receipts_belong_to_sub_and_inscricao(provider: FakeProvider, browser: Browser) -> None:
    page = browser.press(browser.get("/entrar"), "Emitir recibo")
    assert "Nº 1" in page.text
    provider.quirks["access_token"] = {
        "inscricao": {"uf": "AM", "numero": "049000020", "razao_social": "X", "situacao": "ATIVA"}
    }
    assert "Nenhum recibo para a inscrição AM:049000020" in browser.get("/trocar").text
    provider.quirks["access_token"] = {"sub": "s-2"}
    assert "Nenhum recibo para a inscrição AM:049000012" in browser.get("/entrar").text
    provider.quirks.clear()
    assert "Nº 1" in browser.get("/entrar").text


@pytest.mark.parametrize("label", ["Emitir recibo", "Sair"])
def test_forms_need_their_token(provider: FakeProvider, browser: Browser, label: str) -> None:
    page = browser.get("/entrar")
    browser.press(page, label, csrf="guess")
    assert browser.status == 403
    assert browser.get("/").heading.startswith("Olá")


def test_signing_out_ends_both_sessions(provider: FakeProvider, browser: Browser) -> None:
    """OpenID Connect RP-Initiated Logout 1.0 section 2: id_token_hint, post_logout_redirect_uri and state."""
    page = browser.press(browser.get("/entrar"), "Sair")
    assert page.heading == "Você saiu"
    sent = provider.requests["logout"]
    assert sent["id_token_hint"].count(".") == 2
    assert sent["post_logout_redirect_uri"] == f"{browser.origin}/saiu"
    assert browser.get("/").heading == "Consulte os seus recibos"


def test_cookies_cannot_be_planted_or_read(provider: FakeProvider, browser: Browser) -> None:
    """RFC 6265bis 4.1.3.2: the __Host- prefix, which browsers enforce."""
    cookie = browser.http.get(f"{browser.origin}/entrar", allow_redirects=False, timeout=60).headers["Set-Cookie"]
    assert cookie.startswith("__Host-recibos=")
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert attribute in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "quirks",
    [
        {},
        {"access_token.headers": {"typ": "JWT"}},
        {"access_token": {"aud": "https://another.example/api"}},
        {"access_token": {"iss": "https://other.example"}},
        {"access_token": {"exp": 1_700_000_000}},
        {"access_token": {"client_id": None}},
        {"access_token.key": {"key": ec.generate_private_key(ec.SECP256R1())}},
        {"access_token.headers": {"kid": "unknown"}},
    ],
)
def test_the_api_takes_only_access_tokens_made_for_it(
    provider: FakeProvider, browser: Browser, quirks: dict[str, dict[str, Any]]
) -> None:
    """RFC 9068 section 4. The first row is the one that must pass."""
    provider.quirks.update(quirks)
    answer = browser.http.get(
        f"{browser.origin}/api/recibos",
        headers={"Authorization": f"Bearer {provider.access_token()}"},
        timeout=60,
    )
    if quirks:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    else:
        assert answer.json()["inscricao"] == "AM:049000012"


@pytest.mark.attack("ATK-126")
@pytest.mark.parametrize(
    ("representacao", "status"),
    [
        ({"modo": "representante_legal"}, 200),
        ({"modo": "procuracao", "procuracao": {"poderes": ["dte.consultar", "nfe.consultar"]}}, 200),
        ({"modo": "procuracao", "procuracao": {"poderes": ["todos"]}}, 200),
        ({"modo": "procuracao", "procuracao": {"poderes": ["nfe.consultar"]}}, 403),
        ({"modo": "procuracao"}, 403),
        ({"modo": "gestor_de_negocios"}, 403),
        ({}, 403),
    ],
)
def test_the_api_asks_a_procurador_for_the_poder(
    provider: FakeProvider, browser: Browser, representacao: dict[str, Any], status: int
) -> None:
    provider.quirks["access_token"] = {"representacao": representacao}
    answer = browser.http.get(
        f"{browser.origin}/api/recibos",
        headers={"Authorization": f"Bearer {provider.access_token()}"},
        timeout=60,
    )
    assert answer.status_code == status


@pytest.mark.attack("ATK-014")
def test_the_api_refuses_an_id_token(provider: FakeProvider, browser: Browser) -> None:
    answer = browser.http.get(
        f"{browser.origin}/api/recibos",
        headers={"Authorization": f"Bearer {provider.id_token('n', 'a')}"},
        timeout=60,
    )
    assert answer.status_code == 401
    assert set(KEYS) == {"RS256", "ES256"}


def test_the_api_without_a_token_asks_for_one(provider: FakeProvider, browser: Browser) -> None:
    """RFC 6750 section 3: no error code when no authentication was tried."""
    answer = browser.http.get(f"{browser.origin}/api/recibos", timeout=60)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_an_expired_access_token_is_said_so_on_the_page(provider: FakeProvider, browser: Browser) -> None:
    provider.quirks["access_token"] = {"exp": 1_700_000_000}
    assert "O acesso à API de recibos terminou" in browser.get("/entrar").text
