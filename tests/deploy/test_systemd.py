"""The shipped units: systemd reads them, and the command in them serves."""

from __future__ import annotations

import json
import re
import shlex
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from idp import settings
from tests.deploy.conftest import ROOT, SECRET, listens
from tests.support.debian import program
from tests.support.processes import Process

UNITS = ROOT / "deploy" / "systemd"


def command() -> list[str]:
    text = (UNITS / "portaria@.service").read_text().replace("\\\n", " ")
    found = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert found
    return shlex.split(found[1])


def test_the_command_serves_on_a_socket_for_the_owner_and_the_group(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    granian, *options = command()
    assert granian.endswith("/bin/granian")
    replaced = {"${WORKERS}": "1", "/run/portaria-%i/socket": str(tmp_path / "socket"),
                "idp.wsgi:%i": "tests.deploy.backend:application"}  # fmt: skip
    assert set(replaced) <= set(options)
    argv = [sys.executable, "-m", "granian", *(replaced.get(option, option) for option in options)]
    env = {"BACKEND": "issuer", "PROXY_SECRET_FILE": str(tmp_path / "secret")}
    with Process(argv, tmp_path / "log", env=env, cwd=ROOT) as process:
        process.wait_for(lambda: listens(tmp_path / "socket"), "the socket accepts")
        assert stat.S_IMODE((tmp_path / "socket").stat().st_mode) == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "socket"))
            head = f"GET / HTTP/1.1\r\nHost: x\r\nX-Portaria-Proxy: {SECRET}\r\nConnection: close\r\n\r\n"
            client.sendall(head.encode())
            answer = b""
            while chunk := client.recv(65536):
                answer += chunk
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["backend"] == "issuer"
        assert process.stop() == 0


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    """Nothing to report but the program that is not installed here."""
    units = [UNITS / name for name in ("portaria@.service", "portaria-worker.service", "portaria.target")]
    argv = [program("systemd-analyze", "systemd"), "verify", *units]
    said = subprocess.run(argv, capture_output=True, text=True).stderr.splitlines()
    assert [line for line in said if "is not executable" not in line] == []


def test_the_environment_file_is_a_valid_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (UNITS / "portaria.env").read_text().splitlines():
        if line and not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    (tmp_path / "secret").write_text(SECRET)
    assert settings.load(proxy_secret=SECRET).certificate_source == "nginx"
