"""Every member of the metadata documents, held against what the provider does: each is true, and what it offers is all
there is. A member without a proof here fails, and so does a proof whose member is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from idp.oidc.metadata import Paths, metadata
from tests.oidc.test_registration import EC, GOOD, Registration, registration
from tests.oidc.world import ADA_CHOICE, ISSUER, Browser, World, answer

RSA = {"kty": "RSA", "e": "AQAB", "kid": "r", "n": "u" + "A" * 340 + "E"}
KEYS = {"keys": [EC, RSA]}
UNKNOWN = ("none", "HS256", "RS512", "RSA1_5", "dir", "A128GCM", "create", "jwt", "popup", "tls_client_auth", "plain")


@dataclass
class Here:
    world: World
    endpoint: Registration
    found: Mapping[str, Any]

    @property
    def browser(self) -> Browser:
        return self.world.browser()

    def registers(self, **members: Any) -> bool:
        """Whether an application may say so of itself."""
        document = GOOD | {"jwks": KEYS} | members
        response = self.endpoint.post(document)
        assert response.status_code in (201, 400), response.get_data(as_text=True)
        made = response.get_json()
        return response.status_code == 201 and all(made[name] == value for name, value in members.items())

    def error(self, **parameters: Any) -> str:
        """What a request is answered without any page."""
        return str(answer(self.browser.authorize(**{"prompt": "none", **parameters}))["error"])


Proof = Callable[[Here, Any], None]


def endpoint(here: Here, value: str) -> None:
    assert value.startswith(f"{ISSUER}/")
    assert here.browser.get(value.removeprefix(ISSUER)).status_code != 404


def registered(name: str, **more: Any) -> Proof:
    """The values offered are those that a registration may hold as ``name``, and no other one."""

    def proof(here: Here, values: list[str]) -> None:
        permitted = [one for one in (*values, *UNKNOWN) if here.registers(**{name: one}, **more)]
        assert permitted == values

    return proof


def encrypted(what: str) -> tuple[tuple[str, Proof], ...]:
    alg, enc = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    return (
        (f"{what}_encryption_alg_values_supported", registered(alg)),
        (f"{what}_encryption_enc_values_supported", registered(enc, **{alg: "RSA-OAEP-256"})),
    )


def methods(here: Here, values: list[str]) -> None:
    assert [
        one for one in dict.fromkeys((*values, *UNKNOWN)) if here.registers(token_endpoint_auth_method=one)
    ] == values


def methods_but_none(here: Here, values: list[str]) -> None:
    methods(here, ["none", *values])
    asked = here.browser.post("/introspect", data={"token": "x", "client_id": "public"})
    assert asked.get_json()["error"] == "invalid_client"


def response_types(here: Here, values: list[str]) -> None:
    """Each is answered for by a client that registered it; ``token`` alone is none."""
    both = ["authorization_code", "implicit"]
    assert here.registers(grant_types=both, response_types=values)
    assert not here.registers(grant_types=both, response_types=["token"])
    assert here.error(response_type="token") == "unsupported_response_type"
    for one in values:
        assert here.error(response_type=one) == ("login_required" if one == "code" else "unauthorized_client"), one


def response_modes(here: Here, values: list[str]) -> None:
    shapes = {"query": "&error=login_required", "fragment": "#error=login_required"}
    for mode, shape in shapes.items():
        response = here.browser.authorize(response_mode=mode, prompt="none")
        assert shape in response.headers["Location"]
    assert 'name="error"' in here.browser.authorize(response_mode="form_post", prompt="none").get_data(as_text=True)
    assert values == [*shapes, "form_post"]
    assert here.error(response_mode="jwt") == "invalid_request"


def grant_types(here: Here, values: list[str]) -> None:
    known = [one for one in values if one != "implicit"]
    refused = {one: here.browser.token(grant_type=one).get_json().get("error") for one in (*known, "password", "x")}
    assert refused == {
        "authorization_code": "invalid_request",  # without code
        "refresh_token": "invalid_request",
        "client_credentials": None,
        "password": "unsupported_grant_type",
        "x": "unsupported_grant_type",
    }
    assert here.registers(grant_types=["implicit"], response_types=["id_token"])


def prompts(here: Here, values: list[str]) -> None:
    assert values == ["none", "login", "consent", "select_account"]
    for one in values[1:]:
        assert here.browser.authorize(prompt=one).headers["Location"].startswith("/login"), one
    assert here.error(prompt="create") == "invalid_request"


def scopes(here: Here, values: list[str]) -> None:
    here.world.change("app", scopes=frozenset(values))
    granted = here.browser.tokens(b"ada", ADA_CHOICE, scope=" ".join([*values, "unknown"]))["scope"]
    assert sorted(granted.split()) == sorted(values)


def claims_supported(here: Here, values: list[str]) -> None:
    """Everything that a token for every scope says, and userinfo, is among them."""
    here.world.change("app", scopes=frozenset(here.found["scopes_supported"]))
    browser = here.browser
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope=" ".join(here.found["scopes_supported"]))
    told = set(browser.userinfo(tokens["access_token"]).get_json()) | set(_payload(tokens["id_token"]))
    assert told <= set(values)
    assert {"name", "titular", "cpf", "inscricao", "cnpj", "cnpj_raiz", "representacao", "certificado"} <= told
    assert len(set(values)) == len(values)


def _payload(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def acr_values(here: Here, values: list[str]) -> None:
    assert _payload(here.browser.tokens(b"ada", ADA_CHOICE)["id_token"])["acr"] in values
    for one, error in (*((one, "login_required") for one in values), ("urn:x", "unmet_authentication_requirements")):
        asked = json.dumps({"id_token": {"acr": {"essential": True, "value": one}}})
        assert here.error(claims=asked) in (error, "login_required"), one


def challenge_methods(here: Here, values: list[str]) -> None:
    assert values == ["S256"]
    assert here.error() == "login_required"
    assert here.error(code_challenge_method="plain") == "invalid_request"


def claims_parameter(here: Here, value: bool) -> None:
    assert value is True
    assert here.error(claims="[") == "invalid_request"
    assert here.error(claims='{"userinfo": {"name": null}}') == "login_required"


def detail_types(here: Here, values: list[str]) -> None:
    for one, error in (*((one, "login_required") for one in values), ("x", "invalid_authorization_details")):
        details = json.dumps([{"type": one}])
        assert here.error(scope="openid inscricao", authorization_details=details) == error


def request_parameter(here: Here, value: bool) -> None:
    assert (value, here.error(request="x.y.z")) == (True, "invalid_request_object")


def by_reference(here: Here, value: bool) -> None:
    assert (value, here.error(request_uri="https://x.example/")) == (True, "invalid_request_uri")


def with_issuer(here: Here, value: bool) -> None:
    told = answer(here.browser.authorize(prompt="none"))
    assert (value, told["iss"]) == (True, here.found["issuer"])


def logout_uri(channel: str) -> Proof:
    def proof(here: Here, value: bool) -> None:
        name = f"{channel}channel_logout_uri"
        members = {name: "https://rp.example/out", f"{channel}channel_logout_session_required": True}
        assert value is here.registers(**members)

    return proof


def page(values: Any) -> Proof:
    return lambda here, value: _is(value, values)


def _is(value: Any, expected: Any) -> None:
    assert value == expected


PROOFS: dict[str, Proof] = {
    "issuer": page(ISSUER),
    **dict.fromkeys(
        (
            *("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"),
            *("revocation_endpoint", "introspection_endpoint", "registration_endpoint"),
        ),
        endpoint,
    ),
    "revocation_endpoint_auth_methods_supported": methods,
    "token_endpoint_auth_methods_supported": methods,
    "introspection_endpoint_auth_methods_supported": methods_but_none,
    **{
        f"{name}_endpoint_auth_signing_alg_values_supported": registered(
            "token_endpoint_auth_signing_alg", token_endpoint_auth_method="private_key_jwt"
        )
        for name in ("revocation", "token", "introspection")
    },
    **{
        f"{name}_signing_alg_values_supported": registered(f"{name}_signed_response_alg")
        for name in ("introspection", "id_token", "userinfo")
    },
    **dict(encrypted("introspection")),
    **dict(encrypted("id_token")),
    **dict(encrypted("userinfo")),
    "request_object_signing_alg_values_supported": registered("request_object_signing_alg"),
    "request_parameter_supported": request_parameter,
    "request_uri_parameter_supported": by_reference,
    "require_request_uri_registration": by_reference,
    "backchannel_logout_supported": logout_uri("back"),
    "backchannel_logout_session_supported": logout_uri("back"),
    "frontchannel_logout_supported": logout_uri("front"),
    "frontchannel_logout_session_supported": logout_uri("front"),
    "response_types_supported": response_types,
    "response_modes_supported": response_modes,
    "grant_types_supported": grant_types,
    "subject_types_supported": page(["pairwise", "public"]),
    "scopes_supported": scopes,
    "claims_supported": claims_supported,
    "acr_values_supported": acr_values,
    "prompt_values_supported": prompts,
    "code_challenge_methods_supported": challenge_methods,
    "ui_locales_supported": page(["pt-BR"]),
    "claims_locales_supported": page(["pt-BR"]),
    "claim_types_supported": page(["normal"]),
    "display_values_supported": page(["page"]),
    "claims_parameter_supported": claims_parameter,
    "authorization_details_types_supported": detail_types,
    "authorization_response_iss_parameter_supported": with_issuer,
}


@pytest.fixture
def here(world: World) -> Here:
    endpoint = registration(world, per_hour=1000)
    found = world.browser().get("/.well-known/openid-configuration").get_json()
    return Here(world, endpoint, found)


@pytest.mark.parametrize("member", PROOFS)
def test_a_member_is_true(here: Here, member: str) -> None:
    if member == "registration_endpoint":
        PROOFS[member](here, f"{ISSUER}/register")
    else:
        PROOFS[member](here, here.found[member])


def test_every_member_has_a_proof(here: Here) -> None:
    """This provider has no registrar while its documents are made: that switch is test_registration_switch's."""
    assert here.found.keys() == PROOFS.keys() - {"registration_endpoint"}
    oauth = here.browser.get("/.well-known/oauth-authorization-server").get_json()
    assert oauth == here.found


@pytest.mark.parametrize("by_reference", [False, True])
@pytest.mark.parametrize("registering", [False, True])
def test_what_is_off_is_not_spoken_of(by_reference: bool, registering: bool) -> None:
    """What refuses it: test_none_by_reference_where_nobody_fetches, test_registration_switch."""
    found = json.loads(metadata(ISSUER, Paths(), by_reference=by_reference, registering=registering).body)
    assert found["request_uri_parameter_supported"] is by_reference
    assert ("registration_endpoint" in found) is registering
    # What there is none of: no member says so, and their defaults are "no" (RFC 8414 §2, RFC 9101 §10.5, RFC 8705 §5).
    assert not found.keys() & {
        *("request_object_encryption_alg_values_supported", "pushed_authorization_request_endpoint"),
        *("require_signed_request_object", "check_session_iframe", "mtls_endpoint_aliases", "op_policy_uri"),
        *("tls_client_certificate_bound_access_tokens", "dpop_signing_alg_values_supported", "service_documentation"),
    }
