"""The shipped examples for HAProxy (RFC 9440) and Envoy (XFCC), run by the real ones, before an application that says
what it was given."""

from __future__ import annotations

import hashlib
import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, SECRET, listens
from tests.deploy.other_proxies import Proxy, envoy, haproxy
from tests.deploy.test_nginx import FORGED
from tests.server.client import connect, context, exchange
from tests.server.pki import Pair, Pki, openssl
from tests.support.processes import Process

SOURCES = {"rfc9440": haproxy, "xfcc": envoy}
CARRIES = {"rfc9440": "HTTP_CLIENT_CERT", "xfcc": "HTTP_X_FORWARDED_CLIENT_CERT"}
CERTIFICADO = "certificado.portaria.test"
HOPS = {"HTTP_HOST", "HTTP_X_PORTARIA_PROXY", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR"}
THEIR_OWN = {  # without meaning to the application
    "HTTP_CONNECTION",
    "HTTP_X_REQUEST_ID",
    "HTTP_X_ENVOY_EXPECTED_RQ_TIMEOUT_MS",
    "HTTP_X_ENVOY_EXTERNAL_ADDRESS",
    "HTTP_X_ENVOY_ORIGINAL_HOST",
}


@pytest.fixture(scope="module", params=SOURCES)
def proxy(request: pytest.FixtureRequest, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    source = request.param
    directory = tmp_path_factory.mktemp(source)
    (directory / "secret").write_text(SECRET)
    (directory / "run-gateway").mkdir()
    socket = directory / "run-gateway" / "socket"
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "1", "--uds", socket,
            "tests.deploy.backend:application"]  # fmt: skip
    env = {"BACKEND": "gateway", "PROXY_SECRET_FILE": str(directory / "secret"), "SOURCE": source}
    application = Process(argv, directory / "gateway.log", env=env, cwd=ROOT)
    application.wait_for(lambda: listens(socket), "the application accepts")
    started = SOURCES[source](directory, pki.directory, pki.ca.certificate, directory / "run")
    yield source, started
    started.process.stop()
    application.stop()


def request(
    started: Proxy, pki: Pki, *lines: str, pair: Pair | None = None, version: ssl.TLSVersion | None = None
) -> Any:
    head = ["GET /qualquer/lugar?x=1 HTTP/1.1", f"Host: {CERTIFICADO}", "Connection: close", *lines]
    with connect(started.certificate, context(pki, pair, version), name=CERTIFICADO) as connection:
        answer, content = exchange(connection, ("\r\n".join(head) + "\r\n\r\n").encode())
    assert answer.startswith("HTTP/1.1 200 "), answer
    return json.loads(content)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["valid", "stranger", "expired"])
def test_any_certificate_reaches_the_application(proxy: Any, pki: Pki, name: str, version: ssl.TLSVersion) -> None:
    pair = getattr(pki, name)
    said = request(proxy[1], pki, pair=pair, version=version)
    assert said["certificate"] == hashlib.sha256(pair.der).hexdigest()
    assert set(said["headers"]) <= HOPS | THEIR_OWN | {CARRIES[proxy[0]]}


def test_a_large_certificate_fits(proxy: Any, pki: Pki, tmp_path: Path) -> None:
    pair = Pair(tmp_path / "large.pem", tmp_path / "large.key")
    names = ",".join(f"DNS:{number:04}.um-nome-bastante-comprido.example" for number in range(350))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key,
            "-subj", "/CN=grande", "-addext", f"subjectAltName={names}",
                "-out", pair.certificate)  # fmt: skip
    assert 14_000 < len(pair.der) < 16_384
    assert request(proxy[1], pki, pair=pair)["certificate"] == hashlib.sha256(pair.der).hexdigest()


@pytest.mark.attack("ATK-060")
@pytest.mark.attack("ATK-062")
@pytest.mark.attack("ATK-065")
@pytest.mark.attack("ATK-067")
@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_header_reaches_no_application(proxy: Any, pki: Pki, forged: str) -> None:
    said = request(proxy[1], pki, forged, forged)
    assert said["certificate"] is None
    assert set(said["headers"]) <= HOPS | THEIR_OWN
    assert said["headers"]["HTTP_X_PORTARIA_PROXY"] == SECRET


@pytest.mark.attack("ATK-064")
@pytest.mark.attack("ATK-067")
@pytest.mark.attack("ATK-069")
def test_forged_headers_beside_a_certificate_change_nothing(proxy: Any, pki: Pki) -> None:
    misleading = [f"X-Forwarded-{name}: evil.example" for name in ("For", "Host", "Proto", "Prefix")]
    said = request(proxy[1], pki, *FORGED, *FORGED, *misleading, "Forwarded: host=evil.example", pair=pki.valid)
    assert said["certificate"] == hashlib.sha256(pki.valid.der).hexdigest()
    assert "AAAA" not in json.dumps({key: value for key, value in said["headers"].items() if key != CARRIES[proxy[0]]})
    assert said["headers"]["HTTP_HOST"] == CERTIFICADO
    assert said["headers"]["HTTP_X_FORWARDED_PROTO"] == "https"


def test_haproxy_limits_what_an_address_may_enter(pki: Pki, tmp_path: Path) -> None:
    """Nothing is behind it: 503 is the way through."""
    started = haproxy(tmp_path, pki.directory, pki.ca.certificate, tmp_path / "run")
    with started.process:
        for _ in range(600):
            assert once(started.certificate, pki, CERTIFICADO, "/entrar?ticket=x")[0].startswith("HTTP/1.1 503 ")
        for _ in range(600):  # what was counted at first may be forgotten by now
            head, body = once(started.certificate, pki, CERTIFICADO, "/entrar?ticket=x")
            if not head.startswith("HTTP/1.1 503 "):
                break
        assert head.startswith("HTTP/1.1 429 ")
        assert "\r\nretry-after: 10" in head
        assert "Não é um problema do seu certificado" in body.decode()
        assert once(started.certificate, pki, CERTIFICADO, "/outra")[0].startswith("HTTP/1.1 503 ")
        assert once(started.issuer, pki, "id.portaria.test", "/token")[0].startswith("HTTP/1.1 503 ")


def once(port: int, pki: Pki, host: str, path: str) -> tuple[str, bytes]:
    with connect(port, context(pki), name=host) as connection:
        return exchange(connection, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
