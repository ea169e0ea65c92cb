"""Token responses (RFC 6749 §5.1, OIDC Core §3.1.3.3): what the grants hand out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from idp.domain.client import Client
from idp.domain.grant import Authorization
from idp.errors import DocumentUnavailable
from idp.flow.outcome import Granted
from idp.flow.redeem import Redemption
from idp.oidc.access_token import access_token, client_access_token, scope_text
from idp.oidc.authorization_details import granted_details
from idp.oidc.id_token import id_token
from idp.oidc.keys import Keys
from idp.oidc.protection import Protection
from idp.oidc.response import error_parameters


class Tokens:
    """Makes token responses. ``access_life`` and ``id_life`` are upper bounds."""

    def __init__(
        self,
        *,
        issuer: str,
        keys: Keys,
        protection: Protection,
        redemption: Redemption,
        access_life: timedelta,
        id_life: timedelta,
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._protection = protection
        self._redemption = redemption
        self._access_life = access_life
        self._id_life = id_life

    def for_person(self, authorization: Authorization, scopes: Collection[str]) -> dict[str, Any]:
        """Access token, ID token if ``openid`` is among ``scopes``, refresh token where one is due."""
        token, seconds = access_token(
            authorization, scopes, issuer=self._issuer, lifetime=self._access_life, keys=self._keys
        )
        answer: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": scope_text(scopes),
        }
        refresh_token = self._redemption.refresh_token(authorization)
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        if "openid" in scopes:
            answer["id_token"] = id_token(
                authorization,
                scopes,
                issuer=self._issuer,
                lifetime=self._id_life,
                protection=self._protection,
                access_token=token,
            )
        details = granted_details(authorization, scopes)
        return answer if details is None else {**answer, "authorization_details": details}

    def ready(self, client: Client) -> None:
        """Have what an answer to ``client`` takes before anything is spent for it. Raises DocumentUnavailable."""
        if client.id_token_encryption is not None:
            self._protection.client_keys.encrypting(client, client.id_token_encryption.alg)

    def at_front_channel(self, granted: Granted) -> dict[str, str]:
        """What the authorization endpoint gives the client, by its response_type (OAuth 2.0 Multiple Response
        Types); an error where its key for encryption cannot be had."""
        try:
            return self._front_channel(granted)
        except DocumentUnavailable:
            return error_parameters("temporarily_unavailable", "the key to encrypt the ID token cannot be had")

    def _front_channel(self, granted: Granted) -> dict[str, str]:
        request, authorization = granted.request, granted.authorization
        answer = {"code": granted.code} if granted.code else {}
        if authorization is None:
            return answer
        scopes = authorization.grant.scopes
        if request.access_token_due:
            token, seconds = access_token(
                authorization, scopes, issuer=self._issuer, lifetime=self._access_life, keys=self._keys
            )
            answer |= {"access_token": token, "token_type": "Bearer", "expires_in": str(seconds)}
            answer["scope"] = scope_text(scopes)
        if request.id_token_due:
            answer["id_token"] = id_token(
                authorization,
                scopes,
                issuer=self._issuer,
                lifetime=self._id_life,
                protection=self._protection,
                access_token=answer.get("access_token"),
                code=granted.code or None,
            )
        return answer

    def for_client(self, client: Client, scopes: Collection[str], at: datetime) -> dict[str, Any]:
        """An access token alone: nobody is there to identify or to come back for."""
        token, seconds = client_access_token(
            client, scopes, at, issuer=self._issuer, lifetime=self._access_life, keys=self._keys
        )
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        return {**answer, "scope": scope_text(scopes)} if scopes else answer
