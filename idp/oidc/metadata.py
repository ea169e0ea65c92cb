"""What the issuer says of itself, derived from what is switched on (Discovery 1.0 §3, RFC 8414 §2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from idp.domain.acr import ACR_VALUES
from idp.domain.client import SCOPES, AuthMethod, GrantType
from idp.domain.client_metadata import CLIENT_ALGS, ENCRYPTION_ALGS, ENCRYPTION_ENCS, RESPONSE_TYPES, SIGNING_ALGS
from idp.domain.transaction import Prompt
from idp.oidc.authorization_details import TYPES
from idp.oidc.claims import CLAIMS
from idp.oidc.grants import GRANTS
from idp.oidc.response import RESPONSE_MODES


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the endpoints are, under the issuer."""

    authorize: str = "/authorize"
    token: str = "/token"
    userinfo: str = "/userinfo"
    jwks: str = "/jwks"
    logout: str = "/logout"
    revocation: str = "/revoke"
    introspection: str = "/introspect"
    registration: str = "/register"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The document's bytes, made once."""

    body: bytes
    etag: str


def metadata(issuer: str, paths: Paths, *, by_reference: bool, registering: bool) -> Metadata:
    """Discovery for ``issuer``, an origin without trailing slash. ``by_reference``: what clients publish may be asked
    for, so also their request objects. ``registering``: applications may register themselves."""
    found = members(issuer, paths, by_reference=by_reference)
    if registering:
        found["registration_endpoint"] = issuer + paths.registration
    body = orjson.dumps(found)
    return Metadata(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def members(issuer: str, paths: Paths, *, by_reference: bool) -> dict[str, Any]:
    """What both documents say (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), but for registration. Each list comes
    from the code that does what it lists."""
    standard = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "c_hash")
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + paths.authorize,
        "token_endpoint": issuer + paths.token,
        "userinfo_endpoint": issuer + paths.userinfo,
        "jwks_uri": issuer + paths.jwks,
        "end_session_endpoint": issuer + paths.logout,
        "revocation_endpoint": issuer + paths.revocation,
        "revocation_endpoint_auth_methods_supported": [method.value for method in AuthMethod],
        "revocation_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGS),
        "introspection_endpoint": issuer + paths.introspection,
        "introspection_endpoint_auth_methods_supported": [m.value for m in AuthMethod if m is not AuthMethod.NONE],
        "introspection_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGS),
        "introspection_signing_alg_values_supported": list(SIGNING_ALGS),
        "introspection_encryption_alg_values_supported": list(ENCRYPTION_ALGS),
        "introspection_encryption_enc_values_supported": list(ENCRYPTION_ENCS),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": [*(grant.GRANT_TYPE for grant in GRANTS), GrantType.IMPLICIT.value],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(SIGNING_ALGS),
        "id_token_encryption_alg_values_supported": list(ENCRYPTION_ALGS),
        "id_token_encryption_enc_values_supported": list(ENCRYPTION_ENCS),
        "userinfo_signing_alg_values_supported": list(SIGNING_ALGS),
        "userinfo_encryption_alg_values_supported": list(ENCRYPTION_ALGS),
        "userinfo_encryption_enc_values_supported": list(ENCRYPTION_ENCS),
        "token_endpoint_auth_methods_supported": [method.value for method in AuthMethod],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGS),
        "scopes_supported": list(SCOPES),
        "claims_supported": list(dict.fromkeys((*standard, *(claim.name for claim in CLAIMS)))),
        "acr_values_supported": list(ACR_VALUES),
        "prompt_values_supported": [prompt.value for prompt in Prompt],
        "code_challenge_methods_supported": ["S256"],
        "ui_locales_supported": ["pt-BR"],
        "claims_locales_supported": ["pt-BR"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "authorization_details_types_supported": list(TYPES),
        "display_values_supported": ["page"],
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(CLIENT_ALGS),
        "request_uri_parameter_supported": by_reference,
        "require_request_uri_registration": True,
        "authorization_response_iss_parameter_supported": True,
    }
