"""What an attacker would try with the whole of OpenID Connect: as an application, a person, an application's host."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jwt
import pytest

from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.client_metadata import Encryption
from idp.domain.jwks import check_public_keys
from idp.errors import DocumentUnavailable, InvalidClient
from idp.fetch.addresses import public
from idp.fetch.documents import ClientDocuments
from idp.oidc import backchannel
from idp.ports.outbox import Notice
from tests.oidc.conftest import _keys, _template, browser, world
from tests.oidc.test_logout import logout
from tests.oidc.test_registration import initial, registration
from tests.oidc.world import ADA_CHOICE, BASE, SECRET, START, Browser, Mailbox, World, answer
from tests.support.https import HttpsServer
from tests.support.https import answer as respond

__all__ = ["_keys", "_template", "browser", "world"]

WAYNES = {"uf": "AM", "numero": "040000010"}
ADAS = {"uf": "AM", "numero": "040000028"}
OTHER = {"client_id": "other", "redirect_uri": "https://other.example.net/cb"}


def naming(inscricao: dict[str, str]) -> str:
    return json.dumps({"id_token": {"inscricao": {"essential": True, "value": inscricao}}})


def payload(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


# -- learning what a person never agreed to tell -----------------------------------------------------------------------


@pytest.mark.attack("ATK-131")
def test_an_application_unknown_to_the_person_learns_nothing_silently(browser: Browser) -> None:
    """Whoever is signed in is sent through ``prompt=none`` once for each inscrição of a list."""
    browser.log_in(b"ada", ADA_CHOICE, **OTHER)
    asked = [{"claims": naming(ADAS)}, {"claims": naming(WAYNES)}, {}]
    asked += [
        {"authorization_details": json.dumps([{"type": "sefaz_representacao", "actions": [poder]}])}
        for poder in ("dte.consultar", "nfe.emitir")
    ]
    told = [answer(browser.authorize(prompt="none", **one)) for one in asked]
    assert [(one["error"], one.get("error_description")) for one in told] == [("consent_required", None)] * 5


@pytest.mark.attack("ATK-131")
def test_an_application_that_the_person_agreed_to_still_hears_that_a_right_is_missing(browser: Browser) -> None:
    browser.log_in(b"ada", ADA_CHOICE)
    assert answer(browser.authorize(prompt="none", claims=naming(WAYNES)))["error"] == "access_denied"


@pytest.mark.attack("ATK-131")
def test_an_inscricao_may_be_named_only_by_who_may_be_told_one(world: World, browser: Browser) -> None:
    """By an open registration, say: success or failure would tell what its scopes do not."""
    world.change("app", scopes=frozenset({"openid", "profile"}))
    refused = answer(browser.authorize(scope="openid", claims=naming(WAYNES)))
    assert refused["error"] == "invalid_request"
    world.change("app", scopes=BASE.scopes, claims=frozenset({"name"}))
    assert answer(browser.authorize(scope="openid inscricao", claims=naming(WAYNES)))["error"] == "invalid_request"


# -- claims beyond the registration ------------------------------------------------------------------------------------

DETAIL = json.dumps([{"type": "sefaz_representacao"}])


def test_authorization_details_tell_no_inscricao_past_the_allow_list(world: World, browser: Browser) -> None:
    world.change("app", claims=frozenset({"name"}))
    told = answer(browser.authorize(authorization_details=DETAIL))
    assert told["error"] == "invalid_authorization_details"


@pytest.mark.parametrize("change", [{"scopes": BASE.scopes - {"inscricao"}}, {"claims": frozenset({"name"})}])
@pytest.mark.attack("ATK-142")
def test_authorization_details_end_with_the_permission(world: World, browser: Browser, change: dict[str, Any]) -> None:
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope="openid inscricao offline_access", authorization_details=DETAIL)
    world.change("app", **change)
    renewed = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).get_json()
    assert "authorization_details" not in renewed
    assert "040000028" not in json.dumps([payload(renewed["access_token"]), payload(renewed["id_token"])])


def test_a_token_made_for_less_has_no_details_of_more(browser: Browser) -> None:
    """RFC 6749 §6: a token of fewer scopes is made to be handed to somebody who shall know less."""
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope="openid inscricao offline_access", authorization_details=DETAIL)
    renewed = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid")
    assert "authorization_details" not in payload(renewed.get_json()["access_token"])


# -- consent -----------------------------------------------------------------------------------------------------------

LOOPBACK = "http://127.0.0.1/volta"


@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_remembered_consent_is_no_answer_to_any_program_on_the_computer(world: World, prompt: str | None) -> None:
    """RFC 8252 §8.6: nothing tells a public client at a loopback address from another program that uses its name."""
    world.register(
        replace(
            BASE,
            client_id="native",
            auth_method=AuthMethod.NONE,
            secret_digest=None,
            grant_types=frozenset({GrantType.AUTHORIZATION_CODE}),
            scopes=BASE.scopes - {"offline_access"},
            application_type="native",
            redirect_uris=(LOOPBACK,),
            post_logout_redirect_uris=(),
        )
    )
    browser = world.browser()
    asked = {"client_id": "native", "redirect_uri": "http://127.0.0.1:5001/volta"}
    assert "code" in browser.log_in(b"ada", ADA_CHOICE, **asked)
    again = browser.authorize(**asked | {"redirect_uri": "http://127.0.0.1:6666/volta"}, prompt=prompt)
    if prompt is None:
        assert again.headers["Location"].startswith("/consentimento")
    else:
        assert answer(again)["error"] == "consent_required"


# -- ending sessions ---------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-101")
def test_an_id_token_of_an_earlier_session_ends_no_other(world: World) -> None:
    """RP-Initiated Logout §2: one whose sid is not of this session is suspect. An application where the person was once
    could else throw him out of everything, whenever he follows a link of its."""
    browser = world.browser()
    old = browser.tokens(b"ada", ADA_CHOICE)["id_token"]
    logout(browser, id_token_hint=old)
    current = browser.redeem(
        browser.log_in(b"ada", ADA_CHOICE, **OTHER)["code"], ("other", SECRET), redirect_uri=OTHER["redirect_uri"]
    ).get_json()
    asked = logout(browser, id_token_hint=old)
    assert asked.get_data(as_text=True).startswith("logout_confirm")
    assert browser.userinfo(current["access_token"]).status_code == 200


# -- registrations -----------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-126")
def test_an_application_does_not_make_itself_the_server_of_its_api(world: World) -> None:
    """It has the API as its audience to call it; that nobody logs in at the API lets the API read others' tokens."""
    endpoint = registration(world)
    made = endpoint.made(initial(world), scope="openid inscricao")
    world.change(made["client_id"], resource="https://api.example.org")
    document = {"client_id": made["client_id"], "grant_types": ["client_credentials"], "response_types": []}
    refused = endpoint.at("PUT", made, document=document)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_client_metadata")


def test_what_an_administrator_said_of_switching_stays(world: World) -> None:
    endpoint = registration(world)
    made = endpoint.made()
    world.change(made["client_id"], switch="keep")
    document = {"client_id": made["client_id"], "redirect_uris": ["https://rp.example/cb"]}
    assert endpoint.at("PUT", made, document=document).status_code == 200
    assert world.clients.get(made["client_id"]).switch == "keep"  # type: ignore[union-attr]


@pytest.mark.attack("ATK-103")
@pytest.mark.parametrize("deleted", [False, True])
def test_a_client_out_of_service_asks_after_no_procuracao(world: World, deleted: bool) -> None:
    """Its tokens are good for minutes yet, of themselves."""
    browser = world.browser()
    token = browser.tokens(b"ada", ADA_CHOICE)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert browser.get("/procuracoes/prc-1/status", headers=headers).status_code == 200
    if deleted:
        world.store.registry().delete("app", world.clock.at, "test")
    else:
        world.change("app", enabled=False)
    assert browser.get("/procuracoes/prc-1/status", headers=headers).status_code == 404


@pytest.mark.attack("ATK-080")
@pytest.mark.parametrize("host", ["evil.com%23.gov.example", "evil.com%2f.gov.example", "x%2egov.example"])
def test_a_host_is_written_without_escapes(world: World, host: str) -> None:
    """It ends as the ceiling wants it; where a browser goes is the browser's reading of it."""
    endpoint = registration(world)
    assert endpoint.refused(initial(world), redirect_uris=[f"https://{host}/cb"]) == "invalid_redirect_uri"


# -- keys that a client publishes or registers -------------------------------------------------------------------------


def number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def rsa(bits: int, e: int = 65537) -> dict[str, str]:
    n = random.Random(bits).getrandbits(bits) | (1 << (bits - 1)) | 1
    return {"kty": "RSA", "n": number(n), "e": number(e)}


@pytest.mark.attack("ATK-013")
@pytest.mark.parametrize(("bits", "e"), [(20_000, 65537), (4096, (1 << 3000) | 1), (3072, (1 << 3000) | 1)])
def test_keys_that_cost_much_or_cannot_be_used_are_refused(bits: int, e: int) -> None:
    """OpenSSL computes with none beyond 16,384 bits, and slowly with long exponents."""
    with pytest.raises(InvalidClient):
        check_public_keys({"keys": [rsa(bits, e)]})


def test_a_key_that_is_none_costs_no_server_error(world: World, browser: Browser) -> None:
    """An even modulus: it can be read, and nothing can be encrypted to it."""
    even = rsa(2048) | {"n": number((1 << 2047) | 2)}
    world.change("app", jwks={"keys": [even]}, id_token_encryption=Encryption("RSA-OAEP-256"))
    response = browser.redeem(browser.log_in()["code"])
    assert response.status_code == 503


# -- hosts that clients name -------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-090")
@pytest.mark.parametrize("address", ["fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "5f00::1", "fd00::1", "ff0e::1"])
def test_addresses_of_no_public_network(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["2001:4860:4860::8888", "8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_public_network(address: str) -> None:
    assert public(address)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    server = HttpsServer(tmp_path)
    yield server
    server.stop()


@pytest.mark.attack("ATK-090")
def test_one_client_does_not_silence_anothers_host(server: HttpsServer) -> None:
    """It registers a request_uri that leads to a large file, or a slow search, of the other's host, and asks for it
    every ten seconds: the other's keys must still be found."""
    documents = ClientDocuments([server.host], server.ca_file)
    mine, theirs = BASE, replace(BASE, client_id="other", registered_with="open")

    def large(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, b"x" * 70_000)

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        respond(handler, b"{}")

    server.pages["/large.pdf"], server.pages["/search"] = large, slow
    server.pages["/jwks"] = lambda handler: respond(handler, b"{}")
    for path, seconds in (("/large.pdf", 3.0), ("/search", 0.3)):
        with pytest.raises(DocumentUnavailable):
            documents.get(server.url(path), theirs, seconds=seconds)
        assert documents.get(server.url("/jwks"), mine).body == b"{}"
        with pytest.raises(DocumentUnavailable) as again:
            documents.get(server.url(path), theirs)
        assert again.value.reason == "cooling", "what failed is asked for again at once"


class Slow(Mailbox):
    """Hosts that take all the time they get, and then answer well."""

    def post(self, url: str, client: Client, form: Any, *, seconds: float = 0.0) -> int:
        if "slow" in url:
            time.sleep(0.9 * seconds)
        return super().post(url, client, form)


def test_slow_clients_do_not_keep_others_from_hearing_of_a_logout(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of one attacker's, with several notices each, held every thread until they had all been sent; whoever found
    none free counted as failed, and waited ten seconds, then thirty, then an hour."""
    monkeypatch.setattr(backchannel, "LATER_SECONDS", 0.3)
    monkeypatch.setattr(backchannel, "_MARGIN_SECONDS", 0.05)
    channel = replace(world.provider, client_documents=Slow()).told()
    world.change("app", backchannel_logout_uri="https://app.example.com/sair")
    slow = [f"slow{number}" for number in range(8)]
    for one in slow:
        world.register(replace(BASE, client_id=one, backchannel_logout_uri=f"https://{one}.example/"))
    notices = [
        Notice(f"{one}-{number}", one, "s", "sid", START + timedelta(milliseconds=number))
        for number in range(3)
        for one in slow
    ]
    mine = Notice("mine", "app", "s", "sid", START + timedelta(seconds=1))
    with world.store.begin() as uow:
        uow.outbox.add([*notices, mine], START)
    world.clock.pass_(seconds=2)
    channel.later(world.clock.now())
    world.clock.pass_(seconds=3)
    channel.later(world.clock.now())
    with world.store.reading() as uow:
        found = {one.notice.id: one for one in uow.outbox.recent(100)}
    assert found["mine"].delivered_at is not None, found["mine"]
    assert {one.error for id, one in found.items() if id != "mine" and one.delivered_at is None} == {"timeout"}


@pytest.mark.attack("ATK-090")
def test_slow_hosts_of_one_client_leave_room_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four names whose name server never answers, two addresses each, of clients that registered themselves: it is
    they who wait, and everybody else's keys are asked for."""
    go_on, asked = threading.Event(), threading.Semaphore(0)

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.startswith("slow"):
            asked.release()
            go_on.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    documents = ClientDocuments()

    def ask(url: str, client: Client) -> str:
        with pytest.raises(DocumentUnavailable) as caught:
            documents.get(url, client, seconds=5)
        return caught.value.reason

    slow = [replace(BASE, client_id=f"slow{number}", registered_with="open") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        try:
            asking = [
                pool.submit(ask, f"https://slow{number % 4}.example/{number}", one) for number, one in enumerate(slow)
            ]
            for _ in range(4):
                assert asked.acquire(timeout=60)
            for honest in (BASE, replace(BASE, client_id="theirs", registered_with="tok-1")):
                # it has no address here, and was asked for
                assert ask("https://honest.example/jwks", honest) == "private-address"
        finally:
            go_on.set()
        assert sorted(one.result() for one in asking).count("busy") == 4
