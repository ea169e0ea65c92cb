"""``idp client``: relying parties' registrations."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import Any

import click

from idp.cli.client_document import import_, keep_subjects, shown
from idp.cli.client_options import CLEARABLE, CLEARABLE_DEMANDS, fields_given, metadata_options
from idp.cli.installation import actor, installation
from idp.cli.output import json_option, note, show, table
from idp.cli.registration_token import registration_token
from idp.clock import SystemClock
from idp.domain.client import AuthMethod, Client, GrantType, refuse_dead
from idp.domain.registration import has_secret
from idp.domain.representation import Demanda
from idp.errors import InvalidClient
from idp.flow.secret import digest, new_secret


@click.group()
def client() -> None:
    """Register relying parties and change them."""


client.add_command(import_)
client.add_command(registration_token)


@client.command()
@click.option("--name", required=True, help="What people see at consent.")
@click.option("--id", "client_id", help="client_id; default: a random one.")
@metadata_options
@json_option
def create(name: str, client_id: str | None, **options: Any) -> None:
    """Register a client. Its secret, where it has one, is printed once and never again: only its digest is stored."""
    options["auth_method"] = options["auth_method"] or AuthMethod.BASIC
    secret = new_secret() if has_secret(options["auth_method"]) else None
    fields = fields_given(options, Demanda()) | {"secret_digest": digest(secret) if secret else None}
    if GrantType.AUTHORIZATION_CODE not in fields.get("grant_types", {GrantType.AUTHORIZATION_CODE}):
        fields.setdefault("response_types", frozenset())
    registered = Client(client_id or token_hex(12), name, **fields)
    refuse_dead(registered)
    with installation() as (_, store):
        store.registry().add(registered, SystemClock().now(), actor())
    _show(registered, secret)


@client.command("list")
@json_option
def list_() -> None:
    """List all clients."""
    with installation() as (_, store):
        rows = [shown(one) for one in store.registry().list()]
    columns = ("client_id", "client_name", "enabled", "token_endpoint_auth_method", "redirect_uris")
    table(rows, columns, none="No client is registered yet: idp client create --help")


@client.command("show")
@click.argument("client_id", metavar="ID")
@json_option
def show_(client_id: str) -> None:
    """Show one client."""
    with installation() as (_, store):
        _show(store.registry().get(client_id))


@client.command()
@click.argument("client_id", metavar="ID")
@click.option("--name", help="What people see at consent.")
@click.option("--enable/--disable", "enabled", default=None, help="A disabled client gets nothing more.")
@click.option("--clear", type=click.Choice([*CLEARABLE, *CLEARABLE_DEMANDS]), multiple=True, help="Unset this.")
@metadata_options
@json_option
def update(client_id: str, name: str | None, enabled: bool | None, clear: tuple[str, ...], **options: Any) -> None:
    """Change what the options name; a repeated option replaces the whole list.

    A change of the redirect host must say --sector: every pairwise sub is derived from the sector.
    """
    with installation() as (_, store):
        registry = store.registry()
        before = registry.get(client_id)
        changes = fields_given(options, _cleared(before.demanda, clear))
        changes |= dict(CLEARABLE[name] for name in clear if name in CLEARABLE)
        changes |= {"name": name} if name is not None else {}
        changes |= {"enabled": enabled} if enabled is not None else {}
        method = changes.get("auth_method", before.auth_method)
        secret = new_secret() if has_secret(method) and not before.secret_digest else None
        if secret:
            changes["secret_digest"] = digest(secret)
        elif not has_secret(method):
            changes["secret_digest"] = None
        if "jwks" in changes or "jwks_uri" in changes:
            changes = {"jwks": None, "jwks_uri": None} | changes
        after = replace(before, **changes)
        if after != replace(before, enabled=after.enabled):  # whatever it is, it can be switched off
            refuse_dead(after)
        keep_subjects(before, after, named=options["sector"] is not None)
        if after != before:
            registry.update(after, SystemClock().now(), actor())
    _show(after, secret)


@client.command()
@click.argument("client_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(client_id: str, yes: bool) -> None:
    """Delete a client, the consents given to it and its tokens. To pause it instead: idp client update ID --disable"""
    with installation() as (_, store):
        registry = store.registry()
        found = registry.get(client_id)
        if not yes:
            click.confirm(f"Delete {found.client_id} ({found.name}) and revoke its tokens?", abort=True, err=True)
        registry.delete(client_id, SystemClock().now(), actor())
    show({"deleted": client_id})


@client.command("rotate-secret")
@click.argument("client_id", metavar="ID")
@json_option
def rotate_secret(client_id: str) -> None:
    """Give a client a new secret, printed once. The old one ends at once."""
    with installation() as (_, store):
        registry = store.registry()
        before = registry.get(client_id)
        if not has_secret(before.auth_method):
            raise InvalidClient("client_secret", f"{client_id} authenticates by {before.auth_method} and has none")
        secret = new_secret()
        registry.update(replace(before, secret_digest=digest(secret)), SystemClock().now(), actor())
    show({"client_id": client_id, "client_secret": secret})
    note("Keep the secret now: it is not stored and cannot be shown again.")


def _cleared(demanda: Demanda, clear: tuple[str, ...]) -> Demanda:
    unset: dict[str, Any] = {CLEARABLE_DEMANDS[name]: None for name in clear if name in CLEARABLE_DEMANDS}
    return replace(demanda, **unset)


def _show(registered: Client, secret: str | None = None) -> None:
    document = shown(registered)
    if secret:
        document = {"client_id": registered.client_id, "client_secret": secret} | document
    show(document)
    if secret:
        note("Keep the secret now: it is not stored and cannot be shown again.")
