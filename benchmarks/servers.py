"""What is measured, running: the issuer on each storage, and stock Flask, each on granian as behind a TLS proxy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import proc
from benchmarks.installation import Installation, install
from benchmarks.load import CONNECTIONS
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.processes import Process
from tests.support.redis import RedisServer

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
STORES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Served:
    """``storage``: root processes of its database servers."""

    url: str
    server: Process
    storage: tuple[int, ...] = field(default=())

    @property
    def roots(self) -> tuple[int, ...]:
        return (self.server.pid, *self.storage)

    def pss_mib(self) -> list[float]:
        """Of each worker. Granian forks some helpers of its own too; a worker is what serves, so has threads."""
        return [proc.pss_mib(pid) for pid in proc.children(self.server.pid)]


@contextmanager
def hello(directory: Path) -> Iterator[Served]:
    with ExitStack() as running:
        yield _granian("benchmarks.hello:app", directory / "hello.log", {}, running)


@contextmanager
def issuer(store: str, directory: Path) -> Iterator[tuple[Served, Installation]]:
    """The issuer on ``store`` (a key of STORES), installed in ``directory``, with the database server it needs."""
    with ExitStack() as running:
        storage: tuple[int, ...] = ()
        if store == "sqlite":
            installed = install(directory, f"sqlite:///{directory}/portaria.sqlite", "sql")
        else:
            postgres = Postgres(durable=True)
            running.callback(postgres.remove)
            redis = RedisServer()
            running.callback(redis.remove)
            installed = install(directory, postgres.new_database(), redis.url)
            storage = (postgres.pid, redis.pid)
        env = {"IDP_CONFIG": str(installed.config)}
        served = _granian("idp.wsgi:issuer", directory / "issuer.log", env, running)
        yield Served(served.url, served.server, storage), installed


def _granian(target: str, log: Path, env: dict[str, str], running: ExitStack) -> Served:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", str(WORKERS)]
    # A burst of new connections would all go to the worker that wakes first; each takes its share and no more.
    command += ["--backpressure", str(CONNECTIONS // WORKERS), "--blocking-threads", "2"]
    command += ["--port", str(port), "--no-access-log", target]
    process = running.enter_context(Process(command, log, env=env, cwd=ROOT))
    process.wait_for_port(port)
    return Served(f"http://127.0.0.1:{port}", process)
