"""``idp audit``: seal the audit chain, verify it or one case, search it, export it, erase what is due."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from idp.audit import LATE, seal, subjects, verify
from idp.audit.bundle import NotABundle, Verdict, check_bundle
from idp.cli.audit_read import documento, export, reading, search
from idp.cli.installation import actor, installation
from idp.cli.output import as_json, fail, json_option, note, show
from idp.clock import SystemClock
from idp.domain.documents import Documento
from idp.keyring import KeyRing
from idp.ports import AuditEvent
from idp.storage.sql.retention import Terms, due_for_erasure

_UNVOUCHED = 4
"""Exit code of a case that agrees with itself, and whose key nobody vouches for."""


@click.group()
def audit() -> None:
    """Seal the audit chain, verify it or one case, search it, export it."""


audit.add_command(search)
audit.add_command(export)


@audit.command()
@click.option("--person", required=True, callback=documento, help="CPF or CNPJ.")
@json_option
def erase(person: Documento) -> None:
    """Erase what the audit says of a person who asks for it (LGPD art. 18 VI). Refused, with exit code 1 and the day
    from which it may be asked again, while the legal term of any of it runs (docs/retention.md)."""
    at = SystemClock().now()
    with reading("erase", {"pessoa": str(person)}) as (settings, store, _):
        due, until = due_for_erasure(store, subjects.person(person), Terms.of(settings), at)
        if until is not None:
            fail(1, f"the legal term runs until {until:%Y-%m-%d}: nothing was erased", until=until.isoformat())
        event = AuditEvent("audit.erased", at, {"why": "request", "actor": actor()})
        erased = store.audit_log().erase(due, event)
    show({"erased": erased})


@audit.command("seal")
@json_option
def seal_() -> None:
    """Chain what is not chained yet and sign a checkpoint. The server does this by itself every second."""
    with installation() as (settings, store):
        ring = KeyRing.open(settings.signing_dir, settings.realm)
        log = store.audit_log()
        checkpoint = seal(log, ring.sign_checkpoint, SystemClock().now(), settings.checkpoint_file)
        log.index()
    show({"sequence": checkpoint.sequence, "head": checkpoint.head} if checkpoint else {"sequence": None, "head": None})


@audit.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--jwks", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The authority's key set.")
@json_option
def verify_(file: Path | None, jwks: Path | None) -> None:
    """Recompute the whole chain and compare it with every checkpoint. Exits with 1 if anything does not agree, or if
    rows have waited for the sealer for more than a minute: no worker runs.

    With FILE, check one exported case by itself, without database or network, against the authority's key set, kept
    from its jwks_uri and given by --jwks. Exits with 0 if it holds and one of those keys signed it, with 1 if anything
    does not hold, with 4 if --jwks is missing: the file agrees with itself, and anybody could have made it.
    """
    if file is not None:
        _verify_case(file, jwks)
        return
    if jwks is not None:
        raise click.UsageError("--jwks needs a FILE")
    with installation() as (settings, store):
        ring = KeyRing.open(settings.signing_dir, settings.realm)
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


def _verify_case(file: Path, jwks: Path | None) -> None:
    keys: Collection[Mapping[str, Any]] | None = None
    try:
        if jwks is not None:
            keys = orjson.loads(jwks.read_bytes())["keys"]
    except (ValueError, KeyError, TypeError):
        fail(2, f"{jwks} is not a JWK Set")
    try:
        verdict = check_bundle(file.read_bytes(), keys)
    except NotABundle as error:
        fail(2, f"{file}: {error}")
    if as_json():
        show(
            {
                "outcome": "refuted" if not verdict.holds else "proved" if verdict.vouched else "unvouched",
                "holds": verdict.holds,
                "kid": verdict.kid,
                "key_given": verdict.vouched,
                "findings": [{"holds": finding.holds, "what": finding.what} for finding in verdict.findings],
            }
        )
    else:
        _say(verdict)
    if not verdict.holds:
        raise SystemExit(1)
    if not verdict.vouched:
        note("nobody vouches for the key of this file: it proves nothing until --jwks gives the authority's")
        raise SystemExit(_UNVOUCHED)


def _line(text: str) -> str:
    """A stranger's file says nothing to the terminal: no escape of it hides the line that warns."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _say(verdict: Verdict) -> None:
    for finding in verdict.findings:
        click.echo(_line(f"{'holds' if finding.holds else 'DOES NOT HOLD'}: {finding.what}"))
    if not verdict.holds:
        click.echo("Do not rely on this file.")
        return
    case = verdict.case
    click.echo(_line(f"Procuracao {case['procuracao']['id']}, exported by {case['issuer']} at {case['made_at']}."))
    if not verdict.vouched:
        click.echo(
            _line(
                f"NOT PROVED: that the key {verdict.kid} is the authority's. The file brought its own copy, as one "
                f"that somebody made up would; compare the name with the keys that {case['issuer']} publishes, or give "
                "them by --jwks."
            )
        )
    click.echo("Not shown by any single case: that no row was left out. The whole chain shows that: idp audit verify.")
