"""A WSGI application over granian's RSGI interface, called only when its request has been received whole.

Over granian's own WSGI interface a request takes a thread before its body has come, and keeps it for as long as the
body takes: four clients that send half a form would stop two workers with two threads each, for ever. Here bodies are
received by the event loop, within a time and a size; then the application runs in the loop's own thread, one request
at a time in each worker, as it would with one WSGI thread.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from idp.listeners import BODY_BYTES, RECEIVE_SECONDS

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_ENVIRON = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Portaria",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": False,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_TEXT = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]


def received_whole(
    application: Application, *, seconds: float = RECEIVE_SECONDS, limit: int = BODY_BYTES
) -> Callable[[Any, Any], Awaitable[None]]:
    """An RSGI callable for ``application``. A body that takes longer than ``seconds`` is answered 408, one of more
    than ``limit`` bytes 413."""

    async def serve(scope: Any, protocol: Any) -> None:
        try:
            async with asyncio.timeout(seconds):
                body = await _body(scope, protocol, limit)
        except TimeoutError:
            protocol.response_str(408, _TEXT, "Request Timeout\n")
            return
        if body is None:
            protocol.response_str(413, _TEXT, "Content Too Large\n")
            return
        protocol.response_bytes(*_call(application, _environ(scope, body)))

    return serve


async def _body(scope: Any, protocol: Any, limit: int) -> bytes | None:
    """The request's body, or None when it is longer than ``limit``. Without one of two headers it has none (RFC 9112
    §6), and none is waited for."""
    body = b""
    if "content-length" not in scope.headers and "transfer-encoding" not in scope.headers:
        return body
    async for chunk in protocol:
        body += chunk
        if len(body) > limit:
            return None
    return body


def _environ(scope: Any, body: bytes) -> dict[str, Any]:
    """PEP 3333. A header named with an underscore would be taken for the one named with a hyphen, and is dropped."""
    environ = _ENVIRON | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),  # granian has decoded the percent signs
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
    environ["REMOTE_ADDR"], _, environ["REMOTE_PORT"] = scope.client.rpartition(":")
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))  # also of a chunked one
    return environ


def _call(application: Application, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    answer: tuple[int, list[tuple[str, str]]] = (500, [])

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        nonlocal answer
        answer = int(status[:3]), headers

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return *answer, body
