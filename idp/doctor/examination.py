"""All probes of a deployment, in the order in which one explains the next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from idp.doctor import backend as backends
from idp.doctor import documents, hop, local, transport
from idp.doctor.client import Answer, Failed, ask
from idp.doctor.deployment import Address, Deployment, Host
from idp.doctor.findings import Finding
from idp.doctor.visitors import Visitors, make_visitors
from idp.ports import Clock

Probe = Callable[[], Iterable[Finding] | Finding]


def examine(
    deployment: Deployment, clock: Clock, *, here: bool = True, backend: Address | str | None = None
) -> Iterator[Finding]:
    """``here``: this machine has the deployment's files, so look at them too. ``backend``: the gateway
    application's own socket, None for not to be looked at."""
    settings = deployment.settings
    if here:
        yield from local.trust_and_crls(settings, clock.now())
    with tempfile.TemporaryDirectory(prefix="idp-doctor-") as directory:
        visitors = make_visitors(Path(directory), clock.now())
        for host in deployment.hosts:
            before = clock.now()
            try:
                answer = ask(host, hop.entrance(host))
            except Failed as error:
                yield Finding("reachable", host.origin, False, str(error), _unreachable(host))
                continue
            yield documents.clock(host, before, clock.now(), answer.headers.get("Date"))
            for probe in _probes(deployment, host, visitors, clock, answer, here):
                yield from _findings(probe, host.origin)
    yield from _findings(lambda: documents.discovery(deployment), settings.issuer)
    yield from _findings(lambda: documents.cross_hosts(deployment), settings.issuer)
    if backend is not None and deployment.proxied:
        yield from _findings(lambda: backends.backend(deployment, backend), str(backend))


def _probes(
    deployment: Deployment, host: Host, visitors: Visitors, clock: Clock, answer: Answer, here: bool
) -> Iterator[Probe]:
    yield lambda: transport.server_certificate(deployment, host, clock.now())
    yield lambda: transport.versions(deployment, host)
    yield lambda: transport.certificate_request(deployment, host)
    if host.asks:
        yield lambda: transport.any_visitor(deployment, host, visitors)
        yield lambda: transport.resumption(deployment, host, visitors)
        yield lambda: transport.http_1(deployment, host)
        yield lambda: hop.hop(deployment, host)
    if host.role == "certificate" and here:
        names = local.advertised(deployment.settings, local.trust_list(deployment.settings))
        yield lambda: transport.ca_names(deployment, host, names)
    if host.role == "second":
        yield lambda: transport.ca_names(deployment, host, ())
    if not host.asks or not answer.refused:
        yield lambda: hop.forged_headers(deployment, host, visitors)
    yield lambda: documents.hsts(deployment, host)


def _findings(probe: Probe, where: str) -> Iterator[Finding]:
    try:
        found = probe()
        yield from [found] if isinstance(found, Finding) else list(found)
    except Failed as error:
        yield Finding("reachable", where, False, f"ended early: {error}", "see the server's error log")


def _unreachable(host: Host) -> str:
    return f"is it started, and does {host.name} lead to it? Before DNS exists: --connect {host.role}=HOST:PORT"
