"""The options in which ``idp client create`` and ``update`` take a registration."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from idp.cli.output import fail
from idp.domain.certificado import Nivel
from idp.domain.client import SCOPES, AuthMethod, GrantType
from idp.domain.client_metadata import RESPONSE_TYPES, SIGNING_ALGS
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.jwks import check_public_keys
from idp.domain.representation import Demanda

CLEARABLE: dict[str, tuple[str, Any]] = {
    "jwks": ("jwks", None),
    "jwks-uri": ("jwks_uri", None),
    "sector": ("sector", ""),
    "sector-identifier-uri": ("sector_identifier_uri", None),
    "resource": ("resource", None),
    "logo-uri": ("logo_uri", None),
    "policy-uri": ("policy_uri", None),
    "tos-uri": ("tos_uri", None),
    "post-logout-redirect-uri": ("post_logout_redirect_uris", ()),
    "request-uri": ("request_uris", ()),
    "userinfo-alg": ("userinfo_alg", None),
    "initiate-login-uri": ("initiate_login_uri", None),
    "backchannel-logout-uri": ("backchannel_logout_uri", None),
    "frontchannel-logout-uri": ("frontchannel_logout_uri", None),
    "claim": ("claims", None),
    "shown-poder": ("poderes", None),
}
CLEARABLE_DEMANDS = {"poder": "poder", "nivel-minimo": "nivel_minimo"}
_SETS = ("grant_types", "scopes", "response_types", "claims", "poderes")


class OneOf(click.Choice[str]):
    """An enumeration by its values (click's own Choice takes the members' names)."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([member.value for member in kind])
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self.kind(super().convert(value, param, ctx))


_OPTIONS = (
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
    click.option("--jwks-uri", help="Where it publishes its public keys, in the place of --jwks."),
    click.option(
        "--grant",
        "grant_types",
        type=OneOf(GrantType),
        multiple=True,
        help="May be repeated; default: authorization_code.",
    ),
    click.option(
        "--response-type",
        "response_types",
        type=click.Choice(RESPONSE_TYPES),
        multiple=True,
        help="May be repeated; default: code. All others take the grant implicit and are best left off.",
    ),
    click.option(
        "--scope",
        "scopes",
        type=click.Choice(SCOPES),
        multiple=True,
        help="May be repeated; default: openid, profile, inscricao, procuracao.",
    ),
    click.option("--claim", "claims", multiple=True, help="It may receive this claim and no others; may be repeated."),
    click.option(
        "--poder",
        help="The power a procuracao must give to be used here, such as dte.consultar; default: any power.",
    ),
    click.option(
        "--shown-poder", "poderes", multiple=True, help="Of a procuracao, show it this power and no others; repeatable."
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
    click.option("--sector-identifier-uri", help="Its host is the sector, unless --sector names one."),
    click.option("--resource", help="aud of its access tokens; default: the issuer."),
    click.option("--id-token-alg", type=click.Choice(SIGNING_ALGS)),
    click.option("--access-token-alg", type=click.Choice(SIGNING_ALGS)),
    click.option("--userinfo-alg", type=click.Choice(SIGNING_ALGS), help="Signed userinfo; default: plain JSON."),
    click.option("--request-uri", "request_uris", multiple=True, help="Where its request objects are; repeatable."),
    click.option("--initiate-login-uri", help="Where a login may be begun for it (https)."),
    click.option("--backchannel-logout-uri", help="Told of ended sessions, server to server (https)."),
    click.option("--frontchannel-logout-uri", help="Told of ended sessions, in a frame of the browser."),
    click.option("--logo-uri", help="Shown at consent."),
    click.option("--policy-uri", help="Its privacy policy, linked at consent."),
    click.option("--tos-uri", help="Its terms of service, linked at consent."),
)


def metadata_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options above to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def fields_given(options: dict[str, Any], demanda: Demanda) -> dict[str, Any]:
    """Client's fields from the options that were given."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    wanted = {name: given.pop(name) for name in ("poder", "nivel_minimo", "situacoes") if name in given}
    if "situacoes" in wanted:
        wanted["situacoes"] = frozenset(wanted["situacoes"])
    for name in _SETS:
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
