"""CRLs from the network into the index: whose, from where, how often, and what became of each."""

from __future__ import annotations

import base64
import random
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from idp.certificate.crl_file import file_of, opened
from idp.certificate.trust.distribution import crl_urls
from idp.certificate.trust.issuers import Authority, TrustList
from idp.fetch import apart
from idp.fetch.addresses import Allowed, usable
from idp.fetch.connection import NotFetched
from idp.fetch.http import LIMITS, Limits, Validators, download
from idp.fetch.journal import Attempt, Journal

_EVERY = timedelta(minutes=30)
_SOON = timedelta(minutes=5)
_JITTER = 0.25
_AT_ONCE = 4


@dataclass(frozen=True)
class Source:
    """Where one CA's list can be had: its own addresses, tried in turn; or one that the operator named, whose list may
    be any CA's."""

    urls: tuple[str, ...]
    authorities: tuple[Authority, ...]
    name: str

    @property
    def issuer_key(self) -> str:
        return self.authorities[0].key if len(self.authorities) == 1 else ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One attempt at one address."""

    name: str
    url: str
    attempt: Attempt


class Crls:
    """Keeps the index in ``directory`` up to date for the CAs of ``trust`` that certify at ``at``. ``named``: the
    operator's own addresses.

    The addresses come from the CRL distribution points of certificates that have a path to a pinned root, each of which
    says where the list of the CA *above* it is, and from the operator for the others.
    """

    def __init__(
        self, trust: TrustList, directory: Path, at: datetime, named: Iterable[str] = (), *, limits: Limits = LIMITS
    ) -> None:
        self.directory, self.limits = directory, limits
        self.sources = tuple(_sources(trust, at, tuple(named)))
        self.allowed = Allowed.of(listed=(url for s in self.sources if s.issuer_key for url in s.urls), named=named)
        self.journal = Journal(directory)
        self._parsing = threading.Lock()  # one hostile list at a time has its gibibyte

    def due(self, at: datetime) -> tuple[Source, ...]:
        """The sources to be asked now: half an hour after the last attempt (a quarter more or less, so that not all
        come at once), five minutes after a failed one if there is no fresh list, and in the middle of a list's life."""
        return tuple(source for source in self.sources if self._due(source, at))

    def sync(
        self,
        sources: Iterable[Source],
        at: datetime,
        *,
        allow_shrink: bool = False,
        stop: threading.Event | None = None,
    ) -> Iterator[Fetched]:
        """Ask each source, four at once; every attempt as it ends. Addresses after the first are tried while there is
        no fresh list. Raises OSError when the index cannot be written."""
        self.directory.mkdir(parents=True, exist_ok=True)

        def one(source: Source) -> list[Fetched]:
            return [] if stop and stop.is_set() else list(self._ask(source, at, allow_shrink))

        for done in _at_once(one, sources):
            self.journal.record({fetched.url: fetched.attempt for fetched in done})
            yield from done

    def _ask(self, source: Source, at: datetime, allow_shrink: bool) -> Iterator[Fetched]:
        for url in source.urls:
            attempt = self._attempt(source, url, at, allow_shrink)
            key = attempt.issuer_key or source.issuer_key
            crl = opened(file_of(self.directory, key), key)
            fresh = crl is not None and at < crl.next_update
            again = at + (_EVERY if attempt.good or fresh else _SOON) * _jitter()
            if crl is not None:
                middle = crl.this_update + (crl.next_update - crl.this_update) / 2
                again = min(again, middle) if at < middle else again
            yield Fetched(source.name, url, replace(attempt, again=again))
            if attempt.good and fresh:
                return

    def _attempt(self, source: Source, url: str, at: datetime, allow_shrink: bool) -> Attempt:
        before = self.journal[url]
        if before and opened(file_of(self.directory, before.issuer_key), before.issuer_key) is None:
            before = None  # what the server would call unchanged is not in the index
        known = Validators(before.etag, before.modified) if before else None
        try:
            with tempfile.NamedTemporaryFile(prefix="portaria-crl-") as file:
                answer = download(url, file, self.allowed, known=known, limits=self.limits)
                if before and (not answer.changed or (answer.sha256 == before.sha256 and before.good)):
                    return replace(before, at=at, outcome="unchanged", detail="", said="")
                file.flush()
                with self._parsing:
                    result = apart.call(
                        "crl",
                        file=file.name,
                        directory=str(self.directory.resolve()),
                        authorities=[base64.b64encode(authority.der).decode() for authority in source.authorities],
                        at=at.isoformat(),
                        allow_shrink=allow_shrink,
                    )
        except NotFetched as error:
            return _failed(before, at, "failed", error.token, error.said)
        if result["outcome"] == "refused":
            return _failed(before, at, "refused", result["detail"], "")
        validators = answer.validators
        return Attempt(
            at,
            result["outcome"],
            issuer_key=result["issuer_key"],
            etag=validators.etag,
            modified=validators.modified,
            sha256=answer.sha256,
        )

    def _due(self, source: Source, at: datetime) -> bool:
        attempts = [attempt for url in source.urls if (attempt := self.journal[url])]
        last = max(attempts, key=lambda attempt: (attempt.at, attempt.again or attempt.at), default=None)
        return last is None or last.again is None or not last.at <= at < last.again


def _at_once(one: Callable[[Source], list[Fetched]], sources: Iterable[Source]) -> Iterator[list[Fetched]]:
    """Results in order, four at work. Not an executor: the interpreter would wait at its end for downloads that may
    take minutes, and a worker that is told to stop stops."""
    waiting = [(source, Future[list[Fetched]]()) for source in sources]
    todo = iter(waiting)
    taking = threading.Lock()

    def take() -> None:
        while True:
            with taking:
                source, future = next(todo, (None, None))
            if source is None or future is None:
                return
            try:
                future.set_result(one(source))
            except Exception as error:  # noqa: BLE001  (raised again where the result is asked for)
                future.set_exception(error)

    for _ in range(min(_AT_ONCE, len(waiting))):
        threading.Thread(target=take, name="fetch", daemon=True).start()
    for _, future in waiting:
        yield future.result()


def _jitter() -> float:
    return random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  (so that not all ask at once)


def _failed(before: Attempt | None, at: datetime, outcome: str, detail: str, said: str) -> Attempt:
    """Keeps what is known of the body in the index: the next request may still be a conditional one."""
    return replace(before or Attempt(at, ""), at=at, outcome=outcome, detail=detail, said=said)


def _sources(trust: TrustList, at: datetime, named: tuple[str, ...]) -> Iterator[Source]:
    """The CAs that logins depend on, by their key; then the operator's addresses."""
    urls = crl_urls(trust)
    needed = set(trust.needed_keys(at))
    listed = {url for key in needed for url in urls.get(key, ())}
    for authority in trust.authorities():
        found = tuple(url for url in urls.get(authority.key, ()) if usable(url))
        if authority.key in needed and found:
            needed.remove(authority.key)
            yield Source(found, (authority,), authority.name)
    for url in dict.fromkeys(named):
        if url not in listed:
            yield Source((url,), tuple(trust.authorities()), "(named by the operator)")
