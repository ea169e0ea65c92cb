"""The endpoints that come after tokens, under requests that are nearly right: each answer is one that its standard
knows, exactly; never a 500 (the app raises what nobody caught)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oidc.world import ADA_CHOICE, ISSUER, SECRET, SIGNED_OUT, Browser, World

FORM = "application/x-www-form-urlencoded"
JWT = "application/token-introspection+jwt"
ERRORS = {
    "/token": {
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
        *("invalid_scope", "invalid_authorization_details"),
    },
    "/revoke": {"invalid_request", "invalid_client", "invalid_grant", "unsupported_token_type"},
    "/introspect": {"invalid_request", "invalid_client"},
}
"""RFC 6749 §5.2, RFC 9396 §5, RFC 7009 §2.2.1, RFC 7662 §2.3."""
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*\Z")
"""RFC 6749 §5.2 error_description."""
CHALLENGE = re.compile(
    r'Bearer realm="[a-z]+"'
    r'(, error="(invalid_request|invalid_token|insufficient_scope)", error_description="[^"\\]+"(, scope="openid")?)?\Z'
)
BEARER_ERRORS = {400: {"invalid_request"}, 401: {None, "invalid_token"}, 403: {"insufficient_scope"}}
RELAXED = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class There:
    browser: Browser
    tokens: dict[str, str]

    def send(self, path: str, body: str, **options: Any) -> Any:
        return self.browser.post(path, data=body, content_type=FORM, **options)


@pytest.fixture
def there(world: World) -> There:
    browser = world.browser()
    given = browser.tokens(b"ada", ADA_CHOICE, scope="openid inscricao procuracao offline_access")
    own = browser.token(grant_type="client_credentials").get_json()
    return There(browser, {**given, "own": own["access_token"]})


def one_of(*known: str) -> st.SearchStrategy[str]:
    """A good value, named or literal, with some of its characters gone wrong; or anything."""
    anything = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.one_of(st.sampled_from(known), anything.map(quote_from_bytes), st.sampled_from(("", "%00", "%ff", "%")))


TOKENS = one_of("<access_token>", "<refresh_token>", "<id_token>", "<own>", "a.b.c", "rt.x.0.y", "e30.e30.e30")
TWISTS = st.sampled_from(["as it is", "cut", "longer", "another case", "another part"])
AUTHS = st.sampled_from(
    [("app", SECRET), ("other", SECRET), ("app", "x"), ("es256", SECRET), ("", ""), ("é", "é"), None]
)
MORE = st.dictionaries(
    st.sampled_from(
        ["token_type_hint", "client_id", "client_secret", "client_assertion", "client_assertion_type", "x"]
    ),
    one_of("app", "public", "access_token", SECRET.replace(" ", "+"), "urn%3Aietf%3Aparams"),
    max_size=2,
)


def twisted(text: str, twist: str, tokens: dict[str, str]) -> str:
    value = quote(tokens[text[1:-1]]) if text[1:-1] in tokens else text
    match twist:
        case "cut":
            return value[: len(value) // 2]
        case "longer":
            return value + "A"
        case "another case":
            return value if "%" in value else value.swapcase()
        case "another part":
            return ".".join(reversed(value.split(".")))
    return value


def body_of(pairs: list[tuple[str, str]], more: dict[str, str], *, twice: bool) -> str:
    all_pairs = [*pairs, *more.items()]
    return "&".join(f"{name}={value}" for name, value in (*all_pairs, *(all_pairs[:1] if twice else ())))


def is_answer(path: str, response: Any) -> None:
    assert "no-store" in response.headers["Cache-Control"]
    if response.status_code == 200:
        return
    assert response.status_code in (400, 401), response.status_code
    found = response.get_json()
    assert found["error"] in ERRORS[path], found
    assert DESCRIPTION.match(found.get("error_description", ""))
    assert (response.status_code == 401) == (found["error"] == "invalid_client")
    assert ("WWW-Authenticate" in response.headers) == (response.status_code == 401)


@RELAXED
@given(
    path=st.sampled_from(["/revoke", "/introspect"]), token=TOKENS, twist=TWISTS, more=MORE, auth=AUTHS,
    twice=st.booleans(), jwt=st.booleans(),
)  # fmt: skip
def test_revoke_and_introspect(
    there: There, path: str, token: str, twist: str, more: dict[str, str], auth: Any, twice: bool, jwt: bool
) -> None:
    body = body_of([("token", twisted(token, twist, there.tokens))], more, twice=twice)
    response = there.send(path, body, auth=auth, headers={"Accept": JWT} if jwt else {})
    is_answer(path, response)
    if response.status_code == 200 and path == "/introspect" and response.content_type == "application/json":
        found = response.get_json()
        assert found["active"] is True or found == {"active": False}


@RELAXED
@given(
    grant_type=one_of("authorization_code", "refresh_token", "client_credentials", "password"), token=TOKENS,
    twist=TWISTS, scope=one_of("openid", "inscricao", "openid+nada"), more=MORE, auth=AUTHS, twice=st.booleans(),
)  # fmt: skip
def test_token(
    there: There, grant_type: str, token: str, twist: str, scope: str, more: dict[str, str], auth: Any, twice: bool
) -> None:
    value = twisted(token, twist, there.tokens)
    pairs = [("grant_type", grant_type), ("code", value), ("refresh_token", value), ("scope", scope)]
    is_answer("/token", there.send("/token", body_of(pairs, more, twice=twice), auth=auth))


@RELAXED
@given(
    path=st.sampled_from(["/userinfo", "/procuracoes/prc-1/status"]), token=TOKENS, twist=TWISTS,
    scheme=st.sampled_from(["Bearer ", "bearer  ", "Basic ", "Bearer", "", "DPoP "]), body=st.booleans(),
)  # fmt: skip
def test_bearer_endpoints(there: There, path: str, token: str, twist: str, scheme: str, body: bool) -> None:
    value = twisted(token, twist, there.tokens)
    header = {"HTTP_AUTHORIZATION": scheme + value} if scheme else {}
    method = "POST" if body and path == "/userinfo" else "GET"
    data = f"access_token={value}" if method == "POST" else None
    response = there.browser.http.open(
        path, method=method, base_url=ISSUER, data=data, content_type=FORM, environ_overrides=header
    )
    assert "no-store" in response.headers["Cache-Control"]
    if response.status_code == 404:
        assert path != "/userinfo"
        assert response.data == b'{"error":"not_found"}'
    elif response.status_code != 200:
        assert CHALLENGE.match(response.headers["WWW-Authenticate"])
        found = response.get_json()["error"] if response.data else None
        assert found in BEARER_ERRORS[response.status_code]


@RELAXED
@given(
    hint=TOKENS, twist=TWISTS, uri=one_of(quote(SIGNED_OUT), quote(SIGNED_OUT + "?"), quote("https://evil.example/")),
    more=st.dictionaries(
        st.sampled_from(["state", "client_id", "logout_hint", "ui_locales"]), one_of("app", "other", "st"), max_size=3
    ),
    method=st.sampled_from(["GET", "POST"]), twice=st.booleans(),
)  # fmt: skip
def test_logout(there: There, hint: str, twist: str, uri: str, more: dict[str, str], method: str, twice: bool) -> None:
    pairs = [("id_token_hint", twisted(hint, twist, there.tokens)), ("post_logout_redirect_uri", uri)]
    body = body_of(pairs, more, twice=twice)
    if method == "POST":
        response = there.send("/logout", body)
    else:
        response = there.browser.http.open("/logout", base_url=ISSUER, environ_overrides={"QUERY_STRING": body})
    assert response.status_code in (200, 303, 400)
    location = response.headers.get("Location")
    if location is None:
        assert response.status_code != 303
        page = response.get_data(as_text=True)
        assert page.startswith(("protocol_error", "logout_confirm", "logged_out"))
        assert page.startswith("protocol_error") == (response.status_code == 400)
    elif method == "POST":
        assert location.partition("?")[0] == "/logout"
    else:
        assert location.partition("?")[0] == SIGNED_OUT
        assert uri == quote(SIGNED_OUT), "no redirect but to the registered one"
        assert (hint, twist) == ("<id_token>", "as it is"), "no redirect without a hint of ours"


def test_what_the_fuzzing_starts_from_is_good(there: There) -> None:
    """Otherwise all of it would be refused at the first check."""
    good = f"token={quote(there.tokens['refresh_token'])}"
    assert there.send("/introspect", good, auth=("app", SECRET)).get_json()["active"] is True
    header = {"Authorization": f"Bearer {there.tokens['access_token']}"}
    assert there.browser.get("/procuracoes/prc-1/status", headers=header).status_code == 200
    assert there.send("/revoke", good, auth=("app", SECRET)).status_code == 200
