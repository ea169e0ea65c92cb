"""Telling clients of ended sessions, with real processes, a real TLS listener and kill -9."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from idp.clock import SystemClock
from idp.domain.client import Client
from idp.keyring import KeyRing
from idp.settings import Settings
from idp.storage.sql import SqlStore, open_store, schema
from idp.worker.logouts import LogoutDeliveries, back_channel
from tests.contracts.data import BINDING, grant
from tests.server.pki import Pair, Pki

ROOT = Path(__file__).parents[2]
LEASE = timedelta(seconds=61)


@dataclass
class Listener:
    """A client's logout address. ``status``: what it answers; ``stuck``: it answers nothing until it is let."""

    origin: str = ""
    status: int = 200
    stuck: bool = False
    let: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    bodies: list[str] = field(default_factory=list)

    @property
    def jtis(self) -> list[str]:
        tokens = [parse_qs(body, strict_parsing=True)["logout_token"][0] for body in self.bodies]
        segments = [token.split(".")[1] for token in tokens]
        return [json.loads(urlsafe_b64decode(one + "=" * (-len(one) % 4)))["jti"] for one in segments]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pki(tmp_path_factory.mktemp("pki")).server


@pytest.fixture
def listener(tls: Pair) -> Iterator[Listener]:
    here = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            here.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            here.came.set()
            if here.stuck:
                here.let.wait(120)
            self.send_response(here.status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the killed process hangs up
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.origin = f"localhost:{server.server_port}"
    yield here
    here.let.set()
    server.shutdown()
    server.server_close()


@dataclass
class Place:
    url: str
    keys: Path
    store: SqlStore
    listener: Listener
    authority: Path

    def until(self, point: str) -> subprocess.Popen[str]:
        """A process that has come to ``point`` of a logout."""
        argv = [sys.executable, "-m", "tests.worker.logging_out"]
        argv += [self.url, str(self.keys), self.listener.origin, str(self.authority), point]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        if point != "during":
            assert process.stdout.readline() == "here\n"
        else:
            assert self.listener.came.wait(120)
        return process

    def work(self, at: datetime) -> None:
        """One turn of the worker's job."""
        settings = Settings(
            realm="sandbox",
            signing_dir=self.keys,
            client_hosts=(self.listener.origin,),
            client_ca_file=self.authority,
            cache_seconds=0,
        )
        keys = KeyRing.open(self.keys, "sandbox")
        LogoutDeliveries(back_channel(settings, self.store, keys, SystemClock()))(at)

    def receipts(self) -> list[Any]:
        with self.store.reading() as uow:
            return list(uow.outbox.recent(10))

    def revoked(self) -> bool:
        with self.store.reading() as uow:
            found = uow.grants.get("g1")
        assert found is not None
        return found.revoked_at is not None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)])
def place(request: pytest.FixtureRequest, tmp_path: Path, listener: Listener, tls: Pair) -> Iterator[Place]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/portaria.sqlite" if sqlite else request.getfixturevalue("postgres_url")
    schema.upgrade(url, "sandbox")
    store = open_store(url)
    now = SystemClock().now()
    KeyRing.create(tmp_path / "keys", "sandbox", now)
    client = Client(
        "rp",
        "RP",
        ("https://rp.test/cb",),
        secret_digest="0" * 64,
        backchannel_logout_uri=f"https://{listener.origin}/sair",
    )
    store.registry().add(client, now, "test")
    with store.begin() as uow:
        uow.grants.add(grant("g1"), "code", BINDING, "tx")
    yield Place(url, tmp_path / "keys", store, listener, tls.certificate)
    store.close()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(90)
    assert process.stdout is not None
    process.stdout.close()


def test_killed_inside_the_transaction_nothing_has_happened(place: Place) -> None:
    kill(place.until("inside"))
    assert not place.revoked()
    assert place.receipts() == []
    place.work(SystemClock().now() + LEASE)
    assert place.listener.bodies == []


def test_killed_after_the_commit_the_worker_tells(place: Place) -> None:
    kill(place.until("after"))
    assert place.revoked()
    ended_at = place.receipts()[0].notice.at
    place.work(ended_at)
    assert place.listener.bodies == [], "the process that ended it may still be trying"
    place.work(ended_at + timedelta(seconds=5))
    assert place.listener.jtis == [place.receipts()[0].notice.id]
    assert place.receipts()[0].delivered_at is not None


def test_killed_during_the_delivery_it_is_told_again_with_the_same_jti(place: Place) -> None:
    place.listener.stuck = True
    kill(place.until("during"))
    assert place.revoked()
    assert (place.receipts()[0].attempts, place.receipts()[0].delivered_at) == (1, None)
    place.listener.stuck = False
    place.work(SystemClock().now() + LEASE)
    assert len(place.listener.jtis) == 2
    assert set(place.listener.jtis) == {place.receipts()[0].notice.id}
    place.work(SystemClock().now() + 2 * LEASE)
    assert len(place.listener.jtis) == 2, "told is told"
    assert place.receipts()[0].attempts == 2


def test_a_client_that_hangs_keeps_nobody_longer_than_seconds(place: Place) -> None:
    place.listener.stuck = True
    process = place.until("during")
    assert process.wait(90) == 0
    assert process.stdout is not None
    process.stdout.close()
    one = place.receipts()[0]
    assert (one.attempts, one.error, one.delivered_at) == (1, "timeout", None)
    waited = one.next_attempt_at - one.notice.at - timedelta(seconds=10)
    assert waited < timedelta(seconds=60), "the client would have held it for two minutes"
