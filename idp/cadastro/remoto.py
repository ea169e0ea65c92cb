"""The authority's service as the source of rows: who is asked about, when, and what happens while it is down.

One question per document at a time (who comes second waits for the first's answer), a few questions at once in all, and
after some failures in a row none for a while: a dead service must not hold every thread that serves people.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.cadastro import respostas
from idp.cadastro.https import Answer, Failed
from idp.cadastro.respostas import OutroDocumento, Resposta, RespostaInvalida
from idp.domain.documents import CNPJ
from idp.domain.person import Holder, PessoaFisica
from idp.errors import CadastroUnavailable
from idp.ports import Clock

CONTRIBUINTE, REPRESENTANTE = "contribuinte", "representante"
Key = tuple[str, str]
"""Kind, and contribuinte id or CPF."""

MOST_AT_ONCE = 8
ROOM_SECONDS = 1.0
"""How long a question waits for one of those before it to end."""
MOST_OUTORGANTES = 10
"""Outorgantes never fetched that a login waits for; the worker fetches the others."""
FAILURES = 3
PAUSE_SECONDS = 10.0
_OF_ALL = frozenset(
    {"unreachable", "tls", "timeout", "redirect", "unauthorized", "http-status", "content-type", "clock"}
)
"""Failures that say something of the service and not of one document's answer."""


@dataclass(frozen=True, slots=True)
class Known:
    fetched_at: datetime
    etag: str


class Asked(Protocol):
    """``idp.cadastro.https.Service``."""

    def ask(self, kind: str, document: str, etag: str = "") -> Answer: ...


class Rows(Protocol):
    """The tables that answers are kept in. Each call is one short transaction, and none lets an older answer replace a
    newer one. All raise StoreUnavailable."""

    def known(self, keys: Sequence[Key]) -> Mapping[Key, Known]:
        """When these were last answered."""
        ...

    def keep(self, id: str, said: Resposta | None, etag: str, at: datetime) -> None:
        """All the service says of one contribuinte; None: it knows of no such."""
        ...

    def keep_empresas(self, cpf: str, said: Sequence[Resposta], etag: str, at: datetime) -> None:
        """The companies that list ``cpf``: those, in full, and no others."""
        ...

    def confirm(self, key: Key, at: datetime) -> None:
        """What is known of ``key`` still holds."""
        ...

    def outorgantes(self, holder: str, limit: int) -> Sequence[str]:
        """Contribuinte ids that gave ``holder`` (a contribuinte id) procurações that have not ended and were never
        fetched."""
        ...

    def due(self, before: datetime, limit: int) -> Sequence[str]:
        """Contribuinte ids of outorgantes of procurações that have not ended, fetched before then or never; the
        longest ago first."""
        ...


class RemoteCadastro:
    """Implements :class:`idp.ports.CadastroSource`. ``failed`` hears the token of each failure, for the log."""

    def __init__(
        self,
        service: Asked,
        rows: Rows,
        clock: Clock,
        *,
        fresh: timedelta,
        age: timedelta,
        failed: Callable[[str], object] = lambda token: None,
    ) -> None:
        self._service, self._rows, self._clock = service, rows, clock
        self._fresh, self._age, self._failed = fresh, age, failed
        self._flights = _Flights()
        self._breaker = _Breaker()
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def before_choices(self, holder: Holder) -> datetime | None:
        document = holder.documento
        id = document.raiz if isinstance(document, CNPJ) else document.numero
        keys: list[Key] = [(CONTRIBUINTE, id)]
        if isinstance(holder, PessoaFisica):
            keys.append((REPRESENTANTE, id))
        oldest = self._have(keys)
        try:
            for outorgante in self._rows.outorgantes(id, MOST_OUTORGANTES):
                self.fetch((CONTRIBUINTE, outorgante))
        except CadastroUnavailable:
            pass  # whoever is missing is not offered; the worker asks again
        return oldest

    def refresh(self, contribuintes: Sequence[str]) -> None:
        for id in contribuintes:
            self.fetch((CONTRIBUINTE, id))

    def refresh_due(self, limit: int, stop: Callable[[], bool] = lambda: False) -> int:
        """Fetch outorgantes whose facts are past half their age; how many. Raises CadastroUnavailable at the first
        failure of the service; an answer that is wrong for one of them does not stop the others."""
        done = 0
        for id in self._rows.due(self._clock.now() - self._age / 2, limit):
            if stop():
                break
            try:
                self.fetch((CONTRIBUINTE, id))
                done += 1
            except Failed as error:
                if error.token in _OF_ALL or error.token == "paused":
                    raise
        return done

    def probe(self, id: str) -> None:
        """Ask for a contribuinte and keep nothing. Raises Failed."""
        with self._asking():
            self._service.ask(CONTRIBUINTE, id)

    def fetch(self, key: Key) -> None:
        """Ask for ``key`` now, and keep the answer. Raises CadastroUnavailable, with nothing changed."""
        self._flights.once(key, lambda: self._fetch(key))

    def _have(self, keys: Sequence[Key]) -> datetime | None:
        """Ask for what is not fresh; the oldest moment of what could not be asked and is young enough."""
        now = self._clock.now()
        known = self._rows.known(keys)
        oldest: datetime | None = None
        for key in keys:
            before = known.get(key)
            if before is not None and now - before.fetched_at <= self._fresh:
                continue
            try:
                self.fetch(key)
            except CadastroUnavailable:
                if before is None or now - before.fetched_at > self._age:
                    raise
                oldest = min(before.fetched_at, oldest or before.fetched_at)
        return oldest

    def _fetch(self, key: Key) -> None:
        kind, document = key
        with self._asking():
            before = self._rows.known([key]).get(key)
            answer = self._service.ask(kind, document, before.etag if before else "")
            if self._clock.now() - answer.at > self._age:
                raise Failed("too-old")
            try:
                said = _read(kind, document, answer)
            except OutroDocumento as error:
                raise Failed("wrong-document", str(error)) from error
            except RespostaInvalida as error:
                raise Failed("malformed", str(error)) from error
        if answer.unchanged:
            self._rows.confirm(key, answer.at)
        elif isinstance(said, tuple):
            self._rows.keep_empresas(document, said, answer.etag, answer.at)
        else:
            self._rows.keep(document, said, answer.etag, answer.at)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._breaker.enter()
        if not self._room.acquire(timeout=ROOM_SECONDS):
            raise Failed("busy")
        try:
            yield
        except Failed as error:
            self._breaker.failed(error.token in _OF_ALL)
            self._failed(error.token)
            raise
        else:
            self._breaker.succeeded()
        finally:
            self._room.release()


def _read(kind: str, document: str, answer: Answer) -> Resposta | tuple[Resposta, ...] | None:
    if kind == REPRESENTANTE:
        return respostas.empresas(answer.body, document) if answer.body is not None else ()
    return respostas.contribuinte(answer.body, document) if answer.body is not None else None


class _Flights:
    """One act per key at a time; whoever comes meanwhile gets the same result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Key, Future[None]] = {}

    def once(self, key: Key, act: Callable[[], None]) -> None:
        with self._lock:
            flight = self._flying.get(key)
            own = flight is None
            if flight is None:
                flight = self._flying[key] = Future()
        if not own:
            return flight.result()
        try:
            act()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(None)
        finally:
            with self._lock:
                del self._flying[key]
        return None


class _Breaker:
    """After FAILURES in a row refuses for PAUSE_SECONDS, then lets one question try."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def enter(self) -> None:
        """Raises Failed while the service is left alone."""
        with self._lock:
            if self._failures >= FAILURES:
                if time.monotonic() < self._until:
                    raise Failed("paused")
                self._until = time.monotonic() + PAUSE_SECONDS

    def failed(self, counts: bool) -> None:
        with self._lock:
            if counts:
                self._failures += 1
                self._until = time.monotonic() + PAUSE_SECONDS

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
