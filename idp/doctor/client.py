"""One request over one TLS connection, with whatever SNI, Host, headers and client certificate a probe wants."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any

from idp.doctor.deployment import Address, Host
from idp.doctor.visitors import Visitor
from idp.errors import IdpError

SECONDS = 10
PAGE = 256 * 1024  # bytes of an answer that are read
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
REFUSED = "SIS-02"  # the page of a request whose certificate headers are not the configured hop's


class Failed(IdpError):
    """No answer: the connection, the handshake or the HTTP exchange ended early."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes
    session: ssl.SSLSession | None = None
    reused: bool = False

    def json(self) -> Any:
        """The body's document, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def refused(self) -> bool:
        """Whether the application refused the way a certificate, or talk of one, reached it."""
        document = self.json()
        return self.status == 400 and isinstance(document, dict) and document.get("error") == REFUSED

    def describe(self) -> str:
        location = self.headers.get("Location")
        return f"{self.status} to {location.partition('?')[0]}" if location else str(self.status)


def context(
    visitor: Visitor | None = None, version: ssl.TLSVersion | None = None, alpn: Sequence[str] = ()
) -> ssl.SSLContext:
    """A client that trusts any server: what it sends is no secret, and one check of its own judges the certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if visitor and visitor.certificate and visitor.key:
        made.load_cert_chain(visitor.certificate, visitor.key)
    if version:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def ask(
    host: Host,
    path: str,
    headers: Sequence[tuple[str, str]] = (),
    *,
    tls: ssl.SSLContext | None = None,
    sni: str | None = None,
    address: Address | None = None,
    session: ssl.SSLSession | None = None,
) -> Answer:
    """GET ``path`` of ``host``; ``sni`` and ``address`` are the host's own unless given. Raises Failed."""
    try:
        plain = socket.create_connection(address or host.address, SECONDS)
    except OSError as error:
        raise Failed(f"no connection: {error.strerror or error}") from error
    try:
        with (tls or context()).wrap_socket(plain, server_hostname=sni or host.name, session=session) as secured:
            return _exchange(secured, host.netloc, path, headers)
    except (OSError, http.client.HTTPException) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise Failed(" ".join(str(reason or type(error).__name__).split())) from error
    finally:
        plain.close()


def ask_plainly(
    address: Address | str, path: str, headers: Sequence[tuple[str, str]], host: str = "localhost"
) -> Answer:
    """GET ``path`` of an application's own socket, without TLS; a ``str`` is a Unix socket. Raises Failed."""
    try:
        if isinstance(address, str):
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(SECONDS)
            plain.connect(address)
        else:
            plain = socket.create_connection(address, SECONDS)
        with plain:
            return _exchange(plain, host, path, headers)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"no answer: {getattr(error, 'strerror', None) or error}") from error


def _exchange(
    connected: socket.socket | ssl.SSLSocket, netloc: str, path: str, headers: Sequence[tuple[str, str]]
) -> Answer:
    connection = http.client.HTTPConnection(netloc)
    connection.sock = connected
    connection.auto_open = 0
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", netloc), ("Accept", "application/json"), *headers):
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    tls = connected if isinstance(connected, ssl.SSLSocket) else None
    session, reused = (tls.session, bool(tls.session_reused)) if tls else (None, False)  # gone once it is read
    return Answer(response.status, response.headers, response.read(PAGE), session, reused)
