"""``idp db``: the database's schema."""

from __future__ import annotations

import click

from idp.cli.output import json_option, show
from idp.settings import load
from idp.storage.sql import schema
from idp.storage.sql.engine import sqlite_file, transactional


@click.group()
def db() -> None:
    """Create the database's tables or bring them up to date."""


@db.command()
@json_option
def upgrade() -> None:
    """Bring the tables to the newest revision, and mark a new database as the configured realm's."""
    settings = load()
    revision = schema.upgrade(settings.database_url, settings.realm)
    show({"revision": revision, "realm": settings.realm})


@db.command()
@json_option
def current() -> None:
    """Show the tables' revision. Exits with 1 if it is not the newest this version knows."""
    settings = load()
    file = sqlite_file(settings.database_url)
    found = None
    if file is None or file.exists():
        engine = transactional(settings.database_url)
        found = schema.current(engine)
        engine.dispose()
    newest = schema.head()
    show({"revision": found, "newest": newest})
    if found != newest:
        raise SystemExit(1)
