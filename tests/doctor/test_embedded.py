"""``idp doctor`` as its user calls it, on the embedded server of a sandbox."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.cli.sandbox import prepare
from idp.clock import SystemClock
from idp.doctor.deployment import deployment
from idp.doctor.examination import examine
from idp.sandbox.layout import Hosts, Ports, Sandbox
from idp.sandbox.processes import Running
from idp.settings import load
from tests.doctor.conftest import problems
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    prepare(made, Ports(*free_ports(6)), Hosts())
    with Running(made):
        yield made


def doctor(sandbox: Sandbox, *options: str, **env: str) -> tuple[int, str, str]:
    argv = [sys.executable, "-m", "idp", "doctor", *options]
    done = subprocess.run(
        argv,
        env={**os.environ, "IDP_CONFIG": str(sandbox.config), **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_nothing_is_wrong_with_the_embedded_server(sandbox: Sandbox) -> None:
    code, out, err = doctor(sandbox, "--ca", str(sandbox.pki.web_ca))
    assert (code, err) == (0, "")
    assert out.endswith("all well\n")
    assert "PROBLEM" not in out


def test_rows_that_nobody_seals_are_a_worker_that_does_not_run(tmp_path: Path) -> None:
    made = Sandbox(tmp_path / "sandbox")
    prepare(made, Ports(*free_ports(6)), Hosts())
    database = str(made.settings["database_url"]).removeprefix("sqlite:///")
    for at, well in (("2100-01-01 00:00:00.000000", True), ("2026-01-01 00:00:00.000000", False)):
        with sqlite3.connect(database) as connection:
            assert connection.execute("UPDATE audit SET at = ? WHERE sequence IS NULL", [at]).rowcount > 0
        connection.close()
        _, out, _ = doctor(made, "--json")
        (found,) = [one for one in json.loads(out)["findings"] if one["check"] == "sealing"]
        assert found["ok"] is well
    assert "portaria-worker" in found["remedy"]


def test_json_says_what_why_and_what_to_change(sandbox: Sandbox) -> None:
    """The sandbox's own CA is nobody's without --ca; no DNS is needed with --connect."""
    port = str(sandbox.settings["issuer"]).rsplit(":", 1)[1]
    code, out, _ = doctor(sandbox, "--json", "--outside", "--connect", f"issuer=127.0.0.1:{port}")
    said = json.loads(out)
    assert (code, said["ok"]) == (1, False)
    wrong = [one for one in said["findings"] if not one["ok"]]
    assert {one["check"] for one in wrong} == {"server-certificate"}
    assert set(wrong[0]) == {"check", "where", "ok", "detail", "why", "remedy"}
    assert "--ca" in wrong[0]["remedy"]
    assert not {one["check"] for one in said["findings"]} & {"database", "crl", "trust-age", "backend"}


def test_settings_that_do_not_load_are_another_exit_code(sandbox: Sandbox) -> None:
    code, _, err = doctor(sandbox, IDP_CERTIFICATE_SOURCE="xfcc")
    assert code == 3
    assert "proxy_secret" in err


@pytest.mark.parametrize("option", ["--connect=nowhere", "--connect=portal=127.0.0.1:1", "--backend=x:y"])
def test_options_that_mean_nothing(sandbox: Sandbox, option: str) -> None:
    assert doctor(sandbox, option)[0] == 2


class Clock:
    """The machine's, moved."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return SystemClock().now() + self.by


def examined(sandbox: Sandbox, by: timedelta = timedelta(0), **changes: Any) -> dict[str, set[str]]:
    settings = load(**(sandbox.settings | changes))
    return problems(list(examine(deployment(settings, {}, sandbox.pki.web_ca), Clock(by))))


def test_a_clock_that_is_behind(sandbox: Sandbox) -> None:
    """Every host, and the revocation lists, which are from its future."""
    found = examined(sandbox, timedelta(minutes=-20))
    assert found.keys() == {"clock", "trust-age"}
    assert "this machine" in found["clock"]


def test_a_few_seconds_apart(sandbox: Sandbox) -> None:
    assert examined(sandbox, timedelta(seconds=3)) == {}
    assert examined(sandbox, timedelta(seconds=9)).keys() == {"clock"}


def test_an_old_trust_list(sandbox: Sandbox) -> None:
    found = examined(sandbox, timedelta(days=50))
    assert "trust-age" in found


@pytest.mark.attack("ATK-069")
def test_an_issuer_of_another_name(sandbox: Sandbox) -> None:
    issuer = str(sandbox.settings["issuer"]).replace("localhost", "127.0.0.1")
    assert examined(sandbox, issuer=issuer).keys() == {"discovery", "any-visitor", "hop"}


def test_the_settings_ask_for_other_ca_names_than_are_sent(sandbox: Sandbox) -> None:
    assert examined(sandbox, certificate_ca_names="all").keys() == {"ca-names"}
    assert examined(sandbox, certificate_ca_names="none").keys() == {"ca-names"}


def test_the_settings_keep_tls_1_3_away_and_the_server_does_not(sandbox: Sandbox) -> None:
    assert examined(sandbox, certificate_tls_max="1.2").keys() == {"tls-versions"}


@pytest.mark.attack("ATK-071")
def test_a_host_in_anothers_place(sandbox: Sandbox) -> None:
    """The issuer answers where the certificate host should be."""
    settings = load(**sandbox.settings)
    hosts = deployment(settings, {}, sandbox.pki.web_ca)
    issuer = hosts.host("issuer").address
    swapped = tuple(replace(one, address=issuer) if one.role == "certificate" else one for one in hosts.hosts)
    found = problems(list(examine(replace(hosts, hosts=swapped), SystemClock())))
    assert {"certificate-request", "hop", "any-visitor", "one-request"} <= found.keys()


def test_hsts_is_asked_of_real_names_alone(sandbox: Sandbox) -> None:
    """The embedded server of a sandbox sends none; any other realm must."""
    settings = load(**sandbox.settings).model_copy(update={"realm": "icp-brasil"})
    found = problems(list(examine(deployment(settings, {}, sandbox.pki.web_ca), SystemClock(), here=False)))
    assert found.keys() == {"hsts"}
    wildcard = settings.model_copy(update={"certificate_wildcard": True})
    addresses = {host.role: host.address for host in deployment(settings, {}).hosts}
    found = problems(list(examine(deployment(wildcard, addresses, None), SystemClock(), here=False)))
    assert {where.rsplit(":", 1)[1] for where in found["hsts"]} == {
        str(addresses[role][1]) for role in ("issuer", "mtls")
    }
