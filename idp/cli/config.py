"""``idp config``: is this configuration whole, and what is it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import click
from pydantic import SecretStr

from idp.cli.checks import findings
from idp.cli.output import as_json, json_option, show
from idp.settings import Settings, load

_MASK = "********"
_IN_URL = re.compile(r"(?<=://)[^/?#]+(?=@)|(?<=\?).+")
"""User and password, and the query, where libpq takes a password too."""


@click.group()
def config() -> None:
    """Check the configuration, or show it."""


@config.command()
@json_option
def check() -> None:
    """Check settings, database, keys, trust list, revocation lists, TLS files and permissions.

    One line a check, with the remedy where something is wrong. Changes nothing. Exits with 3 if anything is wrong.
    """
    found = list(findings(load()))
    if as_json():
        show({"ok": all(one.ok for one in found), "checks": [asdict(one) for one in found]})
    for one in [] if as_json() else found:
        click.echo(f"{'ok     ' if one.ok else 'PROBLEM'}  {one.check:12} {one.detail}")
        if one.remedy:
            click.echo(f"{'':22}-> {one.remedy}")
    if not all(one.ok for one in found):
        raise SystemExit(3)


@config.command("show")
@json_option
def show_() -> None:
    """Show every setting as it is in force, secrets masked."""
    settings = load()
    show({name: _shown(getattr(settings, name)) for name in Settings.model_fields})


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return _MASK if value.get_secret_value() else ""
    if isinstance(value, str):
        return _IN_URL.sub(_MASK, value)
    return value if isinstance(value, bool | int | float) else str(value)
