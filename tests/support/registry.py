"""An authority's cadastro service, as docs/cadastro-openapi.yaml describes it, over real TLS; misbehaves as told."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

UNKNOWN = {"type": "urn:portaria:cadastro:desconhecido", "title": "Contribuinte desconhecido", "status": 404}


@dataclass(frozen=True)
class Certificates:
    """PEM files: a CA, a server and a client under it, and a CA that certified neither."""

    ca: Path
    server: Path
    client: Path
    foreign: Path


def certificates(directory: Path) -> Certificates:
    ca_key, ca = _ca("Registry CA")
    _, foreign = _ca("Foreign CA")
    made = Certificates(*(directory / f"{name}.pem" for name in ("ca", "server", "client", "foreign")))
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    made.foreign.write_bytes(foreign.public_bytes(serialization.Encoding.PEM))
    for file, usage in ((made.server, ExtendedKeyUsageOID.SERVER_AUTH), (made.client, ExtendedKeyUsageOID.CLIENT_AUTH)):
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        leaf = (
            _builder(file.stem, ca.subject, key)
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + private)
    return made


def _ca(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(*(i in (5, 6) for i in range(9)))
    certificate = (
        _builder(name, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


Fault = Callable[[BaseHTTPRequestHandler], None]


class Registry:
    """``contribuintes``: the answer for each id. ``fault``: what to do instead of answering. ``asked``: kind, document
    and whether the request was a conditional one, of each. ``paths``: request lines, as an access log has them."""

    def __init__(self, made: Certificates, *, client_certificates: bool = False) -> None:
        self.contribuintes: dict[str, dict[str, Any]] = {}
        self.token = ""
        self.fault: Fault | None = None
        self.headers: dict[str, str] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.asked: list[tuple[str, str, bool]] = []
        self.paths: list[str] = []
        self.stopping = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry._answer(self)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return registry.clock().strftime("%a, %d %b %Y %H:%M:%S GMT")

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:  # a handshake that the other side refused
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.server)
        if client_certificates:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(made.ca)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.paths.append(handler.path)
        document = handler.headers.get("Cadastro-Documento", "")
        kind = handler.path.removeprefix("/v1/")
        self.asked.append((kind, document, "If-None-Match" in handler.headers))
        if self.fault is not None:
            self.fault(handler)
        elif self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            self.send(handler, b'{"title":"Unauthorized","status":401}', 401, "application/problem+json")
        elif kind == "contribuinte" and document in self.contribuintes:
            self.found(handler, self.contribuintes[document])
        elif kind == "representante":
            companies = [
                one
                for one in self.contribuintes.values()
                if any(person["cpf"] == document for person in one.get("representantes", ()))
            ]
            self.found(handler, {"cpf": document, "empresas": companies})
        else:
            self.send(handler, json.dumps(UNKNOWN).encode(), 404, "application/problem+json")

    def found(self, handler: BaseHTTPRequestHandler, answer: dict[str, Any]) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if handler.headers.get("If-None-Match") == etag:
            self.send(handler, b"", 304, "", ETag=etag)
        else:
            self.send(handler, body, 200, "application/json", ETag=etag)

    def send(self, handler: BaseHTTPRequestHandler, body: bytes, status: int, kind: str, **headers: str) -> None:
        handler.send_response(status)
        for name, value in (headers | self.headers).items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def serving(made: Certificates, **options: bool) -> Iterator[Registry]:
    registry = Registry(made, **options)
    try:
        yield registry
    finally:
        registry.stop()
