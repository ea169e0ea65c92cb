"""Periodic work, apart from every request: sealing the audit chain, forgetting what has expired.

One process may run it or several: each job is safe beside itself. A job that fails is logged and tried again at its
next turn; it never stops the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog

from idp import audit
from idp.clock import SystemClock
from idp.keyring import KeyRing
from idp.settings import Settings
from idp.storage.sql import SqlStore, open_store, schema
from idp.web import logs

_log = structlog.get_logger("idp.worker")


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    run: Callable[[datetime], object]


def jobs(settings: Settings, store: SqlStore, keys: KeyRing) -> tuple[Job, ...]:
    """Everything that is done periodically, and how often."""
    return (
        Job(
            "audit.seal",
            timedelta(seconds=1),
            lambda at: audit.seal(store.audit_log(), keys.sign_checkpoint, at, settings.checkpoint_file),
        ),
        Job("spent.purge", timedelta(minutes=1), store.purge),
    )


def run(settings: Settings, stop: Event) -> None:
    """Do every job when it is due until ``stop``. Raises ConfigurationError when database or keys do not allow it."""
    logs.configure(settings.log_level)
    store = open_store(settings.database_url)
    schema.check(store.engine, settings.realm)
    keys = KeyRing.open(settings.signing_dir, settings.realm)
    clock = SystemClock()
    due = dict.fromkeys(jobs(settings, store, keys), 0.0)
    try:
        while not stop.is_set():
            for job in due:
                if due[job] <= time.monotonic():
                    _attempt(job, clock.now())
                    due[job] = time.monotonic() + job.every.total_seconds()
            stop.wait(max(0.05, min(due.values()) - time.monotonic()))
    finally:
        store.close()


def _attempt(job: Job, at: datetime) -> None:
    try:
        job.run(at)
    except Exception as error:  # noqa: BLE001  (one job's failure is not the others')
        _log.error("job_failed", job=job.name, error=str(error), kind=type(error).__name__)
