"""idp config and idp serve: what is wrong is named together with what cures it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from idp.cli.sandbox import prepare
from idp.sandbox.layout import Hosts, Sandbox
from idp.sandbox.processes import free_ports
from tests.cli.conftest import Idp


def check(idp: Idp, exit_code: int = 3) -> dict[str, dict[str, Any]]:
    document = idp.json("config check", exit_code=exit_code)
    assert document["ok"] is (exit_code == 0)
    return {one["check"]: one for one in document["checks"]}


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def certificate(directory: Path, name: str = "server", days: str = "30") -> None:
    directory.mkdir(parents=True, exist_ok=True)
    key, pem = directory / f"{name}.key", directory / f"{name}.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
    openssl("req", "-x509", "-key", str(key), "-out", str(pem), "-days", days, "-subj", "/CN=localhost")
    key.chmod(0o600)


@pytest.fixture
def almost(installed: Idp) -> Idp:
    """Everything but a trust list."""
    installed("keys create")
    certificate(installed.directory / "keys" / "tls")
    return installed


def test_an_empty_directory_is_told_every_command_to_run(idp: Idp) -> None:
    found = check(idp)
    remedies = {name: one["remedy"] for name, one in found.items() if not one["ok"]}
    assert "idp db upgrade" in remedies["database"]
    assert "idp keys create" in remedies["keys"]
    assert "idp sandbox run" in remedies["trust"]
    assert list(idp.directory.rglob("*.sqlite*")) == [], "checking makes nothing"
    lines = idp("config check", exit_code=3).stdout.splitlines()
    assert lines[0].startswith("PROBLEM  database")
    assert lines[1].strip() == "-> run: idp db upgrade"


def test_what_is_right_says_ok(almost: Idp) -> None:
    found = check(almost)
    assert {name for name, one in found.items() if not one["ok"]} == {"trust", "crl"}
    assert found["database"]["detail"].endswith("realm sandbox")


@pytest.mark.parametrize(
    ("file", "mode", "name"),
    [
        ("signing/pairwise.key", 0o644, "permissions"),
        ("signing/pairwise.key", 0o640, "permissions"),
        ("signing/manifest.json", 0o660, "permissions"),
        ("tls/server.key", 0o604, "tls"),
    ],
)
@pytest.mark.attack("ATK-144")
def test_private_files_are_private(almost: Idp, file: str, mode: int, name: str) -> None:
    path = almost.directory / "keys" / file
    path.chmod(mode)
    one = check(almost)[name]
    assert not one["ok"]
    assert one["remedy"].startswith("chmod 600 ")
    assert one["remedy"].endswith(file)


def test_a_tls_key_of_another_certificate(almost: Idp) -> None:
    tls = almost.directory / "keys" / "tls"
    certificate(tls, "other")
    (tls / "other.key").replace(tls / "server.key")
    assert "not a certificate and its private key" in check(almost)["tls"]["detail"]


def test_tls_files_that_are_not_there(almost: Idp) -> None:
    (almost.directory / "keys" / "tls" / "server.pem").unlink()
    one = check(almost)["tls"]
    assert one["detail"] == "there is no keys/tls/server.pem"
    assert "IDP_TLS_CERTIFICATE" in one["remedy"]


def test_a_tls_key_under_a_password_does_not_wait_for_one(almost: Idp) -> None:
    key = almost.directory / "keys" / "tls" / "server.key"
    openssl("ec", "-in", str(key), "-out", f"{key}.locked", "-aes128", "-passout", "pass:secret")
    Path(f"{key}.locked").replace(key)
    key.chmod(0o600)
    assert not check(almost)["tls"]["ok"]


def test_an_expired_tls_certificate(almost: Idp) -> None:
    tls = almost.directory / "keys" / "tls"
    openssl("req", "-new", "-key", str(tls / "server.key"), "-out", str(tls / "r.csr"), "-subj", "/CN=localhost")
    sign = ("x509", "-req", "-in", str(tls / "r.csr"), "-signkey", str(tls / "server.key"), "-days", "-1")
    openssl(*sign, "-out", str(tls / "server.pem"))
    assert "is not valid now" in check(almost)["tls"]["detail"]


@pytest.mark.parametrize("name", ["database", "keys"])
def test_the_realms_must_agree(almost: Idp, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("IDP_REALM", "icp-brasil")
    one = check(almost)[name]
    assert not one["ok"]
    assert "realm" in one["detail"]


def test_checkpoints_need_a_directory(almost: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CHECKPOINT_FILE", "nowhere/checkpoints.jsonl")
    assert "IDP_CHECKPOINT_FILE" in check(almost)["checkpoints"]["remedy"]


def test_stores_that_do_not_answer(almost: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://idp:hunter2@127.0.0.1:1/idp")
    monkeypatch.setenv("IDP_EPHEMERAL_URL", "redis://:hunter2@127.0.0.1:1/0")
    found = check(almost)
    for name in ("database", "ephemeral"):
        assert found[name]["detail"].startswith("does not answer")
        assert "hunter2" not in found[name]["detail"]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("IDP_ISSUER", "http://id.example", "issuer"),
        ("IDP_CODE_SECONDS", "3600", "code_seconds"),
        ("IDP_BIND", "0.0.0.0", "loopback"),
        ("IDP_NONSENSE", "1", "unknown settings: IDP_NONSENSE"),
        ("IDP_CONFIG", "/nowhere.toml", "IDP_CONFIG"),
    ],
)
@pytest.mark.parametrize("command", ["config check", "config show", "serve", "client list"])
def test_settings_that_do_not_parse(
    idp: Idp, monkeypatch: pytest.MonkeyPatch, command: str, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    refused = idp(command, exit_code=3).stderr
    assert says in refused
    assert "->" in refused


def test_show_masks_secrets(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_PROXY_SECRET", "s" * 40)
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://idp:hunter2@db.example/idp?password=hunter2")
    monkeypatch.setenv("IDP_EPHEMERAL_URL", "redis://:hunter2@127.0.0.1:6379/0")
    for output in (idp("config show").stdout, idp("config show", "--json").stdout):
        assert "hunter2" not in output
        assert "s" * 40 not in output
        assert "db.example/idp" in output
    shown = idp.json("config show")
    assert shown["proxy_secret"] == "********"
    assert shown["realm"] == "sandbox"
    assert shown["workers"] == 2
    assert shown["tls_key"] == "keys/tls/server.key"


@pytest.mark.attack("ATK-030")
def test_serve_does_not_start_without_a_trust_list(almost: Idp) -> None:
    refused = almost("serve", exit_code=3).stderr
    assert "there is no trust list" in refused
    assert "idp sandbox run" in refused


def test_serve_does_not_start_without_database_or_keys(idp: Idp) -> None:
    assert "idp db upgrade" in idp("serve", exit_code=3).stderr
    idp("db upgrade")
    assert "idp keys create" in idp("serve", exit_code=3).stderr


def test_a_whole_installation_is_in_order_until_its_lists_grow_stale(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Sandbox(idp.directory / "sandbox")
    prepare(here, free_ports(), Hosts())
    monkeypatch.setenv("IDP_CONFIG", str(here.config))
    assert all(one["ok"] for one in check(idp, exit_code=0).values())
    for index in (idp.directory / "sandbox").rglob("crl/*"):
        index.unlink()
    one = check(idp)["crl"]
    assert "absent" in one["detail"]
    assert one["remedy"].startswith("idp crl sync")


def test_a_configuration_file_that_cannot_be_read_names_itself(installed: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    file = installed.directory / "bad.toml"
    file.write_text("realm = {\n")
    monkeypatch.setenv("IDP_CONFIG", str(file))
    refused = installed("config check", exit_code=3).stderr
    assert str(file) in refused
    assert "not a TOML file" in refused
    assert "Traceback" not in refused


def test_a_list_that_is_not_json_says_how_it_is_written(installed: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CRL_EXTRA_URLS", "http://lcr.example/ac.crl")
    refused = installed("config check", exit_code=3).stderr
    assert "crl_extra_urls" in refused
    assert "JSON" in refused
