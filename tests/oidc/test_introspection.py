"""Introspection (RFC 7662, RFC 9701) and the status of a procuração: who may ask, and that the answer is of now."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from idp.domain.client import GrantType
from idp.storage.sql import tables
from tests.oidc.world import ADA_CHOICE, BASE, ISSUER, SECRET, Browser, World

API = "https://api.example.org"
JWT = "application/token-introspection+jwt"
INACTIVE = {"active": False}
ES256 = {"client_id": "es256"}


@pytest.fixture
def api(world: World) -> World:
    """With a resource server for what the client ``es256`` calls."""
    world.register(
        replace(
            BASE,
            client_id="api",
            redirect_uris=(),
            post_logout_redirect_uris=(),
            grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}),
            resource=API,
        )
    )
    return world


def introspect(
    browser: Browser, token: str, auth: tuple[str, str] | None = ("app", SECRET), accept: str = "", **more: str
) -> Any:
    headers = {"Accept": accept} if accept else {}
    return browser.post("/introspect", data={"token": token, **more}, auth=auth, headers=headers)


def redeemed(browser: Browser, client: str, certificate: bytes = b"wayne", **changes: str) -> dict[str, Any]:
    choice = {"choice": ADA_CHOICE} if certificate == b"ada" else {}
    code = browser.log_in(certificate, **choice, client_id=client, **changes)["code"]
    tokens: dict[str, Any] = browser.redeem(code, (client, SECRET)).get_json()
    return tokens


def payload(token: str, part: int = 1) -> dict[str, Any]:
    segment = token.split(".")[part]
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return decoded


def test_a_client_asks_about_its_own(world: World) -> None:
    browser = world.browser()
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope="openid inscricao procuracao offline_access")
    response = introspect(browser, tokens["access_token"])
    assert response.headers["Content-Type"] == "application/json"
    assert "no-store" in response.headers["Cache-Control"]
    found = response.get_json()
    claims = payload(tokens["access_token"])
    assert {name: found[name] for name in ("active", "token_type", "client_id", "scope", "iss", "aud")} == {
        "active": True,
        "token_type": "Bearer",
        "client_id": "app",
        "scope": "openid inscricao procuracao offline_access",
        "iss": ISSUER,
        "aud": ISSUER,
    }
    assert {name: found[name] for name in ("sub", "exp", "iat", "jti", "acr", "auth_time")} == {
        name: claims[name] for name in ("sub", "exp", "iat", "jti", "acr", "auth_time")
    }
    assert found["inscricao"]["numero"] == "040000028"
    assert found["representacao"]["modo"] == "procuracao"
    assert found["representacao"]["procuracao"]["id"] == "prc-1"
    address = "https://id.example.org/procuracoes/prc-1/status"
    assert found["representacao"]["procuracao"]["status"] == address
    for told in (claims, payload(tokens["id_token"]), browser.userinfo(tokens["access_token"]).get_json()):
        assert told["representacao"]["procuracao"]["status"] == address
    refresh = introspect(browser, tokens["refresh_token"]).get_json()
    assert (refresh["active"], refresh["client_id"], refresh["sub"]) == (True, "app", found["sub"])
    assert "token_type" not in refresh


def test_what_scope_did_not_give_introspection_does_not_tell(browser: Browser) -> None:
    found = introspect(browser, browser.tokens(scope="openid")["access_token"]).get_json()
    assert found["active"] is True
    assert not {"inscricao", "representacao", "titular", "cpf"} & found.keys()


def test_a_resource_server_asks_about_what_was_made_for_it(api: World) -> None:
    browser = api.browser()
    tokens = redeemed(browser, "es256")
    found = introspect(browser, tokens["access_token"], ("api", SECRET)).get_json()
    assert (found["active"], found["aud"], found["client_id"]) == (True, API, "es256")
    assert found["sub"] == payload(tokens["access_token"])["sub"], "the pairwise subject of the token's own client"
    assert found["inscricao"]["numero"] == "040000010"
    assert found["representacao"] == {"modo": "titular"}
    own = browser.token(("es256", SECRET), grant_type="client_credentials").get_json()["access_token"]
    assert introspect(browser, own, ("api", SECRET)).get_json()["sub"] == "es256"


@pytest.mark.attack("ATK-126")
@pytest.mark.attack("ATK-131")
def test_nobody_else_learns_anything(api: World) -> None:
    """Neither a stranger, nor a resource server of another audience, nor an application that calls the same API, nor a
    resource server that asks about a refresh token: all hear what nonsense hears."""
    api.register(replace(BASE, client_id="sister", resource=API))
    browser = api.browser()
    for_api = redeemed(browser, "es256", scope="openid offline_access")
    plain = browser.tokens()
    asked = [
        (for_api["access_token"], "app"),
        (for_api["access_token"], "sister"),
        (for_api["refresh_token"], "api"),
        (for_api["id_token"], "es256"),
        (plain["access_token"], "api"),
        (plain["access_token"], "other"),
        ("nonsense", "app"),
    ]
    answers = {introspect(browser, token, (client, SECRET)).data for token, client in asked}
    assert answers == {b'{"active":false}'}


def test_a_public_client_may_not_ask(browser: Browser) -> None:
    response = introspect(browser, "x", None, client_id="public")
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
    assert introspect(browser, "x", ("app", "wrong")).status_code == 401
    assert browser.post("/introspect", data={}, auth=("app", SECRET)).get_json()["error"] == "invalid_request"


def test_a_rotated_refresh_token_is_inactive(browser: Browser) -> None:
    first = browser.tokens(scope="openid offline_access")["refresh_token"]
    second = browser.token(grant_type="refresh_token", refresh_token=first).get_json()["refresh_token"]
    assert introspect(browser, first).get_json() == INACTIVE
    assert introspect(browser, second).get_json()["active"] is True


@pytest.mark.attack("ATK-103")
@pytest.mark.attack("ATK-130")
@pytest.mark.parametrize(
    "end", ["expiry", "revocation", "logout", "client", "certificate", "inscricao", "audience", "signature"]
)
def test_the_answer_is_of_now(api: World, end: str) -> None:
    browser = api.browser()
    tokens = redeemed(browser, "es256")
    token = tokens["access_token"]
    assert introspect(browser, token, ("api", SECRET)).get_json()["active"] is True
    match end:
        case "expiry":
            api.clock.pass_(seconds=300)
        case "revocation":
            browser.post("/revoke", data={"token": token}, auth=("es256", SECRET))
        case "logout":
            browser.get(f"/logout?id_token_hint={tokens['id_token']}")
        case "client":
            api.change("es256", enabled=False)
        case "certificate":
            api.revocations.state = "revoked"
        case "inscricao":
            with api.store.engine.begin() as connection:
                connection.execute(update(tables.inscricoes).values(situacao="BAIXADA"))
        case "audience":
            api.change("es256", resource="https://elsewhere.example.org")
        case "signature":
            token = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    response = introspect(browser, token, ("api", SECRET))
    assert (response.status_code, response.get_json()) == (200, INACTIVE)


def test_an_undetermined_certificate_is_nobodys_answer(api: World) -> None:
    browser = api.browser()
    token = browser.tokens()["access_token"]
    api.revocations.state = "stale"
    response = introspect(browser, token)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"


def test_a_signed_answer(world: World) -> None:
    """RFC 9701 §5: typ, iss, aud, iat and token_introspection; the algorithm is the asker's registration's."""
    browser = world.browser()
    token = browser.tokens()["access_token"]
    plain = introspect(browser, token).get_json()
    for alg, changes in (("RS256", {}), ("ES256", {"introspection_alg": "ES256"})):
        world.change("app", **changes)
        response = introspect(browser, token, accept=JWT)
        assert response.headers["Content-Type"] == JWT
        signed = response.get_data(as_text=True)
        header, claims = payload(signed, 0), payload(signed)
        assert (header["alg"], header["typ"]) == (alg, "token-introspection+jwt")
        assert claims == {"iss": ISSUER, "aud": "app", "iat": 1795348800, "token_introspection": plain}
        jwks = {key["kid"]: key for key in browser.get("/jwks").get_json()["keys"]}
        assert jwks[header["kid"]]["alg"] == alg
    refused = payload(introspect(browser, "nonsense", accept=f"{JWT}, application/json;q=0.5").get_data(as_text=True))
    assert refused["token_introspection"] == INACTIVE
    assert introspect(browser, token, accept=f"{JWT};q=0, application/json").get_json()["active"] is True


def test_a_signed_answer_is_no_token_of_ours(world: World) -> None:
    browser = world.browser()
    signed = introspect(browser, browser.tokens()["access_token"], accept=JWT).get_data(as_text=True)
    assert browser.userinfo(signed).status_code == 401
    assert introspect(browser, signed).get_json() == INACTIVE
    assert "id_token_hint" in browser.get(f"/logout?id_token_hint={signed}").get_data(as_text=True)


# --- The status of a procuração ---------------------------------------------------------------------------------------


def status(browser: Browser, token: str | None, id: str = "prc-1") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return browser.get(f"/procuracoes/{id}/status", headers=headers)


def revoke_procuracao(world: World) -> None:
    with world.store.begin() as uow:
        procuracao = uow.procuracoes.get("prc-1", lock=True)
        uow.procuracoes.update(procuracao.after("revogar", world.clock.now()))


def test_whoever_holds_a_token_made_by_it_learns_whether_it_is_in_force(world: World) -> None:
    browser = world.browser()
    token = browser.tokens(b"ada", ADA_CHOICE)["access_token"]
    response = status(browser, token)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.get_json() == {
        "id": "prc-1",
        "vigente": True,
        "estado": "ATIVA",
        "inicio": "2026-03-01",
        "fim": "2027-02-28",
    }
    revoke_procuracao(world)
    found = status(browser, token).get_json()
    assert (found["vigente"], found["estado"]) == (False, "REVOGADA")
    assert introspect(browser, token).get_json() == INACTIVE
    world.clock.pass_(seconds=300)
    expired = status(browser, token)
    assert (expired.status_code, 'error="invalid_token"' in expired.headers["WWW-Authenticate"]) == (401, True)


@pytest.mark.attack("ATK-131")
def test_for_everybody_else_it_does_not_exist(world: World) -> None:
    wayne, ada = world.browser(), world.browser()
    stranger, own = wayne.tokens()["access_token"], ada.tokens(b"ada", ADA_CHOICE)["access_token"]
    client = wayne.token(grant_type="client_credentials").get_json()["access_token"]
    answers = {
        (response.status_code, response.data, response.headers["Content-Type"])
        for response in (
            status(wayne, stranger),
            status(wayne, stranger, "prc-9"),
            status(ada, own, "prc-9"),
            status(ada, own, "prc-1%00"),
            status(wayne, client),
        )
    }
    assert answers == {(404, b'{"error":"not_found"}', "application/json")}
    assert status(wayne, None).headers["WWW-Authenticate"] == 'Bearer realm="procuracao"'
    assert status(wayne, "x").status_code == 401


# --- On PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.fixture
def on_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, database_url=request.getfixturevalue("postgres_url"))
    yield world
    world.close()


@pytest.mark.attack("ATK-130")
def test_after_a_revocation_the_next_answer_is_inactive(on_postgres: World) -> None:
    """On PostgreSQL, with its pools and real commits: no answer that begins after the commit is active."""
    browser = on_postgres.browser()
    token = browser.tokens(b"ada", ADA_CHOICE)["access_token"]
    for _ in range(3):
        assert introspect(browser, token).get_json()["active"] is True
    revoke_procuracao(on_postgres)
    assert introspect(browser, token).get_json() == INACTIVE
    assert browser.userinfo(token).status_code == 401
    assert status(browser, token).get_json()["vigente"] is False
