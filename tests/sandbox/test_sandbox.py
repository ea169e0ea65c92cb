"""The sandbox as its user meets it: the command, real processes, real TLS."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pytest

from idp.sandbox.demo import application
from idp.sandbox.layout import Ports, Sandbox
from idp.sandbox.personas import persona
from tests.support.ports import free_ports


def idp(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "idp", "sandbox", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@dataclass
class Started:
    """``idp sandbox run`` in the directory ``cwd``, ready."""

    cwd: Path
    ports: Ports
    process: subprocess.Popen[str]
    welcome: str
    seconds: float

    def login(self, slug: str, *more: str) -> tuple[int, dict[str, Any]]:
        done = idp("login", "--as", slug, "--json", *more, cwd=self.cwd)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=90)
        return self.process.returncode


def start(cwd: Path, ports: Ports) -> Started:
    began = time.monotonic()
    errors = cwd.parent / "stderr"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "idp", "sandbox", "run", *options(ports)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=ignore_interrupts,
        )
    assert process.stdout is not None
    welcome = read_until(process.stdout, "Ctrl-C")
    if "Ctrl-C" not in welcome:
        process.communicate(timeout=90)
        pytest.fail(errors.read_text())
    return Started(cwd, ports, process, welcome, time.monotonic() - began)


def ignore_interrupts() -> None:
    """As a shell does for what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read_until(stream: IO[str], text: str) -> str:
    read = ""
    for line in stream:
        read += line
        if text in line:
            break
    return read


def options(ports: Ports) -> list[str]:
    return [
        *("--issuer-port", str(ports.issuer), "--certificate-port", str(ports.certificate)),
        *("--mtls-port", str(ports.mtls), "--relying-party-port", str(ports.relying_party)),
        *("--certificate-second-port", str(ports.certificate_second), "--management-port", str(ports.management)),
    ]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    cwd = tmp_path_factory.mktemp("run") / "cwd"
    cwd.mkdir()
    started = start(cwd, Ports(*free_ports(6)))
    yield started
    if started.process.poll() is None:
        started.stop()


def test_it_says_what_to_open_and_who_can_come(sandbox: Started) -> None:
    for text in (
        f"https://127.0.0.1:{sandbox.ports.relying_party}",
        f"https://localhost:{sandbox.ports.issuer}",
        f"https://localhost:{sandbox.ports.issuer}/portal",
        f"http://127.0.0.1:{sandbox.ports.management}/health/ready",
        ".sandbox/pki/web/ca.pem",
        "password: portaria",
        "contadora",
        "revogado",
    ):
        assert text in sandbox.welcome


def test_login_prints_the_chosen_representation(sandbox: Started) -> None:
    code, document = sandbox.login("contadora", "--for", "AM:049000063")
    assert code == 0
    assert document["outcome"] == "login"
    assert document["id_token"]["inscricao"]["cnpj"] == "99990002000132"
    assert document["id_token"]["representacao"]["procuracao"]["id"] == "prc-castanha-contadora"
    assert document["userinfo"]["cpf"] == "90000102253"
    assert document["userinfo"]["sub"] == document["id_token"]["sub"]
    assert len(document["offered"]) == 7


def test_a_refusal_is_an_answer_of_its_own(sandbox: Started) -> None:
    code, document = sandbox.login("revogado")
    assert (code, document["outcome"], document["code"]) == (1, "refused", "CERT-04")


def test_an_inscricao_that_is_not_offered_is_said_so(sandbox: Started) -> None:
    """Also once the consent to the only choice is remembered, and the page is not shown any more."""
    for _ in range(2):
        done = idp("login", "--as", "funcionario", "--for", "AM:049000012", cwd=sandbox.cwd)
        assert done.returncode == 1, done.stderr
        assert "AM:049000012 is not offered; there are: AM:049000039" in done.stderr
        assert sandbox.login("funcionario")[0] == 0


def test_state_lies_only_under_its_directory(sandbox: Started) -> None:
    assert [path.name for path in sandbox.cwd.iterdir()] == [".sandbox"]


def test_a_busy_port_is_named(sandbox: Started, tmp_path: Path) -> None:
    busy = replace(Ports(*free_ports(6)), certificate=sandbox.ports.certificate)
    done = idp("run", *options(busy), cwd=tmp_path)
    assert done.returncode == 3
    assert f"port {busy.certificate} of 127.0.0.1, meant for the certificate host" in done.stderr
    assert "--certificate-port" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_second_start_keeps_data_and_takes_seconds(sandbox: Started) -> None:
    """And Ctrl-C stops everything: exit code 0, ports free, no process left."""
    _, before = sandbox.login("funcionario")
    assert sandbox.stop() == 0
    for port in (sandbox.ports.issuer, sandbox.ports.certificate, sandbox.ports.mtls, sandbox.ports.relying_party):
        with socket.socket() as sock, pytest.raises(ConnectionRefusedError):
            sock.connect(("127.0.0.1", port))
    assert processes_in(sandbox.cwd) == []
    again = start(sandbox.cwd, replace(sandbox.ports, relying_party=free_ports(1)[0]))
    try:
        assert again.seconds < 90
        # The relying party moved to another port, and so did its redirect URIs at the provider.
        assert "signed out" in application(Sandbox(sandbox.cwd / ".sandbox"), persona("empresa"))
        _, after = again.login("funcionario")
        assert after["id_token"]["sub"] == before["id_token"]["sub"]
    finally:
        assert again.stop(signal.SIGTERM) == 0


def processes_in(directory: Path) -> list[str]:
    """Command lines of processes whose environment or arguments name ``directory``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if bytes(directory) in told:
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


def test_login_without_a_running_sandbox_says_how_to_start_one(tmp_path: Path) -> None:
    done = idp("login", "--as", "empresa", cwd=tmp_path)
    assert done.returncode == 3
    assert "idp sandbox run" in done.stderr


def test_demo_performs_every_journey(tmp_path: Path) -> None:
    began = time.monotonic()
    done = idp("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 300
    lines = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    assert len(lines) == 19
    assert list(tmp_path.iterdir()) == []
