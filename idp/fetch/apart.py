"""Hostile bytes are parsed in a process of their own, which may use 1 GiB and ends with its parent.

``call`` runs one task of :mod:`idp.fetch.tasks` there. The child gets no environment: neither database URL nor secrets.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from idp.fetch.connection import NotFetched

SECONDS = 120.0


def call(task: str, *, seconds: float = SECONDS, **arguments: Any) -> Any:
    """What the task returns. ``arguments`` and the result are JSON. Raises NotFetched("parser-died") when the process
    ends without a result, by its limits or otherwise."""
    job = json.dumps({"task": task, "arguments": arguments}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "idp.fetch.tasks"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={"MALLOC_ARENA_MAX": "1"},  # arenas would reserve what the limit counts
    ) as child:
        late = threading.Timer(seconds, child.kill)
        late.daemon = True
        late.start()
        try:
            # Standard input stays open until the answer: its end tells the child that nobody waits any more.
            answer = _answer(child, job)
        finally:
            late.cancel()
            child.kill()
    try:
        return json.loads(answer)["result"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotFetched("parser-died", f"exit {child.returncode}") from error


def _answer(child: subprocess.Popen[bytes], job: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        return b""
    with suppress(BrokenPipeError):
        child.stdin.write(job)
        return child.stdout.read()
    return b""
