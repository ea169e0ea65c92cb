"""An HTTP/1.1 server over :func:`idp.listeners.tls.accepting_context`, made of cheroot's parser and threads.

The peer's certificate reaches the application as DER in ``environ["portaria.client_certificate"]`` (None: none was
shown). No header can set that key, because a server prefixes every header with ``HTTP_``.

A connection costs no thread until its handshake is done and its request is there, whole; then it holds one of a few
threads, for a bounded time. One request a connection: a browser that comes again shows its certificate again.
"""

from __future__ import annotations

import errno
import io
import logging
import math
import re
import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from cheroot import errors, makefile
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl import Adapter
from cheroot.wsgi import Server
from OpenSSL import SSL, crypto

from idp.certificate.handshake import EMBEDDED_KEY
from idp.listeners import BODY_BYTES, HEADER_BYTES, RECEIVE_SECONDS


@dataclass(frozen=True)
class Limits:
    """What one listener gives its peers. Times in seconds."""

    handshake: float = 180
    """From accept to the end of the handshake: a person finds the token and types its PIN in between."""
    receive: float = RECEIVE_SECONDS
    """From there until the whole request is received."""
    answer: float = 20
    """From there to the last byte of the answer written."""
    connections: int = 400
    """Open at once; below the usual limit of 1,024 descriptors."""
    threads: int = 8
    """Requests answered at once."""


_FRAMING = re.compile(rb"(?im)^[ \t]*(content-length|transfer-encoding)[ \t]*:(.*)$")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")

logger = logging.getLogger(__name__)


class _TlsSocket(io.RawIOBase):
    """A non-blocking TLS connection that is read and written before a deadline. ``early`` is what was read already."""

    def __init__(self, connection: SSL.Connection) -> None:
        self.connection, self.early = connection, bytearray()
        self.deadline = 0.0

    def allow(self, seconds: float) -> None:
        """Put the deadline ``seconds`` from now."""
        self.deadline = time.monotonic() + seconds

    @property
    def late(self) -> bool:
        return time.monotonic() >= self.deadline

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.early:
            data = bytes(self.early[: len(buffer)])
            del self.early[: len(data)]
        else:
            try:
                data = self._until_deadline(self.connection.recv, len(buffer))
            except SSL.ZeroReturnError:
                data = b""
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return int(self._until_deadline(self.connection.send, bytes(data)))

    def finish_write(self, call: Any, *arguments: Any) -> Any:
        """Call until it needs no more room to write; what it may need to read is the caller's to wait for."""
        while True:
            try:
                return call(*arguments)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT)

    def _until_deadline(self, call: Any, argument: Any) -> Any:
        while True:
            try:
                return self.finish_write(call, argument)
            except SSL.WantReadError:
                self._wait(select.POLLIN)
            except SSL.ZeroReturnError:
                raise
            except SSL.SysCallError as error:
                raise ConnectionResetError(errno.ECONNRESET, str(error)) from error
            except SSL.Error as error:
                raise errors.FatalSSLAlert(*error.args) from error

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self.connection.fileno(), event)
        if not poll.poll(max(0.0, self.deadline - time.monotonic()) * 1000):
            raise TimeoutError("timed out")


class _Reader(makefile.StreamReader):
    def __init__(self, raw: _TlsSocket) -> None:
        super(makefile.StreamReader, self).__init__(raw, io.DEFAULT_BUFFER_SIZE)  # past its SocketIO
        self.bytes_read = 0


class _Writer(makefile.StreamWriter):
    def __init__(self, raw: _TlsSocket) -> None:
        super(makefile.StreamWriter, self).__init__(raw, io.DEFAULT_BUFFER_SIZE)
        self.bytes_written = 0


class _Request(HTTPRequest):
    close_connection = True


class _Connection(HTTPConnection):
    """cheroot's connection, preceded by two phases that wait in the selector instead of in a thread."""

    RequestHandlerClass = _Request

    def __init__(self, server: AcceptingServer, sock: SSL.Connection, make: Any) -> None:
        self.raw = _TlsSocket(sock)
        self.raw.allow(server.limits.handshake)
        super().__init__(server, sock, lambda _sock, mode, _size: (_Reader if "r" in mode else _Writer)(self.raw))
        self.handshaken = False
        self.closed = False

    @property
    def last_used(self) -> float:
        """cheroot closes a waiting connection that was last used long ago: here, one whose time is over."""
        return -math.inf if self.raw.late else math.inf

    @last_used.setter
    def last_used(self, value: float) -> None:
        pass

    def communicate(self) -> bool:
        """True: come back when more bytes arrived. False: done, close."""
        try:
            if not (self._handshake() and self._received()):
                return not self.raw.late
        except (SSL.Error, OSError) as error:  # a peer that vanished or does not speak TLS: its own affair
            logger.info("connection from %s ended in the handshake: %s", self.remote_addr, type(error).__name__)
            return False
        self.ssl_env = {"wsgi.url_scheme": "https", EMBEDDED_KEY: _der(self.socket)}
        self.raw.allow(self.server.limits.answer)
        return bool(super().communicate())  # type: ignore[no-untyped-call]

    def _handshake(self) -> bool:
        if not self.handshaken:
            try:
                self.raw.finish_write(self.socket.do_handshake)
            except SSL.WantReadError:
                return False
            self.handshaken = True
            self.raw.allow(self.server.limits.receive)
        return True

    def _received(self) -> bool:
        while not _complete(self.raw.early):
            try:
                self.raw.early += self.socket.recv(HEADER_BYTES)
            except SSL.WantReadError:
                return False
        return True

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            if self.handshaken:
                self.socket.shutdown()
            self.socket.sock_shutdown(socket.SHUT_RDWR)
        except (SSL.Error, OSError):
            pass
        finally:
            self.socket.close()
            self.server.places.release()


def _complete(received: bytearray) -> bool:
    """Whether these bytes are a whole request, or already more than one may be: only then is a thread worth giving.
    What the bytes mean is for cheroot's parser; raises OSError where the two might differ on how long the body is."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return len(received) > HEADER_BYTES
    head, body = bytes(received[: end + 2]), bytes(received[end + 4 :])
    if len(body) > BODY_BYTES:
        return True
    if b"\r\n " in head or b"\r\n\t" in head:
        raise OSError("a folded header")
    framing = [(name.lower(), value.strip()) for name, value in _FRAMING.findall(head.replace(b"\r\n", b"\n"))]
    if len(framing) > 1 or re.search(rb"(?i)\n(content-length|transfer-encoding)[ \t]+:", head):
        raise OSError("a body announced in more than one way")
    if not framing:
        return True
    name, value = framing[0]
    if name == b"transfer-encoding":
        if value.lower() != b"chunked":
            raise OSError("an unknown transfer encoding")
        return _chunks_complete(body)
    if not value.isdigit():
        raise OSError("a length that is no number")
    return len(value) > 18 or int(value) > BODY_BYTES or len(body) >= int(value)


def _chunks_complete(body: bytes) -> bool:
    """Whether the last chunk and its trailer are there (RFC 9112 §7.1). Raises OSError for a size that is none."""
    position = 0
    while (end := body.find(b"\r\n", position)) >= 0:
        size = body[position:end].partition(b";")[0]
        if not _SIZE.match(size):
            raise OSError("a chunk without a size")
        if int(size, 16) == 0:
            return body.find(b"\r\n\r\n", end) >= 0
        position = end + 2 + int(size, 16) + 2
    return False


def _der(connection: SSL.Connection) -> bytes | None:
    """The peer's certificate exactly as OpenSSL holds it: judging it, readable or not, is the application's part."""
    certificate = connection.get_peer_certificate()
    return None if certificate is None else crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


class _Adapter(Adapter):
    """Wraps an accepted socket without waiting for its handshake, so that nobody can hold up ``accept``."""

    def __init__(self, context: SSL.Context, places: threading.Semaphore) -> None:
        self.context, self.places = context, places

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[SSL.Connection, dict[str, Any]]:
        if not self.places.acquire(blocking=False):
            sock.close()
            raise errors.FatalSSLAlert("too many open connections")
        connection = SSL.Connection(self.context, sock)
        connection.set_accept_state()
        return connection, {}

    def get_environ(self) -> dict[str, Any]:
        return {}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        raise NotImplementedError("_Connection makes its own")


class AcceptingServer(Server):
    """Serves ``application`` on ``listener``, an already bound socket. Use ``prepare``, ``serve`` and ``stop``."""

    ConnectionClass = _Connection
    max_request_header_size = HEADER_BYTES
    max_request_body_size = BODY_BYTES

    def __init__(
        self, listener: socket.socket, application: Any, context: SSL.Context, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        super().__init__(
            listener.getsockname()[:2],
            application,
            numthreads=self.limits.threads,
            server_name="Portaria",
            request_queue_size=128,
        )
        self.listener = listener
        self.places = threading.BoundedSemaphore(self.limits.connections)
        self.ssl_adapter = _Adapter(context, self.places)

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        self.socket = self.listener
        return self.listener

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        logger.log(level, "%s", msg, exc_info=traceback)
