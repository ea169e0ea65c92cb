"""``python -m tests.hostile.logins DIR COUNT SEED``: hostile logins at the real issuer and the real certificate host.

Meant for a network namespace of its own, where nothing can leave and the kernel counts who tried. Every login is a
whole one: the application's request, the page, the certificate, the way back. Prints one JSON document.
"""

from __future__ import annotations

import base64
import json
import random
import re
import socket
import sqlite3
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask
from flask.testing import FlaskClient

from idp import app
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.domain.client import AuthMethod, Client
from idp.keyring import KeyRing
from idp.settings import Settings, load
from idp.storage.sql import open_store, schema
from tests.hostile.forge import EVERY, Forge
from tests.hostile.seeds import World

ISSUER, CERTIFICATE_HOST = "https://id.example.test", "https://certificado.example.test"
CALLBACK = "https://app.example.test/retorno"
SECRET = "0123456789abcdef0123456789abcdef"
SOURCES = ("embedded", "nginx", "rfc9440", "xfcc")
_TICKET = re.compile(r"/entrar\?ticket=([A-Za-z0-9_.\-]+)")
_WATCHED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")


def install(directory: Path, world: World) -> Settings:
    """An empty installation that trusts the world's CA and has its CRLs."""
    now = SystemClock().now()
    settings = load(
        realm="sandbox", issuer=ISSUER, certificate_origin=CERTIFICATE_HOST, mtls_origin="https://mtls.example.test",
        database_url=f"sqlite:///{directory / 'portaria.sqlite'}", signing_dir=directory / "signing",
        trust_dir=directory / "trust", checkpoint_file=directory / "checkpoints", proxy_secret=SECRET,
        log_level="error",
    )  # fmt: skip
    settings.trust_dir.mkdir(parents=True)
    world.trust.save(settings.trust_dir / FILE)
    crls = [world.pki.crl(ca, last="20260101000000Z", until="20491231000000Z") for ca in (world.root, world.ca)]
    imported = CrlIndex(settings.trust_dir / DIRECTORY, world.trust).import_crls(crls, now)
    assert imported.count("imported") == len(crls)
    schema.upgrade(settings.database_url, settings.realm)
    KeyRing.create(settings.signing_dir, settings.realm, now)
    store = open_store(settings.database_url)
    client = Client("app", "Aplicação", (CALLBACK,), auth_method=AuthMethod.NONE, scopes=frozenset({"openid"}))
    store.registry().add(client, now, "test")
    store.close()
    return settings


class Site:
    """The issuer, and the certificate host behind each kind of TLS termination, in this process."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = app.create_issuer(settings)
        self.gateways: dict[str, Flask] = {
            source: app.create_gateway(settings.model_copy(update={"certificate_source": source})) for source in SOURCES
        }
        self.statuses: Counter[int] = Counter()
        self.ends: Counter[str] = Counter()

    def login(self, source: str, der: bytes | None) -> None:
        """One browser's login with that certificate."""
        browser = self.issuer.test_client()
        self._get(browser, f"/authorize?{_request()}")
        page = self._follow(browser)
        found = _TICKET.search(page)
        assert found, page[:2000]
        gateway = self.gateways[source].test_client()
        answer = gateway.get(
            f"/entrar?ticket={found[1]}", base_url=CERTIFICATE_HOST, environ_overrides=_presented(source, der)
        )
        self.statuses[answer.status_code] += 1
        if answer.status_code != 303:
            self.ends["hop"] += 1
            return
        self._get(browser, answer.headers["Location"].removeprefix(ISSUER))
        page = self._follow(browser)
        code = re.search(r"CERT-\d\d", page)
        self.ends[code[0] if code else "accepted"] += 1

    def _get(self, browser: FlaskClient, path: str) -> None:
        self._last = browser.get(path, base_url=ISSUER)
        self.statuses[self._last.status_code] += 1

    def _follow(self, browser: FlaskClient) -> str:
        """To the page, on the issuer."""
        while self._last.status_code in (302, 303) and self._last.headers["Location"].startswith((ISSUER, "/")):
            self._get(browser, self._last.headers["Location"].removeprefix(ISSUER))
        return self._last.get_data(as_text=True)


def _request() -> str:
    return urlencode(
        {"response_type": "code", "client_id": "app", "redirect_uri": CALLBACK, "scope": "openid", "state": "s",
         "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    )  # fmt: skip


def _presented(source: str, der: bytes | None) -> dict[str, Any]:
    if source == "embedded":
        return {"portaria.client_certificate": der}
    body = base64.b64encode(der or b"").decode()
    pem = quote(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n", safe="")
    header, value = {
        "nginx": ("HTTP_X_SSL_CLIENT_CERT", pem),
        "rfc9440": ("HTTP_CLIENT_CERT", f":{body}:"),
        "xfcc": ("HTTP_X_FORWARDED_CLIENT_CERT", f'Cert="{pem}"'),
    }[source]
    return {"HTTP_X_PORTARIA_PROXY": SECRET, **({} if der is None else {header: value})}


def kernel() -> dict[str, int]:
    """What this network namespace has counted: connections begun, datagrams sent, packets without a way out."""
    counted = {}
    lines = Path("/proc/net/snmp").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        protocol = names.split(":")[0]
        counted |= {f"{protocol}{n}": int(v) for n, v in zip(names.split()[1:], values.split()[1:], strict=True)}
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    watched = ("TcpActiveOpens", "UdpOutDatagrams", "IpOutRequests", "IpOutNoRoutes")
    return {name: counted[name] for name in watched} | {n: int(six[n]) for n in ("Ip6OutRequests", "Ip6OutNoRoutes")}


def main(directory: Path, count: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    world = World(directory / "pki")
    smith = Forge(world.ca.key)
    settings = install(directory, world)
    site = Site(settings)
    stranger = world.pki.ca("AC Estranha", organization="Outra", kind="rsa:2048")
    genuine = [*world.leaves.values(), world.ca.der, world.root.der, world.pki.leaf(stranger)]
    watched: list[str] = []
    sys.addaudithook(lambda event, arguments: watched.append(f"{event} {arguments}") if event in _WATCHED else None)
    before = kernel()
    for number in range(count):
        der: bytes | None = chance.choice(genuine)
        for _ in range(chance.choice([1, 1, 1, 2])):
            try:
                der = smith.spoilt(der, chance.choice(EVERY), chance)
            except (ValueError, IndexError, StopIteration):
                continue  # a second mutation of what the first left in no shape to be taken apart
        site.login(SOURCES[number % len(SOURCES)], der if number % 50 else None)
    attempts = {name: value - before[name] for name, value in kernel().items()}
    with sqlite3.connect(directory / "portaria.sqlite") as database:
        rows = dict(database.execute("select kind, count(*) from audit where kind like 'login.%' group by kind"))
    return {  # in this order: what the canary does comes after what is counted
        "logins": count,
        "statuses": {str(status): number for status, number in sorted(site.statuses.items())},
        "ends": dict(sorted(site.ends.items())),
        "audit": rows,
        "attempts": attempts,
        "watched": list(watched),
        "canary": {**canary(), "watched": len(watched)},
    }


def canary() -> dict[str, int]:
    """What the kernel's counters say of two attempts that are made on purpose."""
    before = kernel()
    with socket.socket() as one:
        one.settimeout(1)
        one.connect_ex(("198.51.100.7", 80))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        with suppress(OSError):
            other.sendto(b"x", ("198.51.100.7", 53))
    return {name: value - before[name] for name, value in kernel().items()}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
