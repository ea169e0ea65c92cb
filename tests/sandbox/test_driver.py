"""The visitor reads pages as a person does and refuses an ID token that a relying party must refuse."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.sandbox.driver import JourneyError, verify_id_token
from idp.sandbox.html import Page

ISSUER = "https://localhost:8443"
KEY = ec.generate_private_key(ec.SECP256R1())
ACCESS_TOKEN = "an-access-token"
AT_HASH = base64.urlsafe_b64encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]).rstrip(b"=").decode()


def jwks() -> dict[str, Any]:
    jwk = json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key()))
    return {"keys": [jwk | {"kid": "k-1", "alg": "ES256", "use": "sig"}]}


def id_token(key: Any = KEY, alg: str = "ES256", kid: str = "k-1", **instead: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": ISSUER,
        "sub": "s",
        "aud": "sandbox-cli",
        "iat": now,
        "exp": now + 60,
        "auth_time": now,
        "nonce": "n-1",
        "at_hash": AT_HASH,
    } | instead
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, alg, {"kid": kid})


def test_a_good_id_token_verifies() -> None:
    for token in (id_token(), id_token(at_hash=None)):
        assert verify_id_token(token, jwks(), ISSUER, "n-1", ACCESS_TOKEN)["sub"] == "s"


@pytest.mark.attack("ATK-016")
@pytest.mark.parametrize(
    "bad",
    [
        {"iss": "https://other.example"},
        {"aud": "recibos"},
        {"nonce": "n-2"},
        {"nonce": None},
        {"exp": 1_700_000_000},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"auth_time": None},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"kid": "k-2"},
        {"key": "a shared secret of thirty-two bytes or more", "alg": "HS256"},
        {"key": "", "alg": "none"},
    ],
)
def test_a_bad_id_token_does_not(bad: dict[str, Any]) -> None:
    """OpenID Connect Core 3.1.3.7 and 3.1.3.8."""
    with pytest.raises(JourneyError):
        verify_id_token(id_token(**bad), jwks(), ISSUER, "n-1", ACCESS_TOKEN)


CONSENT = """
<main><h1>Em nome de <em>quem</em>?</h1>
<form method="get" action="/consentimento"><input name="busca"><button>Buscar</button></form>
<form method="post" action="/consentimento">
 <input type="hidden" name="tx" value="t&amp;1"><input type="hidden" name="csrf" value="c">
 <label><input type="radio" name="escolha" value="a" data-inscricao="AM:049000012" checked> 04</label>
 <label><input type="radio" name="escolha" value="b" data-inscricao="AM:049000020"> 05</label>
 <input type="checkbox" name="lembrar" value="1">
 <button name="decisao" value="autorizar"><b>Autorizar</b></button>
 <button name="decisao" value="cancelar">Cancelar</button>
 <button type="button" name="nada">Nada</button>
</form></main>"""


def test_a_form_sends_what_a_browser_would() -> None:
    """HTML living standard, "constructing the entry list": one button, checked boxes only, entities decoded."""
    page = Page("https://localhost:8443/consentimento?tx=t", CONSENT)
    found = page.find_button(name="decisao", value="autorizar")
    assert found is not None
    form, button = found
    assert (form.method, form.action) == ("POST", "https://localhost:8443/consentimento")
    assert form.data(button) == [("tx", "t&1"), ("csrf", "c"), ("escolha", "a"), ("decisao", "autorizar")]
    assert form.data(button, escolha="b") == [("tx", "t&1"), ("csrf", "c"), ("escolha", "b"), ("decisao", "autorizar")]
    assert [c.attributes["data-inscricao"] for c in form.named("escolha")] == ["AM:049000012", "AM:049000020"]
    assert page.code == ""
    assert page.heading == "Em nome de quem?"


def test_an_error_page_carries_its_code() -> None:
    page = Page("https://localhost:8443/x", '<main data-codigo="CERT-02"><h1>Certificado vencido</h1></main>')
    assert (page.code, page.heading) == ("CERT-02", "Certificado vencido")


def test_links_and_buttons_are_found_by_what_they_say() -> None:
    page = Page(
        "https://localhost:8443/login?tx=1",
        '<form action="/login" method="post"><button> Cancelar</button></form>'
        '<a href="https://localhost:8444/entrar?ticket=x&amp;y=1"><span>Continuar</span></a>',
    )
    assert page.find_link("Continuar") == "https://localhost:8444/entrar?ticket=x&y=1"
    assert page.find_button(label="Continuar") is None
    assert page.find_button(label="Cancelar") is not None
