"""A relying party with Authlib's Flask client: flask --app app run --port 9000"""

import json
import os
import secrets

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, redirect, render_template, request, session

ISSUER, CLIENT_ID, PORT = os.environ["ISSUER"], os.environ["CLIENT_ID"], os.environ.get("PORT", "9000")
ORIGIN = f"http://127.0.0.1:{PORT}"

app = Flask(__name__)
app.config.update(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_SAMESITE="Lax")  # and SECURE, on https
portaria = OAuth(app).register(
    "portaria",
    client_id=CLIENT_ID,
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile inscricao procuracao offline_access", "code_challenge_method": "S256"},
)

# In memory, for the example. What is kept of a person is kept by person AND inscrição, never by sub alone.
logins: dict[str, dict] = {}
visits: dict[tuple[str, str, str], int] = {}


def key(claims: dict) -> tuple[str, str, str]:
    return claims["sub"], claims["inscricao"]["uf"], claims["inscricao"]["numero"]


def current() -> dict:
    return logins.get(session.get("login", "")) or abort(redirect("/entrar"))


@app.get("/")
def home():
    login = logins.get(session.get("login", ""))
    if login is None:
        return render_template("home.html", login=None)
    shown = {"claims": login["claims"], "userinfo": login.get("userinfo"), "visits": visits[key(login["claims"])]}
    return render_template("home.html", login=login, shown=json.dumps(shown, indent=2, ensure_ascii=False))


@app.get("/entrar")
def sign_in():
    return portaria.authorize_redirect(f"{ORIGIN}/retorno")


@app.get("/trocar")
def change_inscricao():
    return portaria.authorize_redirect(f"{ORIGIN}/retorno", prompt="select_account")


@app.get("/ciencia")
def for_one_act():
    details = json.dumps([{"type": "sefaz_representacao", "actions": ["dte.dar_ciencia"]}])
    return portaria.authorize_redirect(f"{ORIGIN}/retorno", prompt="select_account", authorization_details=details)


@app.get("/retorno")
def callback():
    if "error" not in request.args and request.args.get("iss") != ISSUER:  # RFC 9207; Authlib leaves it to us
        raise OAuthError("invalid_issuer")
    tokens = portaria.authorize_access_token(leeway=30)
    claims = dict(tokens["userinfo"])  # of the ID token, checked: that is how Authlib calls them
    session.clear()
    session["login"] = identifier = secrets.token_urlsafe()
    logins[identifier] = {"claims": claims, "tokens": tokens}
    visits[key(claims)] = visits.get(key(claims), 0) + 1
    return redirect("/", 303)


@app.post("/consultar")
def ask_userinfo():
    login = current()
    userinfo = portaria.userinfo(token=login["tokens"])
    if userinfo["sub"] != login["claims"]["sub"]:
        raise OAuthError("sub_mismatch")
    login["userinfo"] = dict(userinfo)
    return redirect("/", 303)


@app.post("/renovar")
def refresh():
    login = current()
    before = login["tokens"]
    tokens = portaria.fetch_access_token(grant_type="refresh_token", refresh_token=before["refresh_token"])
    claims = portaria.parse_id_token(tokens, nonce=login["claims"]["nonce"], leeway=30)
    login.update(claims=dict(claims), tokens={**before, **tokens}, userinfo=None)
    return redirect("/", 303)


@app.post("/sair")
def sign_out():
    login = current()
    logins.pop(session.pop("login"))
    return portaria.logout_redirect(f"{ORIGIN}/", id_token_hint=login["tokens"]["id_token"])


@app.errorhandler(OAuthError)
def refused(error):
    if error.error == "invalid_grant":  # the right to act has ended, or the login has
        logins.pop(session.pop("login", ""), None)
    return render_template("home.html", login=None, error=error.error), 400


@app.errorhandler(requests.HTTPError)
def refused_by_userinfo(error):
    logins.pop(session.pop("login", ""), None)
    return render_template("home.html", login=None, error=f"userinfo: {error.response.status_code}"), 400


if __name__ == "__main__":
    app.run("127.0.0.1", int(PORT))
