"""Starting, watching and stopping the three listeners."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.server.client import GET_AND_CLOSE, connect, context, exchange, get
from tests.server.conftest import Launch
from tests.server.pki import Pki
from tests.support.processes import wait_until


def descendants(pid: int) -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found and child not in found}:
        found |= more
    return found - {pid}


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if os.path.exists(f"/proc/{pid}")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_process_and_frees_the_ports(launch: Launch, number: signal.Signals) -> None:
    process, ports = launch(workers=2)
    process.wait_for_output("Portaria is ready")
    children = descendants(process.pid)
    assert len(children) >= 5  # granian's main and two workers, the certificate host, the mTLS host
    process.signal(number)
    assert process.wait() == 0
    assert alive(children) == set()
    for port in ports:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
    assert "Traceback" not in process.output()


def test_ctrl_c_reaches_the_whole_terminal_group_and_still_stops_in_order(launch: Launch) -> None:
    process, _ = launch()
    process.wait_for_output("Portaria is ready")
    children = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait() == 0
    assert alive(children) == set()
    assert "Unexpected exit" not in process.output()


def test_nobody_survives_a_killed_supervisor(launch: Launch) -> None:
    process, _ = launch()
    process.wait_for_output("Portaria is ready")
    children = descendants(process.pid)
    process.signal(signal.SIGKILL)
    wait_until(lambda: not alive(children), "orphans ended")


def test_a_request_in_progress_is_finished_before_the_end(launch: Launch, pki: Pki) -> None:
    process, (_, certificate, _) = launch()
    process.wait_for_output("Portaria is ready")
    with connect(certificate, context(pki)) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.wait_for_output("slow request begun")
        process.signal(signal.SIGTERM)
        head, _ = exchange(connection, b"")
    assert head.startswith("HTTP/1.1 200 ")
    assert process.wait() == 0


@pytest.mark.parametrize("field", ["issuer_port", "certificate_port", "mtls_port"])
def test_a_busy_port_is_named_with_the_setting_to_change(launch: Launch, field: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process, _ = launch(**{field: port})
        assert process.wait() == 1
    said = process.output()
    assert f"127.0.0.1:{port}" in said
    assert f"IDP_{field.upper()}" in said
    assert "Portaria is ready" not in said


def test_a_second_server_on_the_same_ports_is_refused(launch: Launch) -> None:
    """granian's workers share their port (SO_REUSEPORT): nobody else may join them unnoticed."""
    first, (issuer, _, _) = launch()
    first.wait_for_output("Portaria is ready")
    second, _ = launch(issuer_port=issuer)
    assert second.wait() == 1
    assert "IDP_ISSUER_PORT" in second.output()


def test_port_0_picks_a_free_one_and_says_which(launch: Launch, pki: Pki) -> None:
    process, _ = launch(issuer_port=0, certificate_port=0, mtls_port=0)
    ready = process.wait_for_output(
        r"issuer 127\.0\.0\.1:(\d+), certificate 127\.0\.0\.1:(\d+), mtls 127\.0\.0\.1:(\d+)"
    )
    ports = {int(port) for port in ready.groups()}
    assert len(ports) == 3
    for port in ports:
        assert get(port, context(pki), GET_AND_CLOSE)["path"] == "/caminho"


@pytest.mark.parametrize("key", ["missing", "another", "garbage"])
def test_unusable_tls_files_are_named_before_anything_starts(
    launch: Launch, pki: Pki, tmp_path: Path, key: str
) -> None:
    (tmp_path / "garbage").write_text("x")
    files = {"missing": tmp_path / "missing", "another": pki.valid.key, "garbage": tmp_path / "garbage"}
    process, _ = launch(tls_key=str(files[key]))
    assert process.wait() == 1
    assert str(files[key]) in process.output()
    assert "IDP_TLS_KEY" in process.output()
    assert "Traceback" not in process.output()


def test_the_embedded_server_is_not_for_use_behind_a_proxy(launch: Launch) -> None:
    process, _ = launch(certificate_source="nginx", proxy_secret="x" * 32)
    assert process.wait() == 1
    assert "IDP_CERTIFICATE_SOURCE" in process.output()


def test_a_name_or_an_ipv6_address_may_be_bound(launch: Launch, pki: Pki) -> None:
    for bind in ("localhost", "::1"):
        process, ports = launch(bind=bind)
        process.wait_for_output("Portaria is ready")
        host = socket.getaddrinfo(bind, 0)[0][4][0]
        for port in ports:
            socket.create_connection((host, port), timeout=60).close()
        assert process.stop() == 0


def test_an_application_that_refuses_to_start_ends_everything(launch: Launch) -> None:
    process, _ = launch(gateway="tests.server.apps:create_refused")
    assert process.wait() == 1
    said = process.output()
    assert "there is no trust list" in said
    assert "idp trust import FILE" in said
    assert "the certificate listener ended" in said
    assert "Traceback" not in said


def test_an_issuer_that_refuses_to_start_ends_everything(launch: Launch) -> None:
    process, _ = launch(issuer_factory="tests.server.apps:create_refused")
    assert process.wait() == 1
    said = process.output()
    assert "there is no trust list" in said
    assert "the issuer listener ended" in said


def test_a_listener_that_dies_takes_the_server_down(launch: Launch, pki: Pki) -> None:
    process, (_, certificate, _) = launch()
    process.wait_for_output("Portaria is ready")
    children = descendants(process.pid)
    with connect(certificate, context(pki)) as connection:
        connection.sendall(b"GET /exit HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert process.wait() == 1
    assert "the certificate listener ended" in process.output()
    assert alive(children) == set()
