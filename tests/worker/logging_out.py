"""A process that ends a session and tells its client, to be killed at a given point. Run by test_logouts.py.

Arguments: the database's URL, the directory of keys, the client's host and port, a PEM file that certifies it, and the
point: ``inside`` the transaction, ``after`` its commit, or ``during`` the delivery.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from idp.clock import SystemClock
from idp.domain.session import Session
from idp.flow.logout import Logout, notify
from idp.keyring import KeyRing
from idp.settings import Settings
from idp.storage.sql import open_store
from idp.worker.logouts import back_channel
from tests.contracts.data import CERTIFICADO, TEREZA
from tests.flow.fakes import FakeClock, FakeSessions


def wait_for_the_end() -> NoReturn:
    print("here", flush=True)
    while True:
        time.sleep(60)


def main(url: str, keys: str, host: str, authority: str, point: str) -> None:
    clock, store = SystemClock(), open_store(url)
    clients, now = store.clients(0), clock.now()
    if point == "inside":
        with store.begin() as uow:
            notify(uow, clients, uow.grants.revoke_session("session-1", now), now)
            wait_for_the_end()
    session = Session("key", "session-1", TEREZA, CERTIFICADO, now, now + timedelta(hours=1))
    logout = Logout(clock=clock, store=store, sessions=FakeSessions(FakeClock(now)), clients=clients)
    ended = logout.end(session)
    if point == "after":
        wait_for_the_end()
    settings = Settings(
        realm="sandbox", signing_dir=Path(keys), client_hosts=(host,), client_ca_file=Path(authority), cache_seconds=0
    )
    back_channel(settings, store, KeyRing.open(Path(keys), "sandbox"), clock).at_once(ended.notices)


if __name__ == "__main__":
    main(*sys.argv[1:])
