"""A visitor without a browser: walks a persona's journey over real TLS and verifies what comes out with PyJWT.

It is a relying party (the sandbox's public client) and the person at once, and knows the provider by discovery and by
what its pages show. No part of the provider is imported.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import requests

from idp.sandbox.html import Form, Page
from idp.sandbox.layout import Sandbox
from idp.sandbox.personas import Persona, Profile

CLIENT_ID = "sandbox-cli"
REDIRECT_URI = "http://127.0.0.1/retorno"
ID_TOKEN_ALG = "ES256"
SCOPE = "openid profile cpf inscricao procuracao certificado"
_FORWARD = ("Continuar", "Sair")
"""What a person presses on the pages before the certificate and before signing out."""
_MAX_STEPS = 30


class JourneyError(Exception):
    """The provider did something a relying party or a person cannot accept."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """How a journey ended. ``code`` names the refusal page it ended on; otherwise ``claims`` (of the verified ID token)
    and ``userinfo`` are there. ``offered`` are the inscrições the consent page listed."""

    code: str = ""
    heading: str = ""
    offered: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)


class Visitor:
    """One browser: a cookie jar and the persona's certificate, shown to whoever asks for one."""

    def __init__(self, sandbox: Sandbox, persona: Persona) -> None:
        self.sandbox = sandbox
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(sandbox.anchors)
        if persona.spec.profile is not Profile.NENHUM:
            pki, slug = sandbox.pki, persona.slug
            self.http.cert = (str(pki.certificate(slug)), str(pki.key(slug)))
        self.offered: tuple[str, ...] = ()

    def close(self) -> None:
        self.http.close()

    def walk(self, url: str, until: str, inscricao: str) -> Page | str:
        """Follow redirects and answer pages from ``url`` on: the refusal page, or the URL under ``until`` reached."""
        step = self._get(url)
        for _ in range(_MAX_STEPS):
            if step.is_redirect:
                target = urljoin(step.url, step.headers["Location"])
                if target.startswith(until):
                    return target
                step = self._get(target)
                continue
            page = Page(step.url, step.text)
            if page.code:
                return page
            if not step.ok:
                raise JourneyError(f"{step.status_code} at {_short(step.url)}: {page.heading.strip()}")
            step = self._answer(page, inscricao)
        raise JourneyError(f"still walking after {_MAX_STEPS} steps")

    def _answer(self, page: Page, inscricao: str) -> requests.Response:
        consent = next((form for form in page.forms if form.named("escolha")), None)
        if consent is not None:
            return self._consent(page, consent, inscricao)
        for label in _FORWARD:
            pressed = page.find_button(label=label)
            if pressed is not None:
                form, button = pressed
                return self.submit(form, form.data(button))
            link = page.find_link(label)
            if link is not None:
                return self._get(link)
        raise JourneyError(f"nothing to press at {_short(page.url)}: {page.heading.strip()}")

    def _consent(self, page: Page, form: Form, inscricao: str) -> requests.Response:
        """Choose and authorize; in a long list of several pages, search first."""
        options = form.named("escolha")
        offered = tuple(option.attributes.get("data-inscricao", "") for option in options)
        self.offered = self.offered or offered
        chosen = next((o for o in options if not inscricao or o.attributes.get("data-inscricao") == inscricao), None)
        if chosen is None:
            search = next((other for other in page.forms if other.named("q")), None)
            number = inscricao.partition(":")[2]
            if search is None or search.named("q")[0].value == number:
                raise JourneyError(f"{inscricao} is not offered; there are: {', '.join(self.offered)}")
            return self.submit(search, search.data(q=number))
        button = next((b for b in form.buttons if (b.name, b.value) == ("decisao", "autorizar")), None)
        if button is None:
            raise JourneyError("the consent form has no button to authorize")
        return self.submit(form, form.data(button, escolha=chosen.value))

    def submit(self, form: Form, data: list[tuple[str, str]]) -> requests.Response:
        """Send a form the way a browser does."""
        if form.method == "GET":
            return self.http.get(form.action, params=data, allow_redirects=False, timeout=20)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(form.action))
        return self.http.post(form.action, data, headers={"Origin": origin}, allow_redirects=False, timeout=20)

    def _get(self, url: str) -> requests.Response:
        return self.http.get(url, allow_redirects=False, timeout=20)


def login(sandbox: Sandbox, persona: Persona, inscricao: str = "") -> Arrived:
    """The whole journey of ``persona``, choosing ``inscricao`` (UF:NUMERO; "" takes the first offered).

    Raises JourneyError when a page cannot be answered or a token does not verify, requests.RequestException when the
    sandbox does not answer.
    """
    visitor = Visitor(sandbox, persona)
    try:
        metadata = visitor.http.get(f"{sandbox.issuer}/.well-known/openid-configuration", timeout=20).json()
        if metadata["issuer"] != sandbox.issuer:
            raise JourneyError("discovery names another issuer")
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        request = requests.Request(
            "GET",
            metadata["authorization_endpoint"],
            params={
                "response_type": "code",
                "client_id": CLIENT_ID,
                "redirect_uri": REDIRECT_URI,
                "scope": SCOPE,
                "state": state,
                "nonce": nonce,
                "code_challenge": _s256(verifier),
                "code_challenge_method": "S256",
                "ui_locales": "pt-BR",
            },
        ).prepare()
        end = visitor.walk(str(request.url), REDIRECT_URI, inscricao)
        if isinstance(end, Page):
            return Arrived(end.code, end.heading.strip(), visitor.offered)
        answer = {name: values[0] for name, values in parse_qs(urlsplit(end).query).items()}
        if answer.get("iss") != sandbox.issuer or answer.get("state") != state:
            raise JourneyError("the answer's iss or state is not the expected one (RFC 9207)")
        if "error" in answer:
            raise JourneyError(f"{answer['error']}: {answer.get('error_description', '')}")
        tokens = visitor.http.post(
            metadata["token_endpoint"],
            {
                "grant_type": "authorization_code",
                "client_id": CLIENT_ID,
                "code": answer["code"],
                "redirect_uri": REDIRECT_URI,
                "code_verifier": verifier,
            },
            timeout=20,
        ).json()
        if "id_token" not in tokens:
            raise JourneyError(f"no ID token: {tokens.get('error')}: {tokens.get('error_description')}")
        jwks = visitor.http.get(metadata["jwks_uri"], timeout=20).json()
        claims = verify_id_token(tokens["id_token"], jwks, sandbox.issuer, nonce, tokens["access_token"])
        userinfo = visitor.http.get(
            metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=20
        ).json()
        if userinfo.get("sub") != claims["sub"]:
            raise JourneyError("userinfo is about somebody else (OIDC Core 5.3.2)")
        issued = "{uf}:{numero}".format(**claims["inscricao"])
        if inscricao not in ("", issued):
            # The consent to the only choice there is was remembered, and no page shown.
            raise JourneyError(f"{inscricao} is not offered; there are: {issued}")
        return Arrived(offered=visitor.offered, claims=claims, userinfo=userinfo)
    finally:
        visitor.close()


def verify_id_token(token: str, jwks: dict[str, Any], issuer: str, nonce: str, access_token: str) -> dict[str, Any]:
    """The claims of an ID token that passes OpenID Connect Core §3.1.3.7. Raises JourneyError otherwise."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = next(key for key in jwt.PyJWKSet.from_dict(jwks).keys if key.key_id == kid)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[ID_TOKEN_ALG],
            audience=CLIENT_ID,
            issuer=issuer,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time"]},
        )
    except StopIteration:
        raise JourneyError("the ID token's kid is not in the JWKS") from None
    except jwt.PyJWTError as error:
        raise JourneyError(f"the ID token does not verify: {error}") from error
    if not hmac.compare_digest(str(claims["nonce"]), nonce):
        raise JourneyError("the ID token's nonce is another's")
    # OPTIONAL in the code flow (§3.1.3.6); where it stands it must be right.
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    if claims.get("at_hash", _base64url(half)) != _base64url(half):
        raise JourneyError("the ID token's at_hash does not match the access token")
    return claims


def _s256(verifier: str) -> str:
    """PKCE S256 (RFC 7636 §4.2)."""
    return _base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _short(url: str) -> str:
    return url.partition("?")[0]
