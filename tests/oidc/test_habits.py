"""What well-known relying parties send beyond the specifications' examples: none of it may keep a person out."""

from __future__ import annotations

import json

import pytest

from idp.domain.client import AuthMethod
from tests.oidc.world import ADA_CHOICE, SECRET, Browser, World

NEXTCLOUD = {
    "id_token": dict.fromkeys(("email", "name", "quota", "groups", "preferred_username", "locale")),
    "userinfo": dict.fromkeys(("email", "name", "quota", "groups", "preferred_username", "locale")),
}
DOTNET = {"response_mode": "form_post", "x-client-SKU": "ID_NET8_0", "x-client-ver": "8.0.1.0"}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"claims": json.dumps(NEXTCLOUD), "scope": "openid email profile"}, id="Nextcloud user_oidc"),
        pytest.param({"state": "CfDJ8" + "Aa0-_" * 400, **DOTNET}, id=".NET OpenIdConnect"),
        pytest.param({"code_challenge": None, "code_challenge_method": None, "kc_locale": "pt"}, id="Keycloak broker"),
        pytest.param({"approval_prompt": "force", "access_type": "offline"}, id="oauth2-proxy, x/oauth2"),
        pytest.param({"nonce": None, "scope": "openid email groups offline_access"}, id="Grafana"),
        pytest.param({"prompt": "login consent", "max_age": "0", "hd": ""}, id="GitLab omniauth_openid_connect"),
        pytest.param({"scope": "email openid profile openid"}, id="a scope twice"),
        pytest.param({"ui_locales": "en-US fr x-nothing", "login_hint": "ana@example", "display": "touch"}, id="hints"),
    ],
)
def test_a_request_begins_the_journey(browser: Browser, sent: dict[str, str | None]) -> None:
    assert browser.authorize(**sent).headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"scope": "openid profile"}, id="GitLab: send_scope_to_token_endpoint"),
        pytest.param({"client_session_state": "x", "client_session_host": "kc-0"}, id="Keycloak"),
        pytest.param({"client_id": "app"}, id="passport, go-oidc: client_id beside Basic"),
        pytest.param({"response_type": "code", "state": "st", "session_state": "x"}, id="what came back, sent on"),
    ],
)
def test_a_code_is_redeemed(browser: Browser, sent: dict[str, str]) -> None:
    code = browser.log_in(b"ada", ADA_CHOICE)["code"]
    answer = browser.redeem(code, ("app", SECRET), **sent)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.get_json()["token_type"] == "Bearer"


def test_a_library_that_guesses_the_method_finds_it(world: World) -> None:
    """x/oauth2 (Grafana, oauth2-proxy) tries Basic, then the form: the refusal of the first spends no code."""
    world.change("app", auth_method=AuthMethod.POST)
    browser = world.browser()
    code = browser.log_in(b"ada", ADA_CHOICE)["code"]
    assert browser.redeem(code, ("app", SECRET)).get_json()["error"] == "invalid_client"
    posted = browser.redeem(code, None, client_id="app", client_secret=SECRET)
    assert posted.status_code == 200
