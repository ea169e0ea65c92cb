"""``idp outbox``: whether clients have been told of ended sessions."""

from __future__ import annotations

from datetime import datetime

import click

from idp.cli.installation import installation
from idp.cli.output import json_option, table
from idp.ports.outbox import Delivery


@click.group()
def outbox() -> None:
    """Whether clients have been told of ended sessions."""


@outbox.command("list")
@click.option("--waiting", is_flag=True, help="Only what is still to be delivered.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@json_option
def list_(waiting: bool, limit: int) -> None:
    """Logout notices and their receipts, the newest first."""
    with installation() as (_, store), store.reading() as uow:
        rows = [_row(one) for one in uow.outbox.recent(limit, waiting=waiting)]
    table(rows, ("client", "at", "state", "attempts", "error", "next"), none="no notice")


def _row(one: Delivery) -> dict[str, object]:
    state = "delivered" if one.delivered_at else "given up" if one.given_up_at else "waiting"
    return {
        "id": one.notice.id,
        "client": one.notice.client_id,
        "sid": one.notice.sid,
        "at": _moment(one.notice.at),
        "state": state,
        "attempts": one.attempts,
        "delivered_at": one.delivered_at and _moment(one.delivered_at),
        "given_up_at": one.given_up_at and _moment(one.given_up_at),
        "next": one.next_attempt_at and _moment(one.next_attempt_at),
        "error": one.error,
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
