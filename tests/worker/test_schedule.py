from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event

from structlog.testing import capture_logs

from idp.worker.schedule import Job, work
from tests.certificate.openssl_pki import NOW


class At:
    def now(self) -> datetime:
        return NOW


def test_each_job_runs_at_once_and_again_when_its_turn_comes() -> None:
    ran: list[str] = []
    stop = Event()

    def often(at: datetime) -> None:
        ran.append("often")
        if ran.count("often") == 3:
            stop.set()

    rare = Job("rare", timedelta(hours=1), lambda at: ran.append("rare"))
    work([Job("often", timedelta(milliseconds=1), often), rare], At(), stop)
    assert ran == ["often", "rare", "often", "often"]


def test_a_job_that_fails_is_logged_and_stops_no_other() -> None:
    stop = Event()

    def fails(at: datetime) -> None:
        raise ValueError("no such thing")

    with capture_logs() as lines:
        jobs = [Job("fails", timedelta(hours=1), fails), Job("ends", timedelta(hours=1), lambda at: stop.set())]
        work(jobs, At(), stop)
    assert lines == [
        {"event": "job_failed", "job": "fails", "error": "no such thing", "kind": "ValueError", "log_level": "error"}
    ]


def test_without_jobs_it_waits_to_be_stopped() -> None:
    stop = Event()
    stop.set()
    work([], At(), stop)
