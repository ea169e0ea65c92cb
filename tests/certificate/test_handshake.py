"""Which bytes were presented as a certificate, and which requests are refused before anybody looks at them."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.certificate.handshake import (
    SpoofedHeader,
    UntrustedHop,
    presented_certificate,
    refuse_certificate_headers,
)

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    directory = tmp_path_factory.mktemp("leaf")
    return make(directory, "/CN=titular")


def make(directory: Path, subject: str) -> bytes:
    key = str(directory / "key")
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", subject]
    return subprocess.run([*argv, "-outform", "DER"], check=True, capture_output=True).stdout


def escaped(der: bytes) -> str:
    """URL-escaped PEM, character by character as nginx's documentation describes it."""
    body = base64.b64encode(der).decode()
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    return "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02X}" for c in pem)


def from_nginx(**headers: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "HTTP_HOST": "x", "HTTP_X_PORTARIA_PROXY": SECRET, **headers}


def nginx(environ: dict[str, Any]) -> bytes | None:
    return presented_certificate(environ, "nginx", SECRET)


def rfc9440(environ: dict[str, Any]) -> bytes | None:
    return presented_certificate(environ, "rfc9440", SECRET)


def xfcc(environ: dict[str, Any]) -> bytes | None:
    return presented_certificate(environ, "xfcc", SECRET)


def from_envoy(value: str) -> dict[str, Any]:
    return from_nginx(HTTP_X_FORWARDED_CLIENT_CERT=value)


def embedded(environ: dict[str, Any]) -> bytes | None:
    return presented_certificate(environ, "embedded", "")


def test_embedded_gives_what_the_handshake_left(der: bytes) -> None:
    assert embedded({"portaria.client_certificate": der}) == der
    assert embedded({"portaria.client_certificate": None}) is None


def test_embedded_without_the_embedded_listener_is_no_answer() -> None:
    """An application put behind another server by mistake says so, instead of seeing nobody's certificate."""
    with pytest.raises(UntrustedHop) as refused:
        embedded({"HTTP_HOST": "x"})
    assert refused.value.reason == "not_embedded"


def test_nginx_gives_the_certificate_it_escaped(der: bytes) -> None:
    assert nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der))) == der


def test_rfc_9440_gives_the_byte_sequence(der: bytes) -> None:
    """RFC 9440 §2.1: the certificate is a structured field byte sequence of its DER."""
    assert rfc9440(from_nginx(HTTP_CLIENT_CERT=f":{base64.b64encode(der).decode()}:")) == der


def test_xfcc_gives_the_certificate_of_its_one_element(der: bytes) -> None:
    """Envoy's HTTP header manipulation, x-forwarded-client-cert: pairs with semicolons, keys in any case."""
    subject = '"CN=Fulano \\"Tal\\"; Ltda, O=ICP=Brasil"'
    for value in (
        f'Cert="{escaped(der)}"',
        f"Cert={escaped(der)}",
        f'By=spiffe://x/y;Hash={"ab" * 32};Cert="{escaped(der)}";Subject={subject};URI=;DNS=a.example;DNS=b.example',
        f'Subject={subject};cert="{escaped(der)}"',
    ):
        assert xfcc(from_envoy(value)) == der


HEADERS = {nginx: "HTTP_X_SSL_CLIENT_CERT", rfc9440: "HTTP_CLIENT_CERT", xfcc: "HTTP_X_FORWARDED_CLIENT_CERT"}


@pytest.mark.parametrize("read", HEADERS)
def test_no_header_is_no_certificate(read: Any) -> None:
    assert read(from_nginx()) is None
    assert read(from_nginx(**{HEADERS[read]: ""})) is None


@pytest.mark.attack("ATK-067")
def test_an_xfcc_chain_is_refused(der: bytes, tmp_path: Path) -> None:
    """What APPEND_FORWARD and FORWARD_ONLY make of a client's own header: nobody can say which element is Envoy's."""
    other = make(tmp_path, "/CN=outro")
    mine, theirs = f'Cert="{escaped(der)}"', f'Cert="{escaped(other)}"'
    for value in (f"{mine},{theirs}", f"{mine}, {mine}", f"{mine},Hash=00", f"Hash=00,{mine}", f"{mine},", f",{mine}"):
        with pytest.raises(SpoofedHeader):
            xfcc(from_envoy(value))


@pytest.mark.attack("ATK-067")
def test_an_xfcc_element_must_have_one_cert(der: bytes) -> None:
    cert = f'Cert="{escaped(der)}"'
    for value in (
        f"Hash={'ab' * 32}",
        'Subject="CN=a"',
        f"Chain={cert.removeprefix('Cert=')}",
        f"{cert};{cert}",
        f"{cert};CERT=",
        'Cert=""',
        "Cert=",
        cert[:-1],
        f"{cert}x",
        f"{cert};",
        f"{cert};Subject",
        f"x{cert}".replace("x", "="),
        f'Subject="a\\";{cert}',
        f'Subject="{cert.replace(chr(34), chr(92) + chr(34))}"',
    ):
        with pytest.raises(UntrustedHop) as refused:
            xfcc(from_envoy(value))
        assert refused.value.reason == "malformed", value


@pytest.mark.attack("ATK-060")
@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", f"{SECRET},{SECRET}", "\xe9" * 32])
def test_without_the_hop_secret_nothing_is_believed(der: bytes, secret: str | None) -> None:
    environ = from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der))
    del environ["HTTP_X_PORTARIA_PROXY"]
    if secret is not None:
        environ["HTTP_X_PORTARIA_PROXY"] = secret
    with pytest.raises(UntrustedHop) as refused:
        nginx(environ)
    assert refused.value.reason == "secret"


@pytest.mark.attack("ATK-060")
def test_an_empty_configured_secret_is_nobodys(der: bytes) -> None:
    for given_secret in ({}, {"HTTP_X_PORTARIA_PROXY": ""}):
        with pytest.raises(UntrustedHop):
            presented_certificate({"HTTP_X_SSL_CLIENT_CERT": escaped(der), **given_secret}, "nginx", "")


@pytest.mark.attack("ATK-060")
def test_embedded_refuses_every_certificate_header(der: bytes) -> None:
    for key in ("HTTP_X_SSL_CLIENT_CERT", "HTTP_CLIENT_CERT"):
        with pytest.raises(SpoofedHeader):
            embedded({"portaria.client_certificate": None, key: escaped(der)})


OTHERS = [
    "Client-Cert-Chain",
    "SSL-Client-Cert",
    "SSL_CLIENT_CERT",
    "SSL-Client-Verify",
    "X-SSL-Client-Verify",
    "X-SSL-Client-S-DN",
    "X-SSL-Cert",
    "X-Client-Cert",
    "X-Client-Verify",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "X-ARR-ClientCert",
    "X-Amzn-Mtls-Clientcert",
    "X-Amzn-Mtls-Clientcert-Leaf",
    "Cf-Client-Cert-Der-Base64",
]


@pytest.mark.attack("ATK-062")
@pytest.mark.parametrize("name", OTHERS)
def test_any_other_known_name_is_refused_beside_the_right_one(der: bytes, name: str) -> None:
    key = "HTTP_" + name.upper().replace("-", "_")
    with pytest.raises(SpoofedHeader) as refused:
        nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der), **{key: "x"}))
    assert refused.value.key == key
    with pytest.raises(SpoofedHeader):
        embedded({"portaria.client_certificate": der, key: ""})


@pytest.mark.attack("ATK-062")
def test_each_source_refuses_the_others_header(der: bytes) -> None:
    with pytest.raises(SpoofedHeader):
        nginx(from_nginx(HTTP_CLIENT_CERT=f":{base64.b64encode(der).decode()}:"))
    for read, other in ((rfc9440, nginx), (xfcc, rfc9440), (nginx, xfcc)):
        with pytest.raises(SpoofedHeader):
            read(from_nginx(**{HEADERS[other]: "x"}))


@pytest.mark.attack("ATK-071")
def test_a_host_without_certificates_takes_none_of_the_names() -> None:
    for name in (*OTHERS, "X-SSL-Client-Cert", "Client-Cert", "x_ssl_client_cert"):
        with pytest.raises(SpoofedHeader):
            refuse_certificate_headers({"HTTP_HOST": "x", "HTTP_" + name.upper().replace("-", "_"): ""})
    refuse_certificate_headers(from_nginx(HTTP_ACCEPT="*/*", SSL_CLIENT_CERT="a server's own", HTTP_X_SSL="1"))


@pytest.mark.attack("ATK-063")
def test_a_proxys_verdict_is_not_read_but_refused(der: bytes) -> None:
    with pytest.raises(SpoofedHeader):
        nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der), HTTP_X_SSL_CLIENT_VERIFY="SUCCESS"))


@pytest.mark.attack("ATK-064")
def test_a_doubled_header_is_refused(der: bytes, tmp_path: Path) -> None:
    other = make(tmp_path, "/CN=outro")
    with pytest.raises(SpoofedHeader):
        nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=f"{escaped(der)},{escaped(other)}"))
    sequences = [f":{base64.b64encode(one).decode()}:" for one in (der, other)]
    with pytest.raises(SpoofedHeader):
        rfc9440(from_nginx(HTTP_CLIENT_CERT=", ".join(sequences)))


@pytest.mark.attack("ATK-064")
def test_two_certificates_in_one_value_are_refused(der: bytes) -> None:
    with pytest.raises(UntrustedHop):
        nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der) + escaped(der)))


@pytest.mark.attack("ATK-065")
@pytest.mark.parametrize("key", ["HTTP_X_SSL-CLIENT_CERT", "HTTP_X.SSL.CLIENT.CERT", "http_x_ssl_client_cert"])
def test_a_twin_under_another_spelling_is_refused(der: bytes, key: str) -> None:
    with pytest.raises(SpoofedHeader):
        nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(der), **{key: "x"}))


MALFORMED = ["x", "%", "%ZZ", "-----BEGIN%20CERTIFICATE-----%0A", "\xff\xff", "a" * 60_000, " ", "::", ":=:", ":A:"]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("read", HEADERS)
def test_a_malformed_value_is_refused(read: Any, value: str) -> None:
    with pytest.raises(UntrustedHop) as refused:
        read(from_nginx(**{HEADERS[read]: value}))
    assert refused.value.reason == "malformed"


def test_only_a_byte_sequence_is_a_certificate(der: bytes) -> None:
    """RFC 9651 knows other types of item, and parameters; RFC 9440 §2.1 has neither."""
    sequence = f":{base64.b64encode(der).decode()}:"
    for value in (f"{sequence};a=1", f"{sequence} x", f"({sequence})", "1", "1.5", '"AAAA"', "AAAA", "?1", "@1"):
        with pytest.raises(UntrustedHop) as refused:
            rfc9440(from_nginx(HTTP_CLIENT_CERT=value))
        assert refused.value.reason == "malformed"


PIECES = ["Cert=", "cert=", '"', ",", ";", "=", "\\", ":", "%0A", "-----BEGIN%20CERTIFICATE-----", "AAAA", "é", "\0"]


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join), st.sampled_from(list(HEADERS)))
def test_no_value_raises_anything_else(value: str, read: Any) -> None:
    with contextlib.suppress(UntrustedHop, SpoofedHeader):
        read(from_nginx(**{HEADERS[read]: value}))


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_come_back_unchanged(content: bytes) -> None:
    """Whether they are a certificate is not this function's question."""
    assert nginx(from_nginx(HTTP_X_SSL_CLIENT_CERT=escaped(content))) == content
    assert rfc9440(from_nginx(HTTP_CLIENT_CERT=f":{base64.b64encode(content).decode()}:")) == content
    assert xfcc(from_envoy(f'Hash=00;Cert="{escaped(content)}"')) == content
