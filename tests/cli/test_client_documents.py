"""idp client import, and idp client registration-token."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Idp
from tests.cli.test_client import CREATE, stored

SECRET = "a-secret-of-thirty-two-characters"
STATIC = {
    "client_id": "suite",
    "client_secret": SECRET,
    "client_name": "Suíte",
    "redirect_uris": ["https://suite.example/cb"],
    "grant_types": ["authorization_code", "implicit", "refresh_token"],
    "response_types": ["code", "id_token code"],
    "scope": "openid profile offline_access",
    "poder": "dte.consultar",
}


def bring(idp: Idp, content: Any, **options: Any) -> Any:
    file = idp.directory / "clients.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    if "exit_code" in options:
        return idp(f"client import {file} --json", **options).stderr
    return idp.json(f"client import {file}", **options)


def test_a_file_of_clients_is_registered_and_again_changes_nothing(installed: Idp) -> None:
    other = {"client_name": "Outro", "redirect_uris": ["https://o.example/cb"]}
    first, second = bring(installed, [STATIC, other])
    assert first == {"client_id": "suite", "client_name": "Suíte", "state": "created", "client_secret": None}
    assert second["state"] == "created"
    assert len(second["client_secret"]) == 43
    assert hashlib.sha256(SECRET.encode()).hexdigest() in stored(installed)
    assert SECRET not in stored(installed)
    shown = installed.json("client show suite")
    assert (shown["response_types"], shown["poder"]) == (["code", "code id_token"], "dte.consultar")
    assert [row["state"] for row in bring(installed, STATIC)] == ["unchanged"]


def test_what_is_shown_can_be_brought_back(installed: Idp) -> None:
    bring(installed, STATIC)
    shown = installed.json("client show suite")
    (row,) = bring(installed, shown)
    assert row == {"client_id": "suite", "client_name": "Suíte", "state": "updated"}  # its sector is pinned by name now
    assert hashlib.sha256(SECRET.encode()).hexdigest() in stored(installed)
    assert [row["state"] for row in bring(installed, shown)] == ["unchanged"]
    assert [row["state"] for row in bring(installed, shown | {"client_name": "Novo"})] == ["updated"]
    assert installed.json("client show suite") == shown | {"client_name": "Novo"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ([1], "registration 1 is not an object"),
        (STATIC | {"redirect_url": "https://x.example"}, "redirect_url"),
        (STATIC | {"client_secret": "short"}, "at least 32 characters"),
        (STATIC | {"scope": ["openid", "everything"]}, "everything"),
        ({"redirect_uris": ["https://o.example/cb"]}, "client_name"),
    ],
)
def test_a_file_with_a_mistake_registers_nothing(installed: Idp, content: Any, problem: str) -> None:
    good = {"client_name": "Outro", "redirect_uris": ["https://o.example/cb"]}
    together = content if isinstance(content, str | list) else [good, content]
    assert problem in bring(installed, together, exit_code=2)
    assert installed.json("client list") == []


def test_an_import_never_renames_people_in_passing(installed: Idp) -> None:
    bring(installed, STATIC)
    moved = STATIC | {"redirect_uris": ["https://moved.example/cb"]}
    assert "sector_identifier" in bring(installed, moved, exit_code=2)
    bring(installed, moved | {"sector_identifier": "suite.example"})


def test_an_older_client_with_dead_metadata_can_still_be_disabled(installed: Idp) -> None:
    installed(CREATE)
    file = installed.directory / "keys" / "portaria.sqlite"
    _rewrite(file, "portal", resource="api")
    assert installed.json("client update portal --disable")["enabled"] is False
    assert "resource" in installed("client update portal --name X", exit_code=2).stderr
    assert installed.json("client update portal --clear resource")["resource"] is None


def test_keys_by_reference_take_the_place_of_those_by_value(installed: Idp) -> None:
    installed(CREATE, "--jwks-uri", "https://p.example/jwks")
    assert installed.json("client update portal --jwks-uri https://p.example/2")["jwks_uri"] == "https://p.example/2"
    assert installed.json("client update portal --clear jwks-uri")["jwks_uri"] is None


def test_a_registration_token_is_printed_once_listed_and_revoked(installed: Idp) -> None:
    result = installed(
        "client registration-token create --name Prefeitura --scope openid --scope cpf --uses 3",
        *["--redirect-host", ".am.gov.example", "--json"],
    )
    made = json.loads(result.stdout)
    value = made.pop("initial_access_token")
    assert "IDP_REGISTRATION" in result.stderr
    assert value not in stored(installed)
    assert hashlib.sha256(value.encode()).hexdigest() in stored(installed)
    (row,) = installed.json("client registration-token list")
    assert row == made | {"good": True}
    assert (row["scopes"], row["redirect_hosts"], row["uses"]) == (["openid", "cpf"], [".am.gov.example"], 3)
    installed("client registration-token revoke", made["id"])
    assert [one["good"] for one in installed.json("client registration-token list")] == [False]
    assert "revoked already" in installed("client registration-token revoke", made["id"], exit_code=1).stderr


def test_a_token_gives_no_documents_unless_it_says_so(installed: Idp) -> None:
    made = installed.json("client registration-token create --name X")
    assert made["scopes"] == ["openid", "profile", "email", "phone", "address", "offline_access"]
    assert (made["uses"], made["public_subject"], made["redirect_hosts"]) == (1, False, [])


def _rewrite(file: Path, client_id: str, **changes: Any) -> None:
    with sqlite3.connect(file) as connection:
        (text,) = connection.execute("SELECT registration FROM clients WHERE client_id = ?", (client_id,)).fetchone()
        changed = json.dumps(json.loads(text) | changes)
        connection.execute("UPDATE clients SET registration = ? WHERE client_id = ?", (changed, client_id))
    connection.close()
