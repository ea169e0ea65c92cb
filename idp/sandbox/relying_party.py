"""The demonstration relying party: what an application of the authority has to do, and nothing more.

A process of its own on a site of its own (https://127.0.0.1:8450 beside https://localhost:8443), which knows the
provider only by its issuer URL and discovery. Authlib's client does code + PKCE + nonce + state; this module adds the
checks that are the application's: RFC 9207 ``iss``, ``aud``, and userinfo's ``sub``. Its data is keyed by
(``sub``, ``inscricao``): ``sub`` says who is there and never on whose behalf.
"""

from __future__ import annotations

import hmac
import json
import secrets
import signal
import sys
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from flask import Flask, abort, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from idp.sandbox.receipts import receipts_api

SCOPE = "openid profile inscricao procuracao certificado"
MAX_LOGINS = 1000


@dataclass(frozen=True, slots=True)
class RelyingPartyConfig:
    """All the relying party is told. ``web_ca``, ``certificate`` and ``key`` are PEM files."""

    issuer: str
    client_id: str
    client_secret: str
    port: int
    web_ca: str
    certificate: str
    key: str
    host: str = "127.0.0.1"

    @property
    def origin(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def callback(self) -> str:
        return f"{self.origin}/retorno"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/saiu"

    @property
    def resource(self) -> str:
        """The ``aud`` of access tokens for the sample API (RFC 9068)."""
        return f"{self.origin}/api"

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))
        path.chmod(0o600)

    @classmethod
    def load(cls, path: Path) -> RelyingPartyConfig:
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Login:
    """One signed-in browser: what was verified, and the tokens that stay on this side."""

    id_token: str
    access_token: str
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    csrf: str


class _Session(OAuth2Session):  # type: ignore[misc]
    """Without REQUESTS_CA_BUNDLE, which would win over our ``verify``, without proxies and .netrc."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.trust_env = False


class _Provider(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Session


class Memory:
    """The newest :data:`MAX_LOGINS` entries by key. Its methods are those that Authlib asks of a cache."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str) -> Any:
        return self._entries.get(key)

    def set(self, key: str, value: Any, _seconds: int = 0) -> None:
        self._entries[key] = value
        while len(self._entries) > MAX_LOGINS:
            self._entries.popitem(last=False)

    def delete(self, key: str) -> None:
        self._entries.pop(key, None)


def create_app(config: RelyingPartyConfig) -> Flask:
    """The relying party as a WSGI application; its sessions live in this process's memory."""
    app = _application()
    app.register_blueprint(receipts_api(config.issuer, config.resource, config.web_ca))
    provider = _provider(app, config)
    logins = Memory()

    def current() -> Login | None:
        login: Login | None = logins.get(session.get("login", ""))
        return login

    def begin(**parameters: str) -> Response:
        away: Response = provider.authorize_redirect(config.callback, ui_locales="pt-BR", **parameters)
        return away

    def api(method: str, login: Login) -> Any:
        answer = requests.request(
            method,
            f"{config.resource}/recibos",
            headers={"Authorization": f"Bearer {login.access_token}"},
            verify=config.web_ca,
            timeout=10,
        )
        return answer.json() if answer.ok else None

    @app.get("/")
    def home() -> str:
        login = current()
        if login is None:
            return render_template("entrar.html")
        return render_template("inicio.html", login=login, recibos=api("GET", login))

    @app.get("/entrar")
    def sign_in() -> Response:
        return begin()

    @app.get("/trocar")
    def change_inscricao() -> Response:
        return begin(prompt="select_account")

    @app.get("/retorno")
    def callback() -> Response:
        metadata = provider.load_server_metadata()
        if request.args.getlist("iss") != [metadata["issuer"]] or metadata["issuer"] != config.issuer:
            raise OAuthError("invalid_issuer", "the answer does not come from the expected issuer (RFC 9207)")
        token = provider.authorize_access_token(
            claims_options={"iss": {"value": config.issuer}, "aud": {"value": config.client_id}}, leeway=30
        )
        if "userinfo" not in token:
            raise OAuthError("missing_id_token", "the token response has no ID token")
        claims, userinfo = dict(token["userinfo"]), dict(provider.userinfo(token=token))
        if userinfo.get("sub") != claims["sub"]:
            raise OAuthError("sub_mismatch", "userinfo is about somebody else (OIDC Core 5.3.2)")
        logins.delete(session.get("login", ""))
        session.clear()
        session["login"] = key = secrets.token_urlsafe(32)
        logins.set(key, Login(token["id_token"], token["access_token"], claims, userinfo, secrets.token_urlsafe(32)))
        return redirect(url_for("home"), 303)

    @app.post("/recibos")
    def issue_receipt() -> Response:
        api("POST", _checked(current()))
        return redirect(url_for("home"), 303)

    @app.post("/sair")
    def sign_out() -> Response:
        login = _checked(current())
        logins.delete(session["login"])
        session.clear()
        hint = login.id_token
        away: Response = provider.logout_redirect(config.signed_out, id_token_hint=hint, client_id=config.client_id)
        return away

    @app.get("/saiu")
    def signed_out() -> str:
        provider.validate_logout_response()
        return render_template("saiu.html")

    _refusals(app)
    _headers(app, config.issuer)
    return app


def _application() -> Flask:
    """Its pages, and a session cookie that no neighbour on this machine can plant."""
    app = Flask(__name__, template_folder="pages", static_folder="pages/static", static_url_path="/static")
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="__Host-recibos",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=16 * 1024,
    )
    app.add_template_filter(_date, "data")
    app.add_template_filter(_cnpj, "cnpj")
    app.add_template_filter(_json, "bonito")
    return app


def _provider(app: Flask, config: RelyingPartyConfig) -> Any:
    """Authlib's client of the issuer."""
    return OAuth(app, cache=Memory()).register(
        "portaria",
        client_cls=_Provider,
        client_id=config.client_id,
        client_secret=config.client_secret,
        server_metadata_url=f"{config.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "verify": config.web_ca,
            "default_timeout": 10,
        },
    )


def _refusals(app: Flask) -> None:
    """One page for whatever keeps somebody from being signed in."""

    @app.errorhandler(OAuthError)
    def refused(error: OAuthError) -> tuple[str, int]:
        return render_template("recusado.html", error=error.error, description=error.description or ""), 400

    @app.errorhandler(JoseError)
    def bad_token(error: JoseError) -> tuple[str, int]:
        return render_template("recusado.html", error="invalid_id_token", description=error.error), 400

    @app.errorhandler(requests.RequestException)
    def unreachable(error: requests.RequestException) -> tuple[str, int]:
        return render_template("recusado.html", error="provider_unreachable", description=type(error).__name__), 502


def _headers(app: Flask, issuer: str) -> None:
    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {issuer}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _checked(login: Login | None) -> Login:
    """The login of a form that carries its token: SameSite=Lax alone lets same-site neighbours post."""
    if login is None or not hmac.compare_digest(request.form.get("csrf", ""), login.csrf):
        abort(403)
    return login


def _date(moment: int | str) -> str:
    """A NumericDate or an ISO date as people write it here."""
    when = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else datetime.fromisoformat(moment)
    return when.strftime("%d/%m/%Y")


def _cnpj(number: str) -> str:
    if len(number) != 14:
        return number
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def make_server(config: RelyingPartyConfig) -> Server:
    """The HTTPS server of :func:`create_app` on 127.0.0.1, not started."""
    server = Server(("127.0.0.1", config.port), create_app(config), numthreads=6, server_name="127.0.0.1")
    server.ssl_adapter = BuiltinSSLAdapter(config.certificate, config.key)
    return server


def main(config_file: str) -> int:
    """Serve until SIGTERM or SIGINT."""
    server = make_server(RelyingPartyConfig.load(Path(config_file)))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.stop).start())
    server.start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
