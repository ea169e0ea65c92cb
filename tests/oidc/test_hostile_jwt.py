"""JWTs that somebody else made: as client assertions, as hints, as access tokens. Made with PyJWT and by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import jwt
import pytest
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from idp.domain.client import AuthMethod
from tests.oidc.world import BASE, ISSUER, START, Browser, World, answer

NOW = int(START.timestamp())
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Private keys by the openssl command."""
    directory = tmp_path_factory.mktemp("pems")
    made = {}
    for name, options in {
        "rsa": ("RSA", "rsa_keygen_bits:2048"),
        "ec": ("EC", "ec_paramgen_curve:P-256"),
        "weak": ("RSA", "rsa_keygen_bits:1024"),
        "foreign": ("EC", "ec_paramgen_curve:P-256"),
    }.items():
        path = directory / f"{name}.pem"
        command = ["openssl", "genpkey", "-algorithm", options[0], "-pkeyopt", options[1], "-out", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        made[name] = path.read_bytes()
    return made


def public_jwk(pem: bytes, kind: str) -> dict[str, Any]:
    algorithm = RSAAlgorithm(RSAAlgorithm.SHA256) if kind == "RSA" else ECAlgorithm(ECAlgorithm.SHA256)
    return json.loads(algorithm.to_jwk(algorithm.prepare_key(pem).public_key()))


@pytest.fixture
def signed(world: World, pems: dict[str, bytes]) -> Callable[..., str]:
    """Makes an assertion of the client ``signer``; ``client`` changes claims (None removes), ``header`` the header."""
    rsa, ec = public_jwk(pems["rsa"], "RSA"), public_jwk(pems["ec"], "EC")
    weak = public_jwk(pems["weak"], "RSA")
    jwks = {"keys": [{**rsa, "kid": "r"}, {**ec, "kid": "e"}, {**weak, "kid": "w"}]}
    client = replace(BASE, client_id="signer", auth_method=AuthMethod.PRIVATE_KEY_JWT, secret_digest=None, jwks=jwks)
    world.register(client)

    def make(alg: str = "ES256", key: str | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        claims = {
            "iss": "signer",
            "sub": "signer",
            "aud": ISSUER,
            "iat": NOW,
            "exp": NOW + 60,
            "jti": "jti-1",
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        name = key or ("ec" if alg == "ES256" else "rsa")
        kid = {"ec": "e", "rsa": "r", "weak": "w", "foreign": "e"}[name]
        merged = {"typ": "JWT", "alg": alg, "kid": kid, **(header or {})}
        head = b64({name: value for name, value in merged.items() if value is not None})
        # By hand: PyJWT refuses to make what a hostile client would.
        algorithm = jwt.get_algorithm_by_name(alg)
        signing = f"{head}.{b64(kept)}".encode()
        return f"{signing.decode()}.{b64(algorithm.sign(signing, algorithm.prepare_key(pems[name])))}"

    return make


def authenticate(browser: Browser, assertion: str, **form: str) -> Any:
    return browser.token(
        None,
        grant_type="client_credentials",
        client_assertion_type=ASSERTION,
        client_assertion=assertion,
        **form,
    )


# -- assertions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("aud", [ISSUER, f"{ISSUER}/token", [ISSUER], [ISSUER, f"{ISSUER}/token"]])
def test_a_good_assertion(browser: Browser, signed: Callable[..., str], alg: str, aud: Any) -> None:
    assert authenticate(browser, signed(alg, aud=aud)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"iat": NOW + 29},
        {"nbf": NOW + 29},
        {"exp": NOW - 29},
        {"iat": None},
        {"header": {"typ": "client-authentication+jwt"}},
        {"header": {"kid": None}},
        {"header": {"jku": "https://127.0.0.1:1/"}},
    ],
    ids=str,
)
def test_clocks_and_headers_may_differ_a_little(
    browser: Browser, signed: Callable[..., str], change: dict[str, Any]
) -> None:
    assert authenticate(browser, signed(**change)).status_code == 200


@pytest.mark.attack("ATK-017")
@pytest.mark.parametrize(
    "change",
    [
        {"aud": None},
        {"aud": "https://elsewhere.example"},
        {"aud": ISSUER + "/"},
        {"aud": f"{ISSUER}/userinfo"},
        {"aud": [ISSUER, "https://elsewhere.example"]},
        {"aud": []},
        {"aud": [[ISSUER]]},
        {"aud": {ISSUER: 1}},
        {"iss": "app"},
        {"iss": None},
        {"iss": ["signer"]},
        {"sub": "app"},
        {"sub": None},
        {"sub": ["signer"]},
        {"sub": 1},
        {"sub": "nobody"},
        {"sub": "sign\x00er"},
        {"sub": "\ud800"},
        {"exp": None},
        {"exp": NOW - 30},
        {"exp": NOW + 3631},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"exp": 10**400},
        {"iat": NOW + 31},
        {"iat": "now"},
        {"nbf": NOW + 31},
        {"jti": None},
        {"jti": ""},
        {"jti": 1},
        {"jti": "x" * 256},
        {"jti": "a\x00b"},
        {"jti": "\ud800"},
        {"alg": "RS384"},
        {"alg": "PS512"},
        {"key": "foreign"},
        {"alg": "RS256", "key": "weak"},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": "../../e"}},
        {"header": {"kid": "r"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": "logout+jwt"}},
        {"header": {"typ": "dpop+jwt"}},
        {"header": {"crit": ["exp"], "exp": 1}},
        {"header": {"crit": ["b64"], "b64": True}},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_bad_assertion(browser: Browser, signed: Callable[..., str], change: dict[str, Any]) -> None:
    response = authenticate(browser, signed(**change))
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.attack("ATK-018")
def test_an_assertion_is_good_once(browser: Browser, signed: Callable[..., str]) -> None:
    assertion = signed()
    assert authenticate(browser, assertion).status_code == 200
    assert authenticate(browser, assertion).status_code == 401
    assert authenticate(browser, signed("RS256")).status_code == 401, "the jti counts, not the bytes (ATK-009)"
    assert authenticate(browser, signed(jti="jti-2")).status_code == 200


@pytest.mark.attack("ATK-018")
def test_of_sixteen_at_once_one_succeeds(world: World, signed: Callable[..., str]) -> None:
    assertion = signed()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: authenticate(world.browser(), assertion).status_code, range(16)))
    assert sorted(answers) == [200] + [401] * 15


def test_a_refused_assertion_does_not_spend_its_jti(browser: Browser, signed: Callable[..., str]) -> None:
    assert authenticate(browser, signed(aud="https://elsewhere.example")).status_code == 401
    assert authenticate(browser, signed(key="foreign")).status_code == 401
    assert authenticate(browser, signed()).status_code == 200


def test_an_assertion_beside_another_name_or_secret(browser: Browser, signed: Callable[..., str]) -> None:
    assert authenticate(browser, signed(), client_id="app").status_code == 401
    assert authenticate(browser, signed(), client_secret="x").get_json()["error"] == "invalid_request"
    assert authenticate(browser, signed(), client_id="signer").status_code == 200


# -- the classics, wherever a JWT is read ------------------------------------------------------------------------------


def forgeries(world: World, pems: dict[str, bytes], claims: dict[str, Any], kid: str, alg: str, typ: str) -> list[str]:
    """Tokens that a naive verifier accepts: the claims are right, the signature is not ours."""
    public = world.keys.public_jwk(kid)
    pem = pems["ec"]
    embedded = {**public_jwk(pem, "EC"), "kid": kid}
    body = b64(claims)

    def unsigned(name: str) -> str:
        return f"{b64({'alg': name, 'typ': typ, 'kid': kid})}.{body}."

    def hmac_over(key: bytes) -> str:
        signing = f"{b64({'alg': 'HS256', 'typ': typ, 'kid': kid})}.{body}"
        return f"{signing}.{b64(hmac.digest(key, signing.encode(), hashlib.sha256))}"

    def es256(**header: Any) -> str:
        return jwt.encode(claims, pem, "ES256", {"typ": typ, "kid": kid, **header})

    genuine = world.keys.sign_jwt(claims, alg, typ)
    head, payload, signature = genuine.split(".")
    general = {"payload": payload, "signatures": [{"protected": head, "signature": signature}]}
    flat = {"payload": payload, "protected": head, "signature": signature}
    twice = b'{"iss":"https://evil.example",' + json.dumps(claims).encode()[1:]
    return [
        *(unsigned(name) for name in ("none", "None", "NONE", "nOnE", "")),
        f"{b64({'alg': 'none', 'typ': typ})}.{body}.{signature}",
        hmac_over(b""),
        hmac_over(json.dumps(dict(public or {})).encode()),
        hmac_over(world.keys.jwks()[0]),
        es256(),
        es256(jwk=embedded),
        es256(jku="https://127.0.0.1:1/jwks"),
        es256(x5u="https://127.0.0.1:1/cert"),
        es256(kid="unknown"),
        es256(kid=""),
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature}.",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}==",
        f"{head}.{b64({**claims, 'sub': 'somebody else'})}.{signature}",
        f"{b64({'alg': alg, 'typ': typ, 'kid': kid, 'crit': ['x'], 'x': 1})}.{payload}.{signature}",
        json.dumps(general),
        json.dumps(flat),
        f"{head}.{b64(twice)}.{signature}",
        f"{b64(b'[' * 3000)}.{payload}.{signature}",
        f"{head}.{b64(b'[' * 3000)}.{signature}",
        f"{b64(b'null')}.{payload}.{signature}",
        f"{b64(b'[]')}.{payload}.{signature}",
        f"{b64({'alg': ['ES256'], 'kid': kid, 'typ': typ})}.{payload}.{signature}",
        f"{b64({'alg': 'ES256', 'kid': [kid], 'typ': typ})}.{payload}.{signature}",
        "..",
        "a.b.c",
        "é.é.é",
    ]


@pytest.mark.attack("ATK-001")
@pytest.mark.attack("ATK-002")
@pytest.mark.attack("ATK-004")
@pytest.mark.attack("ATK-006")
@pytest.mark.attack("ATK-007")
@pytest.mark.attack("ATK-020")
def test_forged_access_tokens(world: World, pems: dict[str, bytes]) -> None:
    browser = world.browser()
    token = browser.tokens()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    genuine = world.keys.sign_jwt(claims, "ES256", "at+jwt")
    assert browser.userinfo(genuine).status_code == 200, "the claims themselves are right"
    for forged in forgeries(world, pems, claims, kid, "ES256", "at+jwt"):
        response = browser.post("/userinfo", data={"access_token": forged})
        assert response.status_code == 401, forged
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.attack("ATK-001")
@pytest.mark.attack("ATK-002")
def test_forged_hints(world: World, pems: dict[str, bytes]) -> None:
    browser = world.browser()
    token = browser.tokens()["id_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    for forged in forgeries(world, pems, claims, kid, "RS256", "JWT"):
        told = answer(browser.authorize(prompt="none", id_token_hint=forged))
        assert told.get("error") == "invalid_request", forged
        page = browser.get("/logout", query_string={"id_token_hint": forged})
        assert page.get_data(as_text=True).startswith("protocol_error id_token_hint"), forged
    assert "code" in answer(browser.authorize(prompt="none", id_token_hint=token)), "and the session is still there"


@pytest.mark.attack("ATK-001")
@pytest.mark.attack("ATK-002")
def test_forged_assertions(world: World, pems: dict[str, bytes], signed: Callable[..., str]) -> None:
    browser = world.browser()
    claims = {"iss": "signer", "sub": "signer", "aud": ISSUER, "iat": NOW, "exp": NOW + 60, "jti": "j"}
    kid = world.keys.keys()[0].kid
    for forged in forgeries(world, {**pems, "ec": pems["foreign"]}, claims, kid, "ES256", "JWT"):
        assert authenticate(browser, forged).status_code == 401, forged
    rsa = public_jwk(pems["rsa"], "RSA")
    for secret in (json.dumps(rsa).encode(), rsa["n"].encode(), b""):
        signing = f"{b64({'alg': 'HS256', 'kid': 'r'})}.{b64(claims)}"
        forged = f"{signing}.{b64(hmac.digest(secret, signing.encode(), hashlib.sha256))}"
        assert authenticate(browser, forged).status_code == 401


# -- one kind of token in another's place ------------------------------------------------------------------------------


@pytest.mark.attack("ATK-014")
def test_no_token_serves_for_another(world: World, signed: Callable[..., str]) -> None:
    browser = world.browser()
    tokens = browser.tokens(scope="openid offline_access")
    own = browser.token(grant_type="client_credentials").get_json()["access_token"]
    code = browser.log_in(prompt="login")["code"]
    kinds = {
        "id": tokens["id_token"],
        "access": tokens["access_token"],
        "refresh": tokens["refresh_token"],
        "client": own,
        "assertion": signed(),
        "code": code,
    }
    for name, token in kinds.items():
        if name != "access":
            assert browser.userinfo(token).status_code in (401, 403), name
        if name != "id":
            told = answer(browser.authorize(prompt="none", id_token_hint=token))
            assert told["error"] == "invalid_request", name
            page = browser.get("/logout", query_string={"id_token_hint": token})
            assert page.get_data(as_text=True).startswith("protocol_error id_token_hint"), name
        if name != "assertion":
            assert authenticate(browser, token).status_code == 401, name
        if name != "refresh":
            response = browser.token(grant_type="refresh_token", refresh_token=token)
            assert response.get_json()["error"] == "invalid_grant", name
        if name != "code":
            assert browser.redeem(token).get_json()["error"] == "invalid_grant", name
    for claims in ({"exp": NOW}, {"iss": "https://evil.example"}, {"aud": "app"}, {"client_id": "other"}):
        wrong = {**jwt.decode(tokens["access_token"], options={"verify_signature": False}), **claims}
        response = browser.userinfo(world.keys.sign_jwt(wrong, "ES256", "at+jwt"))
        assert response.status_code == 401, claims
