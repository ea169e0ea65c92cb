"""Answers as JWT: signed, and encrypted where the client registered it (OIDC Core §10.2, RFC 9701 §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson
from joserfc import jwe

from idp.domain.client import Client
from idp.domain.client_metadata import Encryption
from idp.errors import DocumentUnavailable
from idp.oidc.client_keys import ClientKeys
from idp.oidc.keys import Keys


class Use(Enum):
    """What a JWT is for: the ``typ`` that keeps one from being taken for another (RFC 8725 §3.11)."""

    ID_TOKEN = "JWT"
    USERINFO = "userinfo+jwt"
    INTROSPECTION = "token-introspection+jwt"
    LOGOUT = "logout+jwt"


@dataclass(frozen=True, slots=True)
class Protection:
    """Signs by our keys and encrypts to the client's."""

    keys: Keys
    client_keys: ClientKeys

    def protect(self, claims: Mapping[str, Any], client: Client, use: Use) -> str:
        """``claims`` as a compact JWS, or as a JWE around it. Userinfo for which only encryption is registered is
        encrypted unsigned (OIDC Core §5.3.2). Raises DocumentUnavailable where the client's key cannot be had."""
        alg, encryption = _registered(client, use)
        if alg is None:
            content, kind = orjson.dumps(claims), None
        else:
            content, kind = self.keys.sign_jwt(claims, alg, use.value).encode(), "JWT"
        return content.decode() if encryption is None else self._encrypted(content, kind, client, encryption)

    def _encrypted(self, content: bytes, kind: str | None, client: Client, encryption: Encryption) -> str:
        jwk, key = self.client_keys.encrypting(client, encryption.alg)
        header = {"alg": encryption.alg, "enc": encryption.enc}
        header |= {"kid": jwk["kid"]} if "kid" in jwk else {}
        header |= {"cty": kind} if kind else {}
        try:
            return jwe.encrypt_compact(header, content, key, algorithms=[encryption.alg, encryption.enc])
        except ValueError as error:  # it could be read as a key, and is none
            raise DocumentUnavailable("not-keys", f"of {client.client_id} for {encryption.alg}") from error


def wants_jwt(client: Client) -> bool:
    """Whether the client registered userinfo as a JWT (OIDC Registration §2) rather than as JSON."""
    return client.userinfo_alg is not None or client.userinfo_encryption is not None


def _registered(client: Client, use: Use) -> tuple[str | None, Encryption | None]:
    match use:
        case Use.ID_TOKEN | Use.LOGOUT:
            return client.id_token_alg, client.id_token_encryption
        case Use.USERINFO:
            alg = client.userinfo_alg
            return alg if wants_jwt(client) else "RS256", client.userinfo_encryption
        case Use.INTROSPECTION:
            return client.introspection_alg or "RS256", client.introspection_encryption
