"""What the hosts say over HTTP: the issuer's name and keys, HSTS, the time, and which host answers for which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from idp.doctor.client import Failed, ask
from idp.doctor.deployment import Deployment, Host
from idp.doctor.findings import Finding
from idp.doctor.hop import arrived, entrance
from idp.doctor.remedies import remedy

_DISCOVERY = "/.well-known/openid-configuration"
_SKEW = 5
"""Seconds. Half of the least leeway that assertions are given."""
_YEAR = 365 * 86400
_MISLEADING = (
    ("X-Forwarded-Host", "doctor.invalid"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Prefix", "/doctor"),
    ("Forwarded", "host=doctor.invalid;proto=http"),
)
_PRIVATE = {"d", "p", "q", "k"}


def discovery(deployment: Deployment) -> Iterator[Finding]:
    """The issuer calls itself what the settings call it, whatever a client's headers say, and its keys can be had."""
    host, settings = deployment.host("issuer"), deployment.settings
    answer = ask(host, _DISCOVERY, _MISLEADING)
    document = answer.json()
    named = document.get("issuer") if isinstance(document, dict) else None
    if named != settings.issuer:
        said = f"its issuer is {named!r}" if named else f"{answer.describe()}, no discovery document"
        cure = f"one of {settings.issuer} and IDP_ISSUER of the running application is wrong; restart it after a change"
        yield Finding("discovery", host.origin + _DISCOVERY, False, said, cure)
        return
    yield Finding("discovery", host.origin + _DISCOVERY, True, f"issuer {named}")
    uri = str(document.get("jwks_uri", ""))
    path = uri.removeprefix(settings.issuer)
    if path == uri or not path.startswith("/"):
        yield Finding(
            "jwks", uri, False, "jwks_uri is on another origin", "restart the application with one IDP_ISSUER"
        )
        return
    answer = ask(host, path)
    found = answer.json()
    keys = [key for key in found.get("keys", ()) if isinstance(key, dict)] if isinstance(found, dict) else []
    sound = answer.status == 200 and keys and not any(_PRIVATE & key.keys() for key in keys)
    detail = f"{len(keys)} public keys" if sound else f"{answer.describe()}: not a set of public keys"
    yield Finding("jwks", uri, bool(sound), detail, "" if sound else "idp keys list; then restart the application")


def hsts(deployment: Deployment, host: Host) -> Iterator[Finding]:
    """A year or more, but not where no host has one: in the sandbox, and on names that exist for one login."""
    settings = deployment.settings
    if settings.realm == "sandbox" or (host.gateway and settings.certificate_wildcard):
        return
    header = ask(host, entrance(host)).headers.get("Strict-Transport-Security", "")
    age = re.search(r'max-age="?([0-9]+)', header, re.IGNORECASE)
    right = bool(age) and int(age[1] if age else 0) >= _YEAR
    cure = "" if right else remedy(settings.certificate_source, "hsts")
    yield Finding("hsts", host.origin, right, header or "no Strict-Transport-Security", cure)


def clock(host: Host, before: datetime, after: datetime, date: str | None) -> Finding:
    """``date`` is the Date header of an answer asked for at ``before`` and had at ``after``, this machine's time."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return Finding(
            "clock", host.origin, False, "its answers have no Date", "let the server send Date (RFC 9110 §6.6.1)"
        )
    # A Date is cut to its second.
    skew = max((before - theirs).total_seconds() - 1, (theirs - after).total_seconds(), 0.0)
    detail = (
        f"its clock and this machine's are {skew:.0f} s apart" if skew >= 1 else "its clock agrees with this machine's"
    )
    cure = "chrony or systemd-timesyncd on both machines: timedatectl status" if skew > _SKEW else ""
    return Finding("clock", host.origin, skew <= _SKEW, detail, cure)


def cross_hosts(deployment: Deployment) -> Iterator[Finding]:
    """On a shared address, a connection made for one host (SNI) does not serve another (Host): 421, RFC 9110 §15.5.20.

    Hosts with an address each need no check: whatever answers there asked as that host asks.
    """
    source = deployment.settings.certificate_source
    for host in deployment.hosts:
        wrong = []
        for other in deployment.hosts:
            if other.address != host.address or other.name == host.name:
                continue
            try:
                answer = ask(host, entrance(host) if host.gateway else _DISCOVERY, sni=other.name)
            except Failed:
                continue
            if answer.status != 421:
                what = "its application answers" if arrived(deployment, host, answer) else answer.describe()
                wrong.append(f"over a connection to {other.name}: {what} instead of 421")
        cure = remedy(source, "cross-host") if wrong else ""
        yield Finding("cross-host", host.origin, not wrong, "; ".join(wrong) or "serves its own connections only", cure)
