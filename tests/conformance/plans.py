"""The certification plans: which modules each has for which variant, which are run here, and what is said of them.

Names, variants and counts are those of version 5.2.4 of the OpenID Foundation's conformance suite. A module is a test
of the same name (hyphens made underscores) in this folder. No more than data: the page docs/conformance.md is made
from it.
"""

from __future__ import annotations

from dataclasses import dataclass

SUITE_VERSION = "5.2.4"
CODE, ID_TOKEN, ID_TOKEN_TOKEN = "code", "id_token", "id_token token"
HYBRID = ("code id_token", "code token", "code id_token token")


@dataclass(frozen=True, slots=True)
class Variant:
    """What the suite calls response_type, response_mode, client_registration (static or dynamic) and
    client_auth_type."""

    response_type: str = CODE
    response_mode: str = "default"
    registration: str = "dynamic"
    auth: str = "client_secret_basic"

    def __str__(self) -> str:
        mode = () if self.response_mode == "default" else (self.response_mode,)
        auth = () if self.auth == "client_secret_basic" else (self.auth,)
        return ",".join((self.response_type.replace(" ", "+"), *mode, self.registration, *auth))

    @property
    def kinds(self) -> frozenset[str]:
        """The words of the response type."""
        return frozenset(self.response_type.split())


@dataclass(frozen=True, slots=True)
class Part:
    """The modules of a plan for one variant. ``daily``: run with all tests, otherwise with the full counts only."""

    variant: Variant
    modules: tuple[str, ...]
    daily: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """``target``: whether it must hold (A), or holds because it is the same code (C)."""

    name: str
    target: str
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        return self.name.removesuffix("-certification-test-plan")


def _names(text: str) -> tuple[str, ...]:
    return tuple(f"oidcc-{word}" for word in text.split())


def _without(modules: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(module for module in modules if module not in _names(text))


CONFIG = _names("discovery-endpoint-verification")
BASIC = _names(
    "server response-type-missing idtoken-signature idtoken-unsigned userinfo-get userinfo-post-header"
    " userinfo-post-body ensure-request-without-nonce-succeeds-for-code-flow scope-profile scope-email scope-address"
    " scope-phone scope-all alternate-happy-flow display-page display-popup prompt-login prompt-none-not-logged-in"
    " prompt-none-logged-in max-age-1 max-age-10000 ensure-request-with-unknown-parameter-succeeds id-token-hint"
    " login-hint ui-locales claims-locales ensure-request-with-acr-values-succeeds codereuse codereuse-30seconds"
    " ensure-registered-redirect-uri ensure-post-request-succeeds server-client-secret-post"
    " request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
    " unsigned-request-object-supported-correctly-or-rejected-as-unsupported claims-essential"
    " ensure-request-object-with-redirect-uri refresh-token ensure-request-with-valid-pkce-succeeds"
)
_DYNAMIC_ONLY = "idtoken-signature idtoken-unsigned request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
_WITHOUT_NONCE = "ensure-request-without-nonce-succeeds-for-code-flow"
_NONCE_NEEDED = _names("ensure-request-without-nonce-fails")
_OF_CODES = "refresh-token server-client-secret-post codereuse codereuse-30seconds"
_NOT_FRONT = "ensure-post-request-succeeds idtoken-unsigned"
DYNAMIC = _names(
    "idtoken-rs256 idtoken-unsigned userinfo-rs256 ensure-redirect-uri-in-authorization-request redirect-uri-query-OK"
    " redirect-uri-query-mismatch redirect-uri-query-added redirect-uri-regfrag discovery-endpoint-verification server"
    " registration-logo-uri registration-policy-uri registration-tos-uri registration-jwks-uri registration-sector-uri"
    " registration-sector-bad server-rotate-keys refresh-token-rp-key-rotation request-uri-unsigned"
    " request-uri-signed-rs256 ensure-request-object-with-redirect-uri refresh-token"
    " ensure-client-assertion-with-iss-aud-succeeds"
)
THIRD_PARTY = _names("3rd_party-init-login 3rd_party-init-login-nohttps")
RP_LOGOUT = _names(
    "rp-initiated-logout-discovery-endpoint-verification rp-initiated-logout"
    " rp-initiated-logout-bad-post-logout-redirect-uri rp-initiated-logout-modified-id-token-hint"
    " rp-initiated-logout-no-id-token-hint rp-initiated-logout-no-params"
    " rp-initiated-logout-no-post-logout-redirect-uri rp-initiated-logout-no-state rp-initiated-logout-only-state"
    " rp-initiated-logout-query-added-to-post-logout-redirect-uri rp-initiated-logout-bad-id-token-hint"
)
BACK_CHANNEL = _names("backchannel-logout-discovery-endpoint-verification backchannel-rp-initiated-logout")
FRONT_CHANNEL = _names("frontchannel-logout-discovery-endpoint-verification frontchannel-rp-initiated-logout")
SESSION_MANAGEMENT = _names("session-management-discovery-endpoint-verification session-management-rp-initiated-logout")


def core_modules(response_type: str, registration: str) -> tuple[str, ...]:
    """Of the basic, implicit and hybrid plans, the modules for one response type."""
    found = BASIC if registration == "dynamic" else _without(BASIC, _DYNAMIC_ONLY)
    if response_type == CODE:
        return found
    found = _without(found, _NOT_FRONT)
    if response_type != "code token":
        found = _without(found, _WITHOUT_NONCE) + _NONCE_NEEDED
    if response_type not in ("code id_token", ID_TOKEN_TOKEN):
        found = _without(found, "response-type-missing")
    if response_type != "code id_token":
        found = _without(found, "ensure-request-with-valid-pkce-succeeds")
    if response_type in HYBRID[1:]:
        found = _without(found, "alternate-happy-flow")
    if response_type in HYBRID[2:]:
        found = _without(found, "response-type-missing")
    if "code" not in response_type.split():
        found = _without(found, _OF_CODES)
    return (
        _without(found, "userinfo-get userinfo-post-header userinfo-post-body") if response_type == ID_TOKEN else found
    )


def dynamic_modules(response_type: str) -> tuple[str, ...]:
    """Of the dynamic plan, the modules for one response type."""
    found = DYNAMIC
    if "id_token" in response_type.split():
        found = _without(found, "idtoken-unsigned")
    if "code" not in response_type.split():
        found = _without(found, "refresh-token refresh-token-rp-key-rotation registration-jwks-uri")
    return _without(found, "userinfo-rs256") if response_type == ID_TOKEN else found


def _core(mode: str, *types: str, daily: tuple[str, ...]) -> tuple[Part, ...]:
    return tuple(
        Part(
            Variant(response_type, mode, registration), core_modules(response_type, registration), registration in daily
        )
        for registration in ("dynamic", "static")
        for response_type in types
    )


def _plan(title: str, target: str, *parts: Part) -> Plan:
    return Plan(f"oidcc-{title}-certification-test-plan", target, parts)


def _logout(modules: tuple[str, ...]) -> tuple[Part, ...]:
    return tuple(Part(Variant(registration=registration), modules) for registration in ("dynamic", "static"))


PLANS = (
    _plan("config", "A", Part(Variant(), CONFIG)),
    _plan("basic", "A", *_core("default", CODE, daily=("dynamic", "static"))),
    _plan("formpost-basic", "A", *_core("form_post", CODE, daily=("dynamic",))),
    _plan("dynamic", "A", Part(Variant(auth="private_key_jwt"), dynamic_modules(CODE))),
    _plan("3rdparty-init-login", "A", Part(Variant(), THIRD_PARTY)),
    _plan("rp-initiated-logout", "A", *_logout(RP_LOGOUT)),
    _plan("backchannel-rp-initiated-logout", "A", *_logout(BACK_CHANNEL)),
    _plan("frontchannel-rp-initiated-logout", "A", *_logout(FRONT_CHANNEL)),
    _plan("implicit", "C", *_core("default", ID_TOKEN, ID_TOKEN_TOKEN, daily=("dynamic",))),
    _plan("hybrid", "C", *_core("default", *HYBRID, daily=("dynamic",))),
    _plan("formpost-implicit", "C", *_core("form_post", ID_TOKEN, ID_TOKEN_TOKEN, daily=())),
    _plan("formpost-hybrid", "C", *_core("form_post", *HYBRID, daily=())),
    _plan(
        "dynamic",
        "C",
        *(
            Part(Variant(kind, auth="private_key_jwt"), dynamic_modules(kind), daily=False)
            for kind in (ID_TOKEN, ID_TOKEN_TOKEN, *HYBRID)
        ),
    ),
    _plan("session-management", "", Part(Variant(), SESSION_MANAGEMENT)),
)

_NO_SESSION_MANAGEMENT = (
    "session management is not offered: no check_session_iframe. It needs a cookie that a foreign page's frame can"
    " read, which browsers withhold and which this server's SameSite=Lax cookies are not. Back-channel and"
    " front-channel logout tell applications instead."
)
NOT_RUN = dict.fromkeys(SESSION_MANAGEMENT, _NO_SESSION_MANAGEMENT)
"""Modules without a test, and why."""

_SIGNED_ONLY = (
    "request objects are signed: `none` is not among request_object_signing_alg_values_supported, and the suite sends"
    " this module's object unsigned. "
)
SKIPPED = {
    "oidcc-idtoken-unsigned": "`none` is no signature and is not among id_token_signing_alg_values_supported; a"
    " registration that asks for it is refused.",
    "oidcc-request-uri-unsigned": _SIGNED_ONLY + "Our test shows that it is refused.",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": _SIGNED_ONLY
    + "Our test shows that it is refused.",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": _SIGNED_ONLY
    + "Our test shows that it is refused.",
    "oidcc-ensure-request-object-with-redirect-uri": _SIGNED_ONLY
    + "Our test signs it, and the redirect_uri inside is the one that counts.",
}
"""Modules that the suite skips because the metadata offers less, and why; the test of that name shows the refusal."""


WARNINGS = {
    "oidcc-ensure-post-request-succeeds": "the suite has a person or program send a form and waits 30 seconds for the"
    " answer. It warns when they take longer; the request itself is accepted, as our test shows.",
}
"""Modules that may end with a warning, and why."""

_TIMED = frozenset({"oidcc-max-age-1"})
"""Modules that wait for the clock: daily for the plans of target A alone."""


def name_of_test(module: str) -> str:
    return "test_" + module.replace("-", "_").lower()


def modules(target: str = "AC") -> list[str]:
    """The modules of the plans of ``target``, each once, in the order of the plans."""
    plans = [plan for plan in PLANS if plan.target and plan.target in target]
    return list(dict.fromkeys(module for plan in plans for part in plan.parts for module in part.modules))


def variants(module: str) -> dict[Variant, bool]:
    """For which variants the module is run, and whether daily."""
    found: dict[Variant, bool] = {}
    for plan in PLANS:
        for part in (part for part in plan.parts if module in part.modules):
            daily = part.daily and (plan.target == "A" or module not in _TIMED)
            found[part.variant] = daily or found.get(part.variant, False)
    return found
