"""RP-initiated, back-channel and front-channel logout."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
import pytest

from idp.sandbox.html import Page
from tests.conformance.browser import Arrival, Browser
from tests.conformance.conftest import Register
from tests.conformance.plans import Variant
from tests.conformance.provider import Provider
from tests.conformance.relying_party import LONG_STATE, RelyingParty, SignedIn, SigningKey, unsigned

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Leaving:
    """Somebody signed in at ``rp``, who is about to leave. ``left`` is the registered address for afterwards."""

    rp: RelyingParty
    browser: Browser
    done: SignedIn
    left: str

    def go(self, **parameters: str) -> Page | Arrival:
        """To the end_session_endpoint, through what it asks."""
        return self.browser.through(self.ask(**parameters))

    def ask(self, **parameters: str) -> Page | Arrival:
        return self.browser.open(f"{self.rp.metadata['end_session_endpoint']}?{urlencode(parameters)}")

    def signed_out(self) -> bool:
        """What prompt=none says."""
        asked = self.rp.parameters(prompt="none")
        told = self.rp.answer(self.browser.open(self.rp.url(asked)), asked)
        assert told.get("error") in (None, "login_required")
        return "error" in told

    def refused(self, fault: str, **parameters: str) -> None:
        """A page that names ``fault``, nobody sent anywhere, and the session as it was (RP-Initiated Logout §4)."""
        at = self.ask(**parameters)
        assert isinstance(at, Page)
        assert self.browser.status == 400
        assert fault in at.text
        assert not self.signed_out()


@pytest.fixture
def leaving(register: Register, browser: Browser, provider: Provider) -> Leaving:
    left = provider.lab.url(f"/{uuid4().hex}/left")
    rp = register(post_logout_redirect_uris=[left])
    return Leaving(rp, browser, rp.sign_in(browser), rp.document["post_logout_redirect_uris"][0])


def test_oidcc_rp_initiated_logout(leaving: Leaving) -> None:
    """RP-Initiated Logout §2, §3: with a hint, back to the registered address with the state as it came; the session is
    over."""
    state = secrets.token_urlsafe(LONG_STATE)[:LONG_STATE]
    hint = leaving.done.id_token
    at = leaving.go(id_token_hint=hint, post_logout_redirect_uri=leaving.left, state=state)
    assert isinstance(at, Arrival)
    assert (at.url.partition("?")[0], at.parameters) == (leaving.left, {"state": state})
    assert leaving.signed_out()


def test_oidcc_rp_initiated_logout_no_state(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: state is OPTIONAL; none goes back."""
    at = leaving.go(id_token_hint=leaving.done.id_token, post_logout_redirect_uri=leaving.left)
    assert isinstance(at, Arrival)
    assert at.url == leaving.left
    assert leaving.signed_out()


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: post_logout_redirect_uri "MUST have been previously registered"; §3: otherwise "the OP
    MUST NOT perform post-logout redirection"."""
    wrong = f"{leaving.left}/{secrets.token_hex(4)}"
    leaving.refused(
        "post_logout_redirect_uri", id_token_hint=leaving.done.id_token, post_logout_redirect_uri=wrong, state="s"
    )


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(leaving: Leaving) -> None:
    """RP-Initiated Logout §3: the registered values are compared as they are, so nothing may be added."""
    wrong = f"{leaving.left}?foo=bar"
    leaving.refused(
        "post_logout_redirect_uri", id_token_hint=leaving.done.id_token, post_logout_redirect_uri=wrong, state="s"
    )


def test_oidcc_rp_initiated_logout_modified_id_token_hint(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: the hint is one of the OP's own ID tokens, so its signature counts: taken off here."""
    claims = jwt.decode(leaving.done.id_token, options={"verify_signature": False})
    leaving.refused("id_token_hint", id_token_hint=unsigned(claims), post_logout_redirect_uri=leaving.left, state="s")


def test_oidcc_rp_initiated_logout_bad_id_token_hint(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: a hint that somebody else signed is none, whatever its kid says."""
    claims = jwt.decode(leaving.done.id_token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(leaving.done.id_token)["kid"]
    forged = SigningKey().sign(claims, kid=kid)
    leaving.refused("id_token_hint", id_token_hint=forged, post_logout_redirect_uri=leaving.left, state="s")


def stays(leaving: Leaving, **parameters: str) -> None:
    """Without a hint the person is asked; who agrees is signed out and told so, and nobody is sent on
    (RP-Initiated Logout §2, §3)."""
    question = leaving.ask(**parameters)
    assert isinstance(question, Page)
    assert question.heading.strip() == "Deseja sair?"
    assert not leaving.signed_out()
    at = leaving.browser.through(question)
    assert isinstance(at, Page)
    assert at.heading.strip() == "Você saiu"
    assert leaving.signed_out()


def test_oidcc_rp_initiated_logout_no_id_token_hint(leaving: Leaving) -> None:
    """RP-Initiated Logout §2, §3: without a hint the OP may redirect who agrees to log out, or not: here not."""
    stays(leaving, post_logout_redirect_uri=leaving.left, state="s")


def test_oidcc_rp_initiated_logout_no_params(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: every parameter is OPTIONAL or RECOMMENDED."""
    stays(leaving)


def test_oidcc_rp_initiated_logout_only_state(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: state accompanies post_logout_redirect_uri; alone it means nothing."""
    stays(leaving, state="s")


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(leaving: Leaving) -> None:
    """RP-Initiated Logout §2: post_logout_redirect_uri is OPTIONAL; the page says that one is signed out."""
    at = leaving.go(id_token_hint=leaving.done.id_token, state="s")
    assert isinstance(at, Page)
    assert at.heading.strip() == "Você saiu"
    assert leaving.signed_out()


# --- how applications are told ----------------------------------------------------------------------------------------


def told(provider: Provider, uri: str) -> list[dict[str, Any]]:
    """The logout tokens that arrived at ``uri``, verified (Back-Channel Logout §2.4, §2.6)."""
    path, keys = urlsplit(uri).path, {key["kid"]: key for key in provider.jwks()}
    found = []
    for method, asked, body in provider.lab.asked:
        if asked == path:
            assert method == "POST"
            (token,) = parse_qs(body.decode())["logout_token"]
            header = jwt.get_unverified_header(token)
            assert (header["alg"], header.get("typ")) == ("RS256", "logout+jwt")
            key = jwt.PyJWK(keys[header["kid"]]).key
            found.append(jwt.decode(token, key, ["RS256"], issuer=provider.issuer, options={"verify_aud": False}))
    return found


def test_oidcc_backchannel_rp_initiated_logout(
    register: Register, browser: Browser, provider: Provider, variant: Variant
) -> None:
    """Back-Channel Logout §2.4, §2.5: a logout token with iss, aud, iat, exp, jti, events and the session's sid,
    without nonce, POSTed to the registered address; it is there before the browser is."""
    base = provider.lab.url(f"/{uuid4().hex}")
    rp = register(
        post_logout_redirect_uris=[f"{base}/left"],
        backchannel_logout_uri=f"{base}/backchannel",
        backchannel_logout_session_required=True,
    )
    uri = rp.document["backchannel_logout_uri"]
    provider.lab.pages[urlsplit(uri).path] = b""
    done = rp.sign_in(browser)
    leaving = Leaving(rp, browser, done, rp.document["post_logout_redirect_uris"][0])
    at = leaving.go(id_token_hint=done.id_token, post_logout_redirect_uri=leaving.left)
    assert isinstance(at, Arrival)
    (claims,) = (one for one in told(provider, uri) if one.get("sid") == done.claims["sid"])
    assert claims["aud"] in (rp.client_id, [rp.client_id])
    assert claims["sub"] == done.claims["sub"]
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["jti"]
    now = time.time()
    assert claims["iat"] <= now < claims["exp"] <= now + 180
    assert leaving.signed_out()


def test_oidcc_frontchannel_rp_initiated_logout(
    register: Register, browser: Browser, provider: Provider, variant: Variant
) -> None:
    """Front-Channel Logout §2: the OP's page renders an iframe of the registered address with iss and sid, then the
    browser goes on to post_logout_redirect_uri."""
    base = provider.lab.url(f"/{uuid4().hex}")
    rp = register(
        redirect_uris=[f"{base}/callback"],
        post_logout_redirect_uris=[f"{base}/left"],
        frontchannel_logout_uri=f"{base}/frontchannel",
        frontchannel_logout_session_required=True,
    )
    uri, left = rp.document["frontchannel_logout_uri"], rp.document["post_logout_redirect_uris"][0]
    done = rp.sign_in(browser)
    leaving = Leaving(rp, browser, done, left)
    at = leaving.ask(id_token_hint=done.id_token, post_logout_redirect_uri=left, state="s-1")
    assert isinstance(at, Page)
    query = urlencode({"iss": provider.issuer, "sid": done.claims["sid"]}).replace("&", "&amp;")
    assert f'<iframe src="{uri}?{query}"' in at.text
    onward = browser.through(at)
    assert isinstance(onward, Arrival)
    assert onward.url == f"{left}?state=s-1"
    assert leaving.signed_out()
