"""One question to an authority's service: whatever is wrong with the answer is a failure, soon and by its name."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from idp.cadastro.https import UNKNOWN, Failed, Service
from idp.cadastro.respostas import OutroDocumento, RespostaInvalida, contribuinte, empresas
from idp.errors import ConfigurationError
from tests.cadastro.seed import contribuintes
from tests.support.registry import Certificates, Registry, serving

RAIZ = "99990001"


def now() -> datetime:
    return datetime.now(UTC)


def service(registry: Registry, made: Certificates, **options: Any) -> Service:
    return Service(registry.url, now, **({"ca": made.ca, "seconds": 60.0} | options))


def refused(registry: Registry, made: Certificates, **options: Any) -> str:
    began = time.monotonic()
    with pytest.raises(Failed) as failed:
        service(registry, made, **options).ask("contribuinte", RAIZ)
    assert time.monotonic() - began < 20
    assert RAIZ not in str(failed.value)
    return failed.value.token


def test_an_answer_and_then_that_nothing_has_changed(registry: Registry, made: Certificates) -> None:
    asked = service(registry, made)
    first = asked.ask("contribuinte", RAIZ)
    assert first.body is not None
    said = contribuinte(first.body, RAIZ)
    assert (said.nome, len(said.inscricoes), len(said.representantes)) == ("Açaí Ltda", 2, 2)
    again = asked.ask("contribuinte", RAIZ, first.etag)
    assert (again.unchanged, again.body, again.etag) == (True, None, first.etag)
    assert registry.asked == [("contribuinte", RAIZ, False), ("contribuinte", RAIZ, True)]


@pytest.mark.attack("ATK-080")
def test_documents_stand_in_no_address(registry: Registry, made: Certificates) -> None:
    service(registry, made).ask("representante", "90000107212")
    assert registry.paths == ["/v1/representante"]


def test_a_contribuinte_that_the_service_does_not_know(registry: Registry, made: Certificates) -> None:
    answer = service(registry, made).ask("contribuinte", "11222333")
    assert (answer.body, answer.unchanged) == (None, False)


def test_the_age_the_service_states_counts(registry: Registry, made: Certificates) -> None:
    registry.headers = {"Age": "600"}
    answer = service(registry, made).ask("contribuinte", RAIZ)
    assert timedelta(seconds=599) < now() - answer.at < timedelta(seconds=610)


def test_a_bearer_token_is_sent_and_needed(registry: Registry, made: Certificates) -> None:
    registry.token = "s3cret"
    assert service(registry, made, token="s3cret").ask("contribuinte", RAIZ).body is not None
    assert refused(registry, made) == "unauthorized"
    assert refused(registry, made, token="other") == "unauthorized"


def test_a_client_certificate_is_shown_and_needed(made: Certificates) -> None:
    with serving(made, client_certificates=True) as registry:
        registry.contribuintes = contribuintes()
        assert service(registry, made, certificate=made.client).ask("contribuinte", RAIZ).body is not None
        assert refused(registry, made) in ("tls", "unreachable")  # TLS 1.3 tells after the handshake, or hangs up


@pytest.mark.attack("ATK-034")
def test_a_certificate_of_another_ca(registry: Registry, made: Certificates) -> None:
    assert refused(registry, made, ca=made.foreign) == "tls"
    assert refused(registry, made, ca=None) == "tls"
    assert registry.asked == []


def test_a_certificate_of_another_name(registry: Registry, made: Certificates) -> None:
    elsewhere = Service(registry.url.replace("127.0.0.1", "localhost"), now, ca=made.ca)
    with pytest.raises(Failed, match="tls"):
        elsewhere.ask("contribuinte", RAIZ)


def test_nobody_answers(registry: Registry, made: Certificates) -> None:
    registry.stop()
    assert refused(registry, made) == "unreachable"


def test_files_that_are_none(registry: Registry, made: Certificates, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        service(registry, made, ca=tmp_path / "absent.pem")
    with pytest.raises(ConfigurationError):
        service(registry, made, certificate=made.ca)


def trickling(handler: BaseHTTPRequestHandler) -> None:
    """A header a byte at a time: no single wait is long."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(3000):
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        pass


def test_one_that_hangs_or_trickles(registry: Registry, made: Certificates) -> None:
    registry.fault = lambda _: registry.stopping.wait(60) and None
    assert refused(registry, made, seconds=0.3) == "timeout"
    registry.fault = trickling
    assert refused(registry, made, seconds=0.3) == "timeout"
    registry.stopping.set()


def send(status: int = 200, body: bytes = b"{}", kind: str = "application/json", **headers: str) -> Callable[..., None]:
    def fault(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Type": kind, "Content_Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return fault


def no_length(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    handler.wfile.write(b"{}")


def not_http(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 smtp.example ESMTP\r\n")


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        for _ in range(300):
            handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
    except OSError:
        pass


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("redirect", send(302, Location="https://127.0.0.1/")),
        ("redirect", send(307, Location="/v1/contribuinte")),
        ("unauthorized", send(403)),
        ("http-status", send(500)),
        ("http-status", send(503, Retry_After="1")),
        ("http-status", send(204)),
        ("http-status", send(304)),
        ("http-status", send(404, b'{"type":"about:blank"}', "application/problem+json")),
        ("http-status", send(404, b"not JSON", "application/problem+json")),
        ("content-type", send(404, f'{{"type":"{UNKNOWN}"}}'.encode())),
        ("content-type", send(kind="text/html")),
        ("content-type", send(Content_Encoding="gzip")),
        ("too-large", send(Content_Length=str(8 * 1024 * 1024 + 1))),
        ("too-large", huge),
        ("truncated", send(Content_Length="100")),
        ("truncated", no_length),
        ("malformed", not_http),
        ("malformed", send(Age="-1")),
        ("malformed", send(Age="soon")),
    ],
)
def test_what_is_no_answer(registry: Registry, made: Certificates, token: str, fault: Any) -> None:
    registry.fault = fault
    assert refused(registry, made) == token


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_clock_that_is_another_makes_ages_meaningless(registry: Registry, made: Certificates, off: timedelta) -> None:
    registry.clock = lambda: now() + off
    assert refused(registry, made) == "clock"


def test_no_certificate_is_left_unverified(registry: Registry, made: Certificates) -> None:
    context = service(registry, made)._context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    answer = contribuintes()[RAIZ]
    change(answer)
    return json.dumps(answer).encode()


BROKEN = [
    lambda a: a.pop("nome"),
    lambda a: a.update(nome=""),
    lambda a: a.update(nome=7),
    lambda a: a.update(nome="\x00"),
    lambda a: a.update(nome="x" * 501),
    lambda a: a.update(estabelecimentos=[]),
    lambda a: a.update(estabelecimentos={}),
    lambda a: a["estabelecimentos"].append({"documento": "99990002000132", "matriz": True}),
    lambda a: a["estabelecimentos"].append(dict(a["estabelecimentos"][0])),
    lambda a: a["estabelecimentos"][0].update(matriz="sim"),
    lambda a: a["estabelecimentos"][0].update(documento="99990001000199"),
    lambda a: a.pop("inscricoes"),
    lambda a: a["inscricoes"].append(dict(a["inscricoes"][0])),
    lambda a: a["inscricoes"].append(None),
    lambda a: a["inscricoes"][0].update(documento="99990002000132"),
    lambda a: a["inscricoes"][0].update(situacao="ativa"),
    lambda a: a["inscricoes"][0].update(uf="AMX"),
    lambda a: a["inscricoes"][0].update(numero=49000012),
    lambda a: a["inscricoes"][0].update(municipio=None),
    lambda a: a.pop("representantes"),
    lambda a: a["representantes"].append(dict(a["representantes"][0])),
    lambda a: a["representantes"][0].update(cpf="90000107213"),
]


@pytest.mark.parametrize("change", BROKEN)
def test_an_answer_that_breaks_the_description(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RespostaInvalida):
        contribuinte(changed(change), RAIZ)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 100_000,
        b"[" * 100_000,
        '{"documento": "99990001", "nome": "Açaí"}'.encode("latin-1"),
        b'{"documento": "99990002", "documento": "99990001"}',
        b'{"documento": NaN}',
    ],
)
def test_what_is_no_json_document(body: bytes) -> None:
    with pytest.raises(RespostaInvalida):
        contribuinte(body, RAIZ)


def test_members_it_does_not_know_are_ignored() -> None:
    assert contribuinte(changed(lambda a: a.update(porte="ME")), RAIZ).nome == "Açaí Ltda"


@pytest.mark.attack("ATK-120")
def test_an_answer_about_somebody_else() -> None:
    with pytest.raises(OutroDocumento):
        contribuinte(changed(lambda a: a.update(documento="99990002")), RAIZ)
    with pytest.raises(OutroDocumento):
        empresas(b'{"cpf": "90000107212", "empresas": []}', "90000101281")
    with pytest.raises(OutroDocumento, match="does not list"):
        empresas(b'{"cpf": "90000102253", "empresas": [' + changed(lambda a: None) + b"]}", "90000102253")
    listed = changed(lambda a: None)
    with pytest.raises(RespostaInvalida, match="twice"):
        empresas(b'{"cpf": "90000107212", "empresas": [' + listed + b"," + listed + b"]}", "90000107212")
