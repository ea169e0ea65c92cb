"""What a client's registration decides about its requests and its ID tokens."""

from __future__ import annotations

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwe
from joserfc.jwk import RSAKey

from idp.domain.client_metadata import Encryption
from tests.oidc.test_tokens import verified
from tests.oidc.world import SECRET, Browser, World, answer

KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
JWK = {"kty": "RSA", "n": PUBLIC["n"], "e": PUBLIC["e"], "kid": "enc-1", "use": "enc"}
JWKS_URI = "https://app.example.com/jwks.json"
ENCRYPTED = Encryption("RSA-OAEP-256", "A256GCM")


def opened(token: str) -> str:
    """What is in the JWE."""
    header = jwt.get_unverified_header(token) if token.count(".") == 2 else None
    assert header is None, "a JWE has five parts"
    found = jwe.decrypt_compact(token, RSAKey.import_key(KEY), algorithms=["RSA-OAEP-256", "A256GCM"])
    assert found.protected == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "enc-1", "cty": "JWT"}
    assert found.plaintext is not None
    return found.plaintext.decode()


def test_default_max_age_asks_for_a_new_login_and_gives_way_to_the_request(world: World) -> None:
    """OIDC Registration §2: max_age in a request overrides the default."""
    browser = world.browser()
    browser.log_in()
    world.change("app", default_max_age=60)
    world.clock.pass_(seconds=60)
    assert "code" in answer(browser.authorize(prompt="none"))
    world.clock.pass_(seconds=1)
    assert answer(browser.authorize(prompt="none"))["error"] == "login_required"
    assert browser.authorize().headers["Location"].startswith("/login")
    assert "code" in answer(browser.authorize(prompt="none", max_age="10000"))


@pytest.mark.parametrize("response_type", ["code", "id_token", "code id_token"])
def test_id_tokens_are_encrypted_to_whoever_registered_it(world: World, response_type: str) -> None:
    """OIDC Core §10.2: signed, then encrypted."""
    world.change("front", id_token_encryption=ENCRYPTED, jwks={"keys": [JWK]})
    browser = world.browser()
    told = browser.log_in(client_id="front", response_type=response_type)
    if "code" in told:
        told |= {"again": browser.redeem(told["code"], ("front", SECRET)).get_json()["id_token"]}
    for token in (told.get("id_token"), told.get("again")):
        if token is not None:
            _, claims = verified(browser, opened(token), audience="front")
            assert claims["nonce"] == "n-0S6"
    hint = opened(told.get("id_token") or told["again"])
    assert "code" in answer(browser.authorize(client_id="front", prompt="none", id_token_hint=hint))


def test_without_the_clients_key_nothing_is_spent(world: World) -> None:
    world.change("front", id_token_encryption=ENCRYPTED, jwks_uri=JWKS_URI)
    browser = world.browser()
    code = browser.log_in(client_id="front")["code"]
    assert browser.redeem(code, ("front", SECRET)).status_code == 503
    told = browser.log_in(client_id="front", response_type="id_token")
    assert told["error"] == "temporarily_unavailable"
    world.documents.published[JWKS_URI] = json.dumps({"keys": [JWK]}).encode()
    assert browser.redeem(code, ("front", SECRET)).status_code == 200
    assert "id_token" in browser.log_in(client_id="front", response_type="id_token")


def test_a_signing_algorithm_of_its_own(browser: Browser) -> None:
    browser.world.change("front", id_token_alg="ES256")
    told = browser.log_in(client_id="front", response_type="code id_token")
    header, claims = verified(browser, told["id_token"], audience="front")
    assert header["alg"] == "ES256"
    assert len(claims["c_hash"]) == 22
