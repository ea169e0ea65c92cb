"""The shipped nginx configuration, run by a real nginx."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, SECRET, Site, nginx, rendered
from tests.server.client import connect, context, exchange
from tests.server.pki import Pair, Pki, openssl
from tests.support.ports import free_ports

ID, CERTIFICADO, MTLS = "id.portaria.test", "certificado.portaria.test", "mtls.portaria.test"
BACKENDS = {ID: "issuer", CERTIFICADO: "gateway", MTLS: "mtls"}
ASKING = [CERTIFICADO, MTLS]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

FORGED = [
    "X-SSL-Client-Cert: -----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A",
    "X_SSL_Client_Cert: -----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A",
    "Client-Cert: :AAAA:",
    "Client_Cert: :AAAA:",
    "Client-Cert-Chain: :AAAA:",
    "SSL_CLIENT_CERT: AAAA",
    "SSL-Client-Cert: AAAA",
    "SSL-Client-Verify: SUCCESS",
    "X-SSL-Client-Verify: SUCCESS",
    "X-SSL-Client-S-DN: CN=AAAA",
    "X-SSL-Cert: AAAA",
    "X-Client-Cert: AAAA",
    "X-Client-Verify: SUCCESS",
    "X-Forwarded-Client-Cert: Cert=AAAA",
    "X-Forwarded-Tls-Client-Cert: AAAA",
    "X-ARR-ClientCert: AAAA",
    "X-Amzn-Mtls-Clientcert: AAAA",
    "X-Amzn-Mtls-Clientcert-Leaf: AAAA",
    "X-Portaria-Proxy: AAAA",
    "X_Portaria_Proxy: AAAA",
]
WHAT_THE_HOP_SENDS = {
    "HTTP_HOST",
    "HTTP_X_PORTARIA_PROXY",
    "HTTP_X_SSL_CLIENT_CERT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_FOR",
}


def request(
    site: Site,
    pki: Pki,
    host: str,
    *lines: str,
    pair: Pair | None = None,
    sni: str | None = None,
    method: str = "GET",
    body: str = "",
    version: ssl.TLSVersion | None = None,
    any_name: bool = False,
) -> tuple[int, Any]:
    """One request; the status and, from the backend, what it was given. ``any_name``: the server's certificate need
    not be for the name asked for."""
    head = [f"{method} /qualquer/lugar?x=1 HTTP/1.1", f"Host: {host}", "Connection: close", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    tls = context(pki, pair, version)
    tls.check_hostname = not any_name
    with connect(site.port, tls, name=sni or host) as connection:
        answer, content = exchange(connection, ("\r\n".join(head) + "\r\n\r\n" + body).encode())
    status = int(answer.split(" ")[1])
    return status, json.loads(content) if status == 200 else content


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("host", ASKING)
@pytest.mark.parametrize("name", ["valid", "stranger", "expired"])
def test_any_certificate_reaches_the_application(
    site: Site, pki: Pki, host: str, name: str, version: ssl.TLSVersion
) -> None:
    pair = getattr(pki, name)
    status, said = request(site, pki, host, pair=pair, version=version)
    assert status == 200
    assert said["certificate"] == hashlib.sha256(pair.der).hexdigest()
    assert said["backend"] == BACKENDS[host]


@pytest.mark.parametrize("name", ["valid", "expired"])
def test_a_posted_body_comes_with_the_certificate(site: Site, pki: Pki, name: str) -> None:
    """Also where nginx itself would have answered 400, and the request takes the error page's way."""
    _, said = request(site, pki, MTLS, pair=getattr(pki, name), method="POST", body="grant_type=x")
    assert (said["method"], said["body"]) == ("POST", "grant_type=x")


@pytest.mark.parametrize("host", BACKENDS)
def test_no_certificate_is_none(site: Site, pki: Pki, host: str) -> None:
    status, said = request(site, pki, host)
    assert (status, said["certificate"], said["backend"]) == (200, None, BACKENDS[host])


def test_a_large_certificate_fits(site: Site, pki: Pki, tmp_path: Path) -> None:
    pair = Pair(tmp_path / "large.pem", tmp_path / "large.key")
    names = ",".join(f"DNS:{number:04}.um-nome-bastante-comprido.example" for number in range(350))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.key,
            "-subj", "/CN=grande", "-addext", f"subjectAltName={names}", "-out", pair.certificate)  # fmt: skip
    assert 14_000 < len(pair.der) < 16_384
    _, said = request(site, pki, CERTIFICADO, pair=pair)
    assert said["certificate"] == hashlib.sha256(pair.der).hexdigest()


@pytest.mark.attack("ATK-060")
@pytest.mark.attack("ATK-062")
@pytest.mark.attack("ATK-065")
@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("host", BACKENDS)
def test_a_forged_header_reaches_no_application(site: Site, pki: Pki, host: str, forged: str) -> None:
    status, said = request(site, pki, host, forged)
    assert status == 200
    assert said["certificate"] is None
    assert set(said["headers"]) <= WHAT_THE_HOP_SENDS - {"HTTP_X_SSL_CLIENT_CERT"}
    assert "AAAA" not in json.dumps(said)
    assert said["headers"]["HTTP_X_PORTARIA_PROXY"] == SECRET


@pytest.mark.attack("ATK-060")
@pytest.mark.attack("ATK-063")
@pytest.mark.attack("ATK-064")
@pytest.mark.parametrize("name", ["valid", "expired"])
@pytest.mark.parametrize("host", ASKING)
def test_forged_headers_beside_a_certificate_change_nothing(site: Site, pki: Pki, host: str, name: str) -> None:
    """All of them at once and twice, in each of the two locations."""
    pair = getattr(pki, name)
    status, said = request(site, pki, host, *FORGED, *FORGED, pair=pair)
    assert status == 200
    assert said["certificate"] == hashlib.sha256(pair.der).hexdigest()
    assert set(said["headers"]) <= WHAT_THE_HOP_SENDS
    assert "AAAA" not in json.dumps(said)


@pytest.mark.attack("ATK-071")
def test_the_issuer_does_not_ask_and_passes_nothing_on(site: Site, pki: Pki) -> None:
    _, said = request(site, pki, ID, pair=pki.valid)
    assert said["certificate"] is None
    for host, asked in ((ID, False), (CERTIFICADO, True), (MTLS, True)):
        trace = s_client(site, "-servername", host, "-msg", "-tls1_2")
        assert ("CertificateRequest" in trace) is asked


def test_the_certificate_host_advertises_the_names_given(site: Site) -> None:
    said = s_client(site, "-servername", CERTIFICADO)
    assert "Acceptable client certificate CA names\nC = BR, O = Teste, CN = AC de Teste\n" in said
    assert "No client certificate CA names sent" in s_client(site, "-servername", MTLS)


@pytest.mark.attack("ATK-071")
@pytest.mark.parametrize("name", [None, "valid", "expired"])
@pytest.mark.parametrize("sni", BACKENDS)
@pytest.mark.parametrize("host", [*BACKENDS, "outro.portaria.test", "localhost"])
def test_a_connection_serves_only_the_host_it_was_made_for(
    site: Site, pki: Pki, sni: str, host: str, name: str | None
) -> None:
    """RFC 9110 §15.5.20: 421, also where an expired certificate takes the error page's way."""
    status, _ = request(site, pki, host, sni=sni, pair=getattr(pki, name) if name else None)
    assert status == (200 if host == sni else 421)


def test_a_name_that_is_not_ours_is_not_served(site: Site, pki: Pki) -> None:
    assert request(site, pki, "localhost")[0] == 421


@pytest.mark.attack("ATK-069")
def test_forwarded_headers_are_the_hops_own(site: Site, pki: Pki) -> None:
    lines = [f"{name}: evil.example" for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto")]
    _, said = request(site, pki, ID, *lines, "Forwarded: host=evil.example", "X-Forwarded-Prefix: /evil.example")
    assert "evil" not in json.dumps(said)
    assert said["headers"]["HTTP_HOST"] == ID
    assert said["headers"]["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"


@pytest.mark.attack("ATK-066")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("second", BACKENDS)
@pytest.mark.parametrize("first", BACKENDS)
def test_no_session_is_resumed(site: Site, pki: Pki, first: str, second: str, version: ssl.TLSVersion) -> None:
    """Neither on the same host nor from one to another."""
    tls = context(pki, pki.valid, version)
    with connect(site.port, tls, name=first) as connection:
        exchange(connection, f"GET / HTTP/1.1\r\nHost: {first}\r\nConnection: close\r\n\r\n".encode())
        session = connection.session
        reused = connection.session_reused
    assert reused is False
    with connect(site.port, tls, session, name=second) as connection:
        assert connection.session_reused is False


@pytest.mark.attack("ATK-066")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_reconnecting_makes_new_sessions(site: Site, version: str, tmp_path: Path) -> None:
    saved = tmp_path / "session"
    first = s_client(site, "-servername", CERTIFICADO, version, "-sess_out", saved)
    assert "New, TLSv1." in first
    if saved.exists():
        assert "Reused" not in s_client(site, "-servername", CERTIFICADO, version, "-sess_in", saved)
    assert "Reused" not in s_client(site, "-servername", CERTIFICADO, version, "-reconnect")


@pytest.mark.parametrize("host", ASKING)
def test_a_connection_is_not_kept(site: Site, pki: Pki, host: str) -> None:
    once = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n".encode()
    with connect(site.port, context(pki), name=host) as connection:
        head, body = exchange(connection, once + once)
    assert "\r\nConnection: close" in head
    assert b"HTTP/1.1" not in body


def test_tls_1_1_is_refused(site: Site) -> None:
    for host in BACKENDS:
        assert "Cipher is (NONE)" in s_client(site, "-servername", host, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")


def test_the_certificate_host_on_its_own_address_may_be_limited_to_tls_1_2(pki: Pki, tmp_path: Path) -> None:
    """Smart-card middleware without RSA-PSS: a matter of the first server of an address, so not on a shared one."""
    shared, own = free_ports(2)
    rendered(tmp_path, pki, shared, CERTIFICATE_LISTEN=f"127.0.0.1:{own}", CERTIFICATE_PROTOCOLS="TLSv1.2")
    with nginx(tmp_path) as process:
        process.wait_for_port(own)
        process.wait_for_port(shared)
        with connect(own, context(pki), name=CERTIFICADO) as connection:
            assert connection.version() == "TLSv1.2"
        with connect(shared, context(pki), name=ID) as connection:
            assert connection.version() == "TLSv1.3"


@pytest.fixture(scope="module")
def wide(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Site]]:
    """Both addresses of a certificate host that answers under every label; nothing is behind it."""
    directory = tmp_path_factory.mktemp("wide")
    first, second = free_ports(2)
    rendered(directory, pki, first, CERTIFICATE_WILDCARD="yes", CERTIFICATE_SECOND_LISTEN=f"127.0.0.1:{second}")
    with nginx(directory) as process:
        process.wait_for_port(first)
        process.wait_for_port(second)
        yield Site(directory, first), Site(directory, second)


@pytest.mark.parametrize("address", [0, 1])
@pytest.mark.parametrize(
    ("name", "status"),
    [
        (CERTIFICADO, 502),
        (f"0123456789abcdef.{CERTIFICADO}", 502),
        (f"a.b.{CERTIFICADO}", 421),
        (f".{CERTIFICADO}", 421),
        (f"x{CERTIFICADO}", 421),
        (f"x.{CERTIFICADO}.evil.example", 421),
        ("certificadoxportaria.test", 421),
    ],
)
def test_with_a_wildcard_the_certificate_host_is_every_label_below_its_name(
    wide: tuple[Site, Site], pki: Pki, name: str, status: int, address: int
) -> None:
    """502 is the way through: to an application that is not there."""
    assert request(wide[address], pki, name, sni=name.strip("."), any_name=True)[0] == status


@pytest.mark.attack("ATK-071")
def test_with_a_wildcard_a_connection_still_serves_one_name(wide: tuple[Site, Site], pki: Pki) -> None:
    first, second = (f"{label}.{CERTIFICADO}" for label in ("aaaa", "bbbb"))
    assert request(wide[0], pki, first, sni=first, any_name=True)[0] == 502
    assert request(wide[0], pki, first, sni=second, any_name=True)[0] == 421
    for host in (ID, MTLS):
        assert request(wide[0], pki, host, sni=first, any_name=True)[0] == 421
        assert request(wide[0], pki, first, sni=host)[0] == 421
        assert request(wide[1], pki, host)[0] == 421


def test_without_a_wildcard_no_label_is_served(site: Site, pki: Pki) -> None:
    assert request(site, pki, f"0123456789abcdef.{CERTIFICADO}", any_name=True)[0] == 421


def test_the_second_address_is_for_middleware_that_fails_at_the_first(wide: tuple[Site, Site], pki: Pki) -> None:
    first, second = wide
    with connect(second.port, context(pki), name=CERTIFICADO) as connection:
        assert connection.version() == "TLSv1.2"
    with connect(first.port, context(pki), name=CERTIFICADO) as connection:
        assert connection.version() == "TLSv1.3"
    assert "No client certificate CA names sent" in s_client(second, "-servername", CERTIFICADO)
    assert "CertificateRequest" in s_client(second, "-servername", CERTIFICADO, "-msg")


def test_plain_http_is_sent_to_https_of_the_same_host(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as plain:
        plain.sendall(f"GET /a?b HTTP/1.1\r\nHost: {CERTIFICADO}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := plain.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 301 ")
    assert f"\r\nLocation: https://{CERTIFICADO}/a?b\r\n".encode() in answer


@pytest.mark.attack("ATK-060")
@pytest.mark.parametrize("secret", [None, "wrong", f"{SECRET[:-1]}x"])
def test_the_socket_alone_is_not_enough(site: Site, secret: str | None) -> None:
    """Whoever reaches the application around nginx is believed nothing, with a certificate header or without."""
    with socket.socket(socket.AF_UNIX) as direct:
        direct.connect(str(site.directory / "run-gateway" / "socket"))
        lines = ["GET / HTTP/1.1", "Host: x", "Connection: close", FORGED[0]]
        lines += [f"X-Portaria-Proxy: {secret}"] if secret else []
        direct.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while chunk := direct.recv(65536):
            answer += chunk
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["refused"] == "client certificate hop: secret"


def test_one_time_values_are_not_logged(site: Site, pki: Pki) -> None:
    request(site, pki, CERTIFICADO)
    log = (site.directory / "portaria.log").read_text()
    assert f'"GET {CERTIFICADO}/qualquer/lugar" 200' in log
    assert "x=1" not in log


@pytest.mark.attack("ATK-061")
def test_every_location_is_one_include_and_nothing_inherits() -> None:
    """A location with a proxy header of its own loses those above it; so no location has one, nor anything else."""
    files = [ROOT / "deploy/nginx/portaria.conf", *(ROOT / "deploy/nginx/snippets").glob("[!h]*.conf")]
    code = re.sub(r"#.*", "", "".join(file.read_text() for file in files if not file.name.startswith("to-")))
    bodies = re.findall(r"location [^{]+\{([^}]*)\}", code)
    assert len(bodies) == 11
    for body in bodies:
        assert re.fullmatch(r"\s*include @SNIPPETS@/(to-(issuer|gateway|mtls)|too-many)\.conf;\s*", body)
    assert "proxy_" not in (ROOT / "deploy/nginx/snippets/too-many.conf").read_text()
    assert "proxy_set_header" not in code
    for name in ("issuer", "gateway", "mtls"):
        snippet = (ROOT / f"deploy/nginx/snippets/to-{name}.conf").read_text()
        assert "include @SNIPPETS@/headers.conf;" in snippet
        assert "proxy_set_header X-SSL-Client-Cert " in snippet


def test_the_secret_is_readable_by_its_owner_alone(site: Site) -> None:
    assert (site.directory / "portaria/snippets/secret.conf").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 32 + '"; evil'])
def test_render_refuses_a_bad_secret(tmp_path: Path, pki: Pki, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.deploy.conftest.SECRET", secret)
    with pytest.raises(subprocess.CalledProcessError):
        rendered(tmp_path, pki, 443)


def s_client(site: Site, *arguments: object) -> str:
    argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{site.port}", *map(str, arguments)]
    return subprocess.run(argv, input=b"Q\n", capture_output=True, timeout=60).stdout.decode("latin-1")
