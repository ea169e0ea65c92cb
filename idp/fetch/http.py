"""One download: an allowed address, limits in time and size, no redirect off the list, nothing kept in memory."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO
from urllib.parse import urljoin, urlsplit

from idp.fetch.addresses import Allowed, NotAllowed

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 3
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect and in all, bytes of the body."""

    connect: float = 10.0
    total: float = 120.0
    size: int = 64 * 1024 * 1024


LIMITS = Limits()


class NotFetched(Exception):
    """``token`` is one of ``idp.fetch.tokens``; the text says more."""

    def __init__(self, token: str, said: str = "") -> None:
        super().__init__(f"{token}: {said}" if said else token)
        self.token, self.said = token, said


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request a conditional one (RFC 9110 §13.1)."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        both = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in both.items() if value}


@dataclass(frozen=True, slots=True)
class Downloaded:
    """``changed`` is False when the server said so (304); then there is no body and no hash."""

    changed: bool
    validators: Validators
    sha256: str = ""


def download(
    url: str, into: IO[bytes], allowed: Allowed, *, known: Validators | None = None, limits: Limits = LIMITS
) -> Downloaded:
    """Stream the body of ``url`` into a file. Raises NotFetched; what the file then holds is of no use."""
    give_up = time.monotonic() + limits.total
    try:
        for _ in range(_MAX_REDIRECTS + 1):
            allowed.check(url)
            answer = _ask(url, into, allowed, known or Validators(), limits, give_up)
            if isinstance(answer, Downloaded):
                return answer
            try:
                url = urljoin(url, answer)
                allowed.check(url)
            except ValueError as error:  # no URL at all, or NotAllowed
                raise NotFetched("redirect", f"to {answer[:200]!r}") from error
    except NotAllowed as error:
        raise NotFetched(error.token, str(error)) from error
    raise NotFetched("redirect", "too many")


def _ask(
    url: str, into: IO[bytes], allowed: Allowed, known: Validators, limits: Limits, give_up: float
) -> Downloaded | str:
    """One request: what was downloaded, or where else to look."""
    connection = _Connection(url, allowed, limits)
    late = threading.Event()

    def end() -> None:
        late.set()
        connection.abort()

    watch = threading.Timer(max(0.0, give_up - time.monotonic()), end)
    watch.daemon = True
    watch.start()
    try:
        answer = _exchange(connection, url, into, known, limits)
        if late.is_set():  # a body without an announced length just ends when the connection does
            raise NotFetched("timeout", f"{limits.total:.0f} s")
        return answer
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise NotFetched("timeout", f"{limits.total:.0f} s") from error
        if isinstance(error, http.client.IncompleteRead):
            raise NotFetched("truncated") from error
        raise NotFetched("unreachable", f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        watch.cancel()
        connection.close()


def _exchange(
    connection: _Connection, url: str, into: IO[bytes], known: Validators, limits: Limits
) -> Downloaded | str:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": "Portaria", "Accept-Encoding": "identity", "Connection": "close", **known.headers()}
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as response:
        location = response.getheader("Location")
        if response.status in _REDIRECTS and location:
            return location
        if response.status == 304 and known.headers():
            return Downloaded(False, known)
        if response.status != 200:
            raise NotFetched("http-status", str(response.status))
        sha256 = _receive(response, into.write, limits.size)
        validators = Validators(response.getheader("ETag", ""), response.getheader("Last-Modified", ""))
    return Downloaded(True, validators, sha256)


def _receive(response: http.client.HTTPResponse, write: Callable[[bytes], object], limit: int) -> str:
    announced = response.length
    if announced is not None and announced > limit:
        raise NotFetched("too-large", f"{announced} bytes")
    digest, received = hashlib.sha256(), 0
    while chunk := response.read(_CHUNK):
        received += len(chunk)
        if received > limit:
            raise NotFetched("too-large", f"more than {limit} bytes")
        digest.update(chunk)
        write(chunk)
    if announced is not None and received < announced:
        raise http.client.IncompleteRead(b"", announced - received)
    return digest.hexdigest()


class _Connection(http.client.HTTPConnection):
    """To an address that was looked at, whatever the name resolves to by then; by TLS for https."""

    def __init__(self, url: str, allowed: Allowed, limits: Limits) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or (443 if secure else 80), timeout=limits.connect)
        self.default_port = 443 if secure else 80  # what the Host header leaves out
        self._context = ssl.create_default_context() if secure else None
        self._url, self._allowed, self._limits = url, allowed, limits
        self._socket: socket.socket | None = None  # http.client lets go of its own while the body is still read
        self._aborted = False

    def connect(self) -> None:
        self.sock = self._socket = self._open()
        if self._aborted:
            raise TimeoutError
        self.sock.settimeout(self._limits.total)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def abort(self) -> None:
        """Make every wait on the socket end now. From another thread, and also within a TLS read: the plain
        ``shutdown`` of the socket below leaves TLS's own state alone."""
        self._aborted = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _open(self) -> socket.socket:
        problem: OSError | None = None
        for address in self._allowed.resolve(self._url):
            try:
                return socket.create_connection(address, timeout=self._limits.connect)
            except OSError as error:
                problem = error
        raise problem or OSError("no address")
