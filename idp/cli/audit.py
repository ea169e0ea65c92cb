"""``idp audit``: seal the audit chain, verify it, export its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
import orjson

from idp.audit import LATE, Row, seal, verify
from idp.cli.installation import actor
from idp.cli.output import json_option, note, show
from idp.clock import SystemClock
from idp.keyring import KeyRing
from idp.ports import AuditEvent
from idp.settings import Settings, load
from idp.storage.sql import SqlStore, open_store, schema


@click.group()
def audit() -> None:
    """Seal the audit chain, verify it, export its rows."""


@audit.command("seal")
@json_option
def seal_() -> None:
    """Chain what is not chained yet and sign a checkpoint. The server does this by itself every second."""
    settings = load()
    ring = KeyRing.open(settings.signing_dir, settings.realm)
    with _store(settings) as store:
        checkpoint = seal(store.audit_log(), ring.sign_checkpoint, SystemClock().now(), settings.checkpoint_file)
    show({"sequence": checkpoint.sequence, "head": checkpoint.head} if checkpoint else {"sequence": None, "head": None})


@audit.command("verify")
@json_option
def verify_() -> None:
    """Recompute the whole chain and compare it with every checkpoint. Exits with 1 if anything does not agree, or if
    rows have waited for the sealer for more than a minute: no worker runs."""
    settings = load()
    ring = KeyRing.open(settings.signing_dir, settings.realm)
    with _store(settings) as store:
        report = verify(store.audit_log(), ring.check_checkpoint, settings.checkpoint_file)
    figures = {
        "sealed": report.sealed,
        "unsealed": report.unsealed,
        "erased": report.erased,
        "checkpoints": report.checkpoints,
        "head": report.head,
    }
    since = report.waiting_since
    late = since is not None and SystemClock().now() - since > LATE
    document = {"intact": not report.problems, "sealing": not late, **figures, "problems": list(report.problems)}
    show(document, figures.items())
    for problem in report.problems:
        note(problem)
    if late:
        note(f"rows wait for the sealer since {since:%Y-%m-%d %H:%M} UTC and could be removed unseen: start idp worker")
    if report.problems or late:
        raise SystemExit(1)


@audit.command()
@json_option
def export() -> None:
    """Print every row, one JSON document a line. This is itself recorded. Payloads name people: guard the output."""
    settings = load()
    with _store(settings) as store:
        with store.begin() as uow:
            uow.audit.append(AuditEvent("audit.read", SystemClock().now(), {"actor": actor()}))
        for row in store.audit_log().rows():
            click.echo(_line(row))


def _line(row: Row) -> str:
    payload = orjson.loads(row.payload) if row.payload is not None else None
    document = {
        "id": row.id,
        "sequence": row.sequence,
        "kind": row.kind,
        "at": row.at.isoformat(),
        "payload": payload,
        "salt": row.salt,
        "commitment": row.commitment,
        "hash": row.hash,
    }
    return orjson.dumps(document).decode()


@contextmanager
def _store(settings: Settings) -> Iterator[SqlStore]:
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        yield store
    finally:
        store.close()
