"""idp client: registration, change, secrets and removal."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import sqlite3
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Idp

CREATE = "client create --id portal --name Portal --redirect-uri https://p.example/cb"


def stored(idp: Idp) -> str:
    """The whole database, as text."""
    connection = sqlite3.connect(idp.directory / "keys" / "portaria.sqlite")
    dump = "\n".join(connection.iterdump())
    connection.close()
    return dump


def test_a_secret_is_printed_once_and_stored_as_its_digest(installed: Idp) -> None:
    created = installed.json(CREATE)
    secret = created["client_secret"]
    assert len(secret) == 43
    assert "client_secret" not in installed.json("client show portal")
    dump = stored(installed)
    assert secret not in dump
    assert hashlib.sha256(secret.encode()).hexdigest() in dump


def test_people_see_id_and_secret_first_and_are_told_to_keep_it(installed: Idp) -> None:
    result = installed(CREATE)
    first, second, *_ = result.stdout.splitlines()
    assert first.split() == ["client_id", "portal"]
    assert second.split()[0] == "client_secret"
    assert "cannot be shown again" in result.stderr


def test_every_option_reaches_the_registration(installed: Idp) -> None:
    shown = installed.json(
        CREATE,
        *["--auth-method", "client_secret_post", "--grant", "authorization_code", "--grant", "refresh_token"],
        *["--scope", "openid", "--scope", "offline_access", "--poder", "dte.consultar", "--nivel-minimo", "A3"],
        *["--situacao", "ATIVA", "--situacao", "SUSPENSA", "--subject-type", "pairwise", "--sector", "s.example"],
        *["--resource", "https://api.example", "--id-token-alg", "ES256", "--access-token-alg", "RS256"],
        *["--post-logout-redirect-uri", "https://p.example/bye", "--logo-uri", "https://p.example/l.png"],
        *["--jwks-uri", "https://p.example/jwks", "--request-uri", "https://p.example/request"],
        *["--userinfo-alg", "RS256", "--initiate-login-uri", "https://p.example/login"],
        *["--backchannel-logout-uri", "https://p.example/back", "--frontchannel-logout-uri", "https://p.example/front"],
        *["--claim", "name", "--claim", "inscricao", "--shown-poder", "dte.consultar"],
    )
    del shown["client_secret"]
    assert (
        shown
        == installed.json("client show portal")
        == {
            "client_id": "portal",
            "client_name": "Portal",
            "enabled": True,
            "redirect_uris": ["https://p.example/cb"],
            "post_logout_redirect_uris": ["https://p.example/bye"],
            "token_endpoint_auth_method": "client_secret_post",
            "jwks": None,
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": ["openid", "offline_access"],
            "subject_type": "pairwise",
            "sector_identifier": "s.example",
            "id_token_signed_response_alg": "ES256",
            "access_token_signed_response_alg": "RS256",
            "resource": "https://api.example",
            "poder": "dte.consultar",
            "nivel_minimo": "A3",
            "situacoes": ["ATIVA", "SUSPENSA"],
            "logo_uri": "https://p.example/l.png",
            "policy_uri": None,
            "tos_uri": None,
            "response_types": ["code"],
            "application_type": "web",
            "contacts": [],
            "client_uri": None,
            "jwks_uri": "https://p.example/jwks",
            "token_endpoint_auth_signing_alg": None,
            "sector_identifier_uri": None,
            "request_uris": ["https://p.example/request"],
            "request_object_signing_alg": None,
            "require_signed_request_object": False,
            "userinfo_signed_response_alg": "RS256",
            "introspection_signed_response_alg": None,
            "default_max_age": None,
            "require_auth_time": False,
            "default_acr_values": [],
            "initiate_login_uri": "https://p.example/login",
            "backchannel_logout_uri": "https://p.example/back",
            "backchannel_logout_session_required": False,
            "frontchannel_logout_uri": "https://p.example/front",
            "frontchannel_logout_session_required": False,
            "claims": ["inscricao", "name"],
            "poderes": ["dte.consultar"],
            "id_token_encrypted_response_alg": None,
            "id_token_encrypted_response_enc": None,
            "userinfo_encrypted_response_alg": None,
            "userinfo_encrypted_response_enc": None,
            "introspection_encrypted_response_alg": None,
            "introspection_encrypted_response_enc": None,
            "registered_with": None,
        }
    )


def test_an_id_of_our_own_making_can_be_typed(installed: Idp) -> None:
    ids = {installed.json("client create --name X --redirect-uri https://x.example/cb")["client_id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(id.isalnum() and len(id) == 24 for id in ids)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ("--redirect-uri http://p.example/cb", "redirect_uris"),
        ("--redirect-uri https://p.example/*", "redirect_uris"),
        ("--redirect-uri https://p.example/cb --post-logout-redirect-uri /bye", "post_logout_redirect_uris"),
        ("", "redirect_uris"),
        ("--redirect-uri https://p.example/cb --redirect-uri https://q.example/cb", "sector_identifier"),
        ("--redirect-uri https://p.example/cb --auth-method private_key_jwt", "jwks"),
        ("--redirect-uri https://p.example/cb --id a:b", "client_id"),
        ("--auth-method none --grant client_credentials", "grant_types"),
        ("--redirect-uri https://p.example/cb --grant refresh_token", "grant_types"),
        ("--redirect-uri https://p.example/cb --scope offline_access", "scope"),
        ("--redirect-uri https://p.example/cb --resource api", "resource"),
        ("--redirect-uri https://p.example/cb --logo-uri javascript:alert(1)", "logo_uri"),
        ("--redirect-uri https://p.example/cb --grant authorization_code --grant implicit", "response_types"),
        ("--redirect-uri https://p.example/cb --response-type id_token", "grant_types"),
        ("--redirect-uri https://p.example/cb --initiate-login-uri http://p.example/", "initiate_login_uri"),
    ],
)
@pytest.mark.attack("ATK-080")
def test_what_cannot_be_registered_names_the_field_and_registers_nothing(
    installed: Idp, options: str, field: str
) -> None:
    refused = installed("client create --name Portal --json", *options.split(), exit_code=2)
    assert json.loads(refused.stderr)["field"] == field
    assert refused.stdout == ""
    assert installed("client create --name Portal", *options.split(), exit_code=2).stderr.startswith(f"idp: {field}: ")
    assert installed.json("client list") == []


@pytest.mark.parametrize("option", ["--scope everything", "--auth-method BASIC", "--situacao X", "--grant password"])
def test_a_word_that_does_not_exist_is_answered_with_those_that_do(installed: Idp, option: str) -> None:
    assert "is not one of" in installed(CREATE, *option.split(), exit_code=2).stderr


def test_a_taken_id_is_refused(installed: Idp) -> None:
    installed(CREATE)
    assert "is taken" in installed(CREATE, exit_code=2).stderr


def test_a_list_and_none(installed: Idp) -> None:
    assert "idp client create" in installed("client list").stdout
    assert installed.json("client list") == []
    installed(CREATE)
    assert "portal" in installed("client list").stdout
    assert [one["client_id"] for one in installed.json("client list")] == ["portal"]


@pytest.mark.parametrize("verb", ["show", "update", "rotate-secret", "delete --yes"])
def test_nothing_of_that_name_is_a_negative_answer(installed: Idp, verb: str) -> None:
    assert "no such client nada" in installed(f"client {verb} nada", exit_code=1).stderr


def test_update_changes_what_it_names_and_nothing_else(installed: Idp) -> None:
    before = installed.json(CREATE, "--poder", "dte.consultar", "--nivel-minimo", "A3")
    del before["client_secret"]
    after = installed.json("client update portal --name", "Novo nome", "--disable", "--scope", "openid")
    assert after == before | {"client_name": "Novo nome", "enabled": False, "scope": ["openid"]}
    after = installed.json("client update portal --enable --clear poder --situacao INAPTA")
    assert (after["enabled"], after["poder"], after["nivel_minimo"], after["situacoes"]) == (
        True,
        None,
        "A3",
        ["INAPTA"],
    )


def test_a_new_redirect_host_never_renames_people_silently(installed: Idp) -> None:
    """Pairwise subjects are derived from the sector, which is the redirect host unless it is named."""
    installed(CREATE)
    move = "client update portal --redirect-uri https://new.example/cb"
    refused = installed(move, exit_code=2).stderr
    assert "--sector p.example" in refused
    assert installed.json("client show portal")["redirect_uris"] == ["https://p.example/cb"]
    kept = installed.json(move, "--sector", "p.example")
    assert (kept["sector_identifier"], kept["redirect_uris"]) == ("p.example", ["https://new.example/cb"])
    assert "sub" in installed("client update portal --clear sector", exit_code=2).stderr


def test_a_change_of_method_gives_and_takes_the_secret(installed: Idp) -> None:
    installed(CREATE)
    assert "client_secret" not in installed.json("client update portal --auth-method none")
    again = installed.json("client update portal --auth-method client_secret_basic")
    assert len(again["client_secret"]) == 43
    assert "client_secret" not in installed.json("client update portal --auth-method client_secret_post")
    installed("client update portal --auth-method none")
    assert "has none" in installed("client rotate-secret portal", exit_code=2).stderr


def test_rotate_secret(installed: Idp) -> None:
    first = installed.json(CREATE)["client_secret"]
    second = installed.json("client rotate-secret portal")["client_secret"]
    assert second != first
    dump = stored(installed)
    assert hashlib.sha256(second.encode()).hexdigest() in dump
    assert hashlib.sha256(first.encode()).hexdigest() not in dump


def test_delete_asks_first(installed: Idp) -> None:
    installed(CREATE)
    installed("client delete portal", input="n\n", exit_code=1)
    assert installed.json("client list")
    installed("client delete portal", input="y\n")
    assert installed.json("client list") == []
    installed(CREATE)
    assert installed.json("client delete portal --yes") == {"deleted": "portal"}


def test_each_change_is_audited_with_who_made_it(installed: Idp, audited: Any) -> None:
    installed(CREATE)
    installed("client update portal --disable")
    installed("client update portal --disable")  # already so: no act, no row
    installed("client rotate-secret portal")
    installed("client delete portal --yes")
    kinds = [kind for kind, _ in audited()]
    assert kinds == ["client.created", "client.updated", "client.secret_rotated", "client.deleted"]
    known = {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}
    me = known.get(os.getuid(), f"uid {os.getuid()}")
    assert all(payload == {"client": "portal", "actor": me} for _, payload in audited())


# --- Keys of private_key_jwt ---------------------------------------------------------------------------------------


def b64(number: int, length: int | None = None) -> str:
    raw = number.to_bytes(length or (number.bit_length() + 7) // 8)
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def rsa(bits: int) -> dict[str, str]:
    """A public key as JWK, its modulus printed by the openssl command."""
    pem = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True).stdout
    shown = subprocess.run(["openssl", "rsa", "-modulus", "-noout"], input=pem, check=True, capture_output=True).stdout
    return {"kty": "RSA", "n": b64(int(shown.decode().strip().removeprefix("Modulus="), 16)), "e": "AQAB"}


EC = {  # RFC 7517 appendix A.1
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}


def register(idp: Idp, content: object, exit_code: int = 0) -> Any:
    file = idp.directory / "jwks.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return idp(CREATE, "--auth-method", "private_key_jwt", "--jwks", str(file), "--json", exit_code=exit_code)


def test_public_keys_are_registered(installed: Idp) -> None:
    keys = {"keys": [rsa(2048) | {"kid": "a"}, EC | {"kid": "b", "use": "sig"}]}
    created = json.loads(register(installed, keys).stdout)
    assert created["jwks"] == keys
    assert "client_secret" not in created


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("not json", "is not JSON"),
        ([], "JSON object"),
        ({"keys": []}, "at least one key"),
        ({"keys": EC}, "JSON object"),
        ({"keys": ["x"]}, "key 1 is not an object"),
        ({"keys": [EC | {"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}, "private"),
        ({"keys": [{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}]}, "private or shared"),
        ({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}, "neither"),
        ({"keys": [EC | {"crv": "secp256k1"}]}, "neither"),
        ({"keys": [EC | {"x": "AA"}]}, "coordinates"),
        ({"keys": [EC | {"use": "enc"}]}, "for signatures"),
        ({"keys": [EC | {"kid": 1}]}, "kid"),
        ({"keys": [EC, EC]}, "a kid each"),
        ({"keys": [EC | {"kid": "a"}, EC | {"kid": "a"}]}, "all different"),
    ],
)
@pytest.mark.attack("ATK-013")
def test_keys_that_cannot_be_used_are_refused(installed: Idp, content: object, problem: str) -> None:
    assert problem in register(installed, content, exit_code=2).stderr
    assert installed.json("client list") == []


@pytest.mark.attack("ATK-013")
def test_weak_rsa_is_refused(installed: Idp) -> None:
    assert "less than 2048 bits" in register(installed, {"keys": [rsa(1024)]}, exit_code=2).stderr
    strong = rsa(2048)
    for e in ("Aw", "AQAA"):
        assert "exponent" in register(installed, {"keys": [strong | {"e": e}]}, exit_code=2).stderr


def test_a_file_that_is_not_there(installed: Idp, tmp_path: Path) -> None:
    assert "No such file" in installed(CREATE, "--jwks", str(tmp_path / "none"), exit_code=2).stderr
