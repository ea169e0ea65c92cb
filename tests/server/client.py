"""A TLS client of Python's own ssl module (another OpenSSL than the server's)."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any

from tests.server.pki import Pair, Pki

GET = b"GET /caminho HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET_AND_CLOSE = b"GET /caminho HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def context(pki: Pki, pair: Pair | None = None, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(pki.server.certificate))
    if pair:
        made.load_cert_chain(pair.certificate, pair.key)
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def connect(
    port: int, tls: ssl.SSLContext, session: ssl.SSLSession | None = None, name: str = "localhost"
) -> ssl.SSLSocket:
    return tls.wrap_socket(
        socket.create_connection(("127.0.0.1", port), timeout=60), server_hostname=name, session=session
    )


def exchange(connection: ssl.SSLSocket, request: bytes = GET) -> tuple[str, bytes]:
    """Send, read until the server closes; the head and the body of the answer."""
    connection.sendall(request)
    answer = b""
    while chunk := connection.recv(65536):
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def get(port: int, tls: ssl.SSLContext, request: bytes = GET) -> Any:
    """What the test application says it was given."""
    with connect(port, tls) as connection:
        head, body = exchange(connection, request)
    assert head.startswith("HTTP/1.1 200 "), head
    return json.loads(body)
