"""``idp crl``: the index of revoked certificates."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from idp.certificate import tokens
from idp.certificate.crl_import import CrlOutcome
from idp.certificate.revocation import CaCrl
from idp.cli.moments import AT
from idp.cli.output import as_json, fail, json_option
from idp.cli.trust import opened


@click.group()
def group() -> None:
    """The index of revoked certificates."""


@group.command()
@click.option(
    "--from", "source", required=True, type=click.Path(path_type=Path), help="A directory of CRLs, or one CRL file."
)
@json_option
@AT
def sync(source: Path, at: datetime) -> None:
    """Take in CRLs from a directory, without any network. CRLs of CAs outside the list are passed over.

    Exit code: 0 all taken in or known already, 1 some refused, 2 nothing to take in.
    """
    _, index = opened()
    try:
        outcomes = index.import_crls(source, at).outcomes
    except OSError as error:
        fail(2, f"{source}: {error.strerror or error}")
    if not outcomes:
        fail(2, f"{source}: holds no .crl, .pem or .der file")
    if as_json():
        click.echo(json.dumps([_outcome(o) for o in outcomes], ensure_ascii=False, indent=2))
    else:
        for outcome in outcomes:
            click.echo(_line(outcome))
    if any(o.outcome == "refused" and o.detail != "unknown-issuer" for o in outcomes):
        raise SystemExit(1)


@group.command()
@json_option
@AT
def status(at: datetime) -> None:
    """The CRL of every CA that logins depend on. Exit code 0 if all are fresh, else 1."""
    _, index = opened()
    states = list(index.states(at))
    if as_json():
        click.echo(json.dumps([_state(s) for s in states], ensure_ascii=False, indent=2))
    else:
        for state in states:
            until = f"until {state.next_update:%Y-%m-%d %H:%M} UTC" if state.next_update else ""
            click.echo(f"{state.state:7} {state.authority.name}  {until}".rstrip())
    if any(state.state != "fresh" for state in states):
        raise SystemExit(1)


def _line(outcome: CrlOutcome) -> str:
    if outcome.outcome == "refused":
        return f"refused   {outcome.source}: {outcome.detail} ({tokens.CRL[outcome.detail]})"
    return f"{outcome.outcome:9} {outcome.source}: {outcome.issuer}, number {outcome.number}, {outcome.entries} entries"


def _outcome(outcome: CrlOutcome) -> dict[str, object]:
    return {
        "source": outcome.source,
        "outcome": outcome.outcome,
        "detail": outcome.detail or None,
        "issuer": outcome.issuer or None,
        "issuer_key": outcome.issuer_key or None,
        "number": outcome.number,
        "entries": outcome.entries,
        "next_update": outcome.next_update.isoformat() if outcome.next_update else None,
    }


def _state(state: CaCrl) -> dict[str, object]:
    return {
        "issuer": state.authority.name,
        "issuer_key": state.authority.key,
        "state": state.state,
        "number": state.number,
        "entries": state.entries,
        "this_update": state.this_update.isoformat() if state.this_update else None,
        "next_update": state.next_update.isoformat() if state.next_update else None,
    }
