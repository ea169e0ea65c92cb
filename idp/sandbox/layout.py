"""Where a sandbox keeps what, and how its parts find each other. Everything is under one directory::

pki/                  certificates (idp.sandbox.pki)
idp.toml              the provider's settings: IDP_CONFIG=DIR/idp.toml makes any idp command work on the sandbox
relying-party.json    the demonstration relying party's settings
cadastro.csv          the demonstration cadastro as imported
state/                the provider's database, signing keys, trust list and audit checkpoints
log/                  what the processes wrote
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from idp.sandbox.pki import Pki


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports of the three hosts, of the relying party, of the certificate host's second address, and of the
    worker's management listener."""

    issuer: int = 8443
    certificate: int = 8444
    mtls: int = 8445
    relying_party: int = 8450
    certificate_second: int = 8446
    management: int = 9464


@dataclass(frozen=True, slots=True)
class Hosts:
    """Names of the three hosts and of the relying party, which must all resolve to 127.0.0.1."""

    issuer: str = "localhost"
    certificate: str = "localhost"
    mtls: str = "localhost"
    relying_party: str = "127.0.0.1"
    wildcard: bool = False
    """Whether any name below the certificate host's resolves as well (IDP_CERTIFICATE_WILDCARD)."""


PORTARIA_TEST = Hosts("id.portaria.test", "certificado.portaria.test", "mtls.portaria.test", "app.portaria.test")
"""Hosts apart by name, as in production. The sandbox's server certificate covers these as well."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    directory: Path

    @property
    def pki(self) -> Pki:
        return Pki(self.directory / "pki")

    @property
    def config(self) -> Path:
        return self.directory / "idp.toml"

    @property
    def relying_party(self) -> Path:
        return self.directory / "relying-party.json"

    @property
    def cadastro(self) -> Path:
        return self.directory / "cadastro.csv"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def settings(self) -> dict[str, object]:
        """What idp.toml says. Raises FileNotFoundError before the first start."""
        return tomllib.loads(self.config.read_text())

    @property
    def issuer(self) -> str:
        return str(self.settings["issuer"])

    @property
    def demonstration(self) -> str:
        """The relying party's address."""
        config = json.loads(self.relying_party.read_text())
        return f"https://{config['host']}:{config['port']}"

    @property
    def anchors(self) -> Path:
        """Who certifies this sandbox's hosts, to whoever visits them (PEM)."""
        return self.directory / "web-anchors.pem"

    def anchor(self, more: Path | None) -> None:
        """Write ``anchors``: the sandbox's own web CA and, where there is one, ``more``."""
        known = self.pki.web_ca.read_bytes()
        self.anchors.write_bytes(known + (more.read_bytes() if more else b""))

    def write_config(self, ports: Ports, hosts: Hosts, more: Mapping[str, str | int | list[str]] | None = None) -> None:
        """Write idp.toml, with ``more`` in place of or beside the usual. Paths are absolute: commands may run from
        anywhere."""
        state = self.state.resolve()
        values: dict[str, str | int | bool | list[str]] = {
            "realm": "sandbox",
            "authority": "Secretaria da Fazenda (demonstração)",
            "timezone": "America/Manaus",  # its companies are in Amazonas
            "issuer": f"https://{hosts.issuer}:{ports.issuer}",
            "certificate_origin": f"https://{hosts.certificate}:{ports.certificate}",
            "certificate_second_origin": f"https://{hosts.certificate}:{ports.certificate_second}",
            "certificate_wildcard": hosts.wildcard,
            "mtls_origin": f"https://{hosts.mtls}:{ports.mtls}",
            "bind": "127.0.0.1",
            "issuer_port": ports.issuer,
            "certificate_port": ports.certificate,
            "certificate_second_port": ports.certificate_second,
            "mtls_port": ports.mtls,
            "management": f"127.0.0.1:{ports.management}",
            "tls_certificate": str(self.pki.server_certificate.resolve()),
            "tls_key": str(self.pki.server_key.resolve()),
            "database_url": f"sqlite:///{state / 'portaria.sqlite'}",
            "signing_dir": str(state / "signing"),
            "trust_dir": str(state / "trust"),
            "checkpoint_file": str(state / "audit-checkpoints.jsonl"),
            **(more or {}),
        }
        # A JSON string, number, boolean or list of strings is a TOML one as well.
        lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
        self.config.write_text("".join(lines), encoding="utf-8")
