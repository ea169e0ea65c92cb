"""Grant types: one file each, one line each in GRANTS."""

from idp.oidc.grants.authorization_code import AuthorizationCode
from idp.oidc.grants.base import TokenGrant
from idp.oidc.grants.client_credentials import ClientCredentials
from idp.oidc.grants.refresh_token import RefreshToken

GRANTS: tuple[type[TokenGrant], ...] = (AuthorizationCode, RefreshToken, ClientCredentials)

__all__ = ["GRANTS", "TokenGrant"]
