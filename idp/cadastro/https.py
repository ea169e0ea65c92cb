"""One question to the authority's service (docs/cadastro-openapi.yaml): TLS verified, bounded in time and size.

The document asked for travels in a header: access logs, proxies and traces keep addresses. Nothing is redirected,
compressed or retried; an answer is either good or a failure.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp.cadastro.respostas import RespostaInvalida, parse_json
from idp.errors import CadastroUnavailable, ConfigurationError

DOCUMENT_HEADER = "Cadastro-Documento"
UNKNOWN = "urn:portaria:cadastro:desconhecido"
"""The problem type (RFC 9457) by which the service says that it knows of no such contribuinte."""
MOST_BYTES = 8 * 1024 * 1024
CONNECT_SECONDS = 2.0
CLOCK_LEEWAY = timedelta(minutes=5)
_CHUNK = 64 * 1024
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"\Z')
_AGE = re.compile(r"[0-9]{1,9}\Z")


class Failed(CadastroUnavailable):
    """``token``: unreachable, tls, timeout, redirect, unauthorized, http-status, content-type, too-large, truncated,
    malformed, wrong-document, clock, too-old, or from this side busy and paused. Names nobody."""

    def __init__(self, token: str, said: str = "") -> None:
        super().__init__(f"cadastro: {token}{f' ({said})' if said else ''}")
        self.token = token


@dataclass(frozen=True, slots=True)
class Answer:
    """``body``: None for a contribuinte that the service does not know. ``unchanged``: 304, what we have still holds.
    ``at``: the moment as of which the service says so."""

    at: datetime
    body: bytes | None = None
    etag: str = ""
    unchanged: bool = False


class Service:
    """The authority's service at ``url``. Holds no connection; safe to share between threads."""

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        *,
        token: str = "",
        certificate: Path | None = None,
        key: Path | None = None,
        ca: Path | None = None,
        seconds: float = 5.0,
    ) -> None:
        """Raises ConfigurationError for certificate, key or CA files that cannot be used."""
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port or 443, parts.path
        self._now, self._token, self._seconds = now, token, seconds
        try:
            self._context = ssl.create_default_context(cafile=str(ca) if ca else None)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._context.sslsocket_class = _Socket
            if certificate is not None:
                self._context.load_cert_chain(certificate, key)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"cadastro_ca, cadastro_client_certificate, cadastro_client_key: {error}", "name PEM files that exist"
            ) from error

    def ask(self, kind: str, document: str, etag: str = "") -> Answer:
        """What the service says of ``document`` as ``kind`` (contribuinte or representante). Raises Failed."""
        give_up = time.monotonic() + self._seconds
        asked_at = self._now()
        connection = _Connection(self._host, self._port, self._context, give_up)
        try:
            headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close"}
            headers |= {"User-Agent": "Portaria", DOCUMENT_HEADER: document}
            headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
            headers |= {"If-None-Match": etag} if etag else {}
            connection.request("GET", f"{self._path}/{kind}", headers=headers)
            with connection.getresponse() as response:
                return self._read(response, asked_at, etag)
        except ssl.SSLError as error:
            raise Failed("tls", error.reason or "") from error
        except TimeoutError as error:
            raise Failed("timeout") from error
        except http.client.IncompleteRead as error:
            raise Failed("truncated") from error
        except http.client.HTTPException as error:
            raise Failed("malformed", type(error).__name__) from error
        except OSError as error:
            raise Failed("unreachable", type(error).__name__) from error
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, asked_at: datetime, etag: str) -> Answer:
        status = response.status
        if 300 <= status < 400 and status != 304:
            raise Failed("redirect", str(status))
        if status in (401, 403):
            raise Failed("unauthorized", str(status))
        if status not in (200, 304, 404) or (status == 304 and not etag):
            raise Failed("http-status", str(status))
        at = _as_of(response.headers, asked_at)
        if status == 304:
            return Answer(at, etag=etag, unchanged=True)
        expected = "application/json" if status == 200 else "application/problem+json"
        if response.headers.get_content_type() != expected or response.headers.get("Content-Encoding"):
            raise Failed("content-type", str(status))
        body = _receive(response)
        if status == 404:
            if not _says_unknown(body):
                raise Failed("http-status", "404")
            return Answer(at)
        named = response.headers.get("ETag", "")
        return Answer(at, body, named if _ETAG.match(named) else "")


def _as_of(headers: Message, asked_at: datetime) -> datetime:
    """The moment the facts are of: when we asked, less the Age the service states (RFC 9111 §5.1). Its Date must agree
    with our clock, or ages would mean nothing."""
    try:
        date = parsedate_to_datetime(headers["Date"])
        apart = abs(date - asked_at)
    except (TypeError, ValueError) as error:
        raise Failed("clock", "no Date") from error
    if apart > CLOCK_LEEWAY:
        raise Failed("clock", f"{int(apart.total_seconds())} s apart")
    age = headers.get("Age", "0")
    if not _AGE.match(age):
        raise Failed("malformed", "Age")
    return asked_at - timedelta(seconds=int(age))


def _receive(response: http.client.HTTPResponse) -> bytes:
    announced = response.length
    if announced is not None and announced > MOST_BYTES:
        raise Failed("too-large")
    if announced is None and not response.chunked:
        raise Failed("truncated", "no length")  # where it ends nobody could tell from where it was cut
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > MOST_BYTES:
            raise Failed("too-large")
    if announced is not None and len(body) < announced:
        raise Failed("truncated")
    return bytes(body)


def _says_unknown(body: bytes) -> bool:
    try:
        problem = parse_json(body)
    except RespostaInvalida:
        return False
    return isinstance(problem, dict) and problem.get("type") == UNKNOWN


class _Socket(ssl.SSLSocket):
    """Every wait ends at one moment, however slowly bytes trickle in."""

    give_up = float("inf")

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(_left(self.give_up))
        return super().recv_into(*args, **kwargs)


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, context: ssl.SSLContext, give_up: float) -> None:
        super().__init__(host, port)
        self.default_port = 443  # what the Host header leaves out
        self._context, self._give_up = context, give_up

    def connect(self) -> None:
        raw = socket.create_connection((self.host, self.port), timeout=min(CONNECT_SECONDS, _left(self._give_up)))
        try:
            raw.settimeout(_left(self._give_up))
            sock = self._context.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise
        assert isinstance(sock, _Socket)  # the context's class
        sock.give_up = self._give_up
        self.sock = sock


def _left(give_up: float) -> float:
    left = give_up - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
