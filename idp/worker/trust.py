"""The job that applies the authority's bundle when it changes, and what the audit keeps of a new list."""

from __future__ import annotations

import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from idp.certificate.trust import PINS, TrustList
from idp.certificate.trust.issuers import FILE
from idp.certificate.trust.replacement import Difference, previous, same, succeeding
from idp.errors import TrustError
from idp.fetch import apart
from idp.fetch.bundle import fetch_bundle
from idp.fetch.connection import NotFetched
from idp.fetch.journal import Attempt, Journal
from idp.ports import AuditEvent, Store
from idp.settings import Settings

_log = structlog.get_logger("idp.worker")
_EVERY = timedelta(days=1)
_SOON = timedelta(hours=1)
_JITTER = 0.25


class TrustUpdate:
    """Once a day; an hour after a failure. A bundle that does not hold leaves the list where it is."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._url, self._path = settings.trust_bundle_url, settings.trust_dir / FILE

    def __call__(self, at: datetime) -> None:
        last = Journal(self._settings.trust_dir)[self._url]
        if last is not None and last.again is not None and last.at <= at < last.again:
            return
        try:
            attempt = self._update(at)
        except NotFetched as error:
            _log.error("trust_list_kept", url=self._url, detail=error.token, said=error.said)
            attempt = Attempt(at, "failed", error.token, error.said, again=at + _wait(_SOON))
        Journal(self._settings.trust_dir).record({self._url: attempt})

    def _update(self, at: datetime) -> Attempt:
        with tempfile.TemporaryDirectory(prefix="portaria-trust-") as name:
            bundle, compiled = Path(name, "bundle"), Path(name, FILE)
            fetch_bundle(self._url, bundle)
            new = self._compiled(bundle, compiled, at)
        done = Attempt(at, "unchanged", again=at + _wait(_EVERY))
        try:
            old = previous(self._path, self._settings.realm)
            if old and same(old, new):
                return done
            if old:
                new = succeeding(old, new, at)
        except TrustError as error:
            raise NotFetched("bundle-refused", str(error)) from error
        difference = Difference.between(old, new) if old else None
        replace_list(self._path, new, difference, store=self._store, source=self._url, actor="worker", at=at)
        _log.warning("trust_list_replaced", url=self._url, **(vars(difference) if difference else {}))
        return Attempt(at, "imported", again=done.again)

    def _compiled(self, bundle: Path, into: Path, at: datetime) -> TrustList:
        realm = self._settings.realm
        answer = apart.call(
            "trust", bundle=str(bundle), into=str(into), pins=dict(PINS), realm=realm, at=at.isoformat()
        )
        if answer["refused"]:
            raise NotFetched("bundle-refused", answer["refused"])
        try:
            return TrustList.load(into, realm)
        except TrustError as error:
            raise NotFetched("bundle-refused", str(error)) from error


def replace_list(
    path: Path,
    new: TrustList,
    difference: Difference | None,
    *,
    store: Store | None,
    source: str,
    actor: str,
    at: datetime,
) -> None:
    """Put the new list in place, with its row in the audit: no list without the row. ``store`` of None records
    nothing. Raises OSError, StoreUnavailable."""
    if store is None:
        new.save(path)
        return
    payload = {
        "actor": actor,
        "source": source,
        "eligible": len(new.eligible),
        "cas": len(new.issuers),
        "difference": vars(difference) if difference else None,
    }
    with store.begin() as uow:
        uow.audit.append(AuditEvent("trust.imported", at, payload))
        new.save(path)


def _wait(usual: timedelta) -> timedelta:
    return usual * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  (so that not all ask at once)
