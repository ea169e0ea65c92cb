"""A listener that asks for a client certificate, in a process of its own: the certificate host and the mTLS host."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence

from idp.listeners.process import build, stop_event
from idp.settings import Settings


def run(
    settings: Settings, listener: socket.socket, factory: str, ca_certificates: Sequence[bytes], tls_max: str
) -> None:
    """Serve ``factory``'s application on ``listener`` until SIGTERM; requests in progress get some seconds."""
    from idp.listeners.accepting import AcceptingServer
    from idp.listeners.tls import accepting_context

    stop = stop_event()
    context = accepting_context(
        settings.tls_certificate, settings.tls_key, ca_certificates=ca_certificates, tls_max=tls_max
    )
    server = AcceptingServer(listener, build(factory, settings), context)
    server.prepare()

    def serve() -> None:
        try:
            server.serve()
        finally:
            stop.set()

    threading.Thread(target=serve, name="accept", daemon=True).start()
    stop.wait()
    server.stop()
