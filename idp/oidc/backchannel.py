"""Telling clients that a session has ended (OpenID Connect Back-Channel Logout 1.0 §2.5): at once, by the process that
ended it, and by the worker until it is done or a day has passed.

What is to be told stands in the outbox; an attempt is announced there before it is made and its outcome after. Delivery
is therefore at least once: a client that was told by a process that died before it could say so is told again, with the
same ``jti``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import cached_property

from idp.domain.client import Client
from idp.errors import DocumentUnavailable
from idp.oidc.logout_token import logout_token_claims
from idp.oidc.protection import Protection, Use
from idp.ports import Clients, Clock, Documents, Store
from idp.ports.outbox import Delivery, Notice

AT_ONCE_SECONDS = 2.0
"""How long the person who logs out waits at most for clients to answer."""
LATER_SECONDS = 5.0
GIVE_UP = timedelta(hours=24)
"""After this a client is told no more: sessions at clients do not last as long."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_LEASE = timedelta(seconds=60)
_MARGIN_SECONDS = 0.5
_PARALLEL = 8
_BATCH = 32
_NO_ADDRESS = "no-address"
_UNTRIED, _BUSY = "untried", "busy"
"""No thread came free in time; too much was being asked of clients at once. Not the client's fault."""
_SOON = timedelta(seconds=2)


class BackChannel:
    """One a process. Its threads are shared, so that many logouts at once do not make many more; what finds none free
    in time is left to the worker."""

    def __init__(
        self,
        *,
        issuer: str,
        protection: Protection,
        clock: Clock,
        store: Store,
        clients: Clients,
        documents: Documents,
    ) -> None:
        self._issuer = issuer
        self._protection = protection
        self._clock = clock
        self._store = store
        self._clients = clients
        self._documents = documents

    def at_once(self, notices: Sequence[Notice]) -> frozenset[str]:
        """Try each notice once, all in parallel; the clients that have been told of all that is theirs."""
        if not notices:
            return frozenset()
        with self._store.begin() as uow:
            taken = uow.outbox.take_up([notice.id for notice in notices], self._clock.now() + _LEASE)
        told = self._attempt(taken, AT_ONCE_SECONDS)
        untold = {notice.client_id for notice in notices if notice.id not in told}
        return frozenset(notice.client_id for notice in notices) - untold

    def later(self, at: datetime) -> int:
        """Try everything that is due at ``at``; how many attempts failed. For the worker."""
        failed = 0
        while self._due(at):
            with self._store.begin() as uow:
                taken = uow.outbox.claim(at, at + _LEASE, _BATCH)
            failed += len(taken) - len(self._attempt(taken, LATER_SECONDS))
        return failed

    def _due(self, at: datetime) -> bool:
        with self._store.reading() as uow:  # no write lock every second for nothing
            return uow.outbox.due(at)

    def _attempt(self, deliveries: Sequence[Delivery], seconds: float) -> frozenset[str]:
        """The ids that were delivered; every outcome is on record. One client's are sent one after another."""
        of: dict[str, list[Delivery]] = {}
        for one in deliveries:
            of.setdefault(one.notice.client_id, []).append(one)
        errors = {one.notice.id: _UNTRIED for one in deliveries}
        until = time.monotonic() + seconds
        running = [
            self._pool.submit(self._tell, client_id, mine, seconds, until, errors) for client_id, mine in of.items()
        ]
        wait(running, seconds + _MARGIN_SECONDS)
        for future in running:
            future.cancel()
        now, outcome = self._clock.now(), dict(errors)
        with self._store.begin() as uow:
            for one in deliveries:
                if error := outcome[one.notice.id]:
                    uow.outbox.failed(one.notice.id, now, error, _again(one, error, now))
                else:
                    uow.outbox.delivered(one.notice.id, now)
        return frozenset(id for id, error in outcome.items() if not error)

    def _tell(
        self, client_id: str, deliveries: Sequence[Delivery], seconds: float, until: float, errors: dict[str, str]
    ) -> None:
        """Send each; what went wrong, or "", into ``errors``. After one failure, or once the time of all is over, the
        rest wait for a better moment: the thread is wanted for clients that answer."""
        if time.monotonic() > until:
            return
        errors.update((one.notice.id, "timeout") for one in deliveries)
        client = self._clients.get(client_id)
        error = ""
        for one in deliveries:
            if time.monotonic() > until:
                return
            if client is None or client.backchannel_logout_uri is None:
                error = _NO_ADDRESS
            elif not error:
                error = self._send(one.notice, client, client.backchannel_logout_uri, seconds)
            errors[one.notice.id] = error

    def _send(self, notice: Notice, client: Client, uri: str, seconds: float) -> str:
        claims = logout_token_claims(notice, issuer=self._issuer, at=self._clock.now())
        try:
            token = self._protection.protect(claims, client, Use.LOGOUT)
            status = self._documents.post(uri, client, {"logout_token": token}, seconds=seconds)
        except DocumentUnavailable as error:
            return error.reason
        # 200, or 204 as some frameworks answer for it (§2.8); everything else is to be tried again.
        return "" if status in (200, 204) else f"status {status}"

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_PARALLEL, "back-channel")


def _again(delivery: Delivery, error: str, at: datetime) -> datetime | None:
    """Ten seconds after the first failure, then three times as long each time, at most an hour; soon, where it was
    never tried."""
    if error == _NO_ADDRESS or at - delivery.notice.at >= GIVE_UP:
        return None
    if error in (_UNTRIED, _BUSY):
        return at + _SOON
    pause: timedelta = _FIRST_PAUSE * 3 ** min(delivery.attempts - 1, 10)
    return at + min(pause, _LONGEST_PAUSE)
