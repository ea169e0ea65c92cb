"""What clients publish and receive, asked for while a request waits (ATK-090): one small exchange, or none.

The host is the client's choice, so it is trusted with nothing: https on port 443 of a public address, or a host and
port that the operator named; no redirect and no proxy; a few threads, fewer per host and client, and seconds; and an
address that failed is left alone for a while, so that a slow one holds no worker. Not its whole host, and only by the
client that asked for it: anybody may name addresses of somebody else's, whose own must still be found. Clients that
registered themselves have threads apart from those that an operator registered: there may be as many of the former as
somebody likes.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from idp.domain.client import Client
from idp.errors import ConfigurationError, DocumentUnavailable
from idp.fetch.addresses import NotAllowed, public, usable
from idp.fetch.connection import Connection, NotFetched, receive, until
from idp.ports import Document

_AT_ONCE = 8
"""Of the clients that an operator registered, and as many of those that registered themselves."""
_OF_ONE_TOKEN = 4
"""Of the clients that one initial access token made, or that were made without one."""
_OF_ONE_CLIENT = 2
_AT_ONE_HOST = 2
"""Counted apart for operators' clients and for the others, who may name hosts of the former."""
_COOLING_SECONDS = 10.0
_CONNECT_SECONDS = 2.0
_LONGEST_ANSWER = 64 * 1024
"""Of a POST, whose body nobody reads."""
_REMEMBERED = 4096
_Share = tuple[str, bool, str]
"""What is limited, whether for clients that registered themselves, and which one."""


class ClientDocuments:
    """Implements :class:`idp.ports.Documents`.

    ``hosts``: ``host`` or ``host:port`` names that may be of the own network and of any port. ``ca_file``: PEM of
    further CAs, believed for those hosts only. Raises ConfigurationError where the file holds none.
    """

    def __init__(
        self, hosts: Iterable[str] = (), ca_file: Path | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._named = frozenset(_authority(f"https://{host}") for host in hosts)
        self._public = ssl.create_default_context()
        self._private = _context(ca_file)
        self._monotonic = monotonic
        self._pool = ThreadPoolExecutor(2 * _AT_ONCE, thread_name_prefix="documents")
        self._lock = threading.Lock()
        self._asking: Counter[_Share] = Counter()
        self._cooling: dict[tuple[str, str], float] = {}

    def get(self, url: str, client: Client, *, limit: int = 64 * 1024, seconds: float = 3.0) -> Document:
        headers = {"Accept": "application/json, */*;q=0.5"}
        response, body = self._within(seconds, url, client, "GET", None, headers, limit)
        if response.status != 200:
            raise DocumentUnavailable("http-status", str(response.status))
        return Document(body, response.getheader("Content-Type", ""))

    def post(self, url: str, client: Client, form: Mapping[str, str], *, seconds: float = 3.0) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response, _ = self._within(seconds, url, client, "POST", urlencode(form).encode(), headers, _LONGEST_ANSWER)
        return response.status

    def _within(
        self,
        seconds: float,
        url: str,
        client: Client,
        method: str,
        content: bytes | None,
        headers: dict[str, str],
        limit: int,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One exchange on another thread: not even a name server of the host's own may take longer."""
        shares = _shares(client, self._permitted(url))
        give_up = time.monotonic() + seconds
        self._begin(shares, client, url)
        job: Future[tuple[http.client.HTTPResponse, bytes]]
        job = self._pool.submit(self._exchange, url, method, content, headers, limit, give_up, seconds)
        job.add_done_callback(lambda _: self._end(shares))
        try:
            return job.result(seconds + 0.2)
        except (NotYet, NotFetched, NotAllowed) as error:
            job.cancel()
            self._cool(client, url)
            token = "timeout" if isinstance(error, NotYet) else error.token
            raise DocumentUnavailable(token, str(error)) from error

    def _permitted(self, url: str) -> str:
        """The host and port of ``url``. Raises DocumentUnavailable unless it may be asked for."""
        bare = url.partition("#")[0]
        if not usable(bare) or urlsplit(bare).scheme != "https":
            raise DocumentUnavailable("not-allowed", url[:200])
        host = _authority(bare)
        if host not in self._named and not host.endswith(":443"):
            raise DocumentUnavailable("not-allowed", url[:200])
        return host

    def _begin(self, shares: Mapping[_Share, int], client: Client, url: str) -> None:
        with self._lock:
            if self._cooling.get((client.client_id, url), 0.0) > self._monotonic():
                raise DocumentUnavailable("cooling", url)
            if any(self._asking[share] >= most for share, most in shares.items()):
                raise DocumentUnavailable("busy", url)
            self._asking.update(shares.keys())

    def _end(self, shares: Mapping[_Share, int]) -> None:
        with self._lock:
            self._asking.subtract(shares.keys())
            self._asking = +self._asking  # forgets those at zero

    def _cool(self, client: Client, url: str) -> None:
        with self._lock:
            now = self._monotonic()
            if len(self._cooling) >= _REMEMBERED:
                self._cooling = {one: until for one, until in self._cooling.items() if until > now}
            self._cooling[client.client_id, url] = now + _COOLING_SECONDS

    def _exchange(
        self,
        url: str,
        method: str,
        content: bytes | None,
        headers: dict[str, str],
        limit: int,
        give_up: float,
        seconds: float,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = _authority(url) in self._named
        connection = Connection(
            url,
            self._resolve,
            connect=min(seconds, _CONNECT_SECONDS),
            total=seconds,
            context=self._private if named else self._public,
        )
        body = bytearray()
        common = {"User-Agent": "Portaria", "Accept-Encoding": "identity", "Connection": "close"}
        with until(give_up, connection, seconds):
            connection.request(method, path, body=content, headers=common | headers)
            with connection.getresponse() as response:
                receive(response, body.extend, limit)
        return response, bytes(body)

    def _resolve(self, url: str) -> list[tuple[str, int]]:
        parts = urlsplit(url)
        port = parts.port or 443
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        permitted = [one for one in addresses if _authority(url) in self._named or public(one)]
        if not permitted:
            raise NotAllowed("private-address", f"{parts.hostname} is {', '.join(addresses)}")
        return [(address, port) for address in permitted]


def _shares(client: Client, host: str) -> dict[_Share, int]:
    """What one question of ``client`` to ``host`` counts for, and how many of each there may be at once."""
    itself = client.registered_with is not None
    shares = {
        ("all", itself, ""): _AT_ONCE,
        ("host", itself, host): _AT_ONE_HOST,
        ("client", itself, client.client_id): _OF_ONE_CLIENT,
    }
    if client.registered_with is not None:
        shares["token", itself, client.registered_with] = _OF_ONE_TOKEN
    return shares


def _authority(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 443}"


def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"{ca_file} holds no CA: {error}", "correct IDP_CLIENT_CA_FILE") from error
    return context
