"""A real PostgreSQL cluster for one test process, thrown away at its end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg

from tests.support.debian import postgresql
from tests.support.processes import Process, run

_INITDB = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
_SERVER = ("-c", "listen_addresses=", "-c", "shared_buffers=32MB")
# Vacuum comes when it likes: a test that counts waiting locks, or reads a plan, would sometimes meet it.
_FORGETFUL = tuple(f"-c{one}=off" for one in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"))
Prepare = Callable[[str], None]


class Postgres:
    """A cluster that listens on a Unix socket in a directory only its own user (and root) may enter."""

    def __init__(self, *, durable: bool = False) -> None:
        """Create and start it: about a second and a half. As root it runs under an unprivileged account. ``durable``:
        commit as in production, at the price of a disk's speed."""
        self._options = _SERVER if durable else _SERVER + _FORGETFUL
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.directory = Path(tempfile.mkdtemp(prefix="portaria-pg-", dir="/tmp"))  # a socket's path has 107 bytes
        if self._user:
            shutil.chown(self.directory, self._user)
        self._data = self.directory / "data"
        self._numbers = count(1)
        self._templates: dict[Prepare, str] = {}
        command = [postgresql("initdb"), "-D", self._data, "-U", "portaria", *_INITDB]
        run(command, cwd=self.directory, user=self._user)
        self.start()

    @property
    def pid(self) -> int:
        """The postmaster's."""
        return self._server.pid

    def start(self) -> None:
        """Start the server, also again after ``kill()`` or ``stop()``: its data is still there."""
        self._server = Process(
            [postgresql("postgres"), "-D", self._data, "-k", self.directory, *self._options],
            self.directory / "log",
            user=self._user,
            cwd=self.directory,
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown: clients are cut off
        )
        self._server.wait_for(self._answers, "PostgreSQL answers")

    def stop(self) -> None:
        """Fast shutdown."""
        self._server.stop()

    def kill(self) -> None:
        """As if the machine's power had failed, but for what the kernel already holds."""
        self._server.kill()

    def remove(self) -> None:
        """Stop it and delete its files."""
        self._server.stop()
        shutil.rmtree(self.directory)

    def new_database(self, prepare: Prepare | None = None) -> str:
        """SQLAlchemy URL of a fresh database.

        ``prepare`` receives the URL of a database and fills it (migrations, say). It runs once per cluster; every
        later database for the same function is a copy of the first, made by the server in some 20 ms. It must have
        closed its connections when it returns.
        """
        return self._url(self._create(self._template(prepare) if prepare else "template0"))

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """An autocommit connection to the maintenance database, for a test that watches or ends other sessions."""
        return psycopg.connect(
            host=str(self.directory), user="portaria", dbname="postgres", autocommit=True, connect_timeout=60
        )

    def _template(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            name = self._create("template0")
            prepare(self._url(name))
            self._templates[prepare] = name
        return self._templates[prepare]

    def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        with self.admin() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://portaria@/{database}?host={self.directory}"

    def _answers(self) -> bool:
        try:
            self.admin().close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
