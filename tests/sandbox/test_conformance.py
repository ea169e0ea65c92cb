"""The file of ``idp sandbox run --conformance``: what it may hold, what is said of its faults, what becomes of it. That
it starts and serves, tests/conformance shows module by module."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.cli.sandbox import welcome
from idp.cli.sandbox_setup import prepare
from idp.domain.client import Client
from idp.errors import ConfigurationError
from idp.sandbox import pki
from idp.sandbox.conformance import Conformance, read
from idp.sandbox.layout import Ports, Sandbox
from idp.settings import load
from idp.storage.sql import open_store

WHOLE = """
[hosts]
issuer = "op.lab.test"
certificate = "cert.op.lab.test"
mtls = "mtls.op.lab.test"
[tls]
certificate = "server.pem"
key = "server.pem"
ca = "ca.pem"
[suite]
hosts = ["suite.lab.test:8543"]
ca = "ca.pem"
[[client]]
client_id = "static-1"
client_secret = "a-secret"
client_name = "Cliente"
redirect_uris = ["https://suite.lab.test:8543/test/a/portaria/callback"]
grant_types = ["authorization_code", "implicit", "refresh_token"]
response_types = ["code", "code id_token"]
"""


@pytest.fixture
def written(tmp_path: Path, made_now: pki.Pki) -> Callable[[str], Path]:
    """``text`` as a file that has certificates beside it."""
    shutil.copy(made_now.web_ca, tmp_path / "ca.pem")
    server = made_now.server_certificate.read_bytes() + made_now.server_key.read_bytes()
    (tmp_path / "server.pem").write_bytes(server)
    (tmp_path / "server.pem").chmod(0o600)

    def write(text: str) -> Path:
        file = tmp_path / "conformance.toml"
        file.write_text(text)
        return file

    return write


def test_a_whole_file(written: Callable[[str], Path], tmp_path: Path) -> None:
    found = read(written(WHOLE))
    assert (found.hosts.issuer, found.hosts.certificate, found.hosts.mtls) == (
        "op.lab.test",
        "cert.op.lab.test",
        "mtls.op.lab.test",
    )
    assert found.settings == {
        "tls_certificate": str(tmp_path / "server.pem"),
        "tls_key": str(tmp_path / "server.pem"),
        "registration": "open",
        "registration_scopes": ["openid", "profile", "email", "phone", "address", "offline_access"],
        "registration_per_hour": 10_000,
        "client_hosts": ["suite.lab.test:8543"],
        "client_ca_file": str(tmp_path / "ca.pem"),
    }


def test_suite_and_clients_may_be_left_out(written: Callable[[str], Path]) -> None:
    found = read(written(WHOLE.partition("[suite]")[0]))
    assert (found.suite_hosts, found.suite_ca, found.clients) == ((), None, ())
    assert found.settings["client_hosts"] == []
    assert "client_ca_file" not in found.settings


def test_the_file_of_the_documentation_is_one(written: Callable[[str], Path], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "conformance-run.md").read_text()
    (example,) = re.findall(r"^```toml\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    for name in ("op.pem", "op.key", "lab-ca.pem"):
        (tmp_path / name).touch()
    found = read(written(example))
    assert found.hosts.certificate == "cert.op.lab.test"
    assert [client["client_id"] for client in found.clients] == ["static-1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('issuer = "op.lab.test"\n', "", "hosts.issuer is missing"),
        ('issuer = "op.lab.test"', "issuer = 8443", "hosts.issuer is text"),
        ('ca = "ca.pem"\n[suite]', "[suite]", "tls.ca is missing"),
        ("[suite]", "[suit]", "suit is unknown"),
        ('hosts = ["suite.lab.test:8543"]', 'hosts = "suite.lab.test"', "suite.hosts is a list of texts"),
        ('hosts = ["suite.lab.test:8543"]', 'host = ["suite.lab.test"]', "suite.host is unknown"),
        ("[[client]]", "[client]", "clients are written as [[client]]"),
        ('client_id = "static-1"', "", "client.client_id is missing"),
        ("redirect_uris", "redirect_uri", "client.redirect_uri is unknown"),
        ('certificate = "server.pem"', 'certificate = "none.pem"', "none.pem"),
        ("[hosts]", "[hosts", "is not a TOML file"),
    ],
)
def test_a_fault_is_named(written: Callable[[str], Path], old: str, new: str, said: str) -> None:
    assert old in WHOLE
    with pytest.raises(ConfigurationError) as raised:
        read(written(WHOLE.replace(old, new, 1)))
    assert said in str(raised.value)


def test_every_fault_is_named_at_once(written: Callable[[str], Path]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(written("[suite]\nextra = 1\n"))
    for said in ("hosts.issuer is missing", "tls.key is missing", "suite.extra is unknown"):
        assert said in str(raised.value)


def test_the_command_says_it_and_starts_nothing(written: Callable[[str], Path], tmp_path: Path) -> None:
    file = written(WHOLE.replace('mtls = "mtls.op.lab.test"\n', ""))
    argv = [sys.executable, "-m", "idp", "sandbox", "run", "--dir", str(tmp_path / "data"), "--conformance", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "hosts.mtls is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


# --- What becomes of it -----------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path, made_now: pki.Pki) -> Sandbox:
    sandbox = Sandbox(tmp_path / "data")
    shutil.copytree(made_now.directory, sandbox.pki.directory)
    return sandbox


def prepared(here: Sandbox, suite: Conformance) -> Client:
    prepare(here, Ports(), suite.hosts, suite)
    store = open_store(load(**here.settings).database_url)
    try:
        return store.registry().get("static-1")
    finally:
        store.close()


def test_static_clients_are_registered_and_follow_the_file(here: Sandbox, written: Callable[[str], Path]) -> None:
    client = prepared(here, read(written(WHOLE)))
    assert client.redirect_uris == ("https://suite.lab.test:8543/test/a/portaria/callback",)
    assert client.response_types == {"code", "code id_token"}
    assert client.scopes == {"openid", "profile", "email", "phone", "address", "offline_access"}
    # sha256sum of "a-secret"
    assert client.secret_digest == "b4d87524393b45e7793e23f192e6a85a10bae6fb2679e996a7acb8ca60b4c88d"
    assert here.settings["issuer"] == "https://op.lab.test:8443"
    changed = prepared(here, read(written(WHOLE.replace("/callback", "/elsewhere"))))
    assert changed.redirect_uris == ("https://suite.lab.test:8543/test/a/portaria/elsewhere",)


def test_a_client_that_cannot_be_is_named(here: Sandbox, written: Callable[[str], Path]) -> None:
    suite = read(written(WHOLE.replace("/callback", "/callback#fragment")))
    with pytest.raises(ConfigurationError, match=r"static-1: .*redirect_uris"):
        prepare(here, Ports(), suite.hosts, suite)


def test_what_is_said_at_the_start_names_the_portal_and_who_certifies_the_hosts(
    written: Callable[[str], Path], made_now: pki.Pki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = read(written(WHOLE))
    here = Sandbox(tmp_path / "sandbox")
    shutil.copytree(made_now.directory, here.pki.directory)
    prepare(here, Ports(), suite.hosts, suite)
    welcome(here, suite)
    said = capsys.readouterr().out
    assert f"https://op.lab.test:{Ports().issuer}/portal\n" in said
    assert f"trust   {tmp_path / 'ca.pem'}   for op.lab.test, cert.op.lab.test, mtls.op.lab.test\n" in said
    assert here.anchors.read_text().count("BEGIN CERTIFICATE") == 2
    assert f"{here.anchors}   has both" in said
