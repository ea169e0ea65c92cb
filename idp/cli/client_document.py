"""Registrations as documents: how commands show one, and ``idp client import``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import click

from idp.cli.installation import actor, installation
from idp.cli.output import fail, json_option, note, table
from idp.clock import SystemClock
from idp.domain.client import SCOPES, AuthMethod, Client, GrantType, refuse_dead
from idp.domain.client_document import KNOWN, all_fields, written, written_by_administrators
from idp.domain.registration import has_secret
from idp.errors import InvalidClient, NotFound
from idp.flow.secret import digest, new_secret
from idp.ports import ClientRegistry

_SHORTEST_SECRET = 32


def shown(client: Client) -> dict[str, Any]:
    """A registration in the words of OpenID Connect Registration 1.0 §2, and ours; never a digest."""
    sector = client.sector_identifier if client.subject_type == "pairwise" else None
    return {
        "client_id": client.client_id,
        **written(client, everything=True),
        "scope": [scope for scope in SCOPES if scope in client.scopes],
        **written_by_administrators(client),
        "sector_identifier": sector,
        "registered_with": client.registered_with,
    }


def keep_subjects(before: Client, after: Client, *, named: bool) -> None:
    """A changed sector renames every person at the client: never as a side effect of another change. Raises
    InvalidClient unless the sector stays or is ``named``."""
    if "public" in (before.subject_type, after.subject_type) or named:
        return
    old, new = before.sector_identifier, after.sector_identifier
    if old != new:
        raise InvalidClient(
            "sector_identifier",
            f"would change from {old} to {new}, and with it every sub; "
            f"add --sector {old} to keep them, or --sector {new} if that is meant",
        )


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def import_(file: Path) -> None:
    """Register the clients in a JSON FILE, or put them in the place of those registered under the same client_id.

    The file holds one registration or a list of them, in the words of OpenID Connect Registration 1.0, with those that
    `idp client show --json` adds. What a registration leaves out takes its default; a secret of at least 32 characters
    may stand in it as client_secret, otherwise one is made where it is needed, and kept where there is one.
    """
    documents = _documents(file)
    with installation() as (_, store):
        registry = store.registry()
        rows: list[dict[str, str | None]] = []
        for document in documents:
            before = _registered(registry, document.get("client_id"))
            client, secret = _made(document, before)
            if before is not None:
                keep_subjects(before, client, named=document.get("sector_identifier") is not None)
            if before is None:
                registry.add(client, SystemClock().now(), actor())
            elif client != before:
                registry.update(client, SystemClock().now(), actor())
            state = "created" if before is None else "unchanged" if client == before else "updated"
            issued = {"client_secret": secret} if secret else {}
            rows.append({"client_id": client.client_id, "client_name": client.name, "state": state, **issued})
    columns = ["client_id", "client_name", "state"]
    if any("client_secret" in row for row in rows):
        note("Keep the secrets now: they are not stored and cannot be shown again.")
        columns.append("client_secret")
        rows = [{"client_secret": None, **row} for row in rows]
    table(rows, columns, none="The file holds no client.")


def _documents(file: Path) -> list[dict[str, Any]]:
    """Whole, and free of words that mean nothing, before the first of them is registered."""
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        fail(2, f"{file} is not JSON: {error}", "give one registration, or a list of them")
    documents = content if isinstance(content, list) else [content]
    for number, document in enumerate(documents, 1):
        if not isinstance(document, dict):
            fail(2, f"{file}: registration {number} is not an object")
        unknown = sorted(set(document) - KNOWN - {"client_id", "client_secret", "registered_with"})
        if unknown:
            fail(2, f"{file}: registration {number} has members that mean nothing here: {', '.join(unknown)}")
        _made(document, None)
    return documents


def _registered(registry: ClientRegistry, client_id: Any) -> Client | None:
    try:
        return registry.get(client_id) if client_id else None
    except NotFound:
        return None


def _made(document: dict[str, Any], before: Client | None) -> tuple[Client, str | None]:
    """The client that a document describes, and the secret that was made for it, if one was."""
    fields, secret = all_fields(document), None
    given = document.get("client_secret")
    if has_secret(fields.get("auth_method", AuthMethod.BASIC)):
        if given is None and (before is None or before.secret_digest is None):
            secret = given = new_secret()
        if given is not None and (not isinstance(given, str) or len(given) < _SHORTEST_SECRET):
            raise InvalidClient("client_secret", f"has at least {_SHORTEST_SECRET} characters")
        fields["secret_digest"] = digest(given) if given else before.secret_digest if before else None
    elif given is not None:
        raise InvalidClient("client_secret", "this authentication method has none")
    if "name" not in fields:
        raise InvalidClient("client_name", "is what people see; it cannot be empty")
    if "response_types" not in fields and GrantType.AUTHORIZATION_CODE not in fields.get(
        "grant_types", {GrantType.AUTHORIZATION_CODE}
    ):
        fields["response_types"] = frozenset()
    client = Client(document.get("client_id") or token_hex(12), **fields)
    if before is not None:
        client = replace(client, registration_digest=before.registration_digest, registered_with=before.registered_with)
    refuse_dead(client)
    return client, secret
