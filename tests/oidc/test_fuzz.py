"""Whatever arrives: never a 500 (the app raises what nobody caught), never a redirect to an unknown place."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oidc.world import CALLBACK, CHALLENGE, ISSUER, SECRET, Browser, World, request_parameters

NAMES = re.findall(
    r"\S+",
    """client_id redirect_uri response_type response_mode scope state nonce prompt max_age claims request request_uri
    id_token_hint login_hint ui_locales display acr_values code_challenge code_challenge_method grant_type code
    code_verifier refresh_token client_secret client_assertion client_assertion_type access_token
    post_logout_redirect_uri token decisao""",
)
GOOD = re.findall(
    r"\S+",
    """app public nobody code openid none login S256 authorization_code refresh_token client_credentials query fragment
    form_post 0 eyJhbGciOiJub25lIn0.e30. a.b.c {} [] rt.AAAAAAAAAAAAAAAAAAAAAA.1.""",
)

texts = st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
values = st.one_of(st.sampled_from([*GOOD, CALLBACK, CHALLENGE, SECRET]), texts)
encoded = values.map(lambda v: quote(v) if isinstance(v, str) else quote_from_bytes(v))
names = st.one_of(st.sampled_from(NAMES), st.text(max_size=8).map(lambda t: quote(t.encode("utf-8", "surrogatepass"))))
forms = st.lists(st.tuples(names, encoded), max_size=10).map(lambda pairs: "&".join(f"{n}={v}" for n, v in pairs))
mutated = st.dictionaries(st.sampled_from(sorted(request_parameters())), encoded, max_size=3)
raw = st.one_of(forms, st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
headers = st.one_of(
    st.none(),
    st.binary(max_size=60).map(lambda b: "Basic " + b.hex()),
    st.text("Basicerx YTpi=.é", max_size=30),
    st.sampled_from(["Basic YXBwOng=", "Bearer a.b.c", "Basic Og==", "Basic /w=="]),
)
FORM = "application/x-www-form-urlencoded"
relaxed = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def there(world: World) -> Browser:
    browser = world.browser()
    browser.tokens()
    return browser


def safe(response: object) -> None:
    assert response.status_code < 500  # type: ignore[attr-defined]
    location = response.headers.get("Location", "")  # type: ignore[attr-defined]
    assert not location or location.startswith(
        ("/authorize", "/login?", "/consentimento?", "/logout", CALLBACK + "&", CALLBACK + "#")
    )


@relaxed
@given(query=raw)
def test_authorize_and_logout_by_url(there: Browser, query: str) -> None:
    environ = {"QUERY_STRING": query}
    for path in ("/authorize", "/logout"):
        safe(there.http.open(path, base_url=ISSUER, environ_overrides=environ))


@relaxed
@given(changes=mutated, method=st.sampled_from(["GET", "POST"]))
def test_authorize_nearly_right(there: Browser, changes: dict[str, str], method: str) -> None:
    params = {name: quote(value) for name, value in request_parameters().items()} | changes
    body = "&".join(f"{name}={value}" for name, value in params.items())
    if method == "GET":
        safe(there.http.open("/authorize", base_url=ISSUER, environ_overrides={"QUERY_STRING": body}))
    else:
        safe(there.post("/authorize", data=body, content_type=FORM))


@relaxed
@given(body=raw, header=headers, path=st.sampled_from(["/token", "/userinfo", "/logout", "/logout/confirm"]))
def test_posts(there: Browser, body: str, header: str | None, path: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")} if header is not None else {}
    data = body.encode("latin-1", "replace")
    safe(there.http.open(path, method="POST", base_url=ISSUER, data=data, content_type=FORM, environ_overrides=environ))


@relaxed
@given(
    changes=st.dictionaries(st.sampled_from(["grant_type", "code", "redirect_uri", "scope", "refresh_token"]), encoded)
)
def test_token_with_the_right_secret(there: Browser, changes: dict[str, str]) -> None:
    form = {"grant_type": "authorization_code", "code": "x"} | changes
    body = "&".join(f"{name}={value}" for name, value in form.items())
    safe(there.post("/token", data=body, content_type=FORM, auth=("app", SECRET)))


@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/jwks", "/logout", "/logout/confirm"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_methods(browser: Browser, path: str, method: str) -> None:
    assert browser.http.open(path, method=method, base_url=ISSUER).status_code in (200, 303, 400, 401, 405)
