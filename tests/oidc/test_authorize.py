"""/authorize: where a browser is sent, and where it is never sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.oidc.world import CHALLENGE, ISSUER, SECRET, Browser, World, answer, request_parameters

REGISTERED = "https://app.example.com/cb?tenant=1"
BAD_URIS = [
    # Parts of the registered one, and more than it.
    "https://app.example.com/cb",
    "https://app.example.com/cb?",
    "https://app.example.com/cb?tenant=12",
    "https://app.example.com/cb?tenant=1&",
    "https://app.example.com/cb?tenant=1&x=y",
    "https://app.example.com/cb?x=y&tenant=1",
    "https://app.example.com/cb?tenant=1#",
    "https://app.example.com/cb?tenant=1#fragment",
    "https://app.example.com/cb/?tenant=1",
    "https://app.example.com/cb/../cb?tenant=1",
    "https://app.example.com/./cb?tenant=1",
    "https://app.example.com//cb?tenant=1",
    "https://app.example.com/x/..;/cb?tenant=1",
    "https://app.example.com/cb;x?tenant=1",
    "https://app.example.com/cb%2f?tenant=1",
    "https://app.example.com/%63b?tenant=1",
    "https://app.example.com/cb%3Ftenant=1",
    "https://app.example.com/cb?tenant=%31",
    "https://app.example.com/cb%252f..?tenant=1",
    "https://app.example.com/CB?tenant=1",
    "https://app.example.com/cb?tenant=1 ",
    " https://app.example.com/cb?tenant=1",
    "https://app.example.com/cb?tenant=1%00",
    "https://app.example.com/cb?tenant=1%0d%0aSet-Cookie:x=y",
    # Another host that looks like it.
    "https://evil.example/cb?tenant=1",
    "https://app.example.com.evil.example/cb?tenant=1",
    "https://evil.example/app.example.com/cb?tenant=1",
    "https://evil-app.example.com/cb?tenant=1",
    "https://app.example.comevil/cb?tenant=1",
    "https://app.example.com@evil.example/cb?tenant=1",
    "https://user:pw@app.example.com/cb?tenant=1",
    "https://app.example.com:pw@evil.example/cb?tenant=1",
    "https://evil.example#@app.example.com/cb?tenant=1",
    "https://evil.example?@app.example.com/cb?tenant=1",
    "https://evil.example\\@app.example.com/cb?tenant=1",
    "https://app.example.com\\@evil.example/cb?tenant=1",
    "https://app.example.com\\.evil.example/cb?tenant=1",
    "https:\\\\app.example.com\\cb?tenant=1",
    "https:/\\evil.example/cb?tenant=1",
    "https://[::ffff:127.0.0.1]/cb?tenant=1",
    "https://app.example.com:443/cb?tenant=1",
    "https://app.example.com:8443/cb?tenant=1",
    "https://app.example.com:/cb?tenant=1",
    "https://APP.example.com/cb?tenant=1",
    "https://app.example.com./cb?tenant=1",
    "https://app。example。com/cb?tenant=1",
    "https://аpp.example.com/cb?tenant=1",
    "https://xn--pp-6kc.example.com/cb?tenant=1",
    "https://app.example.com%2eevil.example/cb?tenant=1",
    "https://app.example.com%00.evil.example/cb?tenant=1",
    "https://app.exam\u00adple.com/cb?tenant=1",
    "https://*.example.com/cb?tenant=1",
    "https://app.example.com/*",
    # Another scheme, or none.
    "http://app.example.com/cb?tenant=1",
    "HTTPS://app.example.com/cb?tenant=1",
    "//app.example.com/cb?tenant=1",
    "/cb?tenant=1",
    "app.example.com/cb?tenant=1",
    "javascript:alert(1)//https://app.example.com/cb?tenant=1",
    "data:text/html,https://app.example.com/cb?tenant=1",
    "vbscript:https://app.example.com/cb?tenant=1",
    "file:///cb?tenant=1",
    "com.example.app:/cb?tenant=1",
    "http://localhost:80@evil.example/cb?tenant=1",
    "http://127.0.0.1:4000/cb?tenant=1",
    "null",
    "*",
    "https://",
    "https:app.example.com/cb?tenant=1",
    # Of another client.
    "https://other.example.net/cb",
    # Several in one.
    "https://app.example.com/cb?tenant=1,https://evil.example",
    "https://app.example.com/cb?tenant=1 https://evil.example",
]

FAULTS: list[dict[str, str | None]] = [
    {"response_type": None},
    {"response_type": "token"},
    {"response_type": "code id_token"},
    {"response_mode": "web_message"},
    {"scope": None},
    {"scope": "profile"},
    {"prompt": "none login"},
    {"prompt": "create"},
    {"prompt": "none"},
    {"max_age": "-1"},
    {"max_age": "1.5"},
    {"max_age": "١"},
    {"request": "eyJhbGciOiJub25lIn0.e30."},
    {"request_uri": "https://evil.example/r"},
    {"registration": "{}"},
    {"claims": "{"},
    {"claims": "[]"},
    {"id_token_hint": "x"},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": None},
    {"code_challenge": None},
    {"code_challenge": "short"},
    {"code_challenge": CHALLENGE + "="},
    {"nonce": "n" * 513},
    {"state": "s" * 2049},
]


def is_page(response: Any, code: str) -> bool:
    assert "Location" not in response.headers
    assert response.status_code in (400, 413)
    return response.get_data(as_text=True).startswith(f"protocol_error {code}:")


@pytest.mark.attack("ATK-080")
@pytest.mark.attack("ATK-082")
def test_no_redirect_to_a_uri_that_is_not_registered(browser: Browser) -> None:
    assert len(BAD_URIS) >= 60
    assert len(set(BAD_URIS)) == len(BAD_URIS)
    for uri in BAD_URIS:
        for mode in (None, "query", "fragment", "form_post"):
            response = browser.authorize(redirect_uri=uri, response_mode=mode)
            assert "Location" not in response.headers, uri
            assert response.status_code == 400, uri
            text = response.get_data(as_text=True)
            assert text.startswith(("protocol_error redirect_uri:", "protocol_error invalid_request:")), uri
            assert "<form" not in text, uri


@pytest.mark.attack("ATK-081")
def test_no_error_opens_a_redirect(browser: Browser) -> None:
    for fault in FAULTS:
        for changes in (
            {"redirect_uri": "https://evil.example/cb"},
            {"redirect_uri": None},
            {"client_id": "nobody"},
            {"client_id": None},
            {"client_id": "disabled"},
            {"client_id": "other"},
        ):
            response = browser.authorize(**{**fault, **changes})
            assert "Location" not in response.headers, (fault, changes)
            assert response.status_code == 400


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_is_told_to_the_registered_uri(browser: Browser, fault: dict[str, str | None]) -> None:
    response = browser.authorize(**fault)
    if response.headers.get("Location", "").startswith("/login"):
        assert fault == {"code_challenge": None, "code_challenge_method": None}
        return
    assert response.status_code == 303
    fragment = fault.get("response_type") in ("token", "code id_token")
    assert response.headers["Location"].startswith(REGISTERED + ("#" if fragment else "&") + "error=")
    told = answer(response)
    assert told["iss"] == ISSUER
    assert told.get("state") == (None if "state" in fault else "st")
    assert told["error_description" if fault != {"prompt": "none"} else "error"].isascii()
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"request": "x"}, "invalid_request_object"),
        ({"request": "x", "request_uri": "https://x.example"}, "invalid_request"),
        ({"request_uri": "https://x.example"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
    ],
)
def test_the_error_is_the_standards(browser: Browser, fault: dict[str, str], error: str) -> None:
    assert answer(browser.authorize(**fault))["error"] == error


@pytest.mark.parametrize("name", sorted(request_parameters()))
@pytest.mark.attack("ATK-083")
def test_a_parameter_given_twice_is_refused(browser: Browser, name: str) -> None:
    params = request_parameters()
    for pair in (params[name], "https://evil.example/cb", ""):
        query = urlencode([*params.items(), (name, pair)])
        assert is_page(browser.get(f"/authorize?{query}"), "duplicate_parameter")
        assert is_page(browser.post("/authorize", data=query, content_type=FORM), "duplicate_parameter")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "query",
    [
        "client_id=%",
        "client_id=%zz",
        "client_id=%ff%fe",
        "client_id=%ed%a0%80",
        "client_id=a%00b",
        "a\u00e7=1",
        "%80=1",
    ],
)
def test_what_cannot_be_read_is_a_page(browser: Browser, query: str) -> None:
    assert is_page(browser.get(f"/authorize?{query}"), "invalid_request")


def test_what_is_too_large_is_a_page(browser: Browser) -> None:
    assert browser.get("/authorize?" + urlencode(request_parameters(x="y" * 8200))).status_code == 413
    assert browser.post("/authorize", data=request_parameters(x="y" * 6200)).status_code == 413
    assert browser.post("/authorize", data="x" * 70_000, content_type=FORM).status_code == 413
    many = "&".join(f"p{number}=1" for number in range(65))
    assert browser.get(f"/authorize?{many}").status_code == 413


def test_a_cross_site_post_becomes_a_get_with_the_same_parameters(browser: Browser) -> None:
    params = request_parameters(state="ção & = +%")
    response = browser.post("/authorize", data=params)
    assert response.status_code == 303
    parts = urlsplit(response.headers["Location"])
    assert (parts.netloc, parts.path) == ("", "/authorize")
    assert {name: [value] for name, value in params.items()} == parse_qs(parts.query, strict_parsing=True)
    assert "Set-Cookie" not in response.headers
    assert browser.get(response.headers["Location"]).headers["Location"].startswith("/login?tx=")


@pytest.mark.parametrize("state", ["x" * 128, "a b&c=d?e#f%25", "São Paulo", '"><script>', "%", "+"])
def test_state_comes_back_as_it_went(browser: Browser, state: str) -> None:
    assert answer(browser.authorize(state=state, prompt="none"))["state"] == state


def test_unknown_parameters_change_nothing(browser: Browser) -> None:
    given = {"display": "popup", "acr_values": "1 2", "claims_locales": "se", "ui_locales": "se", "login_hint": "x@y"}
    response = browser.authorize(**given, extra="x", claims='{"userinfo":{"name":{"essential":true}}}')
    assert response.headers["Location"].startswith("/login")


def test_scopes_that_are_not_the_clients_are_left_out(browser: Browser) -> None:
    """offline_access too, where the client may not refresh."""
    code = browser.log_in(client_id="narrow", scope="openid cpf inscricao offline_access nonsense")["code"]
    tokens = browser.redeem(code, ("narrow", SECRET)).get_json()
    assert tokens["scope"] == "openid"
    assert "refresh_token" not in tokens


@pytest.mark.attack("ATK-085")
def test_a_public_client_must_use_pkce(browser: Browser) -> None:
    missing = answer(browser.authorize(client_id="public", code_challenge=None, code_challenge_method=None))
    assert missing["error"] == "invalid_request"
    assert "code" in browser.log_in(client_id="public")


def test_fragment_and_form_post_carry_the_same(browser: Browser) -> None:
    response = browser.authorize(response_mode="fragment", prompt="none")
    uri, _, fragment = response.headers["Location"].partition("#")
    assert uri == REGISTERED
    assert parse_qs(fragment) == {"error": ["login_required"], "state": ["st"], "iss": [ISSUER]}
    page = browser.authorize(response_mode="form_post", prompt="none")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert f'<form method="post" action="{REGISTERED}">' in text
    assert '<input type="hidden" name="state" value="st">' in text
    assert '<button type="submit">Continuar</button>' in text
    assert "script-src 'sha256-" in page.headers["Content-Security-Policy"]


@pytest.mark.attack("ATK-100")
@pytest.mark.parametrize("state", ['"><script>alert(1)</script>', "' onload='x", "</form><form action=//e>", "&quot;"])
def test_form_post_escapes_what_it_carries(browser: Browser, state: str) -> None:
    text = browser.authorize(response_mode="form_post", prompt="none", state=state).get_data(as_text=True)
    assert state not in text
    assert text.count("<script>") == 1
    assert text.count("<form") == 1


@pytest.mark.parametrize(
    "uri",
    ["https://APP.example.com:443/%63b%2F?x=%31+%20&y='", "http://127.0.0.1:5/cb;a=1?x=1;2", "https://a.example/cb?"],
)
def test_a_registered_uri_goes_out_byte_for_byte(world: World, uri: str) -> None:
    world.change("app", redirect_uris=(uri,), post_logout_redirect_uris=(uri,))
    location = world.browser().authorize(redirect_uri=uri, prompt="none").headers["Location"]
    assert location.startswith(uri + ("" if uri.endswith("?") else "&") + "error=login_required")


@pytest.mark.attack("ATK-091")
def test_success_names_the_issuer(browser: Browser) -> None:
    told = browser.log_in()
    assert set(told) == {"tenant", "code", "state", "iss"}
    assert told["iss"] == ISSUER
    assert len(told["code"]) == 43


# -- prompt and max_age ------------------------------------------------------------------------------------------------


def leads_to(response: Any) -> str:
    location = response.headers["Location"]
    if location.startswith("/login"):
        return "login"
    if location.startswith("/consentimento"):
        return "consent"
    told = answer(response)
    return told.get("error") or "code"


@pytest.mark.attack("ATK-099")
@pytest.mark.attack("ATK-102")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "code"),
        ({"prompt": "none"}, "code"),
        ({"prompt": "login"}, "login"),
        ({"prompt": "consent"}, "consent"),
        ({"prompt": "select_account"}, "consent"),
        ({"prompt": "login consent"}, "login"),
        ({"max_age": "10000"}, "code"),
        ({"max_age": "60"}, "code"),
        ({"max_age": "59"}, "login"),
        ({"max_age": "0"}, "login"),
        ({"max_age": "59", "prompt": "none"}, "login_required"),
        ({"scope": "openid cpf"}, "consent"),
        ({"scope": "openid cpf", "prompt": "none"}, "consent_required"),
        ({"client_id": "es256"}, "consent"),
        ({"client_id": "es256", "prompt": "none"}, "consent_required"),
    ],
)
def test_a_signed_in_browser_a_minute_later(world: World, changes: dict[str, str], expected: str) -> None:
    browser = world.browser()
    browser.log_in()
    world.clock.pass_(seconds=60)
    assert leads_to(browser.authorize(**changes)) == expected


def test_a_new_login_has_a_new_auth_time_and_a_silent_one_the_old(world: World) -> None:
    import jwt

    browser = world.browser()

    def auth_time(**changes: str) -> int:
        token = browser.tokens(**changes)["id_token"]
        return jwt.decode(token, options={"verify_signature": False})["auth_time"]

    first = auth_time()
    world.clock.pass_(seconds=2)
    assert auth_time(prompt="none") == first
    assert auth_time(max_age="1") == first + 2
    assert auth_time(prompt="login") == first + 2


def test_the_hint_must_be_of_who_is_there(world: World) -> None:
    browser = world.browser()
    hint = browser.tokens()["id_token"]
    world.clock.pass_(hours=2)
    assert leads_to(browser.authorize(prompt="none", id_token_hint=hint)) == "code", "an expired hint is a hint"
    stranger = world.browser()
    stranger.tokens(b"ada", "AM:040000028/procuracao/prc-1")
    assert leads_to(stranger.authorize(prompt="none", id_token_hint=hint)) == "login_required"
    told = answer(browser.authorize(client_id="es256", prompt="none", id_token_hint=hint))
    assert (told["error"], told["error_description"]) == ("invalid_request", "id_token_hint is another client's")
