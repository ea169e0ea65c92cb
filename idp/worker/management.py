"""The management listener: plain HTTP for what watches the installation, in threads of the worker's process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import structlog
from cheroot.wsgi import Server
from prometheus_client import CONTENT_TYPE_LATEST

from idp.domain.masking import sem_documentos
from idp.errors import ConfigurationError
from idp.ports import Clock
from idp.worker.condition import Condition
from idp.worker.metrics import Metrics

_log = structlog.get_logger("idp.worker")
_THREADS, _SECONDS, _STOP_SECONDS = 2, 5, 1
_Answer = tuple[str, str, bytes]
"""Status line, media type, body."""


class Management:
    """The WSGI application: liveness, readiness, metrics."""

    def __init__(self, condition: Condition, metrics: Metrics, clock: Clock) -> None:
        self._condition, self._metrics, self._clock = condition, metrics, clock
        self._pages = {"/health/live": _live, "/health/ready": self._ready, "/metrics": self._text}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        page = self._pages.get(environ["PATH_INFO"])
        if page is None:
            status, media, body = "404 Not Found", "text/plain", b"not found\n"
        elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, media, body = "405 Method Not Allowed", "text/plain", b"GET or HEAD\n"
        else:
            status, media, body = page()
        headers = [("Content-Type", media), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response(status, [*headers, ("Allow", "GET, HEAD")] if status.startswith("405") else headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _ready(self) -> _Answer:
        problems = self._condition.problems(self._clock.now())
        body = sem_documentos(json.dumps(problems, ensure_ascii=False)).encode() + b"\n"
        return "503 Service Unavailable" if problems else "200 OK", "application/json", body

    def _text(self) -> _Answer:
        return "200 OK", CONTENT_TYPE_LATEST, self._metrics.text()


@contextmanager
def listening(address: tuple[str, int], application: Management) -> Iterator[tuple[str, int]]:
    """Serve until the block ends; the address bound. Raises ConfigurationError when it cannot be had."""
    server = Server(address, application, numthreads=_THREADS, timeout=_SECONDS, shutdown_timeout=_STOP_SECONDS)
    try:
        server.prepare()
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {address[0]}:{address[1]} for management: {error}",
            "stop what uses it or choose another: IDP_MANAGEMENT",
        ) from error
    host, port = server.bind_addr[:2]
    thread = Thread(target=server.serve, name="management", daemon=True)
    thread.start()
    _log.info("management_listening", host=host, port=port)
    try:
        yield host, port
    finally:
        server.stop()
        thread.join(_SECONDS)


def _live() -> _Answer:
    return "200 OK", "text/plain", b"alive\n"
