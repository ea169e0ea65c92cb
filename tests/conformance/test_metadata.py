"""Discovery and keys: the config plan, and the discovery modules of the logout plans."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from tests.conformance.plans import Variant
from tests.conformance.provider import Provider

_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?\Z")


@pytest.fixture
def metadata(provider: Provider, variant: Variant) -> dict[str, Any]:
    """Fetched anew: the document that the issuer's address leads to (Discovery §4)."""
    answer = provider.http.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    found = dict(answer.json())
    assert found["issuer"] == provider.issuer  # Discovery §4.3
    return found


def test_oidcc_discovery_endpoint_verification(metadata: dict[str, Any], provider: Provider) -> None:
    """Discovery §3: the metadata's REQUIRED members, every address https; RFC 7517 §4.5, §5: keys that are told apart
    by kid, none of them private."""
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            parts = urlsplit(value)
            assert (parts.scheme, parts.query, parts.fragment) == ("https", "", ""), name
        if name.endswith("_supported"):
            assert isinstance(value, bool) or (value and all(isinstance(one, str) for one in value)), name
            assert isinstance(value, bool) or len(value) == len(set(value)), name
    assert {"code", "id_token", "id_token token"} <= set(metadata["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(metadata["grant_types_supported"])
    assert set(metadata["response_modes_supported"]) == {"query", "fragment", "form_post"}
    assert {"public", "pairwise"} == set(metadata["subject_types_supported"])
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "RS256" in metadata["userinfo_signing_alg_values_supported"]
    assert "RS256" in metadata["request_object_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"sub", "iss", "auth_time", "acr", "name", "email", "address"} <= set(metadata["claims_supported"])
    assert metadata["claims_parameter_supported"] is True
    assert metadata["authorization_response_iss_parameter_supported"] is True
    for name in ("ui_locales_supported", "claims_locales_supported"):
        assert all(_LANGUAGE_TAG.match(tag) for tag in metadata[name])
    keys = provider.jwks()
    assert len({key["kid"] for key in keys}) == len(keys) > 0
    for key in keys:
        assert key["kty"] in ("RSA", "EC")
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
        assert key["use"] == "sig"
        assert jwt.PyJWK(key).key.key_size >= (2048 if key["kty"] == "RSA" else 256)


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    """RP-Initiated Logout §2.1: end_session_endpoint, an https address."""
    assert metadata["end_session_endpoint"].startswith("https://")


def test_oidcc_backchannel_logout_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    """Back-Channel Logout §2.1: both kinds of support are said."""
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    """Front-Channel Logout §3: both kinds of support are said."""
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True
