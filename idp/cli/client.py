"""``idp client``: relying parties' registrations."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import Any

import click

from idp.cli.installation import actor, installation
from idp.cli.output import fail, json_option, note, show, table
from idp.clock import SystemClock
from idp.domain.certificado import Nivel
from idp.domain.client import SCOPES, AuthMethod, Client, GrantType
from idp.domain.client_metadata import SIGNING_ALGS
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.jwks import check_public_keys
from idp.domain.representation import Demanda
from idp.errors import InvalidClient
from idp.flow.secret import digest, new_secret

_SECRET_METHODS = (AuthMethod.BASIC, AuthMethod.POST)
_CLEARABLE: dict[str, tuple[str, Any]] = {
    "jwks": ("jwks", None),
    "sector": ("sector", ""),
    "resource": ("resource", None),
    "logo-uri": ("logo_uri", None),
    "policy-uri": ("policy_uri", None),
    "tos-uri": ("tos_uri", None),
    "post-logout-redirect-uri": ("post_logout_redirect_uris", ()),
}
_CLEARABLE_DEMANDS = {"poder": "poder", "nivel-minimo": "nivel_minimo"}


class OneOf(click.Choice[str]):
    """An enumeration by its values (click's own Choice takes the members' names)."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([member.value for member in kind])
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self.kind(super().convert(value, param, ctx))


_METADATA = (
    click.option("--redirect-uri", "redirect_uris", multiple=True, help="Exact redirect URI; may be repeated."),
    click.option(
        "--post-logout-redirect-uri",
        "post_logout_redirect_uris",
        multiple=True,
        help="Exact URI to return to after logout; may be repeated.",
    ),
    click.option(
        "--auth-method",
        type=OneOf(AuthMethod),
        help="How it authenticates at the token endpoint; default: client_secret_basic.",
    ),
    click.option("--jwks", type=click.File("rb"), help="JSON file with its public keys, for private_key_jwt."),
    click.option(
        "--grant",
        "grant_types",
        type=OneOf(GrantType),
        multiple=True,
        help="May be repeated; default: authorization_code.",
    ),
    click.option(
        "--scope",
        "scopes",
        type=click.Choice(SCOPES),
        multiple=True,
        help="May be repeated; default: openid, profile, inscricao, procuracao.",
    ),
    click.option(
        "--poder",
        help="The power a procuracao must give to be used here, such as dte.consultar; default: any power.",
    ),
    click.option("--nivel-minimo", type=OneOf(Nivel), help="Lowest certificate level it accepts."),
    click.option(
        "--situacao",
        "situacoes",
        type=OneOf(SituacaoCadastral),
        multiple=True,
        help="Accepted; may be repeated.",
    ),
    click.option("--subject-type", type=click.Choice(["pairwise", "public"]), help="How its sub is made."),
    click.option("--sector", help="Sector identifier of pairwise subjects; default: the redirect URI's host."),
    click.option("--resource", help="aud of its access tokens; default: the issuer."),
    click.option("--id-token-alg", type=click.Choice(SIGNING_ALGS)),
    click.option("--access-token-alg", type=click.Choice(SIGNING_ALGS)),
    click.option("--logo-uri", help="Shown at consent."),
    click.option("--policy-uri", help="Its privacy policy, linked at consent."),
    click.option("--tos-uri", help="Its terms of service, linked at consent."),
)


def _metadata(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_METADATA):
        command = option(command)
    return command


@click.group()
def client() -> None:
    """Register relying parties and change them."""


@client.command()
@click.option("--name", required=True, help="What people see at consent.")
@click.option("--id", "client_id", help="client_id; default: a random one.")
@_metadata
@json_option
def create(name: str, client_id: str | None, **options: Any) -> None:
    """Register a client. Its secret, where it has one, is printed once and never again: only its digest is stored."""
    options["auth_method"] = options["auth_method"] or AuthMethod.BASIC
    secret = new_secret() if options["auth_method"] in _SECRET_METHODS else None
    fields = _fields(options, Demanda()) | {"secret_digest": digest(secret) if secret else None}
    registered = Client(client_id or token_hex(12), name, **fields)
    with installation() as (_, store):
        store.registry().add(registered, SystemClock().now(), actor())
    _show(registered, secret)


@client.command("list")
@json_option
def list_() -> None:
    """List all clients."""
    with installation() as (_, store):
        rows = [_document(one) for one in store.registry().list()]
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
@click.option("--clear", type=click.Choice([*_CLEARABLE, *_CLEARABLE_DEMANDS]), multiple=True, help="Unset this.")
@_metadata
@json_option
def update(client_id: str, name: str | None, enabled: bool | None, clear: tuple[str, ...], **options: Any) -> None:
    """Change what the options name; a repeated option replaces the whole list.

    A change of the redirect host must say --sector: every pairwise sub is derived from the sector.
    """
    with installation() as (_, store):
        registry = store.registry()
        before = registry.get(client_id)
        changes = _fields(options, _cleared(before.demanda, clear))
        changes |= dict(_CLEARABLE[name] for name in clear if name in _CLEARABLE)
        changes |= {"name": name} if name is not None else {}
        changes |= {"enabled": enabled} if enabled is not None else {}
        method = changes.get("auth_method", before.auth_method)
        secret = new_secret() if method in _SECRET_METHODS and not before.secret_digest else None
        if secret:
            changes["secret_digest"] = digest(secret)
        elif method not in _SECRET_METHODS:
            changes["secret_digest"] = None
        after = replace(before, **changes)
        _keep_subjects(before, after, options["sector"])
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
        if before.auth_method not in _SECRET_METHODS:
            raise InvalidClient("client_secret", f"{client_id} authenticates by {before.auth_method} and has none")
        secret = new_secret()
        registry.update(replace(before, secret_digest=digest(secret)), SystemClock().now(), actor())
    show({"client_id": client_id, "client_secret": secret})
    note("Keep the secret now: it is not stored and cannot be shown again.")


def _fields(options: dict[str, Any], demanda: Demanda) -> dict[str, Any]:
    """Client's fields from the options that were given."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    wanted = {name: given.pop(name) for name in ("poder", "nivel_minimo", "situacoes") if name in given}
    if "situacoes" in wanted:
        wanted["situacoes"] = frozenset(wanted["situacoes"])
    for name in ("grant_types", "scopes"):
        if name in given:
            given[name] = frozenset(given[name])
    if "jwks" in given:
        given["jwks"] = _jwks(Path(given["jwks"].name), given["jwks"].read())
    return given | {"demanda": replace(demanda, **wanted)}


def _jwks(file: Path, content: bytes) -> dict[str, Any]:
    try:
        jwks = json.loads(content)
    except ValueError as error:
        fail(2, f"{file} is not JSON: {error}", "give a JWK Set, such as the one the client publishes at its jwks_uri")
    return check_public_keys(jwks)


def _cleared(demanda: Demanda, clear: tuple[str, ...]) -> Demanda:
    unset: dict[str, Any] = {_CLEARABLE_DEMANDS[name]: None for name in clear if name in _CLEARABLE_DEMANDS}
    return replace(demanda, **unset)


def _keep_subjects(before: Client, after: Client, sector: str | None) -> None:
    """A changed sector renames every person at the client: never as a side effect of another change."""
    if "public" in (before.subject_type, after.subject_type) or sector is not None:
        return
    old, new = before.sector_identifier, after.sector_identifier
    if old != new:
        raise InvalidClient(
            "sector_identifier",
            f"would change from {old} to {new}, and with it every sub; "
            f"add --sector {old} to keep them, or --sector {new} if that is meant",
        )


def _show(registered: Client, secret: str | None = None) -> None:
    document = _document(registered)
    if secret:
        document = {"client_id": registered.client_id, "client_secret": secret} | document
    show(document)
    if secret:
        note("Keep the secret now: it is not stored and cannot be shown again.")


def _document(registered: Client) -> dict[str, Any]:
    """A registration in the words of OpenID Connect Registration 1.0 §2, and ours; never the secret's digest."""
    one = registered
    return {
        "client_id": one.client_id,
        "client_name": one.name,
        "enabled": one.enabled,
        "redirect_uris": list(one.redirect_uris),
        "post_logout_redirect_uris": list(one.post_logout_redirect_uris),
        "token_endpoint_auth_method": one.auth_method.value,
        "jwks": one.jwks,
        "grant_types": sorted(one.grant_types),
        "scope": [scope for scope in SCOPES if scope in one.scopes],
        "subject_type": one.subject_type,
        "sector_identifier": one.sector_identifier if one.subject_type == "pairwise" else None,
        "id_token_signed_response_alg": one.id_token_alg,
        "access_token_signed_response_alg": one.access_token_alg,
        "resource": one.resource,
        "poder": one.demanda.poder,
        "nivel_minimo": one.demanda.nivel_minimo,
        "situacoes": sorted(one.demanda.situacoes),
        "logo_uri": one.logo_uri,
        "policy_uri": one.policy_uri,
        "tos_uri": one.tos_uri,
    }
