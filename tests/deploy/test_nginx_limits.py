"""The shipped nginx configuration under too much, and when what is behind it fails."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import Site, nginx, rendered
from tests.server.client import connect, context, exchange
from tests.server.pki import Pair, Pki
from tests.support.ports import free_ports

ID, CERTIFICADO, MTLS = "id.portaria.test", "certificado.portaria.test", "mtls.portaria.test"
OFFICE = 300
"""What people behind one address may do at once."""


@pytest.fixture
def alone(pki: Pki, tmp_path: Path) -> Iterator[Site]:
    """Nothing is behind it: 502 is the way through. Its limits refill by one request a second."""
    (port,) = free_ports(1)
    slow = dict.fromkeys(("VISITS_PER_SECOND", "ENTRIES_PER_SECOND", "TOKENS_PER_SECOND"), "1")
    rendered(tmp_path, pki, port, **slow)
    with nginx(tmp_path) as process:
        process.wait_for_port(port)
        yield Site(tmp_path, port)


def ask(
    site: Site, pki: Pki, host: str, path: str, *, pair: Pair | None = None, address: str = "127.0.0.1"
) -> tuple[int, str, str]:
    """Status, head and body of one request from a loopback ``address``."""
    plain = socket.create_connection(("127.0.0.1", site.port), timeout=60, source_address=(address, 0))
    with context(pki, pair).wrap_socket(plain, server_hostname=host) as connection:
        head, body = exchange(connection, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return int(head.split(" ")[1]), head, body.decode()


def passed(site: Site, pki: Pki, host: str, path: str, pair: Pair | None = None) -> int:
    """How many of an address's requests in a row come through before one is answered 429."""
    if host == ID:  # connections of the issuer are kept
        with connect(site.port, context(pki), name=host) as connection:
            return statuses(connection, host, path).index(429)
    for number in range(OFFICE * 2):
        if ask(site, pki, host, path, pair=pair)[0] == 429:
            return number
    raise AssertionError(f"{host}{path} has no limit")


def statuses(connection: ssl.SSLSocket, host: str, path: str, count: int = 999) -> list[int]:
    """Those of ``count`` requests on one connection."""
    once = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
    _, answers = exchange(connection, f"{once}\r\n".encode() * count + f"{once}Connection: close\r\n\r\n".encode())
    return [int(line.split(b" ")[1]) for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize("path", ["/authorize?client_id=x", "/login/retorno?code=x"])
def test_the_issuer_limits_what_an_address_may_begin(alone: Site, pki: Pki, path: str) -> None:
    assert passed(alone, pki, ID, path) >= OFFICE
    status, head, body = ask(alone, pki, ID, path)
    assert status == 429
    assert "\r\nRetry-After: 10" in head
    assert "\r\nContent-Type: text/html; charset=utf-8" in head
    assert "Aguarde alguns segundos" in body
    assert "você" in body
    assert ask(alone, pki, ID, path, address="127.0.0.2")[0] == 502, "another address is not touched"
    assert ask(alone, pki, ID, "/consentimento")[0] == 502, "what was begun can be finished"


@pytest.mark.parametrize("name", [None, "expired"])
def test_the_certificate_host_limits_what_an_address_may_enter(alone: Site, pki: Pki, name: str | None) -> None:
    """An expired certificate takes the error page's way, and counts as any other."""
    pair = getattr(pki, name) if name else None
    assert passed(alone, pki, CERTIFICADO, "/entrar?ticket=x", pair) >= OFFICE
    status, head, body = ask(alone, pki, CERTIFICADO, "/entrar?ticket=x", pair=pair)
    assert status == 429
    assert "\r\nRetry-After: 10" in head
    assert "Não é um problema do seu certificado" in body
    assert ask(alone, pki, CERTIFICADO, "/entrar?ticket=x", pair=pair, address="127.0.0.2")[0] == 502


def test_an_application_with_all_its_users_redeems_at_one_address(alone: Site, pki: Pki) -> None:
    with connect(alone.port, context(pki), name=ID) as connection:
        assert set(statuses(connection, ID, "/token")) == {502}
    assert ask(alone, pki, ID, "/authorize")[0] == 502, "limits of its own"
    with connect(alone.port, context(pki), name=ID) as connection:
        assert 429 in statuses(connection, ID, "/token", 100)
    assert ask(alone, pki, MTLS, "/token")[0] == 429, "the mTLS host's is the same endpoint"


@pytest.mark.parametrize("backend", ["absent", "dead"])
def test_no_log_has_a_one_time_value_when_something_fails(alone: Site, pki: Pki, backend: str) -> None:
    """A socket that is not there is a matter of level crit for nginx, one without a listener of level error."""
    for name in ("issuer", "gateway", "mtls"):
        (alone.directory / f"run-{name}").mkdir()
        if backend == "dead":
            with socket.socket(socket.AF_UNIX) as ended:
                ended.bind(str(alone.directory / f"run-{name}" / "socket"))
    for host in (ID, CERTIFICADO, MTLS):
        assert ask(alone, pki, host, "/login/retorno?code=s3gr3d0")[0] == 502
        too_long = f"POST /token?code=s3gr3d0 HTTP/1.1\r\nHost: {host}\r\nReferer: https://x/?code=s3gr3d0\r\n"
        with connect(alone.port, context(pki), name=host) as connection:
            connection.sendall(f"{too_long}Content-Length: 999999\r\n\r\n".encode())
            assert connection.recv(64).startswith(b"HTTP/1.1 413 ")
    assert passed(alone, pki, ID, "/authorize?id_token_hint=s3gr3d0") > 0
    logs = {file.name: file.read_text() for file in alone.directory.rglob("*.log")}
    assert {"portaria.log", "error.log"} <= logs.keys()
    assert [name for name, text in logs.items() if "s3gr3d0" in text] == []
    assert f'"GET {ID}/login/retorno" 502 ' in logs["portaria.log"]


@pytest.mark.parametrize("host", [ID, CERTIFICADO, MTLS])
def test_a_redirect_with_a_long_state_comes_through(site: Site, pki: Pki, host: str) -> None:
    status, head, _ = ask(site, pki, host, "/longe")
    assert status == 303
    assert f"\r\nlocation: https://rp.example/?state={'s' * 7000}" in head.lower()
