"""The embedded HTTPS server: the issuer, the certificate host and the mTLS host in one command.

Each listener is a process of its own (the issuer has workers below it), so that a slow handshake or a hostile
certificate never takes a thread from the issuer. This module is the supervisor: it binds, starts, waits and stops.
"""

from __future__ import annotations

import importlib
import multiprocessing
import socket
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from multiprocessing.context import ForkProcess
from threading import Event
from typing import Any

from idp.errors import ConfigurationError
from idp.listeners import client_certificate, issuer
from idp.listeners.client_certificate import Asking
from idp.listeners.process import child, signals_held, stop_event
from idp.settings import Settings

START_SECONDS = 180.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Factories:
    """Where each listener's WSGI application comes from: "module:function", called with the settings."""

    issuer: str = "idp.app:create_issuer"
    certificate: str = "idp.app:create_gateway"
    mtls: str = "idp.app:create_mtls"


def serve(
    settings: Settings,
    *,
    ca_certificates: Sequence[bytes] = (),
    factories: Factories | None = None,
    worker: str = "",
) -> int:
    """Run the listeners until SIGINT or SIGTERM, then stop every process. Call it in the main thread.

    ``ca_certificates``: DER certificates whose subjects the certificate host advertises, as chosen by
    ``settings.certificate_ca_names``; its second address names none. ``worker``: the periodic work beside them,
    "module:function" called with the settings and an event that stops it; empty for none. Prints one line when all
    accept connections.

    Returns 0 after a signal, 1 when a listener did not start or ended by itself (it has said why on standard error).
    Raises ConfigurationError, before anything is started, when a port is taken or the TLS files cannot be used.
    """
    factories = factories or Factories()
    _check(settings)
    names = ["issuer", "certificate", *(["certificate_second"] if settings.certificate_second_origin else []), "mtls"]
    sockets = {name: _bind(settings, name) for name in names}
    addresses = {name: sock.getsockname()[:2] for name, sock in sockets.items()}
    sockets.pop("issuer").close()  # granian's workers each bind this port themselves
    issuing = _child("issuer listener", issuer.run, settings, *addresses["issuer"], factories.issuer)
    addressed = [Asking(sockets["certificate"], tuple(ca_certificates), settings.certificate_tls_max)]
    if "certificate_second" in sockets:
        addressed.append(Asking(sockets["certificate_second"], tls_max="1.2"))
    served = {
        "certificate": (factories.certificate, addressed),
        "mtls": (factories.mtls, [Asking(sockets["mtls"])]),
    }
    asking = {
        name: _child(f"{name} listener", client_certificate.run, settings, app, *on)
        for name, (app, on) in served.items()
    }
    working = [_child("worker", _work, settings, worker)] if worker else []
    children = [*asking.values(), issuing, *working]
    for factory in astuple(factories):
        importlib.import_module(factory.partition(":")[0])  # once, before forking: the processes share its memory
    stop = stop_event()
    try:
        with signals_held():
            for name, process in asking.items():
                process.start()
                for one in served[name][1]:
                    one.listener.close()  # so that who is forked next does not hold it open
            issuing.start()
            for process in working:
                process.start()
        return _watch(settings, addresses, children, stop)
    finally:
        _stop(children)


def _work(settings: Settings, worker: str) -> None:
    """Imported here, in its own process: what fetches from other machines is not in the memory of those that serve."""
    module, _, function = worker.partition(":")
    getattr(importlib.import_module(module), function)(settings, stop_event())


def _watch(
    settings: Settings, addresses: dict[str, tuple[str, int]], children: Sequence[ForkProcess], stop: Event
) -> int:
    ready = False
    give_up = time.monotonic() + START_SECONDS
    while not stop.wait(0.5 if ready else 0.05):
        ended = [process for process in children if process.exitcode is not None]
        if ended:
            print(f"the {ended[0].name} ended (exit {ended[0].exitcode}); stopping", file=sys.stderr)
            return 1
        if ready:
            continue
        if all(_accepts(address) for address in addresses.values()):
            where = ", ".join(f"{name} {host}:{port}" for name, (host, port) in addresses.items())
            print(f"Portaria is ready: {settings.issuer} ({where})", flush=True)
            ready = True
        elif time.monotonic() > give_up:
            print(f"not accepting connections after {START_SECONDS:.0f} s; stopping", file=sys.stderr)
            return 1
    return 0


def _stop(children: Sequence[ForkProcess]) -> None:
    started = [process for process in children if process.pid is not None]
    for process in started:
        process.terminate()
    give_up = time.monotonic() + STOP_SECONDS
    for process in started:
        process.join(max(0.0, give_up - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def _check(settings: Settings) -> None:
    if settings.certificate_source != "embedded":
        raise ConfigurationError(
            f"IDP_CERTIFICATE_SOURCE is {settings.certificate_source}, but the embedded server does its own handshakes",
            "unset it, or serve idp.wsgi behind the proxy (deploy/)",
        )
    certificate, key = settings.tls_certificate, settings.tls_key
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the server's own TLS certificate {certificate} with key {key} cannot be used: {error}",
            "point IDP_TLS_CERTIFICATE and IDP_TLS_KEY at a PEM chain and its unencrypted key",
        ) from error


def _bind(settings: Settings, name: str) -> socket.socket:
    """A bound, not yet listening socket; binding it here proves the port free and resolves port 0."""
    field = f"{name}_port"
    port = getattr(settings, field)
    family, _, _, _, address = socket.getaddrinfo(settings.bind, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise ConfigurationError(
            f"cannot listen on {settings.bind}:{port} for the {name} host: {error.strerror}",
            f"stop what uses the port or choose another: IDP_{field.upper()}",
        ) from error
    return sock


def _child(name: str, target: Callable[..., None], *arguments: Any) -> ForkProcess:
    return multiprocessing.get_context("fork").Process(name=name, target=child, args=(target, *arguments))


def _accepts(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
