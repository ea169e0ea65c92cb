"""``idp keys``: the signing keys of this installation."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from idp.cli.installation import actor, installation
from idp.cli.output import json_option, show, table
from idp.clock import SystemClock
from idp.domain.client_metadata import SIGNING_ALGS
from idp.errors import ConfigurationError
from idp.keyring import KeyInfo, KeyRing
from idp.ports import AuditEvent
from idp.settings import load
from idp.storage.sql import SqlStore
from idp.storage.sql.tables import audit, consents, grants

_COLUMNS = ("kid", "alg", "state", "created_at", "activated_at", "retired_at")


@click.group()
def keys() -> None:
    """Create, list and rotate the signing keys."""


@keys.command()
@json_option
def create() -> None:
    """Make the first keys of a new installation. Back the directory up: nothing in it can be made again."""
    with installation() as (settings, store):
        if _has_named_people(store):
            raise ConfigurationError(
                "this database belongs to an installation that has issued tokens: with new keys every person would be "
                "a stranger to every relying party",
                f"restore {settings.signing_dir} from the backup",
            )
        made = KeyRing.create(settings.signing_dir, settings.realm, SystemClock().now()).keys()
        for key in made:
            _record(store, "key.created", key)
    table([_row(key) for key in made], _COLUMNS, none="")


@keys.command("list")
@json_option
def list_() -> None:
    """List the keys: next is published but does not sign yet, active signs, retired still verifies."""
    settings = load()
    known = KeyRing.open(settings.signing_dir, settings.realm).keys()
    table([_row(key) for key in known], _COLUMNS, none="")


@keys.command()
@click.option("--alg", "algs", type=click.Choice(SIGNING_ALGS), multiple=True, help="Only this one; default: all.")
@json_option
def rotate(algs: tuple[str, ...]) -> None:
    """Let the next key sign, publish a new next one, and withdraw keys retired long ago."""
    now = SystemClock().now()
    with installation() as (settings, store):
        ring = KeyRing.open(settings.signing_dir, settings.realm)
        activated = [ring.rotate(alg, now) for alg in algs or SIGNING_ALGS]
        for key in activated:
            _record(store, "key.rotated", key)
        withdrawn = ring.prune(now)
    document = {"activated": [_row(key) for key in activated], "withdrawn": [_row(key) for key in withdrawn]}
    lines = [(f"{key.alg} now signs with", key.kid) for key in activated]
    show(document, [*lines, *((f"{key.alg} withdrawn", key.kid) for key in withdrawn)])


@keys.command()
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def withdraw(kid: str, yes: bool) -> None:
    """Withdraw a key that may have been stolen: no longer published, no longer accepted, deleted.

    What it signed stops verifying here at once, at relying parties when they next fetch the keys.
    """
    if not yes:
        click.confirm(f"Withdraw {kid} for good?", abort=True, err=True)
    with installation() as (settings, store):
        withdrawn = KeyRing.open(settings.signing_dir, settings.realm).withdraw(kid)
        _record(store, "key.withdrawn", withdrawn)
    show({"withdrawn": _row(withdrawn)}, [(f"{withdrawn.alg} withdrawn", withdrawn.kid)])


def _has_named_people(store: SqlStore) -> bool:
    with store.reader.connect() as connection:
        some = [select(table.c.sub).limit(1) for table in (grants, consents)]
        some.append(select(audit.c.id).where(audit.c.kind == "code.issued").limit(1))  # stays when a term ends the rest
        return any(connection.execute(one).first() is not None for one in some)


def _record(store: SqlStore, kind: str, key: KeyInfo) -> None:
    with store.begin() as uow:
        uow.audit.append(AuditEvent(kind, SystemClock().now(), {"kid": key.kid, "alg": key.alg, "actor": actor()}))


def _row(key: KeyInfo) -> dict[str, Any]:
    moments = {name: getattr(key, name) for name in ("created_at", "activated_at", "retired_at")}
    shown = {name: at.isoformat(timespec="seconds") if at else None for name, at in moments.items()}
    return {"kid": key.kid, "alg": key.alg, "state": key.state.value, **shown}
