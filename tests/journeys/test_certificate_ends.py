"""A certificate that is revoked while its owner is signed in, and the one she gets instead, on a living sandbox."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from idp.sandbox.html import Page
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login, present
from tests.support.processes import wait_until

RETURN = "https://fiscal.portaria.test/retorno"
SCOPE = "openid profile inscricao offline_access"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    """Its certificates change: nobody else may use it."""
    living = LivingSandbox(tmp_path_factory.mktemp("ends"))
    living.start()
    yield living
    living.stop()


class Application:
    """A confidential client that refreshes."""

    def __init__(self, sandbox: LivingSandbox) -> None:
        self.sandbox = sandbox
        grants = ("--grant", "authorization_code", "--grant", "refresh_token")
        scopes = [part for scope in SCOPE.split() for part in ("--scope", scope)]
        named = ("--id", "fiscal", "--name", "Escrita Fiscal", "--redirect-uri", RETURN)
        made = sandbox.idp(
            "client", "create", "--json", *named, "--auth-method", "client_secret_post", *grants, *scopes
        )
        assert made.returncode == 0, made.stderr
        self.secret = json.loads(made.stdout)["client_secret"]

    def begin(self, browser: Browser) -> tuple[Login, Any]:
        """An authorization request: the answer it ends on."""
        login = Login(browser)
        return login, login.request(client_id="fiscal", redirect_uri=RETURN, scope=SCOPE)

    def token(self, **form: str) -> tuple[int, dict[str, Any]]:
        issuer = self.sandbox.origins.issuer
        form |= {"client_id": "fiscal", "client_secret": self.secret}
        answer = Browser(self.sandbox).http.post(f"{issuer}/token", form, timeout=60)
        return answer.status_code, answer.json()

    def redeem(self, login: Login, answer: Any) -> dict[str, Any]:
        code = login.code(answer, RETURN)
        status, tokens = self.token(
            grant_type="authorization_code", code=code, redirect_uri=RETURN, code_verifier=login.verifier
        )
        assert status == 200, tokens
        return tokens


@pytest.mark.attack("ATK-056")
def test_revocation_ends_the_session_and_renewal_keeps_the_person(own: LivingSandbox) -> None:
    """Signed in with a remembered consent; revoked, and the list arrives; refresh and the next request are refused and
    say why; the same person with a renewed certificate is the same sub and is asked nothing again."""
    application = Application(own)
    browser = Browser(own, "produtora")
    login, entrance = application.begin(browser)
    consent = browser.go(present(browser, login.ticket(Page(entrance.url, entrance.text))))
    page = Page(consent.url, consent.text)
    form = next(form for form in page.forms if form.named("escolha"))
    first = application.redeem(login, browser.submit(form, "autorizar", escolha=form.named("escolha")[0].value))
    status, refreshed = application.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200

    revoked = own.sandbox_command("revoke", "--as", "produtora")
    synced = own.idp("crl", "sync", "--from", revoked["crl"])
    assert synced.returncode == 0, synced.stderr

    # A replaced list is noticed within a second: until then the session, and what it remembers, still answer.
    wait_until(lambda: entrance_of(application, browser).code == "CERT-04", "the next request is refused", 10)
    status, refused = application.token(grant_type="refresh_token", refresh_token=refreshed["refresh_token"])
    assert (status, refused["error"]) == (400, "invalid_grant")
    login, answer = application.begin(browser)
    assert (answer.status_code, Page(answer.url, answer.text).code) == (200, ""), "the session is over"
    again = browser.go(present(browser, login.ticket(Page(answer.url, answer.text))))
    assert Page(again.url, again.text).code == "CERT-04"
    ended = [row["payload"] for row in own.audit() if row["kind"] == "session.ended"]
    assert [one["reason"] for one in ended] == ["revoked"]
    assert ended[0]["grants"] >= 1

    own.sandbox_command("renew", "--as", "produtora")
    renewed = Browser(own, "produtora")
    login, entrance = application.begin(renewed)
    answer = renewed.go(present(renewed, login.ticket(Page(entrance.url, entrance.text))))
    second = application.redeem(login, answer)
    assert claims(own, second)["sub"] == claims(own, first)["sub"]


def test_without_the_list_of_its_ca_a_certificate_is_not_judged(own: LivingSandbox) -> None:
    """The page names the CA, not the person, as the cause; when the list is back, so is the login."""
    index = own.data / "state" / "trust" / "crl"
    away = index.rename(index.with_name("away"))
    browser = Browser(own, "contadora")
    login = Login(browser)

    def arrival() -> Page:
        answer = browser.go(present(browser, login.ticket(login.begin())))
        return Page(answer.url, answer.text)

    wait_until(lambda: arrival().code == "CERT-06", "the list's absence is noticed", 10)
    assert "A lista de certificados revogados (LCR) da AC FICTICIA FINAL v12 está indisponível" in arrival().text
    away.rename(index)
    wait_until(lambda: arrival().heading.strip() == "Em nome de quem?", "the list's return is noticed", 10)


def entrance_of(application: Application, browser: Browser) -> Page:
    _, answer = application.begin(browser)
    return Page(answer.url, answer.text)


def claims(sandbox: LivingSandbox, tokens: dict[str, Any]) -> dict[str, Any]:
    """The ID token's, unverified: it came from the token endpoint over TLS."""
    body = tokens["id_token"].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
