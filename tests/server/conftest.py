from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server.pki import Pki
from tests.support.ports import free_ports
from tests.support.processes import Process

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    process: Process
    issuer: int
    certificate: int
    mtls: int


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def ca_names(pki: Pki) -> list[str]:
    (pki.directory / "ca.der").write_bytes(pki.ca.der)
    return [str(pki.directory / "ca.der")]


Launch = Callable[..., tuple[Process, tuple[int, int, int]]]


@pytest.fixture(scope="session")
def launch(pki: Pki, ca_names: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Start the embedded server without waiting for it; every one is stopped at the end."""
    started: list[Process] = []

    def start(**changes: Any) -> tuple[Process, tuple[int, int, int]]:
        ports = free_ports(3)
        issuer, certificate, mtls = ports
        options = {
            "issuer": f"https://localhost:{issuer}",
            "certificate_origin": f"https://localhost:{certificate}",
            "mtls_origin": f"https://localhost:{mtls}",
            "issuer_port": issuer,
            "certificate_port": certificate,
            "mtls_port": mtls,
            "tls_certificate": str(pki.server.certificate),
            "tls_key": str(pki.server.key),
            "workers": 1,
            "ca": ca_names,
        }
        argv = [sys.executable, "-m", "tests.server.apps", json.dumps({**options, **changes})]
        started.append(Process(argv, tmp_path_factory.mktemp("server") / "log", cwd=ROOT))
        return started[-1], ports

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def running(launch: Launch) -> Running:
    """One embedded server shared by the tests that only talk to it."""
    process, ports = launch()
    process.wait_for_output("Portaria is ready")
    return Running(process, *ports)
