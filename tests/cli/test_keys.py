"""idp keys: first set-up, and the next key takes over."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from typing import Any

import pytest

from tests.cli.conftest import Idp


def states(idp: Idp) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key in idp.json("keys list"):
        found.setdefault(key["alg"], {})[key["state"]] = key["kid"]
    return found


def test_create_makes_an_active_and_a_next_key_of_each_algorithm(installed: Idp, audited: Any) -> None:
    made = installed.json("keys create")
    assert sorted((key["alg"], key["state"]) for key in made) == [
        ("ES256", "active"),
        ("ES256", "next"),
        ("RS256", "active"),
        ("RS256", "next"),
    ]
    assert [kind for kind, _ in audited()] == ["key.created"] * 4
    assert {payload["kid"] for _, payload in audited()} == {key["kid"] for key in made}
    for file in (installed.directory / "keys" / "signing").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert all(key["kid"] in installed("keys list").stdout for key in made)


def test_create_never_replaces_keys(installed: Idp) -> None:
    installed("keys create")
    before = states(installed)
    assert "already holds keys" in installed("keys create", exit_code=3).stderr
    assert states(installed) == before


def test_create_refuses_where_people_already_have_a_sub(installed: Idp) -> None:
    """The pairwise key made them; with another one everybody would be a stranger everywhere."""
    installed("keys create")
    with sqlite3.connect(installed.directory / "keys" / "portaria.sqlite") as connection:
        connection.execute(
            "INSERT INTO consents VALUES ('s', 'rp', 'AM:1/titular', 'openid', '2026-01-01', '2099-01-01')"
        )
    connection.close()
    shutil.rmtree(installed.directory / "keys" / "signing")
    refused = installed("keys create", exit_code=3).stderr
    assert "from the backup" in refused
    assert not (installed.directory / "keys" / "signing").exists()


def test_rotate_lets_the_next_key_sign(installed: Idp, audited: Any) -> None:
    installed("keys create")
    before = states(installed)
    done = installed.json("keys rotate --alg ES256")
    after = states(installed)
    assert [key["kid"] for key in done["activated"]] == [before["ES256"]["next"]] == [after["ES256"]["active"]]
    assert after["ES256"]["retired"] == before["ES256"]["active"]
    assert after["ES256"]["next"] not in before["ES256"].values()
    assert after["RS256"] == before["RS256"]
    assert audited()[-1][0] == "key.rotated"
    both = installed.json("keys rotate")["activated"]
    assert {key["alg"] for key in both} == {"RS256", "ES256"}


@pytest.mark.parametrize("command", ["keys list", "keys rotate"])
def test_without_keys_the_command_to_run_is_named(installed: Idp, command: str) -> None:
    assert "idp keys create" in installed(command, exit_code=3).stderr


def test_keys_of_another_realm(installed: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    installed("keys create")
    monkeypatch.setenv("IDP_REALM", "icp-brasil")
    assert "realm" in installed("keys list", exit_code=3).stderr


def test_an_unknown_algorithm(installed: Idp) -> None:
    assert "is not one of" in installed("keys rotate --alg HS256", exit_code=2).stderr


@pytest.mark.attack("ATK-144")
def test_a_stolen_key_is_withdrawn_at_once(installed: Idp, audited: Any) -> None:
    installed("keys create")
    stolen = states(installed)["ES256"]["active"]
    assert "idp keys rotate --alg ES256" in installed(f"keys withdraw {stolen} --yes", exit_code=3).stderr
    installed("keys rotate --alg ES256")
    assert installed.json(f"keys withdraw {stolen} --yes")["withdrawn"]["kid"] == stolen
    assert stolen not in {key["kid"] for key in installed.json("keys list")}
    assert not (installed.directory / "keys" / "signing" / f"{stolen}.pem").exists()
    assert audited()[-1][0] == "key.withdrawn"
    assert "there is no key" in installed(f"keys withdraw {stolen} --yes", exit_code=3).stderr
