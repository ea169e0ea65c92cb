"""A whole sandbox as its user starts it, under real names: ``python -m idp sandbox run --real-names``.

Knows it from outside only: the command, what it prints, and the files it says it keeps.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.debian import program, unavailable
from tests.support.ports import free_ports
from tests.support.processes import Process

ROOT = Path(__file__).resolve().parents[2]
P12_PASSWORD = "portaria"
NAMES = {"id": "issuer", "certificado": "certificate", "mtls": "mtls", "app": "relying-party"}
"""Host label → what the command's --…-port option calls it."""
SECOND = "certificate-second"
MANAGEMENT = "management"
"""So it calls the second address of the certificate host."""
_PKI: list[Path] = []


@dataclass(frozen=True)
class Origins:
    issuer: str
    certificate: str
    mtls: str
    application: str
    second: str


class LivingSandbox:
    """``directory`` is its working directory; the sandbox keeps everything in ``.sandbox`` there. ``more``: further
    options of the command."""

    def __init__(self, directory: Path, *more: str) -> None:
        self.directory = directory
        self.more = more
        self.data = directory / ".sandbox"
        self.ports = dict(zip(NAMES, free_ports(4), strict=True))
        self.second_port, self.management_port = free_ports(2)
        self.origins = Origins(
            *(f"https://{label}.portaria.test:{port}" for label, port in self.ports.items()),
            f"https://certificado.portaria.test:{self.second_port}",
        )
        self._starts = 0
        self.process: Process | None = None

    @property
    def web_ca(self) -> Path:
        return self.data / "pki" / "web" / "ca.pem"

    def persona(self, slug: str, suffix: str) -> Path:
        """``.p12``, ``.pem`` (leaf), ``.key`` or ``-chain.pem``."""
        return self.data / "pki" / "personas" / f"{slug}{suffix}"

    def named(self, *argv: str) -> list[str]:
        """``argv`` where the real names lead to 127.0.0.1: in a mount namespace with an /etc/hosts of its own."""
        hosts = self.directory / "hosts"
        hosts.write_text("127.0.0.1 localhost\n127.0.0.1 " + " ".join(f"{name}.portaria.test" for name in NAMES) + "\n")
        return [
            *_namespace(),
            "sh",
            "-c",
            f'mount --bind {shlex.quote(str(hosts))} /etc/hosts && exec "$@"',
            "sh",
            *argv,
        ]

    def command(self, *arguments: str) -> list[str]:
        """``idp sandbox …`` under the real names."""
        return self.named(sys.executable, "-u", "-m", "idp", "sandbox", *arguments)

    @property
    def options(self) -> list[str]:
        ports = {NAMES[label]: port for label, port in self.ports.items()} | {
            SECOND: self.second_port,
            MANAGEMENT: self.management_port,
        }
        return [*(part for name, port in ports.items() for part in (f"--{name}-port", str(port))), *self.more]

    def launch(self) -> Process:
        """Start the command and return at once."""
        self._starts += 1
        log = self.directory / f"run-{self._starts}.log"
        self.process = Process(
            self.command("run", "--real-names", *self.options),
            log,
            cwd=self.directory,
            env={"PYTHONPATH": str(ROOT)},
            stop_signal=signal.SIGINT,
        )
        return self.process

    def start(self) -> Process:
        """Start it and return when it says that it is ready. Keys and certificates are those that this test process's
        first sandbox made: twenty-seven RSA keys are seconds."""
        pki = self.data / "pki"
        if _PKI and not pki.exists():
            shutil.copytree(_PKI[0], pki)
        process = self.launch()
        process.wait_for_output("Ctrl-C stops it", seconds=120)
        if not _PKI:
            _PKI.append(shutil.copytree(pki, self.directory / "pki-as-made"))
        return process

    def stop(self) -> int:
        """Ctrl-C, and its exit code."""
        assert self.process is not None
        return self.process.stop(30)

    def idp(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Any ``idp`` command on this sandbox, as its welcome tells to do."""
        return subprocess.run(
            [sys.executable, "-m", "idp", *arguments],
            cwd=self.directory,
            env={**os.environ, "IDP_CONFIG": str(self.data / "idp.toml"), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def login(self, slug: str, *more: str) -> subprocess.CompletedProcess[str]:
        """``idp sandbox login --as slug --json …``: a visitor without a browser."""
        argv = self.command("login", "--as", slug, "--json", *more)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(argv, cwd=self.directory, env=env, capture_output=True, text=True, check=False)

    def sandbox_command(self, *arguments: str) -> dict[str, Any]:
        """``idp sandbox … --json`` on this sandbox; its document."""
        done = self.idp("sandbox", *arguments, "--dir", str(self.data), "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def audit(self) -> list[dict[str, Any]]:
        """All audit rows so far, in order, read with the product's own command (which records itself)."""
        done = self.idp("audit", "export")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def provider_pid(self) -> int:
        """Leader of the group that ``idp serve`` and its listeners are."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next(int(pid) for pid in children if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes())

    def crash(self) -> None:
        """Kill the provider and all its listeners as a power cut would; wait until the command has noticed."""
        assert self.process is not None
        os.killpg(self.provider_pid(), signal.SIGKILL)
        self.process.wait(90)


def _namespace() -> list[str]:
    namespace = [program("unshare", "util-linux"), "--mount"]
    if os.geteuid() != 0:
        namespace.append("--map-root-user")
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        unavailable("names of portaria.test need a mount namespace: root, or user namespaces allowed")
    return namespace
