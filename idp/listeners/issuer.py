"""The issuer's listener: granian, in a process of its own, with worker processes. It never asks for a certificate."""

from __future__ import annotations

import multiprocessing
import os
import signal
from functools import partial
from typing import Any

from idp.errors import IdpError
from idp.listeners import BODY_BYTES, RECEIVE_SECONDS
from idp.listeners.process import build, end_with_parent, refusals
from idp.listeners.whole import received_whole
from idp.settings import Settings

STOP_SECONDS = 8  # for requests in progress, before a worker is killed


def run(settings: Settings, host: str, port: int, factory: str) -> None:
    """Serve ``factory``'s application on ``host``:``port`` until SIGTERM."""
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    multiprocessing.set_start_method("fork", force=True)
    Server(
        target=factory,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=settings.workers,
        http=HTTPModes.http1,  # HTTP/2 would have no time limit for headers
        http1_settings=HTTP1Settings(header_read_timeout=RECEIVE_SECONDS * 1000, max_buffer_size=BODY_BYTES),
        websockets=False,
        log_level=LogLevels.warning if settings.log_level == "info" else LogLevels(settings.log_level),
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve(target_loader=partial(_load, factory, settings), wrap_loader=False)


def _load(factory: str, settings: Settings) -> Any:
    end_with_parent()
    with refusals():
        try:
            return received_whole(build(factory, settings))
        except IdpError:
            os.kill(os.getppid(), signal.SIGTERM)  # a worker started again would refuse again
            raise
