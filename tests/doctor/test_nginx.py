"""The doctor on a real nginx: nothing to say of the shipped configuration, the right thing of a broken one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.clock import SystemClock
from idp.doctor.deployment import deployment
from idp.doctor.examination import examine
from tests.deploy.conftest import SECRET, nginx, rendered
from tests.doctor.conftest import Applications, problems
from tests.server.pki import Pki
from tests.support.ports import free_ports

CLIENT = "X-SSL-Client-Cert"


@pytest.fixture(scope="module")
def behind(applications: Callable[[str], Applications]) -> Applications:
    return applications("nginx")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


Serve = Callable[..., int]


@pytest.fixture
def serve(behind: Applications, pki: Pki, tmp_path: Path) -> Iterator[Serve]:
    """Start nginx on the shipped configuration after ``change(text)`` of ``file``; the port."""
    running = []

    def start(*changes: tuple[str, Callable[[str], str]], **variables: str) -> int:
        (port,) = free_ports(1)
        rendered(tmp_path, pki, port, TLS_DIR=str(behind.tls), CLIENT_CA_NAMES=str(behind.ca_names),
                 RUN_DIR=str(behind.directory / "run"), **variables)  # fmt: skip
        for name, change in changes:
            file = tmp_path / "portaria" / name
            before = file.read_text()
            after = change(before)
            assert after != before
            file.write_text(after)
        process = nginx(tmp_path)
        running.append(process)
        process.wait_for_port(port)
        return port

    yield start
    for process in running:
        process.stop()


def server(mark: str, change: Callable[[str], str]) -> tuple[str, Callable[[str], str]]:
    """A change to one server block of portaria.conf, the one with ``mark`` in it."""

    def apply(text: str) -> str:
        parts = re.split(r"(?m)^(?=server \{)", text)
        return "".join(change(part) if mark in part else part for part in parts)

    return "portaria.conf", apply


ISSUER, CERTIFICADO, MTLS = "server_name id.", "certificate-host.conf", "server_name mtls."
CERTIFICATE_HOST = "snippets/certificate-host.conf"


def without(line: str) -> Callable[[str], str]:
    return lambda text: re.sub(rf"(?m)^\s*{re.escape(line)}.*\n", "", text)


def with_line(line: str) -> Callable[[str], str]:
    return lambda text: text.replace("server_name", f"{line}\n    server_name", 1)


def test_nothing_is_wrong_with_the_shipped_configuration(behind: Applications, serve: Serve) -> None:
    socket = str(behind.socket("gateway"))
    found = behind.examined(serve(), backend=socket)
    assert problems(found) == {}
    assert {one.check for one in found} >= {
        "headers-believed",
        "headers-passed",
        "hop",
        "backend",
        "cross-host",
        "clock",
    }


def test_nor_with_a_name_for_each_login_and_a_second_address(behind: Applications, serve: Serve) -> None:
    (second,) = free_ports(1)
    port = serve(CERTIFICATE_WILDCARD="yes", CERTIFICATE_SECOND_LISTEN=f"127.0.0.1:{second}")
    origin = f"https://certificado.portaria.test:{second}"
    settings = behind.settings(certificate_wildcard=True, certificate_second_origin=origin)
    connect = {"": ("127.0.0.1", port), "second": ("127.0.0.1", second)}
    found = list(examine(deployment(settings, connect, behind.sandbox.pki.web_ca), SystemClock()))
    assert problems(found) == {}
    assert len({one.where for one in found if one.check == "any-visitor"}) == 3


@pytest.mark.attack("ATK-061")
def test_a_location_with_a_header_of_its_own(behind: Applications, serve: Serve) -> None:
    """It drops every inherited line, those that empty what clients send among them."""
    own = f'location / {{ proxy_set_header X-Portaria-Proxy "{SECRET}"; proxy_set_header Host $host; proxy_pass '
    port = serve(
        server(CERTIFICADO, lambda text: text.replace("location / {", own + "http://portaria_gateway; }\n#", 1))
    )
    found = behind.examined(port)
    assert problems(found) == {"headers-believed": {"certificado"}, "headers-passed": {"certificado"}}
    (believed,) = [one for one in found if one.check == "headers-believed" and not one.ok]
    assert "/entrar with no certificate" in believed.detail
    assert f"proxy_set_header {CLIENT} $ssl_client_escaped_cert;" in believed.remedy
    assert "ATK-061" in believed.why


@pytest.mark.attack("ATK-061")
def test_only_the_way_of_expired_certificates_is_open(behind: Applications, serve: Serve) -> None:
    own = f'location @presented {{ proxy_set_header X-Portaria-Proxy "{SECRET}"; proxy_pass '
    port = serve(
        server(MTLS, lambda text: text.replace("location @presented {", own + "http://portaria_mtls; }\n#", 1))
    )
    found = behind.examined(port)
    assert problems(found) == {"headers-believed": {"mtls"}, "headers-passed": {"mtls"}}
    assert all("with expired" in one.detail for one in found if not one.ok)


@pytest.mark.attack("ATK-060")
@pytest.mark.attack("ATK-071")
def test_the_issuer_passes_the_certificate_header_on(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve(("snippets/to-issuer.conf", without("proxy_set_header X-SSL-Client-Cert"))))
    assert problems(found) == {"headers-passed": {"id"}}
    (passed,) = [one for one in found if not one.ok]
    assert f'proxy_set_header {CLIENT} "";' in passed.remedy


@pytest.mark.attack("ATK-062")
def test_a_name_is_not_emptied(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve(("snippets/headers.conf", without("proxy_set_header Client-Cert "))))
    assert problems(found) == {"headers-passed": {"id", "certificado", "mtls"}}
    assert all(one.detail.startswith("Client-Cert of a client's") for one in found if not one.ok)


@pytest.mark.attack("ATK-065")
def test_underscores_are_let_through(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve(("snippets/tls.conf", lambda text: text.replace("headers off", "headers on"))))
    assert problems(found).keys() == {"headers-believed", "headers-passed"}
    (remedy,) = {one.remedy for one in found if not one.ok}
    assert remedy.startswith("underscores_in_headers off;")


@pytest.mark.attack("ATK-066")
def test_sessions_are_resumed(behind: Applications, serve: Serve) -> None:
    port = serve(("snippets/tls.conf", lambda text: text.replace("tickets off", "tickets on")))
    found = behind.examined(port)
    assert problems(found) == {"resumption": {"certificado", "mtls"}}
    assert any("ssl_session_tickets off;" in one.remedy for one in found)


def test_a_bad_certificate_ends_at_nginx(behind: Applications, serve: Serve) -> None:
    def strict(text: str) -> str:
        return without("error_page 495")(text).replace("client optional_no_ca", "client on")

    found = behind.examined(serve((CERTIFICATE_HOST, strict)))
    assert "any-visitor" in problems(found)
    (broken,) = [one for one in found if one.check == "any-visitor" and not one.ok]
    assert "self-signed over TLSv1_3: 400" in broken.detail
    assert "no certificate over TLSv1_2: 400" in broken.detail


def test_only_the_error_pages_let_a_bad_certificate_through(behind: Applications, serve: Serve) -> None:
    """With them, a server that insists does no harm that anybody could see."""
    strict = (CERTIFICATE_HOST, lambda text: text.replace("client optional_no_ca", "client on"))
    assert problems(behind.examined(serve(strict))) == {}


@pytest.mark.attack("ATK-060")
def test_the_secret_is_not_sent(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve(("snippets/secret.conf", lambda _: "\n")), backend=str(behind.socket("gateway")))
    assert problems(found) == {"hop": {"certificado", "mtls"}}
    assert [one.ok for one in found if one.check == "backend"] == [True]  # the application is not to blame


def test_the_application_has_another_secret(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve(), backend=str(behind.socket("gateway")), proxy_secret="x" * 40)
    assert problems(found).keys() == {"backend"}


@pytest.mark.attack("ATK-071")
def test_the_issuer_asks_for_a_certificate(behind: Applications, serve: Serve) -> None:
    port = serve(server(ISSUER, with_line("ssl_verify_client optional_no_ca;")))
    assert problems(behind.examined(port)) == {"certificate-request": {"id"}}


def test_the_certificate_host_does_not_ask(behind: Applications, serve: Serve) -> None:
    found = behind.examined(serve((CERTIFICATE_HOST, without("ssl_verify_client"))))
    assert problems(found)["certificate-request"] == {"certificado"}


@pytest.mark.attack("ATK-071")
def test_http_2_on_the_certificate_host(behind: Applications, serve: Serve) -> None:
    """nginx has HTTP/2 by address, so all three get it; the issuer may."""
    port = serve(server(CERTIFICADO, lambda text: text.replace(" ssl;", " ssl http2;", 1)))
    assert problems(behind.examined(port)) == {"http-1.1": {"certificado", "mtls"}}


@pytest.mark.attack("ATK-071")
def test_one_connection_serves_every_host(behind: Applications, serve: Serve) -> None:
    """Towards hosts that ask, nginx answers 421 by itself; towards the issuer only what is configured keeps them."""
    found = behind.examined(serve(("snippets/one-name.conf", without("if ("))))
    assert problems(found) == {"cross-host": {"id"}}
    (broken,) = [one for one in found if not one.ok]
    assert "over a connection to certificado.portaria.test: 200 instead of 421" in broken.detail


def test_an_old_tls_version(behind: Applications, serve: Serve) -> None:
    def old(text: str) -> str:
        return text.replace("ssl_protocols TLSv1.2", "ssl_ciphers ALL:@SECLEVEL=0; ssl_protocols TLSv1.1 TLSv1.2", 1)

    found = problems(behind.examined(serve(server(ISSUER, old), ("snippets/tls.conf", without("ssl_ciphers")))))
    assert found["tls-versions"] >= {"id"}


@pytest.mark.attack("ATK-070")
def test_other_ca_names_than_the_roots(behind: Applications, serve: Serve, pki: Pki) -> None:
    stranger = server(CERTIFICADO, lambda text: text.replace(str(behind.ca_names), str(pki.ca.certificate)))
    found = behind.examined(serve(stranger))
    assert problems(found) == {"ca-names": {"certificado"}}


def test_a_connection_is_kept(behind: Applications, serve: Serve) -> None:
    port = serve((CERTIFICATE_HOST, without("keepalive_timeout 0")))
    assert problems(behind.examined(port)) == {"one-request": {"certificado"}}


def test_nobody_listens(behind: Applications) -> None:
    (port,) = free_ports(1)
    found = problems(behind.examined(port))
    assert found == {"reachable": {"id", "certificado", "mtls"}}
