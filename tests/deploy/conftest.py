from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server.pki import Pki
from tests.support.debian import program
from tests.support.ports import free_ports
from tests.support.processes import Process

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

NGINX = """\
daemon off;
{user}
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/portaria/portaria.conf;
}}
"""


@dataclass(frozen=True)
class Site:
    """A running nginx whose three hosts share one port."""

    directory: Path
    port: int


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = Pki(tmp_path_factory.mktemp("pki"))
    for host in ("issuer", "certificate", "mtls"):
        (made.directory / f"{host}.pem").symlink_to(made.server.certificate)
        (made.directory / f"{host}.key").symlink_to(made.server.key)
    return made


def rendered(directory: Path, pki: Pki, port: int, **changes: str) -> None:
    """Run the shipped render with this directory's paths, and write an nginx.conf around what it made."""
    (directory / "secret").write_text(SECRET + "\n")
    listen = f"127.0.0.1:{port}"
    variables = {
        "ISSUER_HOST": "id.portaria.test",
        "CERTIFICATE_HOST": "certificado.portaria.test",
        "MTLS_HOST": "mtls.portaria.test",
        "PROXY_SECRET_FILE": str(directory / "secret"),
        **dict.fromkeys(("ISSUER_LISTEN", "CERTIFICATE_LISTEN", "MTLS_LISTEN"), listen),
        "TLS_DIR": str(pki.directory),
        "CLIENT_CA_NAMES": str(pki.ca.certificate),
        "RUN_DIR": str(directory / "run"),
        "LOG_DIR": str(directory),
        **changes,
    }
    script = ROOT / "deploy" / "nginx" / "render"
    subprocess.run([script, directory / "portaria"], env={**os.environ, **variables}, check=True)
    user = "user root;" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(NGINX.format(directory=directory, user=user))


def nginx(directory: Path) -> Process:
    """Start it on what ``rendered`` wrote."""
    options = ["-p", directory, "-e", directory / "error.log", "-c", directory / "nginx.conf"]
    return Process([program("nginx", "nginx-light"), *options], directory / "nginx.log")


@pytest.fixture(scope="session")
def site(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shipped configuration, three backends on unix sockets behind it."""
    directory = tmp_path_factory.mktemp("nginx")
    (port,) = free_ports(1)
    rendered(directory, pki, port)
    started = []
    for name in ("issuer", "gateway", "mtls"):
        (directory / f"run-{name}").mkdir()
        argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "1", "--uds",
                directory / f"run-{name}" / "socket", "tests.deploy.backend:application"]  # fmt: skip
        env = {"BACKEND": name, "PROXY_SECRET_FILE": str(directory / "secret")}
        started.append(Process(argv, directory / f"{name}.log", env=env, cwd=ROOT))
    for name, backend in zip(("issuer", "gateway", "mtls"), started, strict=True):
        backend.wait_for(lambda name=name: listens(directory / f"run-{name}" / "socket"), f"{name} accepts")
    started.append(nginx(directory).wait_for_port(port))
    yield Site(directory, port)
    for process in started:
        process.stop()


def listens(path: Path) -> bool:
    """Whether the unix socket accepts."""
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
    except OSError:
        return False
    return True
