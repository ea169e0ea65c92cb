"""/token: who may redeem what, and the exact answer to everybody else."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest

from idp.oidc import client_auth
from tests.oidc.world import CALLBACK, SECRET, VERIFIER, Browser, World

FORM = "application/x-www-form-urlencoded"


def refused(response: Any, error: str, status: int = 400) -> bool:
    """Whether it is that OAuth error, in the form of RFC 6749 §5.2."""
    assert response.headers["Content-Type"] == "application/json"
    assert "no-store" in response.headers["Cache-Control"]
    body = response.get_json()
    assert set(body) <= {"error", "error_description"}
    assert body.get("error_description", "").isascii()
    assert (response.status_code == 401) == ("WWW-Authenticate" in response.headers)
    return (response.status_code, body["error"]) == (status, error)


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}


# -- the form ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=code%22%5c", "unsupported_grant_type"),
        ("grant_type=authorization_code", "invalid_request"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=authorization_code&code=x&code=y", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&unknown=1&unknown=1", "invalid_request"),
        ("grant_type=client_credentials&x=%", "invalid_request"),
        ("grant_type=client_credentials&x=%ff", "invalid_request"),
        ("grant_type=client_credentials&x=%00", "invalid_request"),
        ("grant_type=client_credentials&x=ç", "invalid_request"),
        ("grant_type=client_credentials&" + "x" * 70_000, "invalid_request"),
        ("&".join(f"p{number}=" for number in range(70)), "invalid_request"),
        ("grant_type=authorization_code&code=nonsense", "invalid_grant"),
        ("grant_type=authorization_code&code=%F0%9F%92%A9", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=rt.x.1.y", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=" + "x" * 10_000, "invalid_grant"),
        ("grant_type=client_credentials&scope=%22", "invalid_scope"),
    ],
)
def test_the_exact_error(browser: Browser, body: str, error: str) -> None:
    assert refused(browser.post("/token", data=body.encode(), content_type=FORM, auth=("app", SECRET)), error)


def test_only_a_form_and_only_in_the_body(browser: Browser) -> None:
    whole = {"grant_type": "client_credentials"}
    assert refused(browser.post("/token", json=whole, auth=("app", SECRET)), "invalid_request")
    assert refused(
        browser.post("/token", data=whole, content_type="multipart/form-data", auth=("app", SECRET)), "invalid_request"
    )
    assert refused(
        browser.post("/token?grant_type=client_credentials", content_type=FORM, auth=("app", SECRET)), "invalid_request"
    )
    assert refused(browser.post("/token?x=1", data=whole, auth=("app", SECRET)), "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post(browser: Browser, method: str) -> None:
    assert browser.http.open("/token", method=method).status_code == 405


# -- client authentication ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {}),
        ({}, {"client_id": "app"}),
        ({}, {"client_id": "nobody"}),
        ({}, {"client_id": "app", "client_secret": SECRET}),
        (basic("app", "wrong"), {}),
        (basic("app", ""), {}),
        (basic("nobody", SECRET), {}),
        (basic("nobody", ""), {}),
        (basic("disabled", SECRET), {}),
        (basic("public", ""), {}),
        (basic("post", SECRET), {}),
        (basic("app", SECRET + "\x00"), {}),
        (basic("app\x00", SECRET), {}),
        (basic("app", SECRET), {"client_id": "other"}),
        (basic("app", "%ff"), {}),
        (basic("app", "%"), {}),
        ({"Authorization": "Basic"}, {}),
        ({"Authorization": "Basic ====="}, {}),
        ({"Authorization": "Basic " + b64encode(b"\xff\xfe").decode()}, {}),
        ({"Authorization": "Basic " + b64encode(b"app").decode()}, {}),
        ({"Authorization": "Bearer x"}, {}),
        ({"Authorization": "x" * 5000}, {}),
        ({}, {"client_id": "post", "client_secret": "wrong"}),
        ({}, {"client_id": "disabled", "client_secret": SECRET}),
        ({}, {"client_secret": SECRET}),
        ({}, {"client_assertion": "x"}),
        ({}, {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}),
    ],
    ids=str,
)
def test_a_client_that_does_not_prove_itself(browser: Browser, headers: dict[str, str], form: dict[str, str]) -> None:
    response = browser.post("/token", data={"grant_type": "client_credentials", **form}, headers=headers)
    assert refused(response, "invalid_client", 401)
    assert response.headers["WWW-Authenticate"] == 'Basic realm="token"'
    assert response.get_json()["error_description"] == "client authentication failed"


def test_two_ways_at_once_are_none(browser: Browser) -> None:
    form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": SECRET}
    assert refused(browser.post("/token", data=form, headers=basic("app", SECRET)), "invalid_request")


def test_each_method_opens_to_its_own_client(browser: Browser) -> None:
    grant = {"grant_type": "client_credentials"}
    assert browser.post("/token", data=grant, headers=basic("app", SECRET)).status_code == 200
    urlencoded = basic("app", "correct+horse%20battery+staple")
    assert browser.post("/token", data=grant, headers=urlencoded).status_code == 200
    posted = {**grant, "client_id": "post", "client_secret": SECRET}
    assert browser.post("/token", data=posted).status_code == 200


def test_a_public_client_has_no_token_of_its_own(browser: Browser) -> None:
    response = browser.token(None, grant_type="client_credentials", client_id="public")
    assert refused(response, "unauthorized_client")
    assert refused(browser.token(("narrow", SECRET), grant_type="client_credentials"), "unauthorized_client")


@pytest.mark.attack("ATK-104")
def test_secrets_are_compared_in_constant_time_even_for_nobody(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(client_auth.hmac, "compare_digest", compare)
    browser.token(("nobody", "guess"), grant_type="client_credentials")
    monkeypatch.undo()
    assert [len(one) == len(other) == 64 for one, other in compared] == [True]
    assert compared[0][0] == hashlib.sha256(b"guess").hexdigest()
    assert hmac.compare_digest("a", "a")


# -- codes -------------------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-085")
@pytest.mark.parametrize(
    ("client", "asked", "form"),
    [
        *(
            (client, {}, {"code_verifier": verifier})
            for client in ("app", "public")
            for verifier in (
                "",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                VERIFIER[:42],
                VERIFIER + "x" * 86,
                VERIFIER[:-1] + "l",
                VERIFIER[:-1] + "é",
                "a",
            )
        ),
        ("app", {"code_challenge": None, "code_challenge_method": None}, {"code_verifier": VERIFIER}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_verifier_costs_the_code(
    browser: Browser, client: str, asked: dict[str, None], form: dict[str, str]
) -> None:
    auth = ("app", SECRET) if client == "app" else None
    extra = {} if auth else {"client_id": "public"}
    code = browser.log_in(client_id=client, **asked)["code"]
    assert refused(browser.redeem(code, auth, **extra, **form), "invalid_grant")
    assert refused(browser.redeem(code, auth, **extra), "invalid_grant"), "no second guess"


@pytest.mark.parametrize("length", [43, 128])
def test_verifiers_of_every_lawful_length(browser: Browser, length: int) -> None:
    verifier = "-._~" + "a" * (length - 4)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = b64encode(digest, b"-_").rstrip(b"=").decode()
    code = browser.log_in(code_challenge=challenge)["code"]
    assert browser.redeem(code, code_verifier=verifier).status_code == 200


@pytest.mark.parametrize("uri", ["", "https://app.example.com/cb2", CALLBACK + "&x=y", "https://evil.example"])
def test_the_redirect_uri_is_the_same_again(browser: Browser, uri: str) -> None:
    assert refused(browser.redeem(browser.log_in()["code"], redirect_uri=uri), "invalid_grant")


@pytest.mark.attack("ATK-086")
def test_a_code_is_worth_nothing_to_another_client(browser: Browser) -> None:
    for owner, owner_auth in (("app", ("app", SECRET)), ("public", None)):
        for thief, auth in (("other", ("other", SECRET)), ("public", None), ("app", ("app", SECRET))):
            if thief == owner:
                continue
            code = browser.log_in(client_id=owner)["code"]
            form = {} if auth else {"client_id": thief}
            assert refused(browser.redeem(code, auth, **form), "invalid_grant")
            own = {} if owner_auth else {"client_id": owner}
            assert browser.redeem(code, owner_auth, **own).status_code == 200, "and it is not spent by the attempt"


@pytest.mark.attack("ATK-086")
def test_a_refresh_token_is_worth_nothing_to_another_client(browser: Browser) -> None:
    token = browser.tokens(scope="openid offline_access")["refresh_token"]
    for auth, form in ((("other", SECRET), {}), (None, {"client_id": "public"})):
        response = browser.token(auth, grant_type="refresh_token", refresh_token=token, **form)
        assert refused(response, "invalid_grant")
    assert browser.token(grant_type="refresh_token", refresh_token=token).status_code == 200


@pytest.mark.attack("ATK-084")
def test_a_code_used_twice_takes_its_tokens_with_it(browser: Browser) -> None:
    code = browser.log_in()["code"]
    tokens = browser.redeem(code).get_json()
    assert browser.userinfo(tokens["access_token"]).status_code == 200
    assert refused(browser.redeem(code), "invalid_grant")
    assert browser.userinfo(tokens["access_token"]).status_code == 401


def test_a_code_lives_a_minute(world: World) -> None:
    browser = world.browser()
    code = browser.log_in()["code"]
    world.clock.pass_(seconds=61)
    assert refused(browser.redeem(code), "invalid_grant")


@pytest.mark.attack("ATK-103")
def test_a_disabled_client_gets_nothing_more(world: World) -> None:
    browser = world.browser()
    code = browser.log_in()["code"]
    tokens = browser.tokens(scope="openid offline_access", prompt="login")
    world.change("app", enabled=False)
    assert refused(browser.redeem(code), "invalid_client", 401)
    renewed = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused(renewed, "invalid_client", 401)
    assert browser.userinfo(tokens["access_token"]).status_code == 401
    assert "Location" not in browser.authorize().headers


def test_an_undetermined_certificate_spends_nothing(world: World) -> None:
    browser = world.browser()
    code = browser.log_in()["code"]
    world.revocations.state = "stale"
    response = browser.redeem(code)
    assert (response.status_code, json.loads(response.data)) == (503, {"error": "temporarily_unavailable"})
    assert response.headers["Retry-After"]
    world.revocations.state = "good"
    tokens = browser.redeem(code)
    assert tokens.status_code == 200
    world.revocations.state = "absent"
    assert browser.userinfo(tokens.get_json()["access_token"]).status_code == 503
    world.revocations.state = "revoked"
    assert browser.userinfo(tokens.get_json()["access_token"]).status_code == 401
