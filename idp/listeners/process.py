"""What every process of the embedded server does alike: end when told, end when orphaned, build its application."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from typing import Any

from idp.errors import IdpError
from idp.settings import Settings


def stop_event() -> threading.Event:
    """An event set by SIGTERM or SIGINT. Call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def end_with_parent() -> None:
    """Send this process SIGTERM when the process that forked it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def build(factory: str, settings: Settings) -> Any:
    """The WSGI application made by ``factory`` ("module:function"). Ends the process with code 1 and one line on
    standard error when the application refuses to start (any IdpError)."""
    module, _, name = factory.partition(":")
    try:
        return getattr(importlib.import_module(module), name)(settings)
    except IdpError as error:
        print(f"{factory}: {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
