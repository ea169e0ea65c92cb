"""The job that keeps the revocation index fresh."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Event

import structlog

from idp.certificate import tokens
from idp.certificate.revocation import DIRECTORY
from idp.certificate.trust.current import CurrentTrust
from idp.fetch.crls import Crls, Fetched
from idp.fetch.tokens import FETCH
from idp.ports import AuditEvent, Store
from idp.settings import Settings

_log = structlog.get_logger("idp.worker")


class CrlRefresh:
    """Asks every source that is due. What came in is one row of the audit; what did not is a line of the log."""

    def __init__(self, settings: Settings, store: Store, trust: CurrentTrust, stop: Event) -> None:
        self._settings, self._store, self._trust, self._stop = settings, store, trust, stop

    def __call__(self, at: datetime) -> None:
        crls = Crls(self._trust.at(at), self._settings.trust_dir / DIRECTORY, at, self._settings.crl_extra_urls)
        due = crls.due(at)
        if not due:
            return
        imported: list[tuple[str, str]] = []
        try:
            for fetched in crls.sync(due, at, stop=self._stop):
                _say(fetched)
                if fetched.attempt.outcome == "imported":
                    imported.append((fetched.attempt.issuer_key, fetched.url))
        finally:  # an index that cannot be written ends the round; what came before is in it
            record(self._store, imported, at, actor="worker")


def record(store: Store, lists: Sequence[tuple[str, str]], at: datetime, *, actor: str) -> None:
    """One row for all lists that came into the index together, as (issuer key, where from); none for none."""
    if lists:
        payload = {"actor": actor, "lists": [{"issuer_key": key, "source": source} for key, source in lists]}
        with store.begin() as uow:
            uow.audit.append(AuditEvent("crl.imported", at, payload))


def _say(fetched: Fetched) -> None:
    attempt = fetched.attempt
    if attempt.outcome == "imported":
        _log.info("crl_imported", ca=fetched.name, url=fetched.url)
    elif not attempt.good:
        say = _log.error if attempt.detail == "shrunk" else _log.warning
        why = tokens.CRL.get(attempt.detail) or FETCH.get(attempt.detail, "")
        say(
            "crl_kept", ca=fetched.name, url=fetched.url, outcome=attempt.outcome, detail=attempt.detail,
            why=why, said=attempt.said,
        )  # fmt: skip
