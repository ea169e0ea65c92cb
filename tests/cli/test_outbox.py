"""idp outbox list: which clients have been told, and what still waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idp.ports.outbox import Notice
from idp.storage.sql import open_store
from tests.cli.conftest import Idp

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIELDS = {"id", "client", "sid", "at", "state", "attempts", "delivered_at", "given_up_at", "next", "error"}


def write(idp: Idp) -> None:
    store = open_store(f"sqlite:///{idp.directory}/keys/portaria.sqlite")
    with store.begin() as uow:
        notices = [
            Notice(f"jti-{n}", client, "sub", f"sid-{n}", AT + timedelta(seconds=n))
            for n, client in enumerate(("dte", "nfe", "ipva"))
        ]
        uow.outbox.add(notices, AT)
        uow.outbox.delivered("jti-0", AT + timedelta(seconds=1))
        uow.outbox.failed("jti-1", AT, "status 500", AT + timedelta(seconds=10))
        uow.outbox.failed("jti-2", AT, "timeout", None)
    store.close()


def test_an_empty_outbox(installed: Idp) -> None:
    assert installed("outbox list").output == "no notice\n"
    assert installed.json("outbox list") == []


def test_each_notice_with_its_receipt_the_newest_first(installed: Idp) -> None:
    write(installed)
    found = installed.json("outbox list")
    assert all(one.keys() == FIELDS for one in found)
    assert [(one["client"], one["state"], one["error"], one["next"]) for one in found] == [
        ("ipva", "given up", "timeout", None),
        ("nfe", "waiting", "status 500", "2026-11-22T12:00:10+00:00"),
        ("dte", "delivered", None, None),
    ]
    lines = installed("outbox list").output.splitlines()
    assert lines[0].split() == ["client", "at", "state", "attempts", "error", "next"]
    assert "status 500" in lines[2]


def test_only_what_waits_and_only_so_many(installed: Idp) -> None:
    write(installed)
    assert [one["client"] for one in installed.json("outbox list --waiting")] == ["nfe"]
    assert [one["client"] for one in installed.json("outbox list --limit 1")] == ["ipva"]
    installed("outbox list --limit 0", exit_code=2)
