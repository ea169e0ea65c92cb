"""What ``idp.oidc.server`` relies on in Authlib: a new version that changes it fails here first."""

from __future__ import annotations

import inspect
import logging

from authlib.oauth2.rfc6749 import AuthorizationServer, BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc6749.authenticate_client import ClientAuthentication

from idp.oidc.adapters import TokenRequest
from idp.oidc.grants import GRANTS
from idp.oidc.server import Server
from tests.oidc.world import SECRET, World


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_methods_we_replace_are_there_to_be_replaced() -> None:
    for name, expected in {
        "query_client": ["self", "client_id"],
        "authenticate_client": ["self", "request", "methods", "endpoint"],
        "create_oauth2_request": ["self", "request"],
        "handle_response": ["self", "status", "body", "headers"],
        "send_signal": ["self", "name", "args", "kwargs"],
        "get_token_grant": ["self", "request"],
        "create_token_response": ["self", "request"],
        "handle_error_response": ["self", "request", "error"],
    }.items():
        assert parameters(getattr(AuthorizationServer, name)) == expected, name
    assert parameters(ClientAuthentication.register) == ["self", "method", "func"]
    assert hasattr(TokenEndpointMixin, "check_token_endpoint")
    assert hasattr(BaseGrant, "authenticate_token_endpoint_client")


def test_a_token_request_asks_authlib_to_authenticate_and_to_dispatch(world: World, monkeypatch) -> None:
    called = []
    for owner, name in (
        (AuthorizationServer, "create_token_response"),
        (AuthorizationServer, "get_token_grant"),
        (AuthorizationServer, "authenticate_client"),
        (ClientAuthentication, "authenticate"),
        (BaseGrant, "authenticate_token_endpoint_client"),
    ):
        original = getattr(owner, name)

        def spy(*args, _name=name, _original=original, **kwargs):
            called.append(_name)
            return _original(*args, **kwargs)

        monkeypatch.setattr(owner, name, spy)
    assert world.browser().token(("app", SECRET), grant_type="client_credentials").status_code == 200
    assert called == [
        "create_token_response",
        "get_token_grant",
        "authenticate_token_endpoint_client",
        "authenticate_client",
        "authenticate",
    ]


def test_no_grant_brings_authlibs_authorization_endpoint() -> None:
    """Its redirects on error are the ones RFC 9700 warns of; ours are in ``idp.oidc.authorization_request``."""
    assert not [grant for grant in GRANTS if hasattr(grant, "check_authorization_endpoint")]
    assert not [grant for grant in GRANTS if grant.TOKEN_ENDPOINT_HTTP_METHODS != ["POST"]]


def test_the_request_is_made_of_what_was_validated() -> None:
    request = TokenRequest("https://id.example.org/token", {"grant_type": "x", "a": "b"}, None)
    assert request.payload.grant_type == "x"
    assert request.form == {"grant_type": "x", "a": "b"}
    assert request.method == "POST"


def test_authlib_does_not_log_tokens(world: World, caplog) -> None:
    assert issubclass(Server, AuthorizationServer)
    caplog.set_level(logging.DEBUG)
    tokens = world.browser().tokens(scope="openid offline_access")
    for value in (tokens["access_token"], tokens["refresh_token"], SECRET):
        assert value not in caplog.text
