"""A listener that asks for a client certificate, in a process of its own: the certificate host and the mTLS host."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from idp.listeners.process import build, stop_event
from idp.settings import Settings


@dataclass(frozen=True)
class Asking:
    """A bound socket and how it asks: which CA names it advertises (DER certificates), up to which TLS version."""

    listener: socket.socket
    ca_certificates: Sequence[bytes] = ()
    tls_max: str = "1.3"


def run(settings: Settings, factory: str, *asking: Asking) -> None:
    """Serve ``factory``'s application on each listener until SIGTERM; requests in progress get some seconds."""
    from idp.listeners.accepting import AcceptingServer
    from idp.listeners.tls import accepting_context

    stop = stop_event()
    application = build(factory, settings)
    servers = []
    for one in asking:
        context = accepting_context(
            settings.tls_certificate, settings.tls_key, ca_certificates=one.ca_certificates, tls_max=one.tls_max
        )
        servers.append(AcceptingServer(one.listener, application, context))
        servers[-1].prepare()

    def serve(server: AcceptingServer) -> None:
        try:
            server.serve()
        finally:
            stop.set()

    for server in servers:
        threading.Thread(target=serve, args=(server,), name="accept", daemon=True).start()
    stop.wait()
    for server in servers:
        server.stop()
