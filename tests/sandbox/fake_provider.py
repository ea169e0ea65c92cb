"""A provider that can be told to misbehave, for the relying party's own checks. Tokens are signed with PyJWT."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.sandbox import pki

KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
}
INSCRICAO = {
    "uf": "AM",
    "numero": "049000012",
    "cnpj": "99990001000198",
    "razao_social": "ACAI DO RIO NEGRO ALIMENTOS LTDA",
    "situacao": "ATIVA",
}


class FakeProvider:
    """``quirks`` changes what it answers: claims and headers of tokens, members of responses (None removes them)."""

    def __init__(self, client_id: str, resource: str) -> None:
        self.client_id, self.resource = client_id, resource
        self.issuer = ""
        self.quirks: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, dict[str, str]] = {}
        self.app = Flask(__name__)
        self.app.add_url_rule("/.well-known/openid-configuration", view_func=self.discovery)
        self.app.add_url_rule("/jwks", view_func=self.jwks)
        self.app.add_url_rule("/authorize", view_func=self.authorize)
        self.app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        self.app.add_url_rule("/userinfo", view_func=self.userinfo)
        self.app.add_url_rule("/logout", view_func=self.logout)

    def quirked(self, what: str, members: dict[str, Any]) -> dict[str, Any]:
        merged = members | self.quirks.get(what, {})
        return {name: value for name, value in merged.items() if value is not None}

    def discovery(self) -> Response:
        members = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return jsonify(self.quirked("discovery", members))

    def jwks(self) -> Response:
        keys = []
        for alg, key in KEYS.items():
            algorithm = jwt.get_algorithm_by_name(alg)
            keys.append(json.loads(algorithm.to_jwk(key.public_key())) | {"kid": alg, "alg": alg, "use": "sig"})
        return jsonify({"keys": keys})

    def authorize(self) -> Response:
        self.requests["c0de"] = sent = request.args.to_dict()
        answer = self.quirked("authorize", {"code": "c0de", "state": sent["state"], "iss": self.issuer})
        pairs = "&".join(f"{name}={value}" for name, value in answer.items())
        return redirect(f"{sent['redirect_uri']}?{pairs}", 303)

    def token(self) -> Response | tuple[Response, int]:
        sent = self.requests[request.form["code"]]
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != sent["code_challenge"]:
            return jsonify({"error": "invalid_grant"}), 400
        access_token = self.access_token()
        members = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(sent["nonce"], access_token),
        }
        return jsonify(self.quirked("token", members))

    def id_token(self, nonce: str, access_token: str) -> str:
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = self._times() | {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "s-1",
            "nonce": nonce,
            "auth_time": int(datetime.now(UTC).timestamp()),
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "titular": {"tipo": "PF", "nome": "MARIA <b>"},
            "inscricao": INSCRICAO,
            "representacao": {"modo": "representante_legal"},
        }
        return self.signed("id_token", claims, "RS256", {"kid": "RS256"})

    def access_token(self) -> str:
        claims = self._times() | {
            "iss": self.issuer,
            "aud": self.resource,
            "sub": "s-1",
            "client_id": self.client_id,
            "jti": "j-1",
            "inscricao": INSCRICAO,
            "representacao": {"modo": "titular"},
        }
        return self.signed("access_token", claims, "ES256", {"kid": "ES256", "typ": "at+jwt"})

    def signed(self, what: str, claims: dict[str, Any], alg: str, headers: dict[str, Any]) -> str:
        key = self.quirks.get(f"{what}.key", {}).get("key", KEYS[alg])
        return jwt.encode(self.quirked(what, claims), key, alg, self.quirked(f"{what}.headers", headers))

    def _times(self) -> dict[str, int]:
        now = int(datetime.now(UTC).timestamp())
        return {"iat": now, "exp": now + 300}

    def userinfo(self) -> Response:
        return jsonify(self.quirked("userinfo", {"sub": "s-1"}))

    def logout(self) -> Response:
        self.requests["logout"] = sent = request.args.to_dict()
        return redirect(f"{sent['post_logout_redirect_uri']}?state={sent['state']}", 303)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def serving(provider: FakeProvider, made: pki.Pki) -> Iterator[None]:
    """The provider on https://localhost with the sandbox's web certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server_certificate, made.server_key)
    server = make_server("127.0.0.1", 0, provider.app, threaded=True, request_handler=_Quiet, ssl_context=context)
    provider.issuer = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
