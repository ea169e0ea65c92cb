"""The product itself behind the shipped nginx: every persona's journey, with Debian's nginx doing the handshakes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.cli.sandbox import prepare
from idp.sandbox.demo import journeys
from idp.sandbox.layout import Hosts, Ports, Sandbox
from tests.deploy.conftest import ROOT, SECRET, listens, nginx, rendered
from tests.server.pki import Pki
from tests.support.ports import free_ports
from tests.support.processes import Process


@pytest.fixture
def behind_nginx(pki: Pki, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox whose three applications are served as deploy/ says, instead of by the embedded server."""
    sandbox = Sandbox(tmp_path / "sandbox")
    ports = Ports(*free_ports(5))
    prepare(sandbox, ports, Hosts())
    web = sandbox.pki.web_ca.parent
    for host in ("issuer", "certificate", "mtls"):
        (web / f"{host}.pem").symlink_to(str(sandbox.settings["tls_certificate"]))
        (web / f"{host}.key").symlink_to(str(sandbox.settings["tls_key"]))
    rendered(
        tmp_path,
        pki,
        0,
        **dict.fromkeys(("ISSUER_HOST", "CERTIFICATE_HOST", "MTLS_HOST"), "localhost"),
        ISSUER_LISTEN=f"127.0.0.1:{ports.issuer}",
        CERTIFICATE_LISTEN=f"127.0.0.1:{ports.certificate}",
        MTLS_LISTEN=f"127.0.0.1:{ports.mtls}",
        TLS_DIR=str(web),
    )
    started = [nginx(tmp_path)]
    env = {"IDP_CONFIG": str(sandbox.config), "IDP_CERTIFICATE_SOURCE": "nginx", "IDP_PROXY_SECRET": SECRET}
    for name in ("issuer", "gateway", "mtls"):
        (tmp_path / f"run-{name}").mkdir()
        argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "2", "--uds",
                tmp_path / f"run-{name}" / "socket", f"idp.wsgi:{name}"]  # fmt: skip
        started.append(Process(argv, tmp_path / f"{name}.log", env=env, cwd=ROOT))
    for name, process in zip(("issuer", "gateway", "mtls"), started[1:], strict=True):
        process.wait_for(lambda name=name: listens(tmp_path / f"run-{name}" / "socket"), f"{name} accepts")
    argv = [sys.executable, "-m", "idp.sandbox.relying_party", sandbox.relying_party]
    started.append(Process(argv, tmp_path / "relying-party.log", cwd=ROOT).wait_for_port(ports.relying_party))
    yield sandbox
    for process in started:
        process.stop()


def test_every_persona_arrives_as_with_the_embedded_server(behind_nginx: Sandbox) -> None:
    """Among them: no certificate, one expired, one not yet valid, one self-signed, one from an unknown CA."""
    lines = list(journeys(behind_nginx))
    assert len(lines) > 10
    assert [(line.name, line.text, line.problems) for line in lines if line.problems] == []
