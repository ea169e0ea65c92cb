"""The authorization endpoint under requests that are nearly right: every answer is a page of ours, a step of the
journey or an error of the standards at a registered place; never a 500 (the app raises what nobody caught)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oidc.world import CALLBACK, ISSUER, Browser, World, answer, request_parameters

ERRORS = {
    # RFC 6749 §4.1.2.1
    *("invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope"),
    # OIDC Core §3.1.2.6
    *("interaction_required", "login_required", "account_selection_required", "consent_required"),
    *("invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported"),
    "registration_not_supported",
    # OpenID Connect Core Error Code unmet_authentication_requirements 1.0; RFC 9396 §5
    *("unmet_authentication_requirements", "invalid_authorization_details"),
}
KEY = ec.generate_private_key(ec.SECP256R1())
WORDS = st.sampled_from(["code", "id_token", "token", "none", "x", ""])
response_types = st.lists(WORDS, max_size=4).map(" ".join)
modes = st.sampled_from(["query", "fragment", "form_post", "jwt", "x", "query fragment"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12))
names = st.one_of(
    st.sampled_from(
        ["sub", "acr", "inscricao", "cpf", "email", "name", "essential", "value", "values", "uf", "numero"]
    ),
    st.sampled_from(["id_token", "userinfo", "type", "actions", "nivel_minimo", "sefaz_representacao", "max_age"]),
    st.sampled_from(["state", "nonce", "scope", "prompt", "redirect_uri", "response_mode", "claims", "exp", "aud"]),
    st.text(max_size=6),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)
objects = st.dictionaries(names, documents, max_size=5)
claim = st.one_of(
    st.none(), st.fixed_dictionaries({}, optional={"essential": scalars, "value": documents, "values": documents})
)
claims = st.fixed_dictionaries(
    {},
    optional={
        "id_token": st.dictionaries(names, claim, max_size=3),
        "userinfo": st.dictionaries(names, claim, max_size=3),
    },
)
details = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("sefaz_representacao")},
        optional={"inscricao": documents, "actions": documents, "nivel_minimo": documents},
    ),
    max_size=2,
)
relaxed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def there(world: World) -> Browser:
    """Signed in, at clients that may do much."""
    jwk = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())), "kid": "k"}
    world.change("front", jwks={"keys": [jwk]})
    browser = world.browser()
    browser.log_in(client_id="front")
    return browser


def exact(response: Any) -> None:
    location = response.headers.get("Location", "")
    if response.status_code == 200:
        assert f'action="{CALLBACK}"' in response.get_data(as_text=True)
    elif response.status_code != 303:
        assert response.status_code in (400, 413)
        assert not location
        assert response.get_data(as_text=True).startswith("protocol_error ")
    elif not location.startswith(("/login?", "/consentimento?")):
        assert location.startswith((CALLBACK + "&", CALLBACK + "#"))
        told = answer(response)
        assert told["iss"] == ISSUER
        assert ("error" in told) != bool({"code", "id_token", "access_token"} & set(told))
        assert told.get("error", "access_denied") in ERRORS
        description = told.get("error_description", "")
        assert all(" " <= c <= "~" and c not in '"\\' for c in description), "RFC 6749 appendix A.8"
        if {"id_token", "access_token"} & set(told):
            assert "#" in location, "tokens never travel in a query"


def asked(browser: Browser, **changes: str | None) -> Any:
    return browser.get("/authorize?" + urlencode(request_parameters(client_id="front", **changes)))


@relaxed
@given(response_type=response_types, mode=st.none() | modes, prompt=st.sampled_from([None, "none", "login", "consent"]))
def test_response_types_and_modes(there: Browser, response_type: str, mode: str | None, prompt: str | None) -> None:
    exact(asked(there, response_type=response_type, response_mode=mode, prompt=prompt))


@relaxed
@given(text=st.one_of(claims.map(json.dumps), documents.map(json.dumps), st.text('[]{}":,etrunlfas0 ', max_size=30)))
def test_claims(there: Browser, text: str) -> None:
    exact(asked(there, claims=text))


@relaxed
@given(text=st.one_of(details.map(json.dumps), documents.map(json.dumps), st.text('[]{}":,etrunlfas0 ', max_size=30)))
def test_authorization_details(there: Browser, text: str) -> None:
    exact(asked(there, authorization_details=text))


@pytest.mark.parametrize("value", ["\ud800", 2**64, -(2**63) - 1, [["\udfff"]], "\x00"])
def test_values_that_cannot_be_written_again(there: Browser, value: Any) -> None:
    token = jwt.api_jws.encode(json.dumps({"nonce": value}).encode(), KEY, algorithm="ES256", headers={"kid": "k"})
    assert answer(asked(there, request=token))["error"] == "invalid_request_object"
    told = answer(asked(there, claims=json.dumps({"userinfo": {"name": {"value": [value, "\ud800"]}}})))
    assert told["error"] == "invalid_request"


@relaxed
@given(said=objects)
def test_request_objects(there: Browser, said: dict[str, Any]) -> None:
    body = json.dumps(said).encode()
    token = jwt.api_jws.encode(body, KEY, algorithm="ES256", headers={"kid": "k"})
    exact(asked(there, request=token))
    exact(asked(there, request=token, redirect_uri=None))
