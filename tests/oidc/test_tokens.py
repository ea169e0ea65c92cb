"""What the tokens say, verified with a library that did not make them."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import jwt
import pytest

from tests.oidc.world import ADA, ADA_CHOICE, BASE, ISSUER, SECRET, START, WAYNE, Browser, World

NOW = int(START.timestamp())
TIME = {"verify_exp": False, "verify_iat": False}


def verified(browser: Browser, token: str, **expected: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, by the published key that the header names."""
    keys = jwt.PyJWKSet.from_dict(browser.get("/jwks").get_json())
    header = jwt.get_unverified_header(token)
    key = keys[header["kid"]]
    return header, jwt.decode(token, key.key, algorithms=[key.algorithm_name], issuer=ISSUER, options=TIME, **expected)


def test_a_company_acting_for_itself(browser: Browser) -> None:
    tokens = browser.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    assert tokens["scope"] == "openid profile inscricao procuracao certificado"
    header, claims = verified(browser, tokens["id_token"], audience="app")
    assert header["alg"] == "RS256"
    assert header["typ"] == "JWT"
    sub, sid = claims.pop("sub"), claims.pop("sid")
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims.pop("at_hash") == urlsafe_b64encode(half).rstrip(b"=").decode()
    assert len(sub) == 43
    assert "34785515" not in sub
    assert sid
    assert claims == {
        "iss": "https://id.example.org",
        "aud": "app",
        "exp": NOW + 3600,
        "iat": NOW,
        "auth_time": NOW,
        "nonce": "n-0S6",
        "acr": "urn:portaria:icp:software",
        "amr": ["x509", "swk"],
        "titular": {"tipo": "PJ", "nome": "WAYNE ENTERPRISES INC."},
        "responsavel": {"cpf": "47891178631", "nome": "BRUCE WAYNE"},
        "cnpj": "34785515000166",
        "cnpj_raiz": "34785515",
        "inscricao": {
            "uf": "AM",
            "numero": "040000010",
            "cnpj": "34785515000166",
            "razao_social": "WAYNE ENTERPRISES INC.",
            "situacao": "ATIVA",
        },
        "representacao": {"modo": "titular"},
        "certificado": {
            "tipo": "e-CNPJ",
            "nivel": "A1",
            "politica": "2.16.76.1.2.1.11",
            "emissor": "AC TESTE RFB G5",
            "validade": 1819929600,
        },
    }
    info = browser.userinfo(tokens["access_token"]).get_json()
    assert info.pop("sub") == sub
    told = ("titular", "responsavel", "cnpj", "cnpj_raiz", "inscricao", "representacao", "certificado")
    assert info == {"name": "WAYNE ENTERPRISES INC.", **{name: claims[name] for name in told}}


def test_an_accountant_by_procuracao(browser: Browser) -> None:
    scope = "openid profile cpf inscricao procuracao certificado"
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope=scope)
    _, claims = verified(browser, tokens["id_token"], audience="app")
    assert claims["acr"] == "urn:portaria:icp:hardware"
    assert claims["amr"] == ["x509", "hwk"]
    assert claims["cnpj"] == "12ABC34501DE35"
    assert claims["representacao"] == {
        "modo": "procuracao",
        "procuracao": {
            "id": "prc-1",
            "outorgante": {"tipo": "PJ", "cnpj": "12ABC34501DE35", "nome": "COMERCIO EXEMPLO LTDA"},
            "poderes": ["dte.consultar", "dte.dar_ciencia"],
            "inicio": "2026-03-01",
            "fim": "2027-02-28",
            "substabelecida": False,
            "status": "https://id.example.org/procuracoes/prc-1/status",
        },
    }
    assert claims["cpf"] == "18162247238"
    assert claims["titular"] == {"tipo": "PF", "nome": "AUGUSTA ADA KING"}
    assert "responsavel" not in claims
    info = browser.userinfo(tokens["access_token"]).get_json()
    assert info["cpf"] == "18162247238"
    assert info["titular"] == {"tipo": "PF", "nome": "AUGUSTA ADA KING"}
    assert "responsavel" not in info


def test_a_scope_not_asked_for_tells_nothing(browser: Browser) -> None:
    tokens = browser.tokens(scope="openid")
    _, claims = verified(browser, tokens["id_token"], audience="app")
    assert set(claims) == {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
    assert set(browser.userinfo(tokens["access_token"]).get_json()) == {"sub"}


def test_the_access_token_is_of_rfc_9068(browser: Browser) -> None:
    tokens = browser.tokens()
    header, claims = verified(browser, tokens["access_token"], audience=ISSUER)
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "ES256"
    assert len(claims.pop("jti")) > 22
    assert claims.pop("sub")
    assert claims == {
        "iss": ISSUER,
        "aud": ISSUER,
        "client_id": "app",
        "scope": "openid profile inscricao procuracao certificado",
        "iat": NOW,
        "exp": NOW + 300,
        "auth_time": NOW,
        "acr": "urn:portaria:icp:software",
        "inscricao": {
            "uf": "AM",
            "numero": "040000010",
            "cnpj": "34785515000166",
            "razao_social": "WAYNE ENTERPRISES INC.",
            "situacao": "ATIVA",
        },
        "representacao": {"modo": "titular"},
    }


def test_algorithms_and_audience_are_the_clients(browser: Browser) -> None:
    code = browser.log_in(client_id="es256")["code"]
    tokens = browser.redeem(code, ("es256", SECRET)).get_json()
    header, _ = verified(browser, tokens["id_token"], audience="es256")
    assert header["alg"] == "ES256"
    header, claims = verified(browser, tokens["access_token"], audience="https://api.example.org")
    assert header["alg"] == "RS256"
    assert claims["aud"] == "https://api.example.org"
    assert browser.userinfo(tokens["access_token"]).status_code == 200


def test_tokens_end_with_the_procuracao(world: World) -> None:
    """It ends with 2027-02-28 in Brasilia; the tokens of two minutes before it live two minutes."""
    world.clock.pass_(days=98, hours=14, minutes=58)
    tokens = world.browser().tokens(b"ada", ADA_CHOICE)
    assert tokens["expires_in"] == 120
    _, claims = verified(world.browser(), tokens["id_token"], audience="app")
    assert claims["exp"] == 1803870000


def test_pairwise_subjects_differ_by_sector_and_survive(world: World) -> None:
    here = world.keys.subject(WAYNE, BASE)
    elsewhere = replace(BASE, client_id="x", redirect_uris=("https://else.example/cb",))
    public = replace(BASE, subject_type="public")
    assert world.keys.subject(WAYNE, replace(BASE, client_id="same-sector")) == here
    assert len({here, world.keys.subject(WAYNE, elsewhere), world.keys.subject(WAYNE, public)}) == 3
    assert world.keys.subject(WAYNE, public) == world.keys.subject(WAYNE, replace(elsewhere, subject_type="public"))
    assert world.keys.subject(ADA, BASE) != here


def test_a_client_on_its_own_behalf(browser: Browser) -> None:
    response = browser.token(grant_type="client_credentials")
    assert response.status_code == 200
    tokens = response.get_json()
    assert set(tokens) == {"access_token", "token_type", "expires_in"}
    _, claims = verified(browser, tokens["access_token"], audience=ISSUER)
    assert claims["sub"] == claims["client_id"] == "app"
    assert browser.userinfo(tokens["access_token"]).status_code == 403


@pytest.mark.parametrize("scope", ["openid", "offline_access", "inscricao nonsense", "admin"])
def test_client_credentials_knows_only_scopes_of_its_own(browser: Browser, scope: str) -> None:
    response = browser.token(grant_type="client_credentials", scope=scope)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_scope")


def test_refresh_keeps_the_identity_and_rotates(world: World) -> None:
    browser = world.browser()
    first = browser.tokens(scope="openid inscricao offline_access")
    world.clock.pass_(minutes=20)
    second = browser.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).get_json()
    _, before = verified(browser, first["id_token"], audience="app")
    _, after = verified(browser, second["id_token"], audience="app")
    same = ("iss", "sub", "aud", "auth_time", "sid", "acr", "amr")
    assert [before[name] for name in same] == [after[name] for name in same]
    assert after["iat"] == before["iat"] + 1200
    assert second["refresh_token"] != first["refresh_token"]
    world.clock.pass_(minutes=1)
    reused = browser.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (reused.status_code, reused.get_json()["error"]) == (400, "invalid_grant")
    family = browser.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert (family.status_code, family.get_json()["error"]) == (400, "invalid_grant")
    assert browser.userinfo(second["access_token"]).status_code == 401


def test_refresh_may_narrow_the_scope_and_never_widen_it(browser: Browser) -> None:
    first = browser.tokens(scope="openid inscricao offline_access")
    narrowed = browser.token(
        grant_type="refresh_token", refresh_token=first["refresh_token"], scope="openid cpf"
    ).get_json()
    assert narrowed["scope"] == "openid"
    refused = browser.token(grant_type="refresh_token", refresh_token=narrowed["refresh_token"], scope="openid admin")
    assert refused.get_json()["error"] == "invalid_scope"
    again = browser.token(grant_type="refresh_token", refresh_token=narrowed["refresh_token"])
    assert again.status_code == 200, "a mistake in the scope does not spend the token"


def test_no_refresh_token_unasked(browser: Browser) -> None:
    assert "refresh_token" not in browser.tokens(scope="openid inscricao")


def test_discovery_says_what_there_is(browser: Browser) -> None:
    response = browser.get("/.well-known/openid-configuration")
    found = response.get_json()
    assert found["issuer"] == ISSUER
    assert found["response_types_supported"] == [
        *("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
    ]
    assert found["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials", "implicit"]
    assert found["claims_parameter_supported"] is True
    assert found["authorization_details_types_supported"] == ["sefaz_representacao"]
    assert found["request_object_signing_alg_values_supported"] == ["RS256", "PS256", "ES256"]
    assert (found["request_parameter_supported"], found["request_uri_parameter_supported"]) == (True, True)
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert "none" not in found["id_token_signing_alg_values_supported"]
    for name in [name for name in found if name.endswith("_endpoint")] + ["jwks_uri"]:
        assert found[name].startswith(ISSUER + "/")
        path = found[name].removeprefix(ISSUER)
        assert browser.get(path).status_code != 404
    assert browser.get("/.well-known/oauth-authorization-server").data == response.data
    again = browser.get("/.well-known/openid-configuration", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


def test_the_jwk_set_is_public_and_follows_a_rotation(rotating: World) -> None:
    browser = rotating.browser()
    keys = browser.get("/jwks").get_json()["keys"]
    assert {(key["kty"], key["alg"], key["use"]) for key in keys} == {("RSA", "RS256", "sig"), ("EC", "ES256", "sig")}
    assert len({key["kid"] for key in keys}) == 4
    assert all(set(key) <= {"kty", "n", "e", "crv", "x", "y", "kid", "alg", "use"} for key in keys)
    before = browser.tokens()
    rotating.keys.rotate("RS256", rotating.clock.at)
    after = browser.tokens(prompt="login")
    kid = [jwt.get_unverified_header(tokens["id_token"])["kid"] for tokens in (before, after)]
    assert kid[0] != kid[1]
    verified(browser, before["id_token"], audience="app")
    verified(browser, after["id_token"], audience="app")
