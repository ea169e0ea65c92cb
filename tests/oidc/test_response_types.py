"""Implicit and hybrid answers (OIDC Core §3.2, §3.3; OAuth 2.0 Multiple Response Types)."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.domain.client import GrantType
from idp.domain.procuracao import EstadoProcuracao
from tests.oidc.test_authorize import BAD_URIS
from tests.oidc.test_tokens import verified
from tests.oidc.world import ADA_CHOICE, CALLBACK, ISSUER, SECRET, VERIFIER, WAYNE_CHOICE, Browser, World, answer

FRONT = ("id_token", "id_token token", "code id_token", "code token", "code id_token token")
HYBRID = tuple(one for one in FRONT if one.startswith("code"))
NO_PKCE = {"code_challenge": None, "code_challenge_method": None}


def half(value: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def log_in(browser: Browser, response_type: str, **changes: Any) -> dict[str, str]:
    return browser.log_in(client_id="front", response_type=response_type, **changes)


def posted(response: Any) -> dict[str, str]:
    """The fields of a form_post page."""
    assert response.status_code == 200
    text = response.get_data(as_text=True)
    assert f'action="{CALLBACK}"' in text
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', text)}


@pytest.mark.parametrize("response_type", FRONT)
def test_the_answer_is_what_the_words_say(browser: Browser, response_type: str) -> None:
    told = log_in(browser, response_type)
    expected = {"state", "iss"}
    words = response_type.split()
    expected |= {"code"} if "code" in words else set()
    expected |= {"id_token"} if "id_token" in words else set()
    expected |= {"access_token", "token_type", "expires_in", "scope"} if "token" in words else set()
    assert set(told) == expected
    assert (told["state"], told["iss"]) == ("st", ISSUER)
    if "token" in words:
        assert (told["token_type"], told["expires_in"]) == ("Bearer", "300")
        info = browser.userinfo(told["access_token"])
        assert info.status_code == 200
        assert info.get_json()["titular"]["nome"] == "WAYNE ENTERPRISES INC."
    if "id_token" in words:
        _, claims = verified(browser, told["id_token"], audience="front")
        assert claims["nonce"] == "n-0S6"
        assert claims.get("at_hash") == (half(told["access_token"]) if "token" in words else None)
        assert claims.get("c_hash") == (half(told["code"]) if "code" in words else None)


@pytest.mark.parametrize("response_type", HYBRID)
def test_the_code_of_a_hybrid_answer_buys_the_rest(browser: Browser, response_type: str) -> None:
    told = log_in(browser, response_type)
    response = browser.redeem(told["code"], ("front", SECRET))
    assert response.status_code == 200, response.text
    tokens = response.get_json()
    _, claims = verified(browser, tokens["id_token"], audience="front")
    assert claims["inscricao"]["numero"] == "040000010"
    assert claims["nonce"] == "n-0S6"
    if "id_token" in told:
        _, first = verified(browser, told["id_token"], audience="front")
        assert [first[name] for name in ("iss", "sub", "sid", "auth_time")] == [
            claims[name] for name in ("iss", "sub", "sid", "auth_time")
        ]
        private = {"titular", "cpf", "responsavel", "inscricao", "cnpj", "representacao", "certificado", "name"}
        assert not private & set(first), "what passes through the address bar beside a code says as little as it can"


@pytest.mark.attack("ATK-084")
def test_a_replayed_code_ends_the_access_token_that_came_beside_it(browser: Browser) -> None:
    told = log_in(browser, "code token")
    assert browser.redeem(told["code"], ("front", SECRET)).status_code == 200
    assert browser.userinfo(told["access_token"]).status_code == 200
    assert browser.redeem(told["code"], ("front", SECRET)).get_json()["error"] == "invalid_grant"
    assert browser.userinfo(told["access_token"]).status_code == 401


def test_an_implicit_answer_leaves_no_code_to_redeem(world: World) -> None:
    """Whatever its row holds, nobody was told of a code, and the right behind the token is computed at every use."""
    browser = world.browser()
    told = browser.log_in(b"ada", ADA_CHOICE, client_id="front", response_type="id_token token")
    assert "code" not in told
    assert browser.redeem("", ("front", SECRET), code_verifier=VERIFIER).get_json()["error"] == "invalid_request"
    with world.store.begin() as uow:
        one = uow.procuracoes.get("prc-1", lock=True)
        uow.procuracoes.update(replace(one, estado=EstadoProcuracao.REVOGADA))
    assert browser.userinfo(told["access_token"]).status_code == 401


def test_an_id_token_alone_brings_the_claims_of_the_scopes(browser: Browser) -> None:
    """OIDC Core §5.4: without an access token there is no userinfo to ask."""
    _, claims = verified(browser, log_in(browser, "id_token", scope="openid profile")["id_token"], audience="front")
    assert claims["name"] == "WAYNE ENTERPRISES INC."
    told = log_in(browser, "id_token token", scope="openid profile")
    _, claims = verified(browser, told["id_token"], audience="front")
    assert not {"name", "titular"} & set(claims)
    assert browser.userinfo(told["access_token"]).get_json()["name"] == "WAYNE ENTERPRISES INC."


@pytest.mark.parametrize("response_type", FRONT)
@pytest.mark.parametrize("mode", [None, "fragment"])
def test_tokens_travel_in_the_fragment(browser: Browser, response_type: str, mode: str | None) -> None:
    told = log_in(browser, response_type, response_mode=mode)
    assert "tenant" not in told
    response = browser.authorize(
        client_id="front", response_type=response_type, response_mode=mode, prompt="login none"
    )
    location = response.headers["Location"]
    assert location.startswith(CALLBACK + "#error=invalid_request")


@pytest.mark.parametrize("response_type", FRONT)
def test_a_query_is_refused_and_told_in_the_fragment(browser: Browser, response_type: str) -> None:
    """OAuth 2.0 Multiple Response Types §3.1: such an answer must not be in the query."""
    response = browser.authorize(client_id="front", response_type=response_type, response_mode="query")
    uri, _, fragment = response.headers["Location"].partition("#")
    assert uri == CALLBACK
    assert parse_qs(fragment)["error"] == ["invalid_request"]


@pytest.mark.parametrize(
    ("response_type", "separator"),
    [
        (None, "&"),
        ("code", "&"),
        ("nonsense", "&"),
        ("none", "&"),
        ("code nonsense", "&"),
        ("token", "#"),
        ("id_token nonsense", "#"),
        ("code code token", "#"),
        ("token id_token code", "#"),
    ],
)
def test_errors_go_where_the_answer_would_have_gone(
    browser: Browser, response_type: str | None, separator: str
) -> None:
    response = browser.authorize(client_id="app", response_type=response_type, prompt="none")
    assert response.headers["Location"].startswith(CALLBACK + separator + "error=")
    told = answer(response)
    assert (told["state"], told["iss"]) == ("st", ISSUER)


@pytest.mark.attack("ATK-080")
@pytest.mark.attack("ATK-081")
def test_no_token_and_no_error_leaves_for_a_uri_that_is_not_registered(browser: Browser) -> None:
    browser.log_in(client_id="front", response_type="id_token token")
    for uri in BAD_URIS:
        for response_type in ("id_token token", "code id_token", "token"):
            response = browser.authorize(client_id="front", redirect_uri=uri, response_type=response_type)
            assert response.status_code == 400, uri
            assert "Location" not in response.headers, uri
            assert "<form" not in response.get_data(as_text=True)


@pytest.mark.parametrize("response_type", FRONT)
def test_off_unless_the_client_was_given_it(world: World, response_type: str) -> None:
    browser = world.browser()
    assert answer(browser.authorize(response_type=response_type))["error"] == "unauthorized_client"
    others = frozenset(FRONT) - {response_type}
    world.change("front", response_types=others, grant_types=frozenset(GrantType))
    told = answer(browser.authorize(client_id="front", response_type=response_type))
    assert told["error"] == "unauthorized_client"
    assert answer(browser.authorize(client_id="front", response_type="code"))["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", FRONT)
def test_a_nonce_where_an_id_token_comes_this_way(browser: Browser, response_type: str) -> None:
    response = browser.authorize(client_id="front", response_type=response_type, nonce=None)
    if "id_token" in response_type.split():
        told = answer(response)
        assert (told["error"], told["error_description"]) == ("invalid_request", "nonce is missing")
    else:
        assert response.headers["Location"].startswith("/login")


def test_the_order_of_the_words_means_nothing(browser: Browser) -> None:
    assert set(log_in(browser, "token id_token code")) == set(log_in(browser, "code id_token token"))


@pytest.mark.parametrize("response_type", ["code", *FRONT])
def test_form_post_carries_success_and_error(browser: Browser, response_type: str) -> None:
    expected = set(log_in(browser, response_type)) - {"tenant"}
    asked = {"client_id": "front", "response_type": response_type, "response_mode": "form_post"}
    assert set(posted(browser.authorize(**asked))) == expected
    browser.world.clock.pass_(seconds=2)
    told = posted(browser.authorize(**asked, prompt="none", max_age="1", state="x" * 128))
    assert (told["error"], told["state"], told["iss"]) == ("login_required", "x" * 128, ISSUER)


@pytest.mark.parametrize("response_type", ["id_token", "id_token token"])
def test_no_refresh_token_and_no_offline_access_without_a_code(browser: Browser, response_type: str) -> None:
    """OIDC Core §11: offline_access is ignored unless the answer carries a code."""
    told = log_in(browser, response_type, scope="openid inscricao offline_access")
    assert "offline_access" not in told.get("scope", "")
    again = browser.authorize(client_id="front", response_type=response_type, scope="openid inscricao offline_access")
    assert urlsplit(again.headers["Location"]).fragment, "and consent to it is not asked again and again"


def test_a_public_client_needs_pkce_only_for_a_code(world: World) -> None:
    public = {"client_id": "public", **NO_PKCE}
    kinds = frozenset({"code", "id_token", "code id_token"})
    world.change("public", response_types=kinds, grant_types=frozenset(GrantType) - {GrantType.CLIENT_CREDENTIALS})
    browser = world.browser()
    assert "id_token" in browser.log_in(choice=WAYNE_CHOICE, response_type="id_token", **public)
    assert answer(browser.authorize(response_type="code id_token", **public))["error"] == "invalid_request"
