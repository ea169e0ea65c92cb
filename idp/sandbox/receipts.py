"""The sample protected API: a resource server that validates access tokens off line (RFC 9068 §4) with PyJWT."""

from __future__ import annotations

import ssl
import threading
from collections import defaultdict
from typing import Any

import jwt
import requests
from flask import Blueprint, Response, jsonify, make_response, request

ALGORITHMS = ("ES256", "RS256")
TOKEN_TYPES = ("at+jwt", "application/at+jwt")


class AccessTokens:
    """Validates access tokens of one issuer for one audience; keys come from the issuer's discovery document."""

    def __init__(self, issuer: str, audience: str, web_ca: str) -> None:
        self._issuer, self._audience, self._web_ca = issuer, audience, web_ca
        self._keys: jwt.PyJWKClient | None = None
        self._lock = threading.Lock()

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a valid access token. Raises jwt.PyJWTError otherwise (RFC 9068 §4)."""
        if str(jwt.get_unverified_header(token).get("typ", "")).lower() not in TOKEN_TYPES:
            raise jwt.InvalidTokenError("not an access token")
        key = self._key_client().get_signing_key_from_jwt(token)
        if key.algorithm_name not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("unexpected algorithm")
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            issuer=self._issuer,
            audience=self._audience,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]},
        )

    def _key_client(self) -> jwt.PyJWKClient:
        with self._lock:
            if self._keys is None:
                discovery = f"{self._issuer}/.well-known/openid-configuration"
                metadata = requests.get(discovery, verify=self._web_ca, timeout=10).json()
                if metadata["issuer"] != self._issuer:
                    raise jwt.InvalidIssuerError("discovery names another issuer")
                context = ssl.create_default_context(cafile=self._web_ca)
                self._keys = jwt.PyJWKClient(metadata["jwks_uri"], timeout=10, ssl_context=context)
            return self._keys


PODER = "dte.consultar"
"""What a procuração must give for receipts."""


def receipts_api(issuer: str, audience: str, web_ca: str) -> Blueprint:
    """``GET`` and ``POST /api/recibos``. Receipts belong to (sub, inscrição) and live in this process's memory."""
    api = Blueprint("api", __name__)
    tokens = AccessTokens(issuer, audience, web_ca)
    receipts: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)

    @api.route("/api/recibos", methods=["GET", "POST"])
    def recibos() -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return _unauthorized("Bearer")
        try:
            claims = tokens.claims(token)
        except jwt.PyJWTError:
            return _unauthorized('Bearer error="invalid_token"')
        if "inscricao" not in claims:
            return _unauthorized('Bearer error="insufficient_scope", scope="inscricao"', 403)
        if not _may(claims.get("representacao", {})):
            return _unauthorized('Bearer error="insufficient_scope", error_description="the procuracao lacks it"', 403)
        inscricao = f"{claims['inscricao']['uf']}:{claims['inscricao']['numero']}"
        mine = receipts[claims["sub"], inscricao]
        if request.method == "POST":
            mine.append({"numero": len(mine) + 1, "inscricao": inscricao, "servico": "Recibo de demonstração"})
        return jsonify({"inscricao": inscricao, "recibos": mine})

    return api


def _may(representacao: dict[str, Any]) -> bool:
    """Whoever acts in his own name or as legal representative may do all; a procurador what his poderes name."""
    if representacao.get("modo") in ("titular", "representante_legal"):
        return True
    poderes = representacao.get("procuracao", {}).get("poderes", ())
    return not {PODER, "todos"}.isdisjoint(poderes)


def _unauthorized(challenge: str, status: int = 401) -> Response:
    response = make_response("", status)
    response.headers["WWW-Authenticate"] = challenge
    return response
