"""Every route of the three hosts, taken from the applications themselves, so that a new one cannot be left out:
whatever arrives, no answer is a failure of ours, and none leads anywhere but to our own pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

import idp.app
import idp.parts
from benchmarks.installation import ISSUER, install
from idp.storage.sql import SqlStore, open_store
from tests.oidc.test_fuzz import GOOD, NAMES

HOSTS = {
    "issuer": (idp.app.create_issuer, ISSUER),
    "gateway": (idp.app.create_gateway, "https://certificado.portaria.test"),
    "mtls": (idp.app.create_mtls, "https://mtls.portaria.test"),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "text/xml",
    "",
    "é/;",
)
HEADERS = (
    {},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Bearer " + "A" * 3000},
    {"Authorization": "Basic /w=="},
    {"Authorization": "é"},
    {"Cookie": "__Host-portaria-session=\xff; __Host-portaria-browser=" + "B" * 43},
    {"Origin": "https://evil.example", "Referer": "\x80", "Accept": "application/json;q=x"},
    {"Content-Length": "-1"},
    {"If-None-Match": '"\\', "Range": "bytes=9-1", "X-Forwarded-Host": "evil.example", "Host": "evil.example"},
)
PIECES = (
    *("", "%00", "%ff", "%", "é", "..", "{}", "[1]", "null", "-1", "9" * 400, "A" * 5000, "\u202e", "a\r\nb: c"),
    *("18162247238", "12ABC34501DE35", "AM:040000010", "prc-1", "2027-02-30", "9999-12-31", "0001-01-01", "'\"<b>"),
)
ROUNDS = 6


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Flask], str]]:
    """The three applications of one installation, and the cookies of somebody who is signed in."""
    directory: Path = tmp_path_factory.mktemp("routes")
    ready = install(directory, f"sqlite:///{directory}/portaria.sqlite", "sql", visitors=1)
    settings = ready.settings.model_copy(update={"registration": "open"})
    stores: list[SqlStore] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(idp.parts, "open_store", lambda url: stores.append(open_store(url)) or stores[-1])
        yield {name: make(settings) for name, (make, _) in HOSTS.items()}, ready.visitors[0].cookies
    for store in stores:
        store.close()


def junk(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return chance.choice(GOOD)
    return chance.choice(PIECES) if chance.random() < 0.7 else "".join(chance.choices("aZ0%&=+./\\\x7f\u00e9", k=9))


def pairs(chance: random.Random, names: tuple[str, ...]) -> str:
    found = [f"{chance.choice(names)}={quote(junk(chance), safe='%')}" for _ in range(chance.randrange(6))]
    return "&".join(found)


def body(chance: random.Random, names: tuple[str, ...]) -> bytes:
    match chance.randrange(4):
        case 0:
            return b""
        case 1:
            return chance.choice(
                (b"{", b"[]", b'{"a":1e999}', b'{"redirect_uris":[1]}', b'{"a":"\\ud800"}', b"\xff\x00")
            )
        case 2:
            return chance.randbytes(chance.randrange(200))
        case _:
            return pairs(chance, names).encode("utf-8", "surrogatepass")


@pytest.mark.attack("ATK-145")
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_route_fails(apps: tuple[dict[str, Flask], str], host: str, signed_in: bool) -> None:
    made, cookies = apps
    app, base = made[host], HOSTS[host][1]
    chance = random.Random(f"{host} {signed_in}")
    rules = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/assets")]
    assert rules
    names = (*NAMES, "csrf", "tx", "ticket", "id", "q", "pagina", "de", "ate", "papel", "situacao", "ordem", "escolha")
    client = app.test_client(use_cookies=False)
    statuses = set()
    for rule in rules:
        usual = sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
        for number in range(ROUNDS):
            method = chance.choice(usual) if number % 3 else chance.choice(METHODS)
            path = rule.rule
            for argument in rule.arguments:
                converter = next(part for part in rule.rule.split("/") if f"{argument}>" in part)
                path = path.replace(converter, quote(junk(chance).replace("/", "") or "x", safe="%"))
            headers: dict[str, Any] = dict(chance.choice(HEADERS))
            if signed_in and "Cookie" not in headers:
                headers["Cookie"] = cookies
            environ = {"QUERY_STRING": pairs(chance, names).encode().decode("latin-1")}
            environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
            environ["CONTENT_TYPE"] = chance.choice(TYPES).encode().decode("latin-1")
            data = body(chance, names)
            answer = client.open(path, method=method, base_url=base, data=data, environ_overrides=environ)
            said = (rule.rule, method, path, environ, data, answer.get_data(as_text=True)[:2000])
            assert answer.status_code < 500, said
            statuses.add((rule.rule.startswith("/portal"), method, answer.status_code))
            location = answer.headers.get("Location", "")
            assert not location or location.startswith(("/", base)), said
            assert not location.startswith("//"), said
            assert "Traceback" not in said[-1]
    if host == "issuer" and signed_in:
        assert (True, "GET", 200) in statuses, "the portal's own pages are among what was asked for"


def test_the_routes_of_the_issuer_are_all_there(apps: tuple[dict[str, Flask], str]) -> None:
    """Of the protocol's: what the test above walks is what is served."""
    rules = {rule.rule for rule in apps[0]["issuer"].url_map.iter_rules()}
    assert {
        *("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/authorize"),
        *("/token", "/userinfo", "/revoke", "/introspect", "/register", "/register/<client_id>", "/logout"),
        *("/logout/confirm", "/procuracoes/<id>/status", "/consentimento", "/portal"),
    } <= rules
