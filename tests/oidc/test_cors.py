"""Which scripts may read what the provider answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oidc.world import Browser, World

SPA = "https://spa.example.com"
SHUT = (
    "https://app.example.com",
    "https://evil.example",
    "null",
    "http://spa.example.com",
    "https://spa.example.com:8443",
)


@pytest.fixture(autouse=True)
def _spa(world: World) -> None:
    """The only public client, at an origin of its own."""
    world.change("public", enabled=False)
    world.register(replace(world.clients.get("public"), client_id="spa", enabled=True, redirect_uris=(f"{SPA}/cb",)))


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke"])
def test_a_registered_origin_is_allowed_without_credentials(browser: Browser, path: str) -> None:
    asked = {"Origin": SPA, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = browser.http.options(path, base_url="https://id.example.org", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == SPA
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    answer = browser.post(path, headers={"Origin": SPA})
    assert answer.status_code in (400, 401)
    assert answer.headers["Access-Control-Allow-Origin"] == SPA, "errors are for the application too"
    for response in (preflight, answer):
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke"])
@pytest.mark.parametrize("origin", SHUT)
def test_a_foreign_origin_gets_no_header(browser: Browser, path: str, origin: str) -> None:
    """Also an origin where only confidential clients live: their tokens never enter a browser."""
    for method in (browser.http.options, browser.http.post):
        answer = method(path, base_url="https://id.example.org", headers={"Origin": origin})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/authorize", "/logout", "/introspect"])
def test_where_no_script_goes_no_origin_is_allowed(browser: Browser, path: str) -> None:
    for method in (browser.http.options, browser.http.get, browser.http.post):
        answer = method(path, base_url="https://id.example.org", headers={"Origin": SPA})
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"]
)
def test_public_documents_are_everybodys(browser: Browser, path: str) -> None:
    answer = browser.get(path, headers={"Origin": "https://evil.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_origin_goes_with_its_client(world: World, browser: Browser) -> None:
    assert browser.post("/token", headers={"Origin": SPA}).headers["Access-Control-Allow-Origin"] == SPA
    world.change("spa", enabled=False)
    assert "Access-Control-Allow-Origin" not in browser.post("/token", headers={"Origin": SPA}).headers
