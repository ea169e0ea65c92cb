"""One relying party over plain HTTP: prepares tokens for the load, checks before and after that answers are right."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
import requests

from benchmarks.installation import CLIENT, ISSUER, SCOPE, SECRET, Visitor

VERIFIER = "a-verifier-of-forty-three-characters-exactly"
AUTHORIZATION = "Basic " + base64.b64encode(f"{CLIENT.client_id}:{quote(SECRET)}".encode()).decode()
REDEEM = (
    urlencode({"grant_type": "authorization_code", "redirect_uri": CLIENT.redirect_uris[0], "code_verifier": VERIFIER})
    + "&code="
)


def authorize_path(nonce: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "response_type": "code",
        "client_id": CLIENT.client_id,
        "redirect_uri": CLIENT.redirect_uris[0],
        "scope": SCOPE,
        "state": secrets.token_urlsafe(16),
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"/authorize?{urlencode(parameters)}"


@dataclass(frozen=True)
class RelyingParty:
    """``url``: where the issuer's plain HTTP listener is."""

    url: str

    def tokens(self, visitor: Visitor, nonce: str = "n") -> dict[str, Any]:
        """The token response of a whole flow without a page."""
        answer = requests.get(
            self.url + authorize_path(nonce), headers={"Cookie": visitor.cookies}, allow_redirects=False, timeout=10
        )
        assert answer.status_code == 303, answer.text
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        return self.token(REDEEM + code)

    def token(self, body: str) -> dict[str, Any]:
        answer = self._token(body)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def check(self, visitor: Visitor) -> None:
        """A flow whose ID token verifies and says who and for whom; a spent code and a spent refresh token are refused.
        Raises AssertionError."""
        nonce = secrets.token_urlsafe(16)
        tokens = self.tokens(visitor, nonce)
        keys = jwt.PyJWKSet.from_dict(requests.get(f"{self.url}/jwks", timeout=10).json())
        key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
        claims = jwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience=CLIENT.client_id, issuer=ISSUER)
        assert claims["nonce"] == nonce
        chosen = claims["inscricao"]
        assert f"{chosen['uf']}:{chosen['numero']}" == visitor.inscricao
        assert claims["representacao"]["modo"] == "procuracao"
        shown = requests.get(
            f"{self.url}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=10
        )
        assert shown.json()["sub"] == claims["sub"]
        refresh = f"grant_type=refresh_token&refresh_token={tokens['refresh_token']}"
        renewed = self.token(refresh)
        self.token(f"grant_type=refresh_token&refresh_token={renewed['refresh_token']}")
        assert self._token(refresh).json() == {
            "error": "invalid_grant",
            "error_description": "the refresh token is unknown, spent, expired or revoked",
        }

    def _token(self, body: str) -> requests.Response:
        headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded"}
        return requests.post(f"{self.url}/token", body, headers=headers, timeout=10)
