"""Jobs and their turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog

from idp.ports import Clock

_log = structlog.get_logger("idp.worker")
_SHORTEST = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` is called with the moment, every ``every``, at first at once."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


def work(jobs: Iterable[Job], clock: Clock, stop: Event, failed: Callable[[str], object] = lambda name: None) -> None:
    """Do each job when its turn comes, one after another, until ``stop``. ``failed`` is told the name of each job that
    fails, each time."""
    due = dict.fromkeys(jobs, 0.0)
    while not stop.is_set():
        for job in due:
            if due[job] <= time.monotonic() and not stop.is_set():
                _attempt(job, clock.now(), failed)
                due[job] = time.monotonic() + job.every.total_seconds()
        stop.wait(max(_SHORTEST, min(due.values()) - time.monotonic()) if due else None)


def _attempt(job: Job, at: datetime, failed: Callable[[str], object]) -> None:
    try:
        job.run(at)
    except Exception as error:  # noqa: BLE001  (one job's failure is not the others')
        _log.error("job_failed", job=job.name, error=str(error), kind=type(error).__name__)
        failed(job.name)
