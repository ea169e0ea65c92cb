"""Starting, stopping, crashing and starting again: what the sandbox's user and an administrator rely on."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.sandbox.html import Page
from tests.journeys.living import LivingSandbox
from tests.journeys.plain import Browser, Login, choices
from tests.support.processes import accepts, wait_until

ESTALEIRO = "AM:049000071"
RETURN = "https://fiscal.portaria.test/retorno"
CLIENT = ("--id", "fiscal", "--name", "Escrita Fiscal", "--redirect-uri", RETURN, "--auth-method", "none")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingSandbox]:
    """A sandbox that the tests of this file may stop and kill; each leaves it running."""
    living = LivingSandbox(tmp_path_factory.mktemp("own"))
    living.start()
    yield living
    living.stop()


def test_ctrl_c_stops_everything_and_a_second_start_has_kept_all(own: LivingSandbox) -> None:
    made = own.idp("client", "create", "--json", *CLIENT)
    assert made.returncode == 0, made.stderr
    before = json.loads(own.login("contadora", "--for", ESTALEIRO).stdout)

    assert ctrl_c(own) == 0
    assert [port for port in own.ports.values() if accepts(port)] == []
    assert processes_of(own.directory) == []

    began = time.monotonic()
    own.start()
    assert time.monotonic() - began < 90
    after = json.loads(own.login("contadora", "--for", ESTALEIRO).stdout)
    assert after["id_token"]["sub"] == before["id_token"]["sub"]
    kept = own.idp("client", "show", "--json", "fiscal")
    assert "Escrita Fiscal" in kept.stdout
    entered = Login(Browser(own)).begin(client_id="fiscal", redirect_uri=RETURN, scope="openid")
    assert "Escrita Fiscal" in entered.text


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing_running(tmp_path: Path) -> None:
    """And nothing half made: the next start goes through."""
    living = LivingSandbox(tmp_path)
    living.launch().wait_for_output("Preparing")
    ctrl_c(living)
    assert processes_of(living.directory) == []
    living.start()
    assert ctrl_c(living) == 0


@pytest.mark.parametrize(("label", "option"), [("id", "--issuer-port"), ("app", "--relying-party-port")])
def test_a_busy_port_is_named_with_the_way_out(label: str, option: str, tmp_path: Path) -> None:
    living = LivingSandbox(tmp_path)
    with socket.create_server(("127.0.0.1", living.ports[label])):
        refused = living.launch()
        assert refused.wait(90) == 3
    assert f"port {living.ports[label]} of 127.0.0.1" in refused.output()
    assert f"{option} NUMBER" in refused.output()
    assert "Traceback" not in refused.output()
    assert not living.data.exists()


def test_a_login_survives_a_crash_at_every_step(own: LivingSandbox) -> None:
    """kill -9 with "Em nome de quem?" on the screen, and again between the code and its redemption. Nothing that was
    answered is lost, and what was spent stays spent."""
    login = Login(Browser(own, "contadora"))
    page = login.consent()
    crash_and_start(own)

    again = login.browser.go(page.url)
    form, offered = choices(Page(again.url, again.text))
    code = login.code(login.browser.submit(form, "autorizar", escolha=offered[ESTALEIRO]))
    crash_and_start(own)

    status, tokens = login.redeem(code)
    assert status == 200
    userinfo = login.browser.http.get(
        f"{login.issuer}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=60
    )
    assert userinfo.json()["inscricao"]["numero"] == "049000071"
    crash_and_start(own)

    status, refused = login.redeem(code)
    assert (status, refused["error"]) == (400, "invalid_grant")
    kinds = [row["kind"] for row in own.audit()]
    assert [kinds.count(kind) for kind in ("code.issued", "code.replayed")] == [kinds.count("token.issued"), 1]
    verified = own.idp("audit", "verify", "--json")
    assert json.loads(verified.stdout)["intact"], verified.stdout


def crash_and_start(living: LivingSandbox) -> None:
    living.crash()
    wait_until(lambda: processes_of(living.directory) == [], "every killed process is gone")
    living.start()


def ctrl_c(living: LivingSandbox) -> int:
    """As a terminal does: SIGINT to the foreground process group. Returns the exit code."""
    assert living.process is not None
    os.killpg(living.process.pid, signal.SIGINT)
    return living.process.wait(90)


def processes_of(directory: Path) -> list[str]:
    """Command lines of processes that were told of ``directory``, or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                if bytes(directory) in told or str(directory) in os.readlink(entry / "cwd"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found
