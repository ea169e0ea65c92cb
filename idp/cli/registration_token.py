"""``idp client registration-token``: who may register applications, and what those may get (RFC 7591 §3)."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from typing import Any

import click

from idp.cli.installation import actor, installation
from idp.cli.output import json_option, note, show, table
from idp.clock import SystemClock
from idp.domain.client import SCOPES
from idp.domain.registration import HARMLESS_SCOPES, Ceiling, InitialToken
from idp.flow.secret import digest, new_secret


@click.group("registration-token")
def registration_token() -> None:
    """Initial access tokens, with which applications register themselves."""


@registration_token.command()
@click.option("--name", required=True, help="Whose it is; for the list and the audit.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    help="The most that applications may get; repeatable. Default: openid and the standard claims.",
)
@click.option(
    "--redirect-host",
    "hosts",
    multiple=True,
    help="Where browsers may be sent: a host, or .example.gov.br for all below; repeatable. Default: anywhere.",
)
@click.option("--public-subject", is_flag=True, help="Its applications may ask for a sub that others see too.")
@click.option("--uses", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many registrations.")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How long it is good.")
@json_option
def create(
    name: str, scopes: tuple[str, ...], hosts: tuple[str, ...], public_subject: bool, uses: int, days: int
) -> None:
    """Make a token. It is printed once and never again: only its digest is stored.

    IDP_REGISTRATION must be token or open for it to be of use.
    """
    now, value = SystemClock().now(), new_secret()
    ceiling = Ceiling(
        frozenset(scopes) or HARMLESS_SCOPES,
        frozenset(host.lower() for host in hosts) or None,
        public_subject,
    )
    token = InitialToken(token_hex(8), digest(value), name, ceiling, uses, now, now + timedelta(days=days))
    with installation() as (settings, store):
        store.registrations().add_token(token, now, actor())
        off = settings.registration == "off"
    show({"id": token.id, "initial_access_token": value} | _row(token))
    note("Keep the token now: it is not stored and cannot be shown again.")
    if off:
        note("Nobody can use it yet: set IDP_REGISTRATION=token and restart.")


@registration_token.command("list")
@json_option
def list_() -> None:
    """List all tokens, also those that are spent, expired or revoked."""
    with installation() as (_, store):
        now = SystemClock().now()
        rows = [{"id": one.id, **_row(one), "good": one.good(now)} for one in store.registrations().tokens()]
    table(rows, ("id", "name", "uses", "expires_at", "good", "scopes"), none="There is no registration token.")


@registration_token.command()
@click.argument("token_id", metavar="ID")
@json_option
def revoke(token_id: str) -> None:
    """Revoke a token. Applications that were registered with it stay, and stay below its scopes."""
    with installation() as (_, store):
        store.registrations().revoke_token(token_id, SystemClock().now(), actor())
    show({"revoked": token_id})


def _row(token: InitialToken) -> dict[str, Any]:
    return {
        "name": token.name,
        "scopes": [scope for scope in SCOPES if scope in token.ceiling.scopes],
        "redirect_hosts": sorted(token.ceiling.redirect_hosts or ()),
        "public_subject": token.ceiling.public_subject,
        "uses": token.uses,
        "expires_at": token.expires_at.isoformat(),
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }
