"""What TLS must be like on each host, and that no certificate, good or bad, ends the handshake."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from OpenSSL import SSL

from idp.doctor.client import SECONDS, TLS12, TLS13, Failed, ask, context
from idp.doctor.deployment import Deployment, Host
from idp.doctor.findings import Finding
from idp.doctor.hello import hello
from idp.doctor.hop import arrived, entrance
from idp.doctor.remedies import remedy
from idp.doctor.visitors import Visitors

_SOON = timedelta(days=14)
LONG_LIST = 8 * 1024
"""Bytes of CA names. Two roots have some 250; the whole ICP-Brasil has 21,000, which is more than one TLS record."""


def server_certificate(deployment: Deployment, host: Host, now: datetime) -> Finding:
    """A browser's own checks, chain, name and dates, of the host's certificate."""
    try:
        trusting = ssl.create_default_context(cafile=str(deployment.ca) if deployment.ca else None)
        with socket.create_connection(host.address, SECONDS) as plain:
            with trusting.wrap_socket(plain, server_hostname=host.name) as secured:
                found = secured.getpeercert() or {}
    except OSError as error:
        problem = getattr(error, "verify_message", None) or error.strerror or str(error)
        cure = f"a certificate for {host.name} with its whole chain; if its CA is your own: --ca FILE"
        return Finding("server-certificate", host.origin, False, " ".join(problem.split()), cure)
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    soon = end - now < _SOON
    return Finding(
        "server-certificate", host.origin, not soon, f"until {end:%Y-%m-%d}", "renew it, and see why nothing did" * soon
    )


def versions(deployment: Deployment, host: Host) -> Finding:
    """TLS 1.2 and, where the settings have it, 1.3; nothing older."""
    highest = SSL.TLS1_3_VERSION
    if host.role == "second" or (host.role == "certificate" and deployment.settings.certificate_tls_max == "1.2"):
        highest = SSL.TLS1_2_VERSION
    problems = []
    if old := _spoken(host, SSL.TLS1_1_VERSION, SSL.TLS1_VERSION):
        problems.append(f"{old} is spoken")
    if not _spoken(host, SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION):
        problems.append("TLS 1.2 is not spoken")
    newest = _spoken(host, SSL.TLS1_3_VERSION, SSL.TLS1_3_VERSION)
    if newest and highest == SSL.TLS1_2_VERSION:
        problems.append("TLS 1.3 is spoken although the settings keep it away")
    if not newest and highest == SSL.TLS1_3_VERSION:
        problems.append("TLS 1.3 is not spoken")
    spoken = "TLS 1.2" if highest == SSL.TLS1_2_VERSION else "TLS 1.2 and 1.3"
    if problems == ["TLS 1.3 is spoken although the settings keep it away"]:
        cure = remedy(deployment.settings.certificate_source, "tls-highest")
    else:
        cure = remedy(deployment.settings.certificate_source, "tls-versions") if problems else ""
    return Finding("tls-versions", host.origin, not problems, "; ".join(problems) or spoken, cure)


def certificate_request(deployment: Deployment, host: Host) -> Finding:
    """Asks exactly where it must."""
    asked = hello(host).asked
    detail = "asks for a client certificate" if asked else "does not ask for a client certificate"
    right = asked == host.asks
    cure = "" if right else remedy(deployment.settings.certificate_source, "certificate-request")
    return Finding("certificate-request", host.origin, right, detail, cure)


def ca_names(deployment: Deployment, host: Host, expected: Sequence[bytes]) -> Finding:
    """``expected``: DER of the names that the settings have advertised; of which none may be missing."""
    names = hello(host).ca_names
    size = sum(len(name) + 2 for name in names)
    said = f"{len(names)} CA names, {size} bytes"
    missing = len(set(expected) - set(names))
    problem = ""
    if missing and names:
        problem = f"{said}; {missing} of the {len(expected)} expected are missing, so browsers hide what is under them"
    elif missing:
        problem = f"no CA names, where {len(expected)} are expected: browsers offer certificates that cannot be used"
    elif names and not expected:
        problem = f"{said}, where the settings have none"
    elif size > LONG_LIST and len(names) > len(expected):
        problem = f"{said}, where the settings have {len(expected)}"
    cure = remedy(deployment.settings.certificate_source, "ca-names") if problem else ""
    return Finding("ca-names", host.origin, not problem, problem or said, cure)


def any_visitor(deployment: Deployment, host: Host, visitors: Visitors) -> Iterator[Finding]:
    """Every kind of certificate, in every TLS version of the host, reaches the application."""
    problems = []
    spoken = [version for version in (TLS12, TLS13) if _spoken(host, _pyopenssl(version), _pyopenssl(version))]
    for version in spoken:
        for visitor in visitors.all():
            try:
                answer = ask(host, entrance(host), tls=context(visitor, version))
            except Failed as error:
                problems.append(f"{visitor.kind} over {version.name}: {error}")
                continue
            if not arrived(deployment, host, answer) and not answer.refused:
                problems.append(f"{visitor.kind} over {version.name}: {answer.describe()} from the server before it")
    kinds = ", ".join(visitor.kind for visitor in visitors.all())
    cure = remedy(deployment.settings.certificate_source, "any-visitor") if problems else ""
    detail = "; ".join(problems) or f"{kinds}: all reach the application"
    yield Finding("any-visitor", host.origin, not problems, detail, cure)


def resumption(deployment: Deployment, host: Host, visitors: Visitors) -> Finding:
    """No session of this host, nor of one that shares its address, is resumed here."""
    resumed = []
    for first in (one for one in deployment.hosts if one.address == host.address):
        for version in (TLS12, TLS13):
            tls = context(visitors.self_signed, version)
            try:
                session = ask(first, entrance(first), tls=tls).session
                if session and ask(host, entrance(host), tls=tls, session=session).reused:
                    resumed.append(f"a session of {first.netloc} over {version.name}")
            except Failed:
                continue  # what cannot be made cannot be resumed; other checks say why
    detail = f"resumes {', '.join(resumed)}" if resumed else "resumes no session"
    cure = remedy(deployment.settings.certificate_source, "resumption") if resumed else ""
    return Finding("resumption", host.origin, not resumed, detail, cure)


def http_1(deployment: Deployment, host: Host) -> Iterator[Finding]:
    """HTTP/1.1, one request a connection."""
    answer = ask(host, entrance(host), tls=context(alpn=("http/1.1",)))
    source = deployment.settings.certificate_source
    protocol = _alpn(host)
    shared = protocol == "h2"
    cure = remedy(source, "http-1.1") if shared else ""
    yield Finding("http-1.1", host.origin, not shared, f"settles on {protocol or 'HTTP/1.1'}", cure)
    kept = "close" not in answer.headers.get("Connection", "").lower()
    detail = "keeps the connection for further requests" if kept else "one request a connection"
    yield Finding("one-request", host.origin, not kept, detail, remedy(source, "one-request") if kept else "")


def _alpn(host: Host) -> str | None:
    try:
        with socket.create_connection(host.address, SECONDS) as plain:
            with context(alpn=("h2", "http/1.1")).wrap_socket(plain, server_hostname=host.name) as secured:
                return secured.selected_alpn_protocol()
    except OSError as error:
        raise Failed(str(error)) from error


def _spoken(host: Host, highest: int, lowest: int) -> str:
    """The version agreed on within the range, "" for none."""
    try:
        return hello(host, highest, lowest).version
    except Failed:
        return ""


def _pyopenssl(version: ssl.TLSVersion) -> int:
    return SSL.TLS1_2_VERSION if version is TLS12 else SSL.TLS1_3_VERSION
