"""The listener that asks for a certificate and refuses none."""

from __future__ import annotations

import hashlib
import socket
import ssl
import subprocess

import pytest

from tests.server.client import GET, GET_AND_CLOSE, connect, context, exchange, get
from tests.server.conftest import Launch, Running
from tests.server.pki import Pki, openssl
from tests.support.ports import free_ports
from tests.support.processes import accepts

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def s_client(port: int, *arguments: object, request: bytes = b"Q\n") -> str:
    argv = ["openssl", "s_client", "-connect", f"localhost:{port}", *map(str, arguments)]
    return subprocess.run(argv, input=request, capture_output=True, timeout=60).stdout.decode("latin-1")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("host", ["certificate", "mtls"])
@pytest.mark.parametrize("name", ["valid", "expired", "stranger"])
def test_any_certificate_reaches_the_application_as_it_was_sent(
    running: Running, pki: Pki, host: str, name: str, version: ssl.TLSVersion
) -> None:
    pair = getattr(pki, name)
    seen = get(getattr(running, host), context(pki, pair, version))
    assert seen["certificate"] == hashlib.sha256(pair.der).hexdigest()
    assert seen["scheme"] == "https"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("host", ["certificate", "mtls"])
def test_no_certificate_reaches_the_application_as_none(
    running: Running, pki: Pki, host: str, version: ssl.TLSVersion
) -> None:
    assert get(getattr(running, host), context(pki, version=version))["certificate"] is None


@pytest.mark.attack("ATK-060")
def test_no_header_sets_the_certificate_key(running: Running, pki: Pki) -> None:
    headers = b"portaria.client_certificate: x\r\nPortaria.Client-Certificate: x\r\nPortaria_Client_Certificate: x\r\n"
    seen = get(running.certificate, context(pki), b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
    assert seen["certificate"] is None


def test_the_advertised_names_are_the_subjects_given(running: Running) -> None:
    assert "Acceptable client certificate CA names\nC = BR, O = Teste, CN = AC de Teste\n" in s_client(
        running.certificate
    )
    assert "No client certificate CA names sent" in s_client(running.mtls)


@pytest.mark.attack("ATK-071")
def test_the_issuer_never_asks_for_a_certificate(running: Running, pki: Pki) -> None:
    assert get(running.issuer, context(pki, pki.valid), GET_AND_CLOSE)["certificate"] == "unset"
    for version in ("-tls1_2", "-tls1_3"):
        trace = s_client(running.issuer, "-msg", version, "-cert", pki.valid.certificate, "-key", pki.valid.key)
        assert "ServerHello" in trace
        assert "CertificateRequest" not in trace
    assert "CertificateRequest" in s_client(running.certificate, "-msg")


@pytest.mark.attack("ATK-066")
@pytest.mark.parametrize("host", ["certificate", "mtls"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_never_resumed(running: Running, pki: Pki, host: str, version: ssl.TLSVersion) -> None:
    """The second handshake is whole, although the client offers the first one's session."""
    tls = context(pki, version=version)
    with connect(getattr(running, host), tls) as first:
        exchange(first)
        session = first.session
    assert version is ssl.TLSVersion.TLSv1_3 or not session.has_ticket
    with connect(getattr(running, host), tls, session) as second:
        assert second.session_reused is False


@pytest.mark.attack("ATK-066")
def test_a_session_of_the_issuer_is_not_resumed_on_the_certificate_host(running: Running, pki: Pki) -> None:
    tls = context(pki, version=ssl.TLSVersion.TLSv1_3)
    with connect(running.issuer, tls) as first:
        first.sendall(GET)
        first.recv(65536)
        session = first.session
    with connect(running.certificate, tls, session) as second:
        assert second.session_reused is False


def test_one_request_a_connection(running: Running, pki: Pki) -> None:
    with connect(running.certificate, context(pki)) as connection:
        head, body = exchange(connection, GET.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n") + GET)
    assert "\r\nConnection: close" in head
    assert b"HTTP/1.1" not in body


@pytest.mark.parametrize("host", ["issuer", "certificate", "mtls"])
def test_tls_1_1_is_refused(running: Running, pki: Pki, host: str) -> None:
    said = s_client(getattr(running, host), "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert "Cipher is (NONE)" in said
    assert accepts(getattr(running, host))


def test_http_1_1_is_the_only_protocol_offered(running: Running, pki: Pki) -> None:
    assert "ALPN protocol: http/1.1" in s_client(running.certificate, "-alpn", "h2,http/1.1")
    assert "No ALPN negotiated" in s_client(running.certificate, "-alpn", "h2")


def test_the_highest_version_is_a_setting(launch: Launch, pki: Pki) -> None:
    process, (_, certificate, mtls) = launch(certificate_tls_max="1.2")
    process.wait_for_output("Portaria is ready")
    with connect(certificate, context(pki)) as connection:
        assert connection.version() == "TLSv1.2"
    with connect(mtls, context(pki)) as connection:
        assert connection.version() == "TLSv1.3"


def test_the_second_address_is_for_middleware_that_fails_at_the_first(launch: Launch, pki: Pki) -> None:
    """At most TLS 1.2, where no RSA-PSS is needed, and no CA names, so that every certificate is offered."""
    (second,) = free_ports(1)
    origin = f"https://localhost:{second}"
    process, (_, certificate, _) = launch(certificate_second_origin=origin, certificate_second_port=second)
    process.wait_for_output(f"certificate_second 127.0.0.1:{second}")
    with connect(second, context(pki)) as connection:
        assert connection.version() == "TLSv1.2"
    assert get(second, context(pki, pki.stranger))["certificate"] == hashlib.sha256(pki.stranger.der).hexdigest()
    assert "No client certificate CA names sent" in s_client(second)
    assert "CertificateRequest" in s_client(second, "-msg")
    with connect(certificate, context(pki)) as connection:
        assert connection.version() == "TLSv1.3"
    assert process.stop(10) == 0
    assert not accepts(second)


def test_without_its_origin_nobody_listens_on_the_second_address(launch: Launch, pki: Pki) -> None:
    (second,) = free_ports(1)
    process, _ = launch(certificate_second_port=second)
    process.wait_for_output("Portaria is ready")
    assert not accepts(second)


def test_a_body_is_read_and_a_large_one_refused(running: Running, pki: Pki) -> None:
    post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    assert get(running.mtls, context(pki), post % 5000 + b"x" * 5000)["read"] == 5000
    with connect(running.mtls, context(pki)) as connection:
        head, _ = exchange(connection, post % 70000)
    assert head.startswith("HTTP/1.1 413 ")


def test_large_headers_are_refused(running: Running, pki: Pki) -> None:
    with connect(running.certificate, context(pki)) as connection:
        head, _ = exchange(connection, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 17000 + b"\r\n\r\n")
    assert head.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
def test_unfinished_handshakes_cost_no_thread(running: Running, pki: Pki, first: bytes) -> None:
    """Sixty peers that stall in the handshake, more than there are threads, keep nobody waiting."""
    stalled = [socket.create_connection(("127.0.0.1", running.certificate)) for _ in range(60)]
    for peer in stalled:
        peer.sendall(first)
    assert get(running.certificate, context(pki))["path"] == "/caminho"
    for peer in stalled:
        peer.close()
    assert get(running.certificate, context(pki))["path"] == "/caminho"


def test_unfinished_headers_cost_no_thread(running: Running, pki: Pki) -> None:
    stalled = [connect(running.certificate, context(pki)) for _ in range(30)]
    for peer in stalled:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert get(running.certificate, context(pki))["path"] == "/caminho"
    for peer in stalled:
        peer.close()


def test_peers_that_vanish_are_nobodys_error(running: Running, pki: Pki) -> None:
    for linger in (b"\x01\x00\x00\x00\x00\x00\x00\x00", b"\x00" * 8):  # a reset, an orderly end
        for request in (b"", b"GET / HTTP/1.1\r\n", GET):
            connection = connect(running.certificate, context(pki))
            connection.sendall(request)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            socket.socket(fileno=connection.detach()).close()
    assert get(running.certificate, context(pki))["path"] == "/caminho"
    assert "Traceback" not in running.process.output()


def test_a_small_rsa_key_and_a_long_chain_still_reach_the_application(running: Running, pki: Pki) -> None:
    key, certificate = pki.directory / "small.key", pki.directory / "small.pem"
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", key, "-subj", "/CN=fraco", "-out", certificate)
    openssl("x509", "-in", certificate, "-out", certificate)
    said = s_client(running.certificate, "-cert", certificate, "-key", key, "-cipher", "DEFAULT@SECLEVEL=0",
                    "-ign_eof", request=GET)  # fmt: skip
    der = openssl("x509", "-in", certificate, "-outform", "DER")
    assert hashlib.sha256(der).hexdigest() in said
