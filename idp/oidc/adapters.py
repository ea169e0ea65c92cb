"""Domain objects as Authlib asks for them. Wrapped, never inherited: the domain knows no library."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Payload, OAuth2Request

from idp.domain.client import Client, GrantType
from idp.oidc.parameters import Parameters


class AdaptedClient(ClientMixin):  # type: ignore[misc]
    """A registered client at the token endpoint. What Authlib asks only at its own authorization endpoint, which is not
    used, is not answered."""

    __slots__ = ("client",)

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        return self.client.client_id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return self.client.auth_method.value == method

    def check_grant_type(self, grant_type: str) -> bool:
        return GrantType(grant_type) in self.client.grant_types


class Payload(OAuth2Payload):  # type: ignore[misc]
    """Parameters already read strictly, so without doubles."""

    __slots__ = ("_data",)

    def __init__(self, data: Parameters) -> None:
        self._data = data

    @property
    def data(self) -> Parameters:
        return self._data


class TokenRequest(OAuth2Request):  # type: ignore[misc]
    """One token request. Built from what was validated, not from the framework's request: the URL is the one we have,
    whatever host a proxy saw."""

    def __init__(self, uri: str, parameters: Parameters, authorization: str | None) -> None:
        super().__init__("POST", uri, headers={"Authorization": authorization} if authorization else {})
        self.payload = Payload(parameters)

    @property
    def form(self) -> Parameters:
        return self.payload.data
