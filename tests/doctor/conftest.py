"""The three applications of a sandbox under real names, to be put behind one proxy or another."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.certificate.trust import TrustList
from idp.cli.sandbox import prepare
from idp.clock import SystemClock
from idp.doctor.deployment import deployment
from idp.doctor.examination import examine
from idp.doctor.findings import Finding
from idp.sandbox.layout import PORTARIA_TEST, Ports, Sandbox
from idp.settings import Settings, load
from tests.deploy.conftest import ROOT, SECRET, listens
from tests.support.ports import free_ports
from tests.support.processes import Process

APPLICATIONS = ("issuer", "gateway", "mtls")


@dataclass(frozen=True)
class Applications:
    """Served on ``run-NAME/socket`` below ``directory``, for a proxy on ``port``. ``tls`` holds issuer, certificate and
    mtls, each with .pem and .key; ``ca_names`` is the PEM of the roots."""

    directory: Path
    sandbox: Sandbox
    port: int
    source: str

    @property
    def tls(self) -> Path:
        return self.directory / "tls"

    @property
    def ca_names(self) -> Path:
        return self.directory / "ca-names.pem"

    def socket(self, name: str) -> Path:
        return self.directory / f"run-{name}" / "socket"

    def settings(self, **changes: object) -> Settings:
        values = self.sandbox.settings | {"certificate_source": self.source, "proxy_secret": SECRET}
        return load(**(values | changes))

    def examined(self, port: int, *, backend: str | None = None, **changes: object) -> list[Finding]:
        """What the doctor says of a proxy on ``port``."""
        hosts = deployment(self.settings(**changes), {"": ("127.0.0.1", port)}, self.sandbox.pki.web_ca)
        return list(examine(hosts, SystemClock(), backend=backend))


def problems(findings: list[Finding]) -> dict[str, set[str]]:
    """Check → hosts, of what is not well."""
    found: dict[str, set[str]] = {}
    for one in findings:
        if not one.ok:
            found.setdefault(one.check, set()).add(one.where.removeprefix("https://").split(".")[0])
            assert one.detail
            assert one.remedy
            assert one.why
    return found


@pytest.fixture(scope="session")
def applications(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Applications]]:
    """Started once for each source of certificates that a test asks for."""
    started: list[Process] = []
    made: dict[str, Applications] = {}
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    port, second = free_ports(2)
    prepare(sandbox, Ports(port, port, port, port, second), PORTARIA_TEST)
    lines = [line for line in sandbox.config.read_text().splitlines() if "certificate_second_origin" not in line]
    sandbox.config.write_text("\n".join(lines) + "\n")

    def of(source: str) -> Applications:
        if source not in made:
            made[source] = _start(Applications(tmp_path_factory.mktemp(source), sandbox, port, source), started)
        return made[source]

    yield of
    for process in started:
        process.stop()


def _start(applications: Applications, started: list[Process]) -> Applications:
    source, sandbox, directory = applications.source, applications.sandbox, applications.directory
    applications.tls.mkdir()
    for host in ("issuer", "certificate", "mtls"):
        (applications.tls / f"{host}.pem").symlink_to(str(sandbox.settings["tls_certificate"]))
        (applications.tls / f"{host}.key").symlink_to(str(sandbox.settings["tls_key"]))
    roots = TrustList.load(sandbox.state / "trust" / "issuers.json", "sandbox").anchors
    applications.ca_names.write_text("".join(ssl.DER_cert_to_PEM_cert(root.der) for root in roots))
    env = {"IDP_CONFIG": str(sandbox.config), "IDP_CERTIFICATE_SOURCE": source, "IDP_PROXY_SECRET": SECRET}
    mine = []
    for name in APPLICATIONS:
        socket = applications.socket(name)
        socket.parent.mkdir()
        argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "2", "--uds", socket,
                f"idp.wsgi:{name}"]  # fmt: skip
        mine.append(Process(argv, directory / f"{name}.log", env=env, cwd=ROOT))
    started += mine
    for name, process in zip(APPLICATIONS, mine, strict=True):
        process.wait_for(lambda name=name: listens(applications.socket(name)), f"{name} accepts")
    return applications
