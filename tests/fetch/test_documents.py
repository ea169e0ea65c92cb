"""What clients publish, asked for from hosts that are theirs to choose: real servers on loopback (ATK-090)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from idp.domain.client import Client, GrantType
from idp.errors import ConfigurationError, DocumentUnavailable
from idp.fetch.documents import ClientDocuments
from idp.ports import Document
from tests.support.https import HttpsServer, answer


def client(name: str, registered_with: str | None = None) -> Client:
    """One that an operator registered, or the one initial access token (or none: ``open``) made."""
    grants = frozenset({GrantType.CLIENT_CREDENTIALS})
    return Client(name, name, secret_digest="0" * 64, grant_types=grants, registered_with=registered_with)


CLIENT = client("app")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    server = HttpsServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def documents(server: HttpsServer) -> ClientDocuments:
    return ClientDocuments([server.host], server.ca_file)


def refused(documents: ClientDocuments, url: str, client: Client = CLIENT, **options: float) -> str:
    with pytest.raises(DocumentUnavailable) as caught:
        documents.get(url, client, **options)  # type: ignore[arg-type]
    return caught.value.reason


def test_a_document_arrives_with_its_type(server: HttpsServer, documents: ClientDocuments) -> None:
    server.pages["/jwks?a=1"] = lambda handler: answer(handler, b"{}", Content_Type="application/json")
    assert documents.get(server.url("/jwks?a=1#sha256"), CLIENT) == Document(b"{}", "application/json")
    assert server.asked == [("GET", "/jwks?a=1", b"")]


def test_a_form_is_posted_and_any_status_told(server: HttpsServer, documents: ClientDocuments) -> None:
    server.pages["/logout"] = lambda handler: answer(handler, b"no", 400)
    assert documents.post(server.url("/logout"), CLIENT, {"logout_token": "a.b&c"}) == 400
    assert server.asked == [("POST", "/logout", b"logout_token=a.b%26c")]


@pytest.mark.attack("ATK-090")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "2130706433",
        "0177.0.0.1",
    ],
)
def test_no_host_leads_inside(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("a connection was opened"))
    assert refused(ClientDocuments(), f"https://{host}/jwks") in ("private-address", "unreachable")


@pytest.mark.attack("ATK-090")
def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was judged, whatever the name says a moment later."""
    answers = [[(2, 1, 6, "", ("10.9.9.9", 443)), (2, 1, 6, "", ("8.8.8.8", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]]
    opened: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **_: object) -> None:
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused(ClientDocuments(), "https://rebind.example/jwks") == "unreachable"
    assert opened == [("8.8.8.8", 443)]


@pytest.mark.attack("ATK-090")
@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/jwks",
        "https://app.example:8443/jwks",
        "https://app.example:22/jwks",
        "https://user@app.example/jwks",
        "file:///etc/passwd",
        "https:///jwks",
        "https://app.example/a b",
        "https://app.example/\r\nX: y",
        "https://127.0.0.1\\@app.example/jwks",
    ],
)
def test_what_is_no_usual_https_address_is_not_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    assert refused(ClientDocuments(), url) == "not-allowed"


@pytest.mark.attack("ATK-090")
def test_a_redirect_is_not_followed(server: HttpsServer, documents: ClientDocuments) -> None:
    server.pages["/here"] = b"{}"
    server.pages["/moved"] = lambda handler: answer(handler, b"", 302, Location=server.url("/here"))
    assert refused(documents, server.url("/moved")) == "http-status"
    assert [path for _, path, _ in server.asked] == ["/moved"]


def test_another_port_of_a_named_host_is_not_named(server: HttpsServer, documents: ClientDocuments) -> None:
    assert refused(documents, "https://127.0.0.1:8443/jwks") == "not-allowed"


def test_a_certificate_that_nobody_vouches_for(server: HttpsServer) -> None:
    assert refused(ClientDocuments([server.host]), server.url("/jwks")) == "unreachable"
    assert server.asked == []


def test_the_lab_ca_is_believed_for_named_hosts_only(server: HttpsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public host that shows a certificate of the operator's CA is refused."""
    server.pages["/"] = b"{}"
    documents = ClientDocuments(["other.example"], server.ca_file)

    def connect(_: object, timeout: float) -> socket.socket:
        opened = socket.socket()
        opened.settimeout(timeout)
        opened.connect(("127.0.0.1", int(server.host.rpartition(":")[2])))
        return opened

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443))])
    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused(documents, "https://localhost/") == "unreachable"
    named = ClientDocuments(["localhost"], server.ca_file)
    assert named.get("https://localhost/", CLIENT).body == b"{}"


def test_a_missing_ca_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="IDP_CLIENT_CA_FILE"):
        ClientDocuments((), tmp_path / "none.pem")


def test_the_longest_document(server: HttpsServer, documents: ClientDocuments) -> None:
    server.pages["/big"] = b"x" * 101
    assert len(documents.get(server.url("/big"), CLIENT, limit=101).body) == 101
    assert refused(documents, server.url("/big"), limit=100) == "too-large"


def test_a_slow_address_costs_its_seconds_once_and_is_then_left_alone(server: HttpsServer) -> None:
    server.pages["/slow"] = lambda handler: _drip(handler, server.stopping)
    now = [1000.0]
    documents = ClientDocuments([server.host], server.ca_file, lambda: now[0])
    began = time.monotonic()
    assert refused(documents, server.url("/slow"), seconds=0.3) == "timeout"
    assert time.monotonic() - began < 15
    assert refused(documents, server.url("/slow")) == "cooling"
    assert [path for _, path, _ in server.asked] == ["/slow"]
    now[0] += 10.1
    server.pages["/slow"] = b"{}"
    assert documents.get(server.url("/slow"), CLIENT).body == b"{}"


def test_a_slow_name_server_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60) and [])
    began = time.monotonic()
    assert refused(ClientDocuments(), "https://slow.example/jwks", seconds=0.2) == "timeout"
    assert time.monotonic() - began < 15
    answered.set()


@pytest.mark.attack("ATK-090")
@pytest.mark.parametrize(
    ("slow", "room", "none"),
    [
        pytest.param([client("a")] * 2, [client("b"), client("a1", "open")], [client("a")], id="one client"),
        pytest.param(
            [client(f"o{n // 2}", "open") for n in range(4)],
            [client("t", "tok-1"), client("a")],
            [client("o9", "open")],
            id="made openly",
        ),
        pytest.param(
            [client(f"t{n // 2}", f"tok-{n // 4}") for n in range(8)],
            [client("a")],
            [client("t9", "tok-9")],
            id="all that registered themselves",
        ),
        pytest.param([client(f"a{n // 2}") for n in range(8)], [client("o", "open")], [client("a9")], id="operators'"),
    ],
)
def test_nobody_holds_more_than_a_share(
    monkeypatch: pytest.MonkeyPatch, slow: list[Client], room: list[Client], none: list[Client]
) -> None:
    """``slow`` ask hosts whose name servers never answer; then there is room for some and not for others."""
    go_on, asked = threading.Event(), threading.Semaphore(0)

    def resolve(host: str, *_: object, **__: object) -> list[object]:
        if host.startswith("slow"):
            asked.release()
            go_on.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    documents = ClientDocuments()
    with ThreadPoolExecutor(8) as pool:
        try:
            waiting = [
                pool.submit(refused, documents, f"https://slow{number}.example/", one, seconds=30)
                for number, one in enumerate(slow)
            ]
            for _ in slow:
                assert asked.acquire(timeout=60)
            found = [refused(documents, "https://quick.example/", one) for one in (*room, *none)]
            assert found == ["private-address"] * len(room) + ["busy"] * len(none)
        finally:
            go_on.set()
        assert {one.result() for one in waiting} == {"private-address"}


def test_one_host_never_has_more_than_two_questions(server: HttpsServer, documents: ClientDocuments) -> None:
    both, go_on = threading.Barrier(3, timeout=60), threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        both.wait()
        go_on.wait(60)
        answer(handler, b"{}")

    server.pages["/wait"] = wait
    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(documents.get, server.url("/wait"), CLIENT) for _ in range(2)]
        both.wait()
        assert refused(documents, server.url("/wait")) == "busy"
        go_on.set()
        assert [one.result().body for one in asking] == [b"{}", b"{}"]
    server.pages["/wait"] = b"again"
    assert documents.get(server.url("/wait"), CLIENT).body == b"again"


def _drip(handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    """A header that never ends."""
    while not stopping.wait(0.05):
        try:
            handler.wfile.write(b"X")
        except OSError:
            return


@pytest.mark.attack("ATK-090")
def test_what_failed_for_one_client_is_asked_for_another(server: HttpsServer, documents: ClientDocuments) -> None:
    """Whoever names another's address, with a smaller limit say, does not keep the other from it."""
    server.pages["/jwks"] = b"x" * 101
    with pytest.raises(DocumentUnavailable):
        documents.get(server.url("/jwks"), client("other", "open"), limit=100)
    assert len(documents.get(server.url("/jwks"), CLIENT).body) == 101
