"""The hosts of a deployment, out of its settings, and where to connect to for each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from idp.settings import Settings

Role = Literal["issuer", "certificate", "second", "mtls"]
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Host:
    """``name`` is what SNI says, ``netloc`` what the Host header says, ``address`` where to connect to."""

    role: Role
    name: str
    netloc: str
    address: Address

    @property
    def origin(self) -> str:
        return f"https://{self.netloc}"

    @property
    def asks(self) -> bool:
        """Whether it must ask for a client certificate."""
        return self.role != "issuer"

    @property
    def gateway(self) -> bool:
        """Whether the gateway application is behind it."""
        return self.role in ("certificate", "second")


@dataclass(frozen=True, slots=True)
class Deployment:
    """``ca``: PEM file of what is to be trusted for the hosts' own certificates; None trusts what this machine does."""

    settings: Settings
    hosts: tuple[Host, ...]
    ca: Path | None = None

    @property
    def proxied(self) -> bool:
        return self.settings.certificate_source != "embedded"

    def host(self, role: Role) -> Host:
        return next(host for host in self.hosts if host.role == role)


def deployment(settings: Settings, connect: Mapping[str, Address], ca: Path | None = None) -> Deployment:
    """The hosts that ``settings`` names. ``connect`` maps a role, or "" for all of them, to another address than the
    one its name leads to. Where each login has a name of its own, so have the probes."""
    origins: dict[Role, str] = {"issuer": settings.issuer, "certificate": settings.certificate_origin}
    if settings.certificate_second_origin:
        origins["second"] = settings.certificate_second_origin
    origins["mtls"] = settings.mtls_origin
    hosts = []
    for role, origin in origins.items():
        parts = urlsplit(origin)
        name, netloc = parts.hostname or "", parts.netloc
        address = connect.get(role) or connect.get("") or (name, parts.port or 443)
        if settings.certificate_wildcard and role in ("certificate", "second"):
            label = secrets.token_hex(8)
            name, netloc = f"{label}.{name}", f"{label}.{netloc}"
        hosts.append(Host(role, name, netloc, address))
    return Deployment(settings, tuple(hosts), ca)
