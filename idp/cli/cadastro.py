"""``idp cadastro``: bring contribuintes, inscrições, representatives and procurações in; check an IE's digits."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click

from idp.cadastro.importacao import MOST_PROBLEMS, ArquivoInvalido, Result, importar
from idp.cli.cadastro_report import progressing, reported, sentence, told
from idp.cli.cadastro_source import fetch, status
from idp.cli.installation import actor
from idp.cli.output import as_json, fail, json_option, note, show
from idp.clock import SystemClock
from idp.domain.inscricao_estadual import FORMS, validar
from idp.errors import InvalidDocument
from idp.settings import load
from idp.storage.sql import open_store, schema


@click.group()
def cadastro() -> None:
    """Import contribuintes, inscricoes, representatives and procuracoes."""


cadastro.add_command(status)
cadastro.add_command(fetch)


@cadastro.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read everything and say what would change; change nothing.")
@click.option(
    "--on-error",
    type=click.Choice(["refuse", "skip"]),
    default="refuse",
    show_default=True,
    help="What a bad line does: refuse the whole file, or be left out.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every difference to this file, as JSON Lines: what is added, changed from what to what, removed, kept.",
)
@json_option
def import_(file: Path, dry_run: bool, on_error: Literal["refuse", "skip"], report: Path | None) -> None:
    """Merge a CSV or JSON FILE into the cadastro, in one transaction.

    Records are added or changed, never deleted, but for representatives whose estado is EXTINTA. A procuracao that
    has ended here is not brought back. docs/cadastro.md describes the columns. Exits with 2 if a line was bad.
    """
    settings = load()
    store = open_store(settings.database_url)
    try:
        schema.check(store.engine, settings.realm)
        with file.open("rb") as raw:
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
        summary = {"file": file.name, "sha256": digest, "actor": actor()}
        with ExitStack() as stack:
            text = stack.enter_context(file.open(encoding="utf-8-sig", newline=""))
            staging = stack.enter_context(store.staging(SystemClock().now()))
            result = importar(
                text,
                staging,
                format=_format(file),
                on_error=on_error,
                dry_run=dry_run,
                summary=summary,
                timezone=settings.timezone,
                report=stack.enter_context(reported(report)) if report else None,
                progress=stack.enter_context(progressing(file, text)),
            )
    except ArquivoInvalido as error:
        fail(2, f"{file}: {error}", "see docs/cadastro.md")
    finally:
        store.close()
    _show(file, result, dry_run)
    if result.problem_count:
        raise SystemExit(2)


def _format(file: Path) -> Literal["csv", "json"]:
    """By what the file begins with: a CSV's first column is tipo."""
    with file.open("rb") as raw:
        return "json" if raw.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{") else "csv"


@cadastro.command("check-ie")
@click.argument("uf", type=click.Choice(sorted(FORMS), case_sensitive=False))
@click.argument("numero")
@json_option
def check_ie(uf: str, numero: str) -> None:
    """Say whether NUMERO can be an inscricao estadual of UF: its form and check digits, by that state's own rule.

    Reads no cadastro: whether such an inscricao exists is not asked. Shows the number as the state writes it today.
    Exits with 1 if it cannot be one.
    """
    document: dict[str, Any] = {"uf": uf, "numero": None, "valid": True, "reason": None}
    try:
        document["numero"] = validar(uf, numero)
    except InvalidDocument as error:
        document.update(valid=False, reason=error.reason)
    show(document)
    if not document["valid"]:
        raise SystemExit(1)


def _show(file: Path, result: Result, dry_run: bool) -> None:
    tables: dict[str, dict[str, int]] = {name: asdict(counts) for name, counts in result.tables.items()}
    document: dict[str, Any] = {
        "file": str(file),
        "dry_run": dry_run,
        "applied": result.applied,
        "lines": result.lines,
        "tables": tables,
        "examples": [told(one) for one in result.examples],
        "problem_count": result.problem_count,
        "problems": [asdict(problem) for problem in result.problems],
    }
    lines: list[tuple[str, Any]] = [("lines", result.lines)]
    for name, counts in tables.items():
        lines.append((name, ", ".join(f"{number} {what}" for what, number in counts.items() if number) or "none"))
    show(document, lines)
    if as_json():
        return
    for one in result.examples:
        note(sentence(one))
    for problem in result.problems:
        note(f"line {problem.line}: {problem.reason}")
    if result.problem_count > MOST_PROBLEMS:
        note(f"and {result.problem_count - MOST_PROBLEMS} more bad lines")
    if dry_run:
        note("dry run: nothing was changed")
    elif not result.applied:
        note("nothing was changed; correct the lines above, or leave them out with --on-error skip")
