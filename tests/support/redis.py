"""A real redis-server for one test process, thrown away at its end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support.debian import program
from tests.support.processes import Process

_OPTIONS = ("--port", "0", "--save", "", "--appendonly", "no")


class RedisServer:
    """redis-server on a Unix socket, keeping nothing on disk."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="portaria-redis-", dir="/tmp"))
        self.url = f"unix://{self.directory}/socket"
        self.start()

    def start(self) -> None:
        """Start the server, also again after ``kill()``: it comes back empty."""
        self._server = Process(
            [program("redis-server", "redis-server"), *_OPTIONS, "--unixsocket", self.directory / "socket"],
            self.directory / "log",
            cwd=self.directory,
        )
        self._server.wait_for(self._answers, "Redis answers")

    @property
    def pid(self) -> int:
        return self._server.pid

    def flush(self) -> None:
        """Forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._server.kill()

    def remove(self) -> None:
        """Stop it and delete its files."""
        self._server.kill()
        shutil.rmtree(self.directory)

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except RedisConnectionError:
            return False
