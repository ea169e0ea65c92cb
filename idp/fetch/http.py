"""One download: an allowed address, limits in time and size, no redirect off the list, nothing kept in memory."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import IO
from urllib.parse import urljoin, urlsplit

from idp.fetch.addresses import Allowed, NotAllowed
from idp.fetch.connection import Connection, NotFetched, receive, until

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect and in all, bytes of the body."""

    connect: float = 10.0
    total: float = 120.0
    size: int = 64 * 1024 * 1024


LIMITS = Limits()


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
    connection = Connection(url, allowed.resolve, connect=limits.connect, total=limits.total)
    with until(give_up, connection, limits.total):
        return _exchange(connection, url, into, known, limits)


def _exchange(connection: Connection, url: str, into: IO[bytes], known: Validators, limits: Limits) -> Downloaded | str:
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
        digest = hashlib.sha256()

        def take(chunk: bytes) -> None:
            digest.update(chunk)
            into.write(chunk)

        receive(response, take, limits.size)
        validators = Validators(response.getheader("ETag", ""), response.getheader("Last-Modified", ""))
    return Downloaded(True, validators, digest.hexdigest())
