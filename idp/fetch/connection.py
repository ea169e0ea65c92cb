"""One connection to an address that was looked at, and its end when its time is over."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
Resolve = Callable[[str], list[tuple[str, int]]]
"""The addresses behind a URL that may be asked; raises NotAllowed for none, OSError for an unknown host."""


class NotFetched(Exception):
    """``token`` is one of ``idp.fetch.tokens``; the text says more."""

    def __init__(self, token: str, said: str = "") -> None:
        super().__init__(f"{token}: {said}" if said else token)
        self.token, self.said = token, said


class Connection(http.client.HTTPConnection):
    """To an address that ``resolve`` gave, whatever the name resolves to by then; by TLS for https, where ``context``
    says whom to trust (default: the system). ``connect`` and ``total``: seconds."""

    def __init__(
        self, url: str, resolve: Resolve, *, connect: float, total: float, context: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or (443 if secure else 80), timeout=connect)
        self.default_port = 443 if secure else 80  # what the Host header leaves out
        self._context = (context or ssl.create_default_context()) if secure else None
        self._url, self._resolve, self._patience, self._total = url, resolve, connect, total
        self._socket: socket.socket | None = None  # http.client lets go of its own while the body is still read
        self._aborted = False

    def connect(self) -> None:
        self.sock = self._socket = self._open()
        if self._aborted:
            raise TimeoutError
        self.sock.settimeout(self._total)
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
        for address in self._resolve(self._url):
            try:
                return socket.create_connection(address, timeout=self._patience)
            except OSError as error:
                problem = error
        raise problem or OSError("no address")


@contextmanager
def until(give_up: float, connection: Connection, total: float) -> Iterator[None]:
    """Use ``connection`` in the block, at most until ``give_up`` (of ``time.monotonic``); then it is closed. Raises
    NotFetched for whatever the network did."""
    late = threading.Event()

    def end() -> None:
        late.set()
        connection.abort()

    watch = threading.Timer(max(0.0, give_up - time.monotonic()), end)
    watch.daemon = True
    watch.start()
    try:
        yield
        if late.is_set():  # a body without an announced length just ends when the connection does
            raise NotFetched("timeout", f"{total:.0f} s")
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise NotFetched("timeout", f"{total:.0f} s") from error
        if isinstance(error, http.client.IncompleteRead):
            raise NotFetched("truncated") from error
        raise NotFetched("unreachable", f"{type(error).__name__}: {error}"[:200]) from error
    finally:
        watch.cancel()
        connection.close()


def receive(response: http.client.HTTPResponse, write: Callable[[bytes], object], limit: int) -> None:
    """Hand the body over in pieces. Raises NotFetched when it is longer than ``limit`` bytes, IncompleteRead when it is
    shorter than announced."""
    announced, received = response.length, 0
    if announced is not None and announced > limit:
        raise NotFetched("too-large", f"{announced} bytes")
    while chunk := response.read(_CHUNK):
        received += len(chunk)
        if received > limit:
            raise NotFetched("too-large", f"more than {limit} bytes")
        write(chunk)
    if announced is not None and received < announced:
        raise http.client.IncompleteRead(b"", announced - received)
