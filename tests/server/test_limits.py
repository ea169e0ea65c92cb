"""Time and number limits of the accepting server, in this process with limits short enough to watch."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from idp.listeners.accepting import AcceptingServer, Limits
from idp.listeners.tls import accepting_context
from tests.server.apps import create
from tests.server.client import connect, context, exchange, get
from tests.server.pki import Pki


@contextmanager
def serving(pki: Pki, limits: Limits, application: Callable[..., Iterable[bytes]] | None = None) -> Iterator[int]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    tls = accepting_context(pki.server.certificate, pki.server.key)
    server = AcceptingServer(listener, application or create(None), tls, limits)  # type: ignore[arg-type]
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.stop()
        thread.join()


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01"])
def test_an_unfinished_handshake_is_ended(pki: Pki, first: bytes) -> None:
    with serving(pki, Limits(handshake=0.2)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
            peer.sendall(first)
            assert peer.recv(100) == b""


def test_dripping_headers_do_not_lengthen_their_time(pki: Pki) -> None:
    with serving(pki, Limits(receive=0.3)) as port:
        with connect(port, context(pki)) as peer:
            peer.settimeout(0.05)
            answer = None
            for _ in range(1000):
                try:
                    peer.sendall(b"x")
                    answer = peer.recv(100)
                    break
                except TimeoutError:
                    continue
                except OSError:
                    answer = b""
                    break
            assert answer == b""


@pytest.mark.parametrize("framing", ["Content-Length: 9\r\n\r\n12", "Transfer-Encoding: chunked\r\n\r\n2\r\n12\r\n"])
def test_unfinished_bodies_cost_no_thread_and_are_ended(pki: Pki, framing: str) -> None:
    start = f"POST / HTTP/1.1\r\nHost: localhost\r\n{framing}".encode()
    with serving(pki, Limits(receive=1, threads=1)) as port:
        stalled = []
        for _ in range(5):
            stalled.append(connect(port, context(pki)))
            stalled[-1].sendall(start)
        assert get(port, context(pki))["path"] == "/caminho"
        for peer in stalled:
            assert peer.recv(100) == b""
            peer.close()


def test_a_chunked_body_is_read(pki: Pki) -> None:
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(pki, Limits()) as port:
        with connect(port, context(pki)) as peer:
            peer.sendall(request + b"3\r\nabc\r\n")
            head, _ = exchange(peer, b"2\r\nde\r\n0\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")


def test_a_peer_that_does_not_read_frees_its_thread(pki: Pki) -> None:
    def flood(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/flood":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return (b"x" * 65536 for _ in range(1000))
        return create(None)(environ, start_response)  # type: ignore[arg-type]

    with serving(pki, Limits(answer=0.3, threads=1), flood) as port:
        with connect(port, context(pki)) as peer:
            peer.sendall(b"GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert get(port, context(pki))["path"] == "/caminho"


def test_connections_beyond_the_limit_are_closed_and_places_come_back(pki: Pki) -> None:
    with serving(pki, Limits(connections=3)) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(3)]
        with socket.create_connection(("127.0.0.1", port), timeout=60) as refused:
            assert refused.recv(100) == b""
        for peer in held:
            peer.close()
        seen = None
        deadline = time.monotonic() + 60
        while seen is None and time.monotonic() < deadline:  # the server notices the three ends one after the other
            with suppress(OSError):
                seen = get(port, context(pki))
        assert seen is not None
