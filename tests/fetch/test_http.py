"""One download, against servers that lie, dawdle and point elsewhere."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from idp.fetch.addresses import Allowed, NotAllowed, public, usable
from idp.fetch.connection import NotFetched
from idp.fetch.http import Downloaded, Limits, Validators, download
from tests.fetch.conftest import Web, answer
from tests.support.ports import free_port

QUICK = Limits(connect=1, total=0.4, size=100_000)


def _get(web: Web, path: str = "/a", *, also: tuple[str, ...] = (), **options: object) -> tuple[bytes, Downloaded]:
    into = io.BytesIO()
    allowed = Allowed.of(named=[web.url(path), *also])
    return_value = download(web.url(path), into, allowed, **options)  # type: ignore[arg-type]
    return into.getvalue(), return_value


def _refused(web: Web, *arguments: str, **options: object) -> str:
    with pytest.raises(NotFetched) as caught:
        _get(web, *arguments, **options)  # type: ignore[arg-type]
    return caught.value.token


def test_a_body_arrives_whole_with_its_hash(web: Web) -> None:
    web.pages["/a"] = lambda handler: answer(handler, b"x" * 200_000, ETag='"1"', Last_Modified="then")
    body, got = _get(web)
    assert body == b"x" * 200_000
    assert got == Downloaded(True, Validators('"1"', "then"), hashlib.sha256(b"x" * 200_000).hexdigest())


def test_what_is_known_is_asked_for_conditionally(web: Web) -> None:
    """RFC 9110 §13.1.2, §13.1.3."""
    web.pages["/a"] = lambda handler: answer(handler, b"", 304)
    body, got = _get(web, known=Validators('"1"', "then"))
    assert (body, got.changed, got.validators) == (b"", False, Validators('"1"', "then"))
    assert (web.asked[0][1]["If-None-Match"], web.asked[0][1]["If-Modified-Since"]) == ('"1"', "then")
    assert _refused(web) == "http-status"  # 304 to a question that was not conditional


def test_what_is_not_listed_is_not_asked(web: Web) -> None:
    for allowed in (Allowed(), Allowed.of(named=[web.url("/b")]), Allowed.of(listed=[web.url("/a")])):
        with pytest.raises(NotFetched, match="not-allowed"):
            download(web.url("/a"), io.BytesIO(), allowed)
    assert web.asked == []


@pytest.mark.attack("ATK-034")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "169.254.169.254", "10.1.2.3"])
def test_a_listed_address_leads_nowhere_inside(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(*_: object, **__: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", connected)
    url = f"http://{host}/a.crl"
    with pytest.raises(NotFetched, match="private-address"):
        download(url, io.BytesIO(), Allowed.of(listed=[url]))


@pytest.mark.attack("ATK-034")
def test_the_connection_goes_to_the_address_that_was_looked_at(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to a public address first and to a private one afterwards gains nothing."""
    answers = [[(2, 1, 6, "", ("192.0.2.1", 80)), (2, 1, 6, "", ("8.8.8.8", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]]
    opened: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> None:
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", connect)
    url = "http://lcr.example/a.crl"
    with pytest.raises(NotFetched, match="unreachable"):
        download(url, io.BytesIO(), Allowed.of(listed=[url]))
    assert opened == [("8.8.8.8", 80)]


def test_a_redirect_to_a_listed_address_is_followed(web: Web) -> None:
    web.pages["/a"] = lambda handler: answer(handler, b"", 302, Location="/b")
    web.pages["/b"] = b"there"
    assert _get(web, also=(web.url("/b"),))[0] == b"there"


@pytest.mark.attack("ATK-034")
@pytest.mark.parametrize("target", ["/b", "//127.0.0.1:1/a", "file:///etc/passwd", "http://u@127.0.0.1/", "/a\tb", "ç"])
def test_a_redirect_off_the_list_is_not_followed(web: Web, target: str) -> None:
    web.pages["/a"] = lambda handler: answer(handler, b"", 301, Location=target)
    web.pages["/b"] = b"there"
    assert _refused(web) == "redirect"
    assert web.paths() == ["/a"]


def test_redirects_in_a_circle_end(web: Web) -> None:
    web.pages["/a"] = lambda handler: answer(handler, b"", 307, Location="/a")
    assert _refused(web) == "redirect"
    assert len(web.asked) == 4


@pytest.mark.parametrize("status", [204, 206, 400, 404, 500, 302])
def test_another_status_is_no_body(web: Web, status: int) -> None:
    web.pages["/a"] = lambda handler: answer(handler, b"", status)
    assert _refused(web) == "http-status"


def _announced(length: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: answer(handler, b"x" * 10, Content_Length=str(length))


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        for _ in range(10_000):
            handler.wfile.write(b"x" * 4096)
    except OSError:
        pass


@pytest.mark.attack("ATK-036")
@pytest.mark.parametrize(("page", "token"), [(_announced(100_001), "too-large"), (_endless, "too-large")])
def test_more_than_the_limit_is_broken_off(web: Web, page: Callable[..., None], token: str) -> None:
    web.pages["/a"] = page
    into = io.BytesIO()
    with pytest.raises(NotFetched, match=token):
        download(web.url("/a"), into, Allowed.of(named=[web.url("/a")]), limits=Limits(size=100_000))
    assert len(into.getvalue()) <= 100_000


def test_less_than_announced_is_truncated(web: Web) -> None:
    web.pages["/a"] = _announced(50)
    assert _refused(web) == "truncated"


def _drip(head: bytes, piece: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def page(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(head)
            stop = threading.Event()
            for _ in range(3000):
                handler.wfile.write(piece)
                stop.wait(0.02)
        except OSError:
            pass

    return page


@pytest.mark.attack("ATK-036")
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b""),
    ],
    ids=["body", "unannounced", "chunks", "headers", "one header", "silence"],
)
def test_a_slow_drip_ends_at_the_limit_in_time(web: Web, head: bytes, piece: bytes) -> None:
    web.pages["/a"] = _drip(head, piece)
    begun = time.monotonic()
    assert _refused(web, limits=QUICK) == "timeout"
    assert time.monotonic() - begun < 20


def test_a_server_that_speaks_no_http_or_nothing_at_all(web: Web) -> None:
    web.pages["/a"] = lambda handler: handler.wfile.write(b"220 mail ESMTP\r\n")
    assert _refused(web) == "unreachable"
    url = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(NotFetched, match="unreachable"):
        download(url, io.BytesIO(), Allowed.of(named=[url]))


def test_tls_that_does_not_hold_is_no_connection(web: Web) -> None:
    url = web.url("/a").replace("http:", "https:")
    with pytest.raises(NotFetched, match="unreachable"):
        download(url, io.BytesIO(), Allowed.of(named=[web.url("/a")]))
    assert web.asked == []


def test_a_proxy_of_the_environment_is_not_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web.pages["/a"] = b"direct"
    assert _get(web)[0] == b"direct"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://lcr.example/a.crl", True),
        ("https://lcr.example:8443/a.crl?x=1", True),
        ("ftp://lcr.example/a.crl", False),
        ("file:///etc/passwd", False),
        ("http:///a", False),
        ("http://user@lcr.example/", False),
        ("http://lcr.example:99999/", False),
        ("http://lcr.example/a b", False),
        ("http://lcr.example/a\r\nHost: x", False),
        ("http://lcr.example/ç", False),
        ("http://lcr.example/#a", False),
        ("http://lcr.example/" + "a" * 1024, False),
    ],
)
def test_which_urls_are_usable(url: str, expected: bool) -> None:
    assert usable(url) is expected


def test_a_listed_address_has_a_usual_port() -> None:
    for port, fine in ((80, True), (443, True), (22, False), (8080, False)):
        url = f"http://lcr.example:{port}/a"
        allowed = Allowed.of(listed=[url])
        if fine:
            allowed.check(url)
        else:
            with pytest.raises(NotAllowed):
                allowed.check(url)


@pytest.mark.attack("ATK-034")
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2600::1", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert public(address) is expected
