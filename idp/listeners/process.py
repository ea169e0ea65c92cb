"""What every process of the embedded server does alike: end when told, end when orphaned, build its application."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from idp.errors import IdpError
from idp.settings import Settings

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_event() -> threading.Event:
    """An event set by SIGTERM or SIGINT. Call it in the main thread."""
    stop = threading.Event()
    for number in _SIGNALS:
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


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold back SIGTERM and SIGINT while processes are forked: one that came before a child has handlers of its own
    would end in a copy of its parent's, and be lost. :func:`child` lets them through again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def child(target: Callable[..., None], *arguments: Any) -> None:
    """Run ``target`` as the main function of a forked process of its own group: Ctrl-C then reaches the supervisor
    alone, which stops everybody in order."""
    os.setpgrp()
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    end_with_parent()
    with refusals():
        target(*arguments)


@contextmanager
def refusals() -> Iterator[None]:
    """End the process with code 1 and the reason on standard error when an application refuses to start (IdpError)."""
    try:
        yield
    except IdpError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def build(factory: str, settings: Settings) -> Any:
    """The WSGI application made by ``factory`` ("module:function")."""
    module, _, name = factory.partition(":")
    return getattr(importlib.import_module(module), name)(settings)
