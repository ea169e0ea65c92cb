"""Request objects (OIDC Core §6, RFC 9101), by value and by reference, honest and hostile."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.oidc.client_keys import ClientKeys, Nobody
from idp.oidc.errors import Returned
from idp.oidc.request_object import RequestObjects
from tests.oidc.test_authorize import BAD_URIS
from tests.oidc.world import CALLBACK, ISSUER, START, Browser, World, answer

NOW = int(START.timestamp())
REFERENCE = "https://app.example.com/request.jwt"
SECOND = "https://app.example.com/cb2"
KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "stranger": rsa.generate_private_key(65537, 2048),
}
Make = Callable[..., str]


def public(name: str, algorithm: str) -> dict[str, Any]:
    maker = jwt.algorithms.RSAAlgorithm if algorithm == "RSA" else jwt.algorithms.ECAlgorithm
    return {**json.loads(maker.to_jwk(KEYS[name].public_key())), "kid": name}


@pytest.fixture
def registered(world: World) -> World:
    keys = {"keys": [public("rsa", "RSA"), public("ec", "EC")]}
    digest = urlsafe_b64encode(hashlib.sha256(b"x").digest()).rstrip(b"=").decode()
    world.change("app", jwks=keys, request_uris=(REFERENCE, REFERENCE + "#" + digest, REFERENCE + "#v2"))
    world.change("other", jwks=keys)
    return world


@pytest.fixture
def client(registered: World) -> Browser:
    return registered.browser()


def signed(key: str = "rsa", alg: str = "RS256", header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A request object; None takes a claim out."""
    said = {"iss": "app", "aud": ISSUER, "client_id": "app", "response_type": "code", "exp": NOW + 300, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, KEYS[key], algorithm=alg, headers={"kid": key, **(header or {})})


def state_of(response: Any) -> str:
    return answer(response)["state"]


def silent(client: Browser, token: str, **changes: Any) -> dict[str, str]:
    """The parameters that come back where nobody is signed in."""
    return answer(client.authorize(request=token, prompt="none", **changes))


# -- what it does ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "alg"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256")])
def test_what_is_inside_wins(client: Browser, key: str, alg: str) -> None:
    token = signed(key, alg, state="inside", nonce="in", redirect_uri=SECOND, max_age=5, scope="openid cpf")
    response = client.authorize(request=token, state="outside", nonce="out", scope="openid profile")
    asked = client.transaction(response).request
    assert (asked.state, asked.nonce, asked.max_age) == ("inside", "in", 5)
    assert asked.redirect_uri == SECOND
    assert asked.scopes == {"openid", "cpf"}
    assert asked.code_challenge is not None, "what is only outside counts as well (OIDC Core §6.1)"


def test_structured_values_stand_for_their_json(client: Browser) -> None:
    details = [{"type": "sefaz_representacao", "actions": ["dte.consultar"]}]
    token = signed(claims={"id_token": {"name": {"essential": True}}}, authorization_details=details)
    asked = client.transaction(client.authorize(request=token)).request
    assert [one.name for one in asked.claims.id_token] == ["name"]
    assert asked.wanted.poderes == {"dte.consultar"}


def test_a_redirect_uri_only_inside(client: Browser) -> None:
    response = client.authorize(request=signed(redirect_uri=SECOND), redirect_uri=None, prompt="none")
    assert response.headers["Location"].startswith(SECOND + "?error=login_required")


def test_an_outer_redirect_uri_that_is_wrong_is_not_used(client: Browser) -> None:
    """The module ensure-request-object-with-redirect-uri: the one inside, or a page."""
    response = client.authorize(request=signed(redirect_uri=SECOND), redirect_uri="https://evil.example", prompt="none")
    assert response.headers["Location"].startswith(SECOND + "?error=login_required")


@pytest.mark.attack("ATK-080")
def test_no_redirect_to_what_an_object_names(client: Browser) -> None:
    for uri in BAD_URIS:
        response = client.authorize(request=signed(redirect_uri=uri))
        assert response.status_code == 400, uri
        assert "Location" not in response.headers


def test_an_object_may_be_unaddressed_and_undated(client: Browser) -> None:
    """OIDC Core §6.1: iss and aud SHOULD be there."""
    token = signed(iss=None, aud=None, exp=None, client_id=None, response_type=None, state="inside")
    assert silent(client, token)["state"] == "inside"
    assert silent(client, signed(aud=["https://x.example", ISSUER], state="inside"))["state"] == "inside"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "oauth-authz-req+jwt", None])
def test_types_that_are_a_request_objects(client: Browser, typ: str | None) -> None:
    assert silent(client, signed(header={"typ": typ}, state="inside"))["state"] == "inside"


# -- what it does not --------------------------------------------------------------------------------------------------

HOSTILE: list[tuple[str, Callable[[], str]]] = [
    ("nobody's", lambda: "x"),
    ("not compact", lambda: "a.b"),
    ("alg none", lambda: jwt.encode({"client_id": "app", "state": "inside"}, "", algorithm="none")),
    ("a secret", lambda: jwt.encode({"state": "inside"}, "correct horse battery staple" * 2, algorithm="HS256")),
    ("another's key", lambda: signed("stranger")),
    ("another's key under our kid", lambda: signed("stranger", header={"kid": "rsa"})),
    ("a key it brings", lambda: signed("stranger", header={"kid": "rsa", "jwk": public("stranger", "RSA")})),
    ("RS512", lambda: signed(alg="RS512")),
    ("tampered", lambda: signed()[:-6] + "AAAAAA"),
    ("crit", lambda: signed(header={"crit": ["exp"], "exp": 1})),
    ("an access token's type", lambda: signed(header={"typ": "at+jwt"})),
    ("a client assertion's type", lambda: signed(header={"typ": "client-authentication+jwt"})),
    ("a client assertion", lambda: signed(sub="app")),
    ("from another", lambda: signed(iss="other")),
    ("for another", lambda: signed(aud="https://elsewhere.example")),
    ("for nobody", lambda: signed(aud=[])),
    ("for a number", lambda: signed(aud=[5])),
    ("expired", lambda: signed(exp=NOW - 31)),
    ("expiring in words", lambda: signed(exp="tomorrow")),
    ("not yet", lambda: signed(nbf=NOW + 62)),
    ("made later", lambda: signed(iat=NOW + 62)),
    ("of another client", lambda: signed(client_id="other")),
    ("another response_type", lambda: signed(response_type="id_token")),
    ("an object inside", lambda: signed(request="x.y.z")),
    ("a reference inside", lambda: signed(request_uri=REFERENCE)),
    ("a boolean", lambda: signed(state=True)),
    ("a fraction", lambda: signed(max_age=1.5)),
    ("a control character", lambda: signed(state="a\x00b")),
]


@pytest.mark.attack("ATK-013")
@pytest.mark.parametrize(("name", "make"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_what_is_not_believed_is_an_error(client: Browser, name: str, make: Make) -> None:
    response = client.authorize(request=make())
    assert response.headers["Location"].startswith(CALLBACK + "&error=invalid_request_object")
    told = answer(response)
    assert told["state"] == "st", "nothing of what it says is used"
    assert told["error_description"].isascii()
    assert '"' not in told["error_description"]
    nowhere = client.authorize(request=make(), redirect_uri=None)
    assert nowhere.status_code == 400
    assert "Location" not in nowhere.headers


def test_only_the_registered_algorithm(registered: World) -> None:
    registered.change("app", request_object_alg="ES256")
    browser = registered.browser()
    assert silent(browser, signed())["error"] == "invalid_request_object"
    assert silent(browser, signed("ec", "ES256"))["error"] == "login_required"


def test_a_client_without_keys_signs_nothing(browser: Browser) -> None:
    assert silent(browser, signed())["error"] == "invalid_request_object"


def test_errors_of_what_is_inside_go_where_the_inside_says(client: Browser) -> None:
    token = signed(scope="profile", state="inside", redirect_uri=SECOND, response_mode="fragment")
    response = client.authorize(request=token)
    assert response.headers["Location"].startswith(SECOND + "#error=invalid_scope")
    assert state_of(response) == "inside"


# -- by reference ------------------------------------------------------------------------------------------------------


def test_by_a_registered_reference(registered: World) -> None:
    registered.documents.published[REFERENCE] = signed(state="inside").encode() + b"\n"
    client = registered.browser()
    told = answer(client.authorize(request_uri=REFERENCE, prompt="none"))
    assert (told["error"], told["state"]) == ("login_required", "inside")
    assert state_of(client.authorize(request_uri=REFERENCE + "#v2", prompt="none")) == "inside"


@pytest.mark.attack("ATK-090")
@pytest.mark.parametrize(
    "reference",
    [
        "https://app.example.com/request.jwt?x",
        "https://app.example.com/request.jwt#other",
        "https://app.example.com/REQUEST.jwt",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "http://app.example.com/request.jwt",
        "file:///etc/passwd",
        "urn:ietf:params:oauth:request_uri:x",
        "https://app.example.com/" + "x" * 600,
    ],
)
def test_nothing_is_fetched_that_is_not_registered_byte_for_byte(registered: World, reference: str) -> None:
    registered.documents.published[reference.partition("#")[0]] = signed(state="inside").encode()
    told = answer(registered.browser().authorize(request_uri=reference))
    assert (told["error"], told["state"]) == ("invalid_request_uri", "st")


def test_what_the_reference_holds_must_be_good(registered: World) -> None:
    client, published = registered.browser(), registered.documents.published
    for content in (b"", b"x", b"\xff", signed("stranger").encode(), signed(client_id="other").encode()):
        published[REFERENCE] = content
        told = answer(client.authorize(request_uri=REFERENCE))
        assert told["error"] in ("invalid_request_uri", "invalid_request_object"), content
    del published[REFERENCE]
    assert answer(client.authorize(request_uri=REFERENCE))["error"] == "invalid_request_uri"
    # A fragment tells versions apart for whoever caches (OIDC Core §6.2); it is no part of the address.
    tagged = next(uri for uri in registered.clients.get("app").request_uris if len(uri) > len(REFERENCE) + 10)
    published[REFERENCE] = signed().encode()
    assert client.authorize(request_uri=tagged).headers["Location"].startswith("/login?")


def test_none_by_reference_where_nobody_fetches(registered: World) -> None:
    keys = ClientKeys(Nobody())
    switched_off = RequestObjects(issuer=ISSUER, clock=registered.clock, client_keys=keys, documents=Nobody())
    client = registered.clients.get("app")
    assert client is not None
    with pytest.raises(Returned, match="request_uri_not_supported"):
        switched_off.unfold({"client_id": "app", "request_uri": REFERENCE}, client)
    asked = {"client_id": "app", "response_type": "code", "request": signed(state="inside")}
    assert switched_off.unfold(asked, client)["state"] == "inside"


def test_not_both(client: Browser) -> None:
    told = answer(client.authorize(request=signed(), request_uri=REFERENCE))
    assert told["error"] == "invalid_request"


# -- clients that always sign ------------------------------------------------------------------------------------------


@pytest.fixture
def always(registered: World) -> Browser:
    registered.change("app", request_object_required=True)
    return registered.browser()


@pytest.mark.parametrize("changes", [{}, {"request": ""}, {"prompt": "none"}, {"response_type": "token"}])
def test_plain_parameters_of_a_client_that_always_signs(always: Browser, changes: dict[str, str]) -> None:
    """RFC 9101 §10.5: "then the authorization server MUST reject the authorization request from the client that does
    not conform to this specification"."""
    response = always.authorize(**changes)
    assert response.headers["Location"].startswith(CALLBACK)
    told = answer(response)
    assert (told["error"], told["state"]) == ("invalid_request", "st")
    assert "request or request_uri is missing" in told["error_description"]


def test_a_client_that_always_signs_is_read_by_what_it_signed(always: Browser) -> None:
    """RFC 9101 §6.3: "only use the parameters in the Request Object, even if the same parameter is provided in the
    query parameter"."""
    whole = {"scope": "openid", "redirect_uri": SECOND, "state": "inside", "code_challenge": "c" * 43}
    token = signed(**whole, code_challenge_method="S256", client_id=None)
    asked = always.transaction(always.authorize(request=token, nonce="out", prompt="none", max_age="0")).request
    assert (asked.redirect_uri, asked.state, asked.nonce, asked.max_age) == (SECOND, "inside", None, None)
    assert not asked.prompt
    assert asked.scopes == {"openid"}


@pytest.mark.parametrize("missing", ["response_type", "scope", "redirect_uri"])
def test_what_such_a_client_did_not_sign_is_missing(always: Browser, missing: str) -> None:
    whole = {"scope": "openid", "redirect_uri": SECOND, "response_type": "code"}
    response = always.authorize(request=signed(**whole | {missing: None}))
    if missing == "redirect_uri":
        assert response.status_code == 400
    else:
        assert response.headers["Location"].startswith(SECOND + "?error=invalid_")


@pytest.mark.attack("ATK-013")
def test_such_a_client_by_reference_and_with_bad_objects(registered: World, always: Browser) -> None:
    registered.documents.published[REFERENCE] = signed(scope="openid", redirect_uri=SECOND).encode()
    by_reference = always.authorize(request_uri=REFERENCE, prompt="none")
    assert by_reference.headers["Location"].startswith("/login?"), "prompt=none was not signed"
    unsigned = jwt.encode({"client_id": "app", "response_type": "code"}, "", algorithm="none")
    assert answer(always.authorize(request=unsigned))["error"] == "invalid_request_object"
