"""Clients' keys by reference, and what is encrypted to them. Keys and tokens are made and read by ``cryptography`` and
joserfc's client side here, never by the code under test."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import ECKey, RSAKey

from idp.domain.client import AuthMethod, Client
from idp.domain.client_metadata import Encryption
from idp.errors import DocumentUnavailable
from idp.fetch.documents import ClientDocuments
from idp.oidc.client_keys import ClientKeys
from idp.oidc.jose import BadToken
from idp.oidc.protection import Protection, Use
from idp.ports import Document
from tests.oidc.world import BASE, ISSUER, START, World
from tests.support.https import HttpsServer

URI = "https://rp.example/jwks"
ALGS = ("RS256", "PS256", "ES256")
ONE, TWO, RSA = ECKey.generate_key("P-256"), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)


def public(key: ECKey | RSAKey, kid: str | None = None, **members: str) -> dict[str, Any]:
    named = {"kid": kid} if kid else {}
    return {**key.as_dict(private=False), **named, **members}


def jwks(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def signed(key: ECKey | RSAKey, kid: str | None = None, alg: str = "ES256", **claims: Any) -> str:
    header = {"alg": alg} | ({"kid": kid} if kid else {})
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[alg])


@dataclass
class Host:
    """A client's host: ``body`` is what it publishes, None while it does not answer."""

    body: bytes | None = None
    asked: int = 0
    now: float = 1000.0
    seconds: list[float] = field(default_factory=list)

    def get(self, url: str, client: Client, *, limit: int = 0, seconds: float = 0.0) -> Document:
        self.asked += 1
        if self.body is None:
            raise DocumentUnavailable("timeout", url)
        return Document(self.body, "application/json")

    def post(self, url: str, client: Client, form: Any, *, seconds: float = 0.0) -> int:
        raise NotImplementedError


@pytest.fixture
def host() -> Host:
    return Host(jwks(public(ONE, "one")))


@pytest.fixture
def keys(host: Host) -> ClientKeys:
    return ClientKeys(host, lambda: host.now)


CLIENT = Client("rp", "RP", ("https://rp.example/cb",), (), AuthMethod.PRIVATE_KEY_JWT, jwks_uri=URI)


def refused(keys: ClientKeys, token: str, client: Client = CLIENT, algs: tuple[str, ...] = ALGS) -> None:
    with pytest.raises(BadToken):
        keys.verified(token, client, algs)


def test_keys_are_fetched_once_and_used_for_a_minute(host: Host, keys: ClientKeys) -> None:
    for _ in range(3):
        assert keys.verified(signed(ONE, "one", a=1), CLIENT, ALGS) == {"a": 1}
    assert host.asked == 1
    host.now += 61
    keys.verified(signed(ONE, "one", a=1), CLIENT, ALGS)
    assert host.asked == 2


def test_a_rotated_key_is_found_at_once_and_the_old_one_is_gone(host: Host, keys: ClientKeys) -> None:
    """OIDC Core §10.1.1: an unfamiliar kid is the sign to read the set again."""
    keys.verified(signed(ONE, "one"), CLIENT, ALGS)
    host.body = jwks(public(TWO, "two"))
    assert keys.verified(signed(TWO, "two", a=2), CLIENT, ALGS) == {"a": 2}
    refused(keys, signed(ONE, "one"))


def test_a_key_replaced_under_its_old_kid_is_found_too(host: Host, keys: ClientKeys) -> None:
    keys.verified(signed(ONE, "one"), CLIENT, ALGS)
    host.body = jwks(public(TWO, "one"))
    keys.verified(signed(TWO, "one"), CLIENT, ALGS)


@pytest.mark.attack("ATK-090")
def test_tokens_that_nothing_verifies_do_not_make_us_ask_and_ask(host: Host, keys: ClientKeys) -> None:
    for number in range(20):
        refused(keys, signed(TWO, f"kid-{number}"))
    assert host.asked == 2
    host.now += 10.1
    refused(keys, signed(TWO, "x"))
    assert host.asked == 3


def test_a_withdrawn_key_verifies_for_a_minute_at_most(host: Host, keys: ClientKeys) -> None:
    keys.verified(signed(ONE, "one"), CLIENT, ALGS)
    host.body = jwks(public(TWO, "two"))
    host.now += 61
    refused(keys, signed(ONE, "one"))


def test_while_the_host_is_silent_the_last_keys_serve_for_an_hour(host: Host, keys: ClientKeys) -> None:
    keys.verified(signed(ONE, "one"), CLIENT, ALGS)
    host.body = None
    host.now += 3599
    keys.verified(signed(ONE, "one"), CLIENT, ALGS)
    host.now += 2
    refused(keys, signed(ONE, "one"))


@pytest.mark.parametrize(
    "body", [None, b"", b"[]", b'{"keys":{}}', b"[" * 60_000, b'{"keys":[1,{"kty":"oct","k":"AA"}]}']
)
def test_no_keys_no_token(host: Host, keys: ClientKeys, body: bytes | None) -> None:
    host.body = body
    refused(keys, signed(ONE, "one"))


@pytest.mark.attack("ATK-013")
def test_keys_that_are_no_good_are_passed_over(host: Host, keys: ClientKeys) -> None:
    private, other = ONE.as_dict(private=True), public(ONE, "other", use="enc")
    host.body = jwks(
        {**private, "kid": "private"}, other, {"kty": "OKP", "kid": "ed"}, public(TWO, "x"), public(RSA, "x")
    )
    for kid in ("private", "other", "ed"):
        refused(keys, signed(ONE, kid))
    refused(keys, signed(TWO, "x"))  # one kid, two keys: neither


def test_the_algorithm_is_of_the_registration_not_of_the_header(host: Host, keys: ClientKeys) -> None:
    refused(keys, signed(ONE, "one"), algs=("PS256",))
    refused(keys, "eyJhbGciOiJub25lIn0.e30.")
    host.body = jwks(public(RSA, "one", alg="PS256"))
    refused(keys, signed(RSA, "one", alg="RS256"))
    keys.verified(signed(RSA, "one", alg="PS256"), CLIENT, ALGS)


# --- At the token endpoint, from a real server ---------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    server = HttpsServer(tmp_path / "rp")
    yield server
    server.stop()


def test_an_assertion_signed_with_a_published_key(world: World, server: HttpsServer) -> None:
    """RFC 7523 with the key at jwks_uri; after a rotation the next request works and the old key does not."""
    world.documents.get = ClientDocuments([server.host], server.ca_file).get  # type: ignore[method-assign]
    changes = {"auth_method": AuthMethod.PRIVATE_KEY_JWT, "secret_digest": None, "jwks_uri": server.url("/jwks")}
    world.register(replace(BASE, client_id="rp", assertion_alg="ES256", **changes))  # type: ignore[arg-type]

    def status(key: ECKey | RSAKey, kid: str, alg: str = "ES256") -> int:
        now = START.timestamp()
        claims = {"iss": "rp", "sub": "rp", "aud": ISSUER, "exp": now + 60, "jti": f"{kid}{len(server.asked)}{alg}"}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": signed(key, kid, alg, **claims),
        }
        return int(world.browser().token(None, **form).status_code)

    server.pages["/jwks"] = jwks(public(ONE, "one"), public(RSA, "rsa"))
    assert status(ONE, "one") == 200
    assert status(RSA, "rsa", "RS256") == 401  # not the registered algorithm
    server.pages["/jwks"] = jwks(public(TWO, "two"))
    assert status(TWO, "two") == 200
    assert status(ONE, "one") == 401


# --- What is encrypted to a client ---------------------------------------------------------------------------------


@pytest.fixture
def protection(world: World, host: Host) -> Protection:
    assert world.keys is not None
    return Protection(world.keys, ClientKeys(host, lambda: host.now))


def opened(token: str, key: ECKey | RSAKey, alg: str, enc: str) -> tuple[dict[str, Any], bytes]:
    found = jwe.decrypt_compact(token, key, algorithms=[alg, enc])
    assert found.plaintext is not None
    return dict(found.protected), found.plaintext


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, payload


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
@pytest.mark.parametrize(
    ("alg", "key"), [("RSA-OAEP-256", RSA), ("ECDH-ES", ONE), ("ECDH-ES+A256KW", ONE)], ids=["rsa", "es", "kw"]
)
def test_an_id_token_is_signed_and_then_encrypted(
    protection: Protection, host: Host, alg: str, key: Any, enc: str
) -> None:
    """OIDC Core §10.2: a nested JWT; cty says so (RFC 7519 §5.2)."""
    host.body = jwks(public(key, "sig", use="sig"), public(key, "enc", use="enc"))
    client = replace(CLIENT, id_token_encryption=Encryption(alg, enc))
    header, inner = opened(protection.protect({"a": 1}, client, Use.ID_TOKEN), key, alg, enc)
    assert {name: header[name] for name in ("alg", "enc", "kid", "cty")} == {
        "alg": alg,
        "enc": enc,
        "kid": "enc",
        "cty": "JWT",
    }
    inner_header, claims = claims_of(inner.decode())
    assert (inner_header["alg"], inner_header["typ"], claims) == ("RS256", "JWT", {"a": 1})


def test_userinfo_may_be_encrypted_without_a_signature(protection: Protection, host: Host) -> None:
    """OIDC Core §5.3.2."""
    client = replace(CLIENT, userinfo_encryption=Encryption("ECDH-ES"))
    header, inner = opened(protection.protect({"sub": "x"}, client, Use.USERINFO), ONE, "ECDH-ES", "A128CBC-HS256")
    assert "cty" not in header
    assert json.loads(inner) == {"sub": "x"}


def test_each_use_has_its_type(protection: Protection) -> None:
    """RFC 9701 §5, RFC 8725 §3.11."""
    client = replace(CLIENT, userinfo_alg="ES256")
    uses = (Use.ID_TOKEN, Use.USERINFO, Use.INTROSPECTION)
    kinds = {use: claims_of(protection.protect({}, client, use))[0] for use in uses}
    assert {use.name: (header["typ"], header["alg"]) for use, header in kinds.items()} == {
        "ID_TOKEN": ("JWT", "RS256"),
        "USERINFO": ("userinfo+jwt", "ES256"),
        "INTROSPECTION": ("token-introspection+jwt", "RS256"),
    }


def test_without_the_clients_key_nothing_goes_out_in_clear(protection: Protection, host: Host) -> None:
    client = replace(CLIENT, id_token_encryption=Encryption("RSA-OAEP-256"))
    for body in (None, jwks(public(ONE, "one"))):
        host.body = body
        host.now += 10_000
        with pytest.raises(DocumentUnavailable):
            protection.protect({}, client, Use.ID_TOKEN)
