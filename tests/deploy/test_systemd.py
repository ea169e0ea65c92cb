"""The shipped units: systemd reads them, and the command in them serves."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from idp import settings
from idp.app import create_gateway, create_issuer, create_mtls
from idp.cli.sandbox import prepare
from idp.errors import ConfigurationError
from idp.sandbox.layout import Hosts, Ports, Sandbox
from tests.deploy.conftest import ROOT, SECRET, listens
from tests.support.debian import program
from tests.support.ports import free_ports
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


WEB = ["portaria@issuer.service", "portaria@gateway.service", "portaria@mtls.service"]


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    """systemd-analyze on the units with their drop-ins, before any that are installed."""
    argv = [program("systemd-analyze", "systemd"), *map(str, arguments)]
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{UNITS}:"}
    return subprocess.run(argv, capture_output=True, text=True, env=env)


def test_systemd_reads_the_units() -> None:
    """Nothing to report but the program that is not installed here."""
    said = analyze("verify", *WEB, "portaria-worker.service", "portaria.target").stderr.splitlines()
    assert [line for line in said if "is not executable" not in line] == []


def test_the_target_wants_every_unit() -> None:
    wanted = re.search(r"^Wants=(.*)$", (UNITS / "portaria.target").read_text(), re.MULTILINE)
    assert wanted
    assert set(wanted[1].split()) == {*WEB, "portaria-worker.service"}


@pytest.mark.parametrize("unit", WEB)
def test_what_faces_visitors_writes_nowhere_and_reaches_no_other_machine(unit: str) -> None:
    """As systemd itself understands the files. The worker is what fetches and seals."""
    assert "strict read-only access to the OS" in described(unit, "ProtectSystem")
    assert "allow list with only localhost" in described(unit, "IPAddressDeny")
    assert "does not define an IP address" in described("portaria-worker.service", "IPAddressDeny")
    text = "".join(file.read_text() for file in UNITS.rglob("*") if file.is_file() and "@" in str(file))
    assert not re.search(r"^(ReadWritePaths|StateDirectory|BindPaths)=", text, re.MULTILINE)


def described(unit: str, field: str) -> str:
    found = json.loads(analyze("security", "--offline=yes", "--json=short", unit).stdout)
    (said,) = [one["description"] for one in found if one["json_field"] == field]
    return str(said)


def test_the_certificate_host_needs_no_key(tmp_path: Path) -> None:
    """Its unit hides them. The other two do not start without."""
    sandbox = Sandbox(tmp_path / "sandbox")
    prepare(sandbox, Ports(*free_ports(5)), Hosts())
    values = sandbox.settings | {"signing_dir": tmp_path / "hidden", "checkpoint_file": tmp_path / "hidden"}
    without = settings.load(**values)
    hidden = (UNITS / "portaria@gateway.service.d" / "keys.conf").read_text()
    for name in ("SIGNING_DIR", "CHECKPOINT_FILE"):
        path = re.search(rf"^IDP_{name}=(.*)$", (UNITS / "portaria.env").read_text(), re.MULTILINE)
        assert path
        assert f"\nInaccessiblePaths=-{path[1]}\n" in hidden
    answer = create_gateway(without).test_client().get("/entrar", base_url=without.certificate_origin)
    assert answer.status_code in (303, 400)
    for create in (create_issuer, create_mtls):
        with pytest.raises(ConfigurationError, match="hidden"):
            create(without)


def test_the_environment_file_is_a_valid_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (UNITS / "portaria.env").read_text().splitlines():
        if line and not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    (tmp_path / "secret").write_text(SECRET)
    assert settings.load(proxy_secret=SECRET).certificate_source == "nginx"
