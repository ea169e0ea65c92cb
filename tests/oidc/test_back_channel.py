"""Back-Channel Logout 1.0: who is told, with what, how often, and that nothing is lost on the way."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.oidc.test_logout import logout, signed_in, text
from tests.oidc.world import ADA_CHOICE, BASE, ISSUER, SECRET, SIGNED_OUT, START, Browser, World

APP_URI = "https://app.example.com/sair"
OTHER_URI = "https://other.example.net/fim?de=portaria"
OTHER = {"client_id": "other", "redirect_uri": "https://other.example.net/cb"}
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def told(world: World) -> World:
    """With two clients that want to be told and the others that do not."""
    world.change("app", backchannel_logout_uri=APP_URI)
    world.change("other", backchannel_logout_uri=OTHER_URI, id_token_alg="ES256")
    return world


def both(browser: Browser) -> dict[str, Any]:
    """One session at two clients; the first one's tokens."""
    tokens = browser.tokens()
    code = browser.log_in(**OTHER)["code"]
    assert browser.redeem(code, ("other", SECRET), redirect_uri=OTHER["redirect_uri"]).status_code == 200
    return tokens


def outbox(world: World) -> dict[str, Any]:
    with world.store.reading() as uow:
        return {one.notice.client_id: one for one in uow.outbox.recent(100)}


def payload(token: str, part: int = 1) -> dict[str, Any]:
    segment = token.split(".")[part]
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return decoded


def test_every_client_of_the_session_is_told_before_the_browser_goes_on(told: World) -> None:
    """§2.4: iss, aud, iat, exp, jti, events, and sub and sid; a nonce MUST NOT be there. Signed like the client's ID
    tokens, typ logout+jwt."""
    browser = told.browser()
    tokens = both(browser)
    done = logout(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    assert done.headers["Location"] == SIGNED_OUT
    posts = dict(told.documents.posts)
    assert posts.keys() == {APP_URI, OTHER_URI}
    keys = KeySet.import_key_set(browser.get("/jwks").get_json())
    for uri, client, alg in ((APP_URI, "app", "RS256"), (OTHER_URI, "other", "ES256")):
        assert posts[uri].keys() == {"logout_token"}
        decoded = jwt.decode(posts[uri]["logout_token"], keys, algorithms=[alg])
        assert decoded.header["typ"] == "logout+jwt"
        claims = decoded.claims
        assert claims.keys() == {"iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"}
        assert (claims["iss"], claims["aud"]) == (ISSUER, client)
        assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
        assert (claims["iat"], claims["exp"]) == (1795348800, 1795348920)
        assert len(claims["jti"]) >= 22
    claims, mine = payload(posts[APP_URI]["logout_token"]), payload(tokens["id_token"])
    assert (claims["sub"], claims["sid"]) == (mine["sub"], mine["sid"])
    assert {one.delivered_at for one in outbox(told).values()} == {START}


def test_one_notice_for_several_grants_of_one_sid_and_one_for_each_sid(told: World) -> None:
    browser = told.browser()
    first = browser.tokens(b"ada", ADA_CHOICE)
    again = browser.tokens(b"ada", ADA_CHOICE, prompt="consent")
    assert payload(first["id_token"])["sid"] == payload(again["id_token"])["sid"]
    logout(browser, id_token_hint=again["id_token"])
    assert [uri for uri, _ in told.documents.posts] == [APP_URI]


def test_confirming_on_our_own_page_tells_them_and_says_so(told: World) -> None:
    told.register(replace(BASE, client_id="quiet", name="Calado"))
    told.documents.answers[OTHER_URI] = "timeout"
    browser = told.browser()
    both(browser)
    browser.redeem(browser.log_in(client_id="quiet")["code"], ("quiet", SECRET))
    token = text(logout(browser)).split("token=")[1].split()[0]
    assert told.documents.posts == [], "nobody is told before it is so"
    page = text(browser.post("/logout/confirm", data={"token": token, "decisao": "sair"}))
    assert sorted(page.splitlines()[1].replace("Aplicação:", "").split()) == ["Calado:not", "told", "waiting"]
    assert not signed_in(browser)


def test_a_fault_tells_nobody(told: World) -> None:
    browser = told.browser()
    hint = both(browser)["id_token"]
    logout(browser, id_token_hint=hint, post_logout_redirect_uri="https://evil.example/")
    logout(browser, id_token_hint=hint[:-8] + "AAAAAAAA", post_logout_redirect_uri=SIGNED_OUT)
    assert (told.documents.posts, outbox(told)) == ([], {})


def test_a_hint_without_its_browser_tells_that_client_alone(told: World) -> None:
    browser = told.browser()
    hint = both(browser)["id_token"]
    logout(told.browser(), id_token_hint=hint)
    assert [uri for uri, _ in told.documents.posts] == [APP_URI]
    assert signed_in(browser)


def test_a_certificate_found_revoked_tells_them(told: World) -> None:
    """The person's next visit finds it; what the session gave has ended, and the worker says so."""
    browser = told.browser()
    both(browser)
    told.revocations.state = "revoked"
    browser.authorize()
    assert outbox(told).keys() == {"app", "other"}
    told.clock.pass_(seconds=5)
    assert told.told.later(told.clock.now()) == 0
    assert {uri for uri, _ in told.documents.posts} == {APP_URI, OTHER_URI}


def test_a_process_that_died_after_the_commit_left_it_to_the_worker(told: World, monkeypatch: Any) -> None:
    """kill -9 between the transaction and the first attempt: five seconds later the worker takes over."""
    browser = told.browser()
    hint = both(browser)["id_token"]
    monkeypatch.setattr(type(told.told), "at_once", lambda *_: frozenset())
    logout(browser, id_token_hint=hint)
    told.clock.pass_(seconds=4.9)
    assert (told.told.later(told.clock.now()), told.documents.posts) == (0, [])
    told.clock.pass_(seconds=0.1)
    assert told.told.later(told.clock.now()) == 0
    assert len(told.documents.posts) == 2
    told.clock.pass_(hours=1)
    told.told.later(told.clock.now())
    assert len(told.documents.posts) == 2, "who was told is not told again"


@pytest.mark.parametrize("answer", [500, 400, 302, 404, "timeout", "unreachable", "private-address"])
def test_who_does_not_take_it_is_told_again_with_the_same_jti(told: World, answer: int | str) -> None:
    """§2.8 200, or 204: anything else is no delivery."""
    told.documents.answers[APP_URI] = answer
    browser = told.browser()
    done = logout(browser, id_token_hint=browser.tokens()["id_token"], post_logout_redirect_uri=SIGNED_OUT)
    assert done.headers["Location"] == SIGNED_OUT, "the person is not kept by a client's fault"
    one = outbox(told)["app"]
    error = answer if isinstance(answer, str) else f"status {answer}"
    assert (one.attempts, one.error, one.next_attempt_at) == (1, error, START + timedelta(seconds=10))
    sent = [form["logout_token"] for _, form in told.documents.posts]
    told.clock.pass_(seconds=10)
    told.documents.answers[APP_URI] = 204
    told.told.later(told.clock.now())
    sent.append(told.documents.posts[-1][1]["logout_token"])
    assert {payload(token)["jti"] for token in sent} == {one.notice.id}
    assert payload(sent[-1])["iat"] == 1795348810, "each attempt has a token that is fresh"
    assert (outbox(told)["app"].delivered_at, outbox(told)["app"].attempts) == (told.clock.now(), 2)


def test_it_is_tried_less_and_less_often_for_a_day(told: World) -> None:
    told.documents.answers[APP_URI] = 503
    browser = told.browser()
    logout(browser, id_token_hint=browser.tokens()["id_token"])
    pauses = []
    while (due := outbox(told)["app"].next_attempt_at) is not None:
        pauses.append(int((due - told.clock.now()).total_seconds()))
        told.clock.at = due
        assert told.told.later(due) == 1
    assert pauses[:8] == [10, 30, 90, 270, 810, 2430, 3600, 3600]
    one = outbox(told)["app"]
    assert timedelta(hours=24) <= one.given_up_at - START <= timedelta(hours=25)
    assert one.attempts == len(told.documents.posts) == len(pauses) + 1


def test_a_client_that_is_gone_is_not_tried_for_a_day(told: World) -> None:
    told.documents.answers[APP_URI] = 503
    browser = told.browser()
    logout(browser, id_token_hint=browser.tokens()["id_token"])
    told.change("app", backchannel_logout_uri=None)
    told.clock.pass_(seconds=10)
    told.told.later(told.clock.now())
    one = outbox(told)["app"]
    assert (one.error, one.given_up_at, one.next_attempt_at) == ("no-address", told.clock.now(), None)


def test_a_logout_token_is_neither_hint_nor_access_token(told: World) -> None:
    browser = told.browser()
    logout(browser, id_token_hint=browser.tokens()["id_token"])
    token = told.documents.posts[0][1]["logout_token"]
    assert "id_token_hint" in text(logout(browser, id_token_hint=token))
    assert browser.userinfo(token).status_code == 401


def test_discovery_says_so(browser: Browser) -> None:
    found = browser.get("/.well-known/openid-configuration").get_json()
    for name in ("backchannel", "frontchannel"):
        assert found[f"{name}_logout_supported"] is True
        assert found[f"{name}_logout_session_supported"] is True
    assert found["revocation_endpoint"] == f"{ISSUER}/revoke"
    assert found["introspection_endpoint"] == f"{ISSUER}/introspect"
    assert "none" not in found["introspection_endpoint_auth_methods_supported"]


# --- Front-Channel Logout 1.0 -----------------------------------------------------------------------------------------

FRAME = "https://app.example.com/fc?x=1"


def test_a_page_loads_each_clients_frame_and_then_goes_on(told: World) -> None:
    """§2: iss and sid are added to the registered address, keeping its query."""
    told.change("app", frontchannel_logout_uri=FRAME)
    browser = told.browser()
    tokens = both(browser)
    hint = tokens["id_token"]
    lines = text(logout(browser, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="é")).splitlines()
    sid = payload(hint)["sid"]
    assert lines[2:] == [
        f"https://app.example.com/fc?x=1&iss=https%3A%2F%2Fid.example.org&sid={sid}",
        f"then {SIGNED_OUT}?state=%C3%A9",
    ]
    assert not signed_in(browser)


def test_a_client_without_a_frame_is_redirected_at_once(told: World) -> None:
    told.change("other", frontchannel_logout_uri="https://other.example.net/fc")
    browser = told.browser()
    hint = browser.tokens()["id_token"]
    assert logout(browser, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT).status_code == 303
