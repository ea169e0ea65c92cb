"""The real services that other tests stand on do start, are separate, and go away."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Playwright
from redis import Redis

from tests.support import debian
from tests.support.chromium import Chromium
from tests.support.ports import free_port, free_ports
from tests.support.postgres import Postgres
from tests.support.processes import Process, ProcessFailed, accepts, wait_until
from tests.support.redis import RedisServer
from tests.support.xvfb import Display


def _query(url: str, statement: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def test_postgres_runs_as_an_unprivileged_user(postgres: Postgres, postgres_url: str) -> None:
    assert _query(postgres_url, "SELECT current_user") == "portaria"
    owner = (postgres.directory / "data").stat().st_uid
    assert owner != 0
    assert (postgres.directory / "data").stat().st_mode & 0o077 == 0


def test_a_prepared_database_is_prepared_once_and_copied(postgres: Postgres) -> None:
    prepared = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS n")

    first, second = postgres.new_database(prepare), postgres.new_database(prepare)
    assert len(prepared) == 1
    assert len({first, second, *prepared}) == 3
    _query(first, "UPDATE t SET n = 8 RETURNING n")
    assert (_query(first, "SELECT n FROM t"), _query(second, "SELECT n FROM t")) == (8, 7)


def test_redis_starts_empty_for_each_test(redis_url: str, redis_server: RedisServer) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("a", "b")
    redis_server.flush()
    with Redis.from_url(redis_url) as client:
        assert client.get("a") is None


def test_ports_are_free_and_never_given_twice_on_this_machine() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not any(accepts(port) for port in ports)
    with socket.socket(socket.AF_UNIX) as other, pytest.raises(OSError, match="in use"):
        other.bind(f"\0portaria-test-port-{ports[0]}")


def test_a_child_that_ends_before_it_serves_is_shown_with_its_output(tmp_path: Path) -> None:
    child = Process([sys.executable, "-c", "print('no such colour'); raise SystemExit(3)"], tmp_path / "log")
    with pytest.raises(ProcessFailed, match=r"(?s)ended with 3.*no such colour"):
        child.wait_for_port(free_port())


def test_stopping_a_child_ends_its_children_too(tmp_path: Path) -> None:
    with Process(["sh", "-c", "sleep 600 & echo child $!; wait"], tmp_path / "log") as parent:
        grandchild = int(parent.wait_for_output(r"child (\d+)").group(1))
        assert Path(f"/proc/{grandchild}").exists()
    wait_until(lambda: _gone(grandchild), "the grandchild is gone")


def test_a_child_dies_with_a_test_process_that_was_killed(tmp_path: Path) -> None:
    starter = (
        "from pathlib import Path; import time; from tests.support.processes import Process;"
        f"print(Process(['sleep', '600'], Path({str(tmp_path / 'log')!r})).pid, flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[1]
    with Process([sys.executable, "-c", starter], tmp_path / "outer", cwd=root, env={"PYTHONPATH": "."}) as outer:
        child = int(outer.wait_for_output(r"(\d+)\n").group(1))
        # Only setpriv's successor has asked to die with its parent.
        wait_until(lambda: Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep"), "the child sleeps")
        os.kill(outer.pid, signal.SIGKILL)
        wait_until(lambda: _gone(child), "the orphan is gone")


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_package_skips_here_and_fails_in_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt install some-package"):
        debian.program("no-such-program", "some-package")


# --- Chromium with a certificate -----------------------------------------------------------------------------------


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a server certificate for *.portaria.test and two people's certificates, made by the openssl command."""
    at = tmp_path_factory.mktemp("pki")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")
    _openssl(at, *new, "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    leaf = (*new, "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
    name = "subjectAltName=DNS:*.portaria.test"
    _openssl(at, *leaf, "-subj", "/CN=server", "-addext", name, "-keyout", "server.key", "-out", "server.pem")
    for person in ("ana", "bia"):
        client = (*leaf, "-subj", f"/CN={person}", "-addext", "extendedKeyUsage=clientAuth")
        _openssl(at, *client, "-keyout", f"{person}.key", "-out", f"{person}.pem")
        pair = ("-inkey", f"{person}.key", "-in", f"{person}.pem", "-name", person)
        _openssl(at, "pkcs12", "-export", *pair, "-passout", "pass:senha", "-out", f"{person}.p12")
    return at


class _WhoAreYou(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        subject = self.connection.getpeercert()["subject"] if self.connection.getpeercert() else ()
        names = [value for part in subject for key, value in part if key == "commonName"]
        body = f"<!doctype html><title>who</title><p id=who>{names[0] if names else 'nobody'}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate_port(pki: Path) -> Iterator[int]:
    """A TLS server that asks for a certificate and shows whose it got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    context.load_verify_locations(pki / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), _WhoAreYou)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize("person", ["ana", "bia"])
def test_chromium_itself_presents_the_certificate_the_policy_selects(
    person: str, chromium: Chromium, playwright: Playwright, pki: Path, certificate_port: int
) -> None:
    chromium.trust(pki / "ca.pem", "test CA")
    chromium.import_p12(pki / "ana.p12", "senha")
    chromium.import_p12(pki / "bia.p12", "senha")
    origin = f"https://certificado.portaria.test:{certificate_port}"
    chromium.select_certificate((origin, {"SUBJECT": {"CN": person}}))
    with chromium.launch(playwright.chromium, hosts={"*.portaria.test": "127.0.0.1"}) as browser:
        page = browser.new_page()
        page.goto(f"{origin}/")
        assert page.inner_text("#who") == person
    assert not Path("/etc/chromium/policies/managed/select-certificate.json").exists()


@pytest.mark.browser
def test_chromium_without_a_certificate_presents_none(
    chromium: Chromium, playwright: Playwright, pki: Path, certificate_port: int
) -> None:
    chromium.trust(pki / "ca.pem", "test CA")
    with chromium.launch(playwright.chromium, hosts={"*.portaria.test": "127.0.0.1"}) as browser:
        page = browser.new_page()
        page.goto(f"https://certificado.portaria.test:{certificate_port}/")
        assert page.inner_text("#who") == "nobody"


@pytest.mark.browser
@pytest.mark.parametrize(("key", "who"), [("Return", "ana"), ("Escape", "nobody")])
def test_chromiums_own_chooser_opens_on_a_display(
    key: str,
    who: str,
    chromium: Chromium,
    playwright: Playwright,
    pki: Path,
    certificate_port: int,
    display: Display,
    tmp_path: Path,
) -> None:
    chromium.trust(pki / "ca.pem", "test CA")
    chromium.import_p12(pki / "ana.p12", "senha")
    hosts = {"*.portaria.test": "127.0.0.1"}
    with chromium.launch(playwright.chromium, hosts=hosts, headless=False, env=display.env) as browser:
        page = browser.new_page()
        page.set_content("<body>before")
        middle = (400, 120, 480, 250)
        before = display.pixels(middle)
        page.evaluate(f"setTimeout(() => location = 'https://certificado.portaria.test:{certificate_port}/', 0)")
        display.wait_for_change(before, middle)
        assert display.screenshot(tmp_path / "chooser.png").read_bytes().startswith(b"\x89PNG")
        display.xdotool("key", key)
        page.wait_for_selector("#who")
        assert page.inner_text("#who") == who
