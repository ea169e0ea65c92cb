"""Basic, implicit and hybrid: the UserInfo endpoint, the claims of scopes and the claims parameter."""

from __future__ import annotations

import json

import pytest

from tests.conformance.browser import Browser
from tests.conformance.checks import PROFILE, checked_person
from tests.conformance.relying_party import RelyingParty


def userinfo(rp: RelyingParty, browser: Browser, how: str) -> None:
    done = rp.sign_in(browser)
    answer = rp.userinfo(done.access_token, how)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    # The hybrid flow's "code token" has its ID token from the token endpoint as well.
    assert answer.json()["sub"] == done.claims.get("sub", answer.json()["sub"])
    refused = rp.userinfo("not-a-token", how)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


def test_oidcc_userinfo_get(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.3: "The UserInfo Endpoint MUST support the use of the HTTP GET and HTTP POST methods"."""
    userinfo(rp, browser, "get")


def test_oidcc_userinfo_post_header(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.3: POST, with the token in the header (RFC 6750 §2.1)."""
    userinfo(rp, browser, "post-header")


def test_oidcc_userinfo_post_body(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.3: POST, with the token as a form's field (RFC 6750 §2.2)."""
    userinfo(rp, browser, "post-body")


def scope(rp: RelyingParty, browser: Browser, words: str, expected: frozenset[str]) -> None:
    """The claims that ``words`` ask for, all of them: the persona has told everything; and none of other scopes."""
    done = rp.sign_in(browser, scope=f"openid {words}")
    told = checked_person(rp.person(done))
    everything = PROFILE | {"email", "email_verified", "address", "phone_number", "phone_number_verified"}
    assert set(told) & everything == expected


EMAIL = frozenset({"email", "email_verified"})
ADDRESS = frozenset({"address"})
PHONE = frozenset({"phone_number", "phone_number_verified"})


def test_oidcc_scope_profile(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.4: profile requests the End-User's default profile Claims."""
    scope(rp, browser, "profile", PROFILE)


def test_oidcc_scope_email(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.4: email requests email and email_verified."""
    scope(rp, browser, "email", EMAIL)


def test_oidcc_scope_address(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.4, §5.1.1: address requests the address Claim, a JSON object."""
    scope(rp, browser, "address", ADDRESS)


def test_oidcc_scope_phone(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.4: phone requests phone_number and phone_number_verified."""
    scope(rp, browser, "phone", PHONE)


def test_oidcc_scope_all(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.4: several scope values request the union of their Claims."""
    scope(rp, browser, "profile email address phone", PROFILE | EMAIL | ADDRESS | PHONE)


def test_oidcc_claims_essential(rp: RelyingParty, browser: Browser) -> None:
    """OIDC Core §5.5: the claims parameter asks for an individual Claim, here name as essential (§5.5.1)."""
    where = "id_token" if rp.variant.response_type == "id_token" else "userinfo"
    done = rp.sign_in(browser, claims=json.dumps({where: {"name": {"essential": True}}}))
    told = rp.person(done)
    assert told["name"].startswith("TEREZA")
    assert "given_name" not in told


@pytest.mark.parametrize("how", ["get", "post-header"])
def test_a_check_that_can_fail(how: str) -> None:
    """``checked_person`` sees what §5.1 forbids."""
    for wrong in ({"email_verified": "true"}, {"updated_at": "2026"}, {"name": ""}, {"address": {}}):
        with pytest.raises(AssertionError):
            checked_person(wrong)
