"""A relying party's registration: what is refused, and which field is said to be wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp.domain.client import SCOPES, AuthMethod, Client, GrantType
from idp.errors import InvalidClient

RP = Client("rp", "Portal", redirect_uris=("https://rp.example/cb",), secret_digest="0" * 64)


def refused(**changes: Any) -> str:
    with pytest.raises(InvalidClient) as error:
        replace(RP, **changes)
    return error.value.field


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/cb",
        "https://rp.example:8450/cb?x=1",
        "https://127.0.0.1:8450/callback",
        "http://127.0.0.1:8450/callback",
        "http://[::1]:8450/callback",
        "https://rp.example",
        "https://xn--sefaz-9ta.example/%C3%A7",
    ],
)
def test_a_redirect_uri_is_absolute_and_https_or_loopback(uri: str) -> None:
    assert replace(RP, redirect_uris=(uri,), post_logout_redirect_uris=(uri,)).redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/cb",
        "cb",
        "//rp.example/cb",
        "http://rp.example/cb",
        "http://localhost/cb",
        "http://localhost:80@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1@evil.example/",
        "https://user@rp.example/cb",
        "https://user:pw@rp.example/cb",
        "https://@rp.example/cb",
        "https://rp.example/cb#",
        "https://rp.example/cb#x",
        "https://*.rp.example/cb",
        "https://rp.example/*",
        "https://rp.example\\@evil.example/",
        "https://rp.example/ cb",
        "https://rp.example/cb\n",
        "https://rp.example/\tcb",
        "https://rp.example/\x00",
        "https://rp.exámple/cb",
        "https://rp.example/😀",
        "https://rp.example/a/../cb",
        "https://rp.example/./cb",
        "https:///cb",
        "https://:443/cb",
        "https://rp.example:99999/cb",
        "https://[::1/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "portal:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
    ],
)
@pytest.mark.attack("ATK-080")
@pytest.mark.attack("ATK-082")
def test_any_other_redirect_uri_is_refused(uri: str) -> None:
    assert refused(redirect_uris=("https://rp.example/cb", uri)) == "redirect_uris"
    assert refused(post_logout_redirect_uris=(uri,)) == "post_logout_redirect_uris"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a b"}, "client_id"),
        ({"client_id": "a:b"}, "client_id"),
        ({"client_id": "ç"}, "client_id"),
        ({"client_id": "😀"}, "client_id"),
        ({"name": " "}, "client_name"),
        ({"scopes": frozenset({"openid", "everything"})}, "scope"),
        ({"redirect_uris": ()}, "redirect_uris"),
        ({"grant_types": frozenset({GrantType.REFRESH_TOKEN})}, "grant_types"),
        (
            {"auth_method": AuthMethod.NONE, "grant_types": frozenset({GrantType.CLIENT_CREDENTIALS})},
            "grant_types",
        ),
        ({"auth_method": AuthMethod.PRIVATE_KEY_JWT}, "jwks"),
        ({"auth_method": AuthMethod.PRIVATE_KEY_JWT, "jwks": {"keys": []}}, "jwks"),
        ({"secret_digest": None}, "client_secret"),
        ({"auth_method": AuthMethod.POST, "secret_digest": None}, "client_secret"),
        ({"subject_type": "ephemeral"}, "subject_type"),
        ({"id_token_alg": "none"}, "id_token_signed_response_alg"),
        ({"id_token_alg": "HS256"}, "id_token_signed_response_alg"),
        ({"access_token_alg": "none"}, "access_token_signed_response_alg"),
    ],
)
@pytest.mark.attack("ATK-001")
def test_what_cannot_be_registered_names_its_field(changes: dict[str, Any], field: str) -> None:
    assert refused(**changes) == field


def test_a_pairwise_client_on_two_hosts_names_its_sector_at_registration() -> None:
    """OIDC Core §8.1. Found out at the first login, it would be an error nobody there can cure."""
    two = ("https://rp.example/cb", "https://other.example/cb")
    assert refused(redirect_uris=two) == "sector_identifier"
    assert replace(RP, redirect_uris=two, sector="rp.example").sector_identifier == "rp.example"
    assert replace(RP, redirect_uris=two, subject_type="public").subject_type == "public"


def test_the_sector_is_the_redirect_host() -> None:
    assert RP.sector_identifier == "rp.example"
    assert replace(RP, redirect_uris=("https://rp.example:8450/a", "https://rp.example/b")).sector_identifier == (
        "rp.example"
    )
    machine = replace(RP, redirect_uris=(), grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}))
    assert machine.sector_identifier == "rp"


def test_a_public_client_has_no_secret_and_needs_none() -> None:
    assert replace(RP, auth_method=AuthMethod.NONE, secret_digest=None).public
    assert not RP.public


def test_cpf_and_cnpj_travel_only_by_scope_and_none_of_them_by_default() -> None:
    assert "cpf" not in RP.scopes
    assert {"cpf", "inscricao", "procuracao", "certificado"} < set(SCOPES)
