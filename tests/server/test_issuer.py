"""The issuer's listener: requests are received whole before the application is called."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from idp.listeners.whole import received_whole
from tests.server.client import GET_AND_CLOSE, connect, context, exchange, get
from tests.server.conftest import Running
from tests.server.pki import Pki

POST = b"POST /p HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n"


def headers(running: Running, pki: Pki, *lines: str) -> dict[str, Any]:
    request = "\r\n".join(["GET /headers HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""])
    seen: dict[str, Any] = get(running.issuer, context(pki), request.encode())["headers"]
    return seen


def test_half_sent_bodies_keep_nobody_waiting(running: Running, pki: Pki) -> None:
    stalled = [connect(running.issuer, context(pki)) for _ in range(20)]
    for peer in stalled:
        peer.sendall(POST % (100, b"") + b"abc")
    assert get(running.issuer, context(pki), GET_AND_CLOSE)["path"] == "/caminho"
    for peer in stalled:
        peer.close()
    assert get(running.issuer, context(pki), GET_AND_CLOSE)["path"] == "/caminho"
    assert "Traceback" not in running.process.output()


class Unending:
    """An RSGI protocol whose body never ends."""

    def __init__(self) -> None:
        self.answered: list[int] = []

    def __aiter__(self) -> Unending:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0.01)
        return b"x"

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.answered.append(status)


def test_a_dripping_body_is_ended() -> None:
    protocol = Unending()
    scope = SimpleNamespace(headers={"content-length": "1000"})
    asyncio.run(received_whole(lambda *_: pytest.fail("called"), seconds=0.1)(scope, protocol))
    assert protocol.answered == [408]


@pytest.mark.parametrize(("sent", "status"), [(65536, 200), (65537, 413)])
def test_bodies_are_bounded(running: Running, pki: Pki, sent: int, status: int) -> None:
    with connect(running.issuer, context(pki)) as peer:
        head, _ = exchange(peer, POST % (sent, b"") + b"x" * sent)
    assert head.startswith(f"HTTP/1.1 {status} ")


def test_a_chunked_body_is_read(running: Running, pki: Pki) -> None:
    request = b"POST /p HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(running.issuer, context(pki)) as peer:
        _, body = exchange(peer, request + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert b'"read": 5' in body


@pytest.mark.parametrize(
    ("target", "path"),
    [("/a%2Fb", "/a/b"), ("/%2541", "/%41"), ("/%C3%A9", "/Ã©"), ("/a%00b", "/a\x00b"), ("/%FF", "/ï¿½")],
)
def test_the_path_is_decoded_once(running: Running, pki: Pki, target: str, path: str) -> None:
    """PEP 3333: PATH_INFO holds the decoded octets, each as the character of its number."""
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    assert get(running.issuer, context(pki), request)["path"] == path


def test_headers_arrive_as_pep_3333_has_them(running: Running, pki: Pki) -> None:
    seen = headers(running, pki, "Accept-Language: pt-BR", "X-Twice: one", "X-Twice: two", "Content-Type: text/x")
    assert seen["HTTP_ACCEPT_LANGUAGE"] == "pt-BR"
    assert seen["HTTP_X_TWICE"] == "one,two"
    assert seen["HTTP_HOST"] == "localhost"
    assert "HTTP_CONTENT_TYPE" not in seen


@pytest.mark.attack("ATK-065")
def test_a_header_with_an_underscore_is_dropped(running: Running, pki: Pki) -> None:
    seen = headers(running, pki, "X-Real: hyphen", "X_Real: underscore", "X_Other: underscore")
    assert seen["HTTP_X_REAL"] == "hyphen"
    assert "HTTP_X_OTHER" not in seen


def test_the_environment_of_the_process_does_not_reach_the_request(running: Running, pki: Pki) -> None:
    assert get(running.issuer, context(pki), GET_AND_CLOSE)["environment"] is False


def test_http_1_1_is_the_only_protocol(running: Running, pki: Pki) -> None:
    tls = context(pki)
    tls.set_alpn_protocols(["h2", "http/1.1"])
    with connect(running.issuer, tls) as peer:
        assert peer.selected_alpn_protocol() == "http/1.1"


def test_peers_that_vanish_are_nobodys_error(running: Running, pki: Pki) -> None:
    for request in (b"", b"GET / HT", POST % (100, b"") + b"abc"):
        peer = connect(running.issuer, context(pki))
        peer.sendall(request)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        socket.socket(fileno=peer.detach()).close()
    assert get(running.issuer, context(pki), GET_AND_CLOSE)["path"] == "/caminho"
    assert "Traceback" not in running.process.output()
