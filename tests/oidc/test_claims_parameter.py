"""The claims parameter (OIDC Core §5.5), and what it demands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.domain.inscricao import InscricaoId
from idp.domain.perfil import Endereco, Perfil
from tests.oidc.test_tokens import verified
from tests.oidc.world import ADA, ADA_CHOICE, SECRET, START, Browser, World, answer

PERFIL = Perfil(
    START,
    email="ada@example.com.br",
    email_verified=True,
    phone_number="+55 92 3000-0000",
    address=Endereco("Rua dos Barés, 1", "Manaus", "AM", "69005-020", "BR"),
    nickname="Ada",
    zoneinfo="America/Manaus",
)


def claims(**members: Any) -> str:
    return json.dumps(members)


def tokens(browser: Browser, certificate: bytes = b"ada", choice: str = ADA_CHOICE, **changes: Any) -> dict[str, Any]:
    code = browser.log_in(certificate, choice, client_id="front", **changes)["code"]
    response = browser.redeem(code, ("front", SECRET))
    assert response.status_code == 200, response.text
    return response.get_json()


def id_token(browser: Browser, told: dict[str, Any]) -> dict[str, Any]:
    return verified(browser, told["id_token"], audience="front")[1]


def complete(world: World) -> None:
    with world.store.begin() as uow:
        uow.perfis.put(ADA, PERFIL)


def wanted(browser: Browser, **changes: Any) -> Any:
    return browser.transaction(browser.authorize(client_id="front", **changes)).request.wanted


# -- standard claims by scope ------------------------------------------------------------------------------------------


def test_standard_claims_are_userinfos(world: World) -> None:
    """OIDC Core §5.4: claims by scope are at userinfo when an access token is issued."""
    complete(world)
    browser = world.browser()
    told = tokens(browser, scope="openid profile email phone address")
    info = browser.userinfo(told["access_token"]).get_json()
    assert info.pop("sub")
    assert info.pop("titular") == {"tipo": "PF", "nome": "AUGUSTA ADA KING"}
    assert info == {
        "name": "AUGUSTA ADA KING",
        "nickname": "Ada",
        "zoneinfo": "America/Manaus",
        "updated_at": 1795348800,
        "email": "ada@example.com.br",
        "email_verified": True,
        "phone_number": "+55 92 3000-0000",
        "phone_number_verified": False,
        "address": {
            "formatted": "Rua dos Barés, 1\n69005-020 Manaus AM\nBR",
            "street_address": "Rua dos Barés, 1",
            "locality": "Manaus",
            "region": "AM",
            "postal_code": "69005-020",
            "country": "BR",
        },
    }
    assert set(id_token(browser, told)) == {
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
    }


def test_what_was_not_told_is_left_out(browser: Browser) -> None:
    told = tokens(browser, scope="openid profile email phone address")
    assert set(browser.userinfo(told["access_token"]).get_json()) == {"sub", "name", "titular"}


def test_our_own_scopes_put_our_own_claims_into_the_id_token(browser: Browser) -> None:
    """Relying parties of ours read one signed token; standard claims stay out of it all the same."""
    found = id_token(browser, tokens(browser, scope="openid profile inscricao"))
    assert found["titular"] == {"tipo": "PF", "nome": "AUGUSTA ADA KING"}
    assert "name" not in found


# -- claims by name ----------------------------------------------------------------------------------------------------


def test_claims_by_name_are_told_where_they_were_asked(world: World) -> None:
    complete(world)
    browser = world.browser()
    asked = claims(
        userinfo={"name": {"essential": True}, "phone_number": None},
        id_token={"email": None, "zoneinfo": {"essential": False}, "auth_time": {"essential": True}},
    )
    told = tokens(browser, scope="openid", claims=asked)
    info = browser.userinfo(told["access_token"]).get_json()
    assert info == {"sub": info["sub"], "name": "AUGUSTA ADA KING", "phone_number": "+55 92 3000-0000"}
    found = id_token(browser, told)
    assert (found["email"], found["zoneinfo"]) == ("ada@example.com.br", "America/Manaus")
    assert not {"name", "phone_number", "email_verified"} & set(found)


def test_they_are_remembered_with_the_grant(world: World) -> None:
    complete(world)
    browser = world.browser()
    told = tokens(browser, scope="openid offline_access", claims=claims(id_token={"email": None}))
    renewed = browser.token(("front", SECRET), grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert id_token(browser, renewed.get_json())["email"] == "ada@example.com.br"


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ({"value": "AUGUSTA ADA KING"}, True),
        ({"values": ["x", "AUGUSTA ADA KING"]}, True),
        ({"value": "OUTRA"}, False),
        ({"values": []}, True),
        ({"value": None}, False),
        ({"value": {"a": 1}, "essential": True}, False),
    ],
)
def test_a_claim_with_another_value_is_left_out(browser: Browser, member: dict[str, Any], told: bool) -> None:
    access = tokens(browser, scope="openid", claims=claims(userinfo={"name": member}))["access_token"]
    assert ("name" in browser.userinfo(access).get_json()) is told


def test_true_is_not_one(world: World) -> None:
    complete(world)
    browser = world.browser()
    access = tokens(browser, scope="openid", claims=claims(userinfo={"email_verified": {"value": 1}}))["access_token"]
    assert set(browser.userinfo(access).get_json()) == {"sub"}


@pytest.mark.attack("ATK-092")
def test_a_name_opens_no_scope_that_is_not_the_clients(world: World) -> None:
    browser = world.browser()
    asked = claims(id_token={"cpf": {"essential": True}, "inscricao": None}, userinfo={"cpf": None, "titular": None})
    code = browser.log_in(b"ada", ADA_CHOICE, client_id="narrow", scope="openid", claims=asked)["code"]
    told = browser.redeem(code, ("narrow", SECRET)).get_json()
    assert not {"cpf", "inscricao"} & set(verified(browser, told["id_token"], audience="narrow")[1])
    assert set(browser.userinfo(told["access_token"]).get_json()) == {"sub"}


def test_the_clients_list_of_claims_bounds_scopes_and_names(world: World) -> None:
    world.change("front", claims=frozenset({"titular", "inscricao"}))
    browser = world.browser()
    told = tokens(browser, scope="openid profile cpf inscricao", claims=claims(userinfo={"name": None, "cpf": None}))
    found = id_token(browser, told)
    assert {"titular", "inscricao", "representacao"} <= set(found), "the right goes wherever the inscricao goes"
    info = browser.userinfo(told["access_token"]).get_json()
    assert set(info) == {"sub", "titular", "inscricao", "representacao"}


def test_the_clients_list_of_poderes_bounds_what_it_is_shown(world: World) -> None:
    world.change("front", poderes=frozenset({"dte.consultar", "nfe.consultar"}))
    found = id_token(world.browser(), tokens(world.browser(), scope="openid inscricao"))
    assert found["representacao"]["procuracao"]["poderes"] == ["dte.consultar"]


def test_the_inscricao_by_name_brings_the_right_with_it(browser: Browser) -> None:
    """Or whoever comes by procuracao would look like the company itself."""
    told = tokens(browser, scope="openid", claims=claims(userinfo={"cnpj": None}))
    info = browser.userinfo(told["access_token"]).get_json()
    assert info["cnpj"] == "12ABC34501DE35"
    assert info["representacao"]["modo"] == "procuracao"


def test_consent_is_asked_for_what_is_new_by_name(world: World) -> None:
    browser = world.browser()
    asked = {"client_id": "front", "scope": "openid"}
    cpf = claims(userinfo={"cpf": None})
    browser.log_in(b"ada", ADA_CHOICE, **asked)
    assert "code" in answer(browser.authorize(**asked, prompt="none"))
    assert answer(browser.authorize(**asked, prompt="none", claims=cpf))["error"] == "consent_required"
    browser.log_in(b"ada", ADA_CHOICE, **asked, claims=cpf)
    assert "code" in answer(browser.authorize(**asked, prompt="none", claims=cpf))
    email = claims(id_token={"email": None}, userinfo={"cpf": None})
    assert answer(browser.authorize(**asked, prompt="none", claims=email))["error"] == "consent_required"
    covered = {**asked, "scope": "openid cpf"}
    browser.log_in(b"ada", ADA_CHOICE, **covered)
    assert "code" in answer(browser.authorize(**covered, prompt="none", claims=cpf)), "a scope covers its claims"


# -- demands -----------------------------------------------------------------------------------------------------------


def test_sub_with_a_value_is_that_person_or_nobody(world: World) -> None:
    """OIDC Core §5.5.1: no positive answer for anybody else."""
    browser = world.browser()
    sub = id_token(browser, tokens(browser))["sub"]
    asked = {"client_id": "front", "claims": claims(id_token={"sub": {"value": sub}})}
    assert "code" in answer(browser.authorize(**asked, prompt="none"))
    stranger = world.browser()
    stranger.log_in(client_id="front")
    assert answer(stranger.authorize(**asked, prompt="none"))["error"] == "login_required"
    asked_again = stranger.authorize(**asked)
    assert answer(stranger.present(asked_again, b"wayne"))["error"] == "login_required"
    hint = stranger.tokens()["id_token"]
    told = answer(stranger.authorize(claims=asked["claims"], id_token_hint=hint))
    assert told["error"] == "invalid_request"


def test_an_essential_acr_is_reached_or_refused(browser: Browser) -> None:
    """OIDC Core §5.5.1.1: it must be treated as a failed authentication."""
    hardware = {"essential": True, "value": "urn:portaria:icp:hardware"}
    asked = {"client_id": "front", "claims": claims(id_token={"acr": hardware})}
    refused = browser.present(browser.authorize(**asked), b"wayne")
    assert answer(refused)["error"] == "unmet_authentication_requirements"
    again = browser.authorize(**asked)
    assert again.headers["Location"].startswith("/login"), "another certificate may reach it"
    assert answer(browser.authorize(**asked, prompt="none"))["error"] == "login_required"
    assert id_token(browser, tokens(browser, claims=asked["claims"]))["acr"] == "urn:portaria:icp:hardware"


@pytest.mark.parametrize(
    "acr",
    [
        {"value": "urn:portaria:icp:hardware"},
        {"essential": True},
        {"essential": True, "values": ["x", "urn:portaria:icp:software"]},
    ],
)
def test_an_acr_that_is_no_demand_or_is_met_stops_nobody(browser: Browser, acr: dict[str, Any]) -> None:
    assert "code" in browser.log_in(client_id="front", claims=claims(id_token={"acr": acr}))


def test_an_essential_acr_that_nothing_reaches_is_told_at_once(browser: Browser) -> None:
    asked = claims(id_token={"acr": {"essential": True, "values": ["loa4", 5, None]}})
    assert answer(browser.authorize(claims=asked))["error"] == "unmet_authentication_requirements"


def test_an_inscricao_with_a_value_is_what_the_request_wants(browser: Browser) -> None:
    asked = claims(id_token={"inscricao": {"essential": True, "value": {"uf": "AM", "numero": "040000010"}}})
    assert wanted(browser, claims=asked).inscricao == InscricaoId("AM", "040000010")
    assert wanted(browser, claims=claims(userinfo={"inscricao": None})).inscricao is None


MALFORMED = [
    "[]",
    "1",
    "{",
    '{"userinfo": []}',
    '{"userinfo": {"name": 1}}',
    '{"userinfo": {"name": {"essential": "yes"}}}',
    '{"userinfo": {"name": {"values": "x"}}}',
    '{"userinfo": {"name": {"value": 1, "values": [1]}}}',
    '{"userinfo": {"name": null, "name": null}}',
    '{"userinfo": {}, "userinfo": {}}',
    '{"userinfo": {"x": NaN}}',
    "[" * 2000,
    '{"id_token": {"sub": {"value": 1}}}',
    '{"id_token": {"sub": {"values": ["a", "b"]}}}',
    '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}',
    '{"id_token": {"inscricao": {"value": "AM:040000010"}}}',
    '{"id_token": {"inscricao": {"value": {"uf": "AM"}}}}',
    '{"id_token": {"inscricao": {"value": {"uf": "AM", "numero": 40000010}}}}',
    '{"id_token": {"inscricao": {"value": {"uf": "AM", "numero": "04/1"}}}}',
    '{"id_token": {"inscricao": {"value": {"uf": "AM", "numero": "1", "x": "y"}}}}',
    json.dumps({"userinfo": {f"c{number}": None for number in range(65)}}),
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:60])
def test_malformed_claims_are_an_error(browser: Browser, text: str) -> None:
    assert answer(browser.authorize(client_id="front", claims=text))["error"] == "invalid_request"


def test_unknown_claims_and_members_are_ignored(browser: Browser) -> None:
    text = claims(userinfo={"https://example.org/x": {"essential": True}, "verified_claims": None}, other={"x": 1})
    assert "code" in browser.log_in(client_id="front", scope="openid", claims=text)
