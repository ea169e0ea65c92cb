"""/userinfo: RFC 6750's three ways in, and what stops a token that was good a moment ago."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from idp.domain.client_metadata import Encryption
from tests.oidc.world import ADA_CHOICE, ISSUER, Browser, World


def challenge(response: Any) -> str:
    assert "no-store" in response.headers["Cache-Control"]
    return response.headers["WWW-Authenticate"]


def test_header_post_header_and_post_body_say_the_same(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    answers = [
        browser.get("/userinfo", headers=header),
        browser.get("/userinfo", headers={"Authorization": f"bearer {token}"}),
        browser.post("/userinfo", headers=header),
        browser.post("/userinfo", data={"access_token": token}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert len({answer.data for answer in answers}) == 1


def test_no_token_is_401_without_an_error(browser: Browser) -> None:
    for response in (browser.get("/userinfo"), browser.post("/userinfo"), browser.post("/userinfo", data={"x": "y"})):
        assert response.status_code == 401
        assert challenge(response) == 'Bearer realm="userinfo"'


def test_a_token_in_the_url_is_not_looked_at(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    assert browser.get(f"/userinfo?access_token={token}").status_code == 401


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Authorization": "Basic YTpi"}, None),
        ({"Authorization": "Bearer"}, None),
        ({"Authorization": "Bearer a b"}, None),
        ({"Authorization": "Bearer é"}, None),
        ({"Authorization": "Bearer x"}, "access_token=x"),
        ({}, "access_token=x&access_token=x"),
        ({}, "access_token=%ff"),
        ({}, "x" * 70_000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_bearer_request_is_400(browser: Browser, headers: dict[str, str], body: str | None) -> None:
    form = {} if body is None else {"data": body, "content_type": "application/x-www-form-urlencoded"}
    response = browser.post("/userinfo", headers=headers, **form)
    assert response.status_code == 400
    assert 'error="invalid_request"' in challenge(response)


def test_a_revoked_procuracao_is_seen_at_once(world: World) -> None:
    browser = world.browser()
    token = browser.tokens(b"ada", ADA_CHOICE)["access_token"]
    assert browser.userinfo(token).status_code == 200
    with world.store.begin() as uow:
        procuracao = uow.procuracoes.get("prc-1", lock=True)
        uow.procuracoes.update(procuracao.after("revogar", world.clock.now()))
    response = browser.userinfo(token)
    assert response.status_code == 401
    assert 'error="invalid_token"' in challenge(response)


def test_an_expired_token(world: World) -> None:
    browser = world.browser()
    token = browser.tokens(scope="openid offline_access")["access_token"]
    world.clock.pass_(seconds=299)
    assert browser.userinfo(token).status_code == 200
    world.clock.pass_(seconds=1)
    assert browser.userinfo(token).status_code == 401


def test_a_token_narrowed_without_openid(browser: Browser) -> None:
    first = browser.tokens(scope="openid inscricao offline_access")
    form = {"refresh_token": first["refresh_token"], "scope": "inscricao"}
    narrowed = browser.token(grant_type="refresh_token", **form).get_json()
    assert "id_token" not in narrowed
    response = browser.userinfo(narrowed["access_token"])
    assert response.status_code == 403
    assert 'error="insufficient_scope"' in challenge(response)


# --- As a JWT ---------------------------------------------------------------------------------------------------------

RSA = RSAKey.generate_key(2048, {"kid": "k1", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "k2", "use": "enc"})


def expected(browser: Browser, token: str, world: World) -> dict[str, Any]:
    """What the same token says as JSON, with what a JWT adds."""
    world.change("app", userinfo_alg=None, userinfo_encryption=None)
    plain: dict[str, Any] = browser.userinfo(token).get_json()
    return {"iss": ISSUER, "aud": "app", **plain}


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_signed_for_a_client_that_registered_it(world: World, alg: str) -> None:
    """OIDC Core §5.3.2: as a JWT the answer is application/jwt, with iss the issuer and aud the client."""
    browser = world.browser()
    token = browser.tokens()["access_token"]
    world.change("app", userinfo_alg=alg)
    response = browser.userinfo(token)
    assert response.headers["Content-Type"] == "application/jwt"
    assert "no-store" in response.headers["Cache-Control"]
    keys = KeySet.import_key_set(browser.get("/jwks").get_json())
    decoded = jwt.decode(response.get_data(as_text=True), keys, algorithms=[alg])
    assert decoded.claims == expected(browser, token, world)
    assert decoded.claims["sub"]


@pytest.mark.parametrize(
    ("key", "alg", "enc"), [(RSA, "RSA-OAEP-256", "A128CBC-HS256"), (EC, "ECDH-ES", "A256GCM")], ids=["rsa", "ec"]
)
@pytest.mark.parametrize("signed", [True, False])
def test_encrypted_to_the_clients_key(world: World, key: Any, alg: str, enc: str, signed: bool) -> None:
    """§5.3.2: signed, then encrypted; where only encryption was registered, encrypted alone."""
    browser = world.browser()
    token = browser.tokens()["access_token"]
    world.change(
        "app",
        jwks={"keys": [key.as_dict(private=False)]},
        userinfo_alg="RS256" if signed else None,
        userinfo_encryption=Encryption(alg, enc),
    )
    response = browser.userinfo(token)
    assert response.headers["Content-Type"] == "application/jwt"
    opened = jwe.decrypt_compact(response.get_data(as_text=True), key, algorithms=[alg, enc])
    assert (opened.headers()["alg"], opened.headers()["enc"]) == (alg, enc)
    if signed:
        keys = KeySet.import_key_set(browser.get("/jwks").get_json())
        claims = jwt.decode(opened.plaintext.decode(), keys, algorithms=["RS256"]).claims
    else:
        claims = json.loads(opened.plaintext)
    assert claims == expected(browser, token, world)


def test_signed_userinfo_is_neither_hint_nor_access_token(world: World) -> None:
    browser = world.browser()
    token = browser.tokens()["access_token"]
    world.change("app", userinfo_alg="RS256")
    signed = browser.userinfo(token).get_data(as_text=True)
    assert browser.userinfo(signed).status_code == 401
    assert "id_token_hint" in browser.get(f"/logout?id_token_hint={signed}").get_data(as_text=True)


def test_a_client_whose_key_cannot_be_had_is_told_nothing_in_clear(world: World) -> None:
    browser = world.browser()
    token = browser.tokens()["access_token"]
    world.change("app", jwks_uri="https://app.example.com/jwks", userinfo_encryption=Encryption("RSA-OAEP-256"))
    assert browser.userinfo(token).status_code == 503


def test_the_challenge_of_each_refusal(world: World) -> None:
    """RFC 6750 §3: no error where there was no token; insufficient_scope names the scope it takes."""
    browser = world.browser()
    own = browser.token(grant_type="client_credentials").get_json()["access_token"]
    assert [
        challenge(browser.get("/userinfo")),
        challenge(browser.userinfo("x")),
        challenge(browser.userinfo(own)),
    ] == [
        'Bearer realm="userinfo"',
        'Bearer realm="userinfo", error="invalid_token", error_description="the access token is not valid"',
        'Bearer realm="userinfo", error="insufficient_scope", error_description="the token is about no person", '
        'scope="openid"',
    ]
