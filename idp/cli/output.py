"""How results and errors look: a table or lines for people, one JSON document for programs. Every command prints here.

JSON goes to standard output and is never anything but one document; what is said about errors goes to standard error.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_JSON = "idp.cli.json"
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def json_option(command: Decorated) -> Decorated:
    """Adds ``--json`` to a command. The command takes no parameter for it: the functions below know."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_remember, is_eager=True, help="One JSON document."
    )(command)


def as_json() -> bool:
    """Whether the command now running was asked for JSON."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_JSON))


def show(document: Mapping[str, Any], lines: Iterable[tuple[str, Any]] | None = None) -> None:
    """One thing. People see ``lines`` (label, value), or the document's own members where none are given."""
    if as_json():
        _dump(document)
        return
    shown = [(label, plain(value)) for label, value in (document.items() if lines is None else lines)]
    width = max((_width(label) for label, _ in shown), default=0)
    for label, value in shown:
        click.echo(f"{_pad(label, width)}  {value}".rstrip())


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, none: str) -> None:
    """Several things. People see ``columns`` of each row, or the sentence ``none``; JSON holds whole rows in a list."""
    if as_json():
        _dump(list(rows))
        return
    if not rows:
        click.echo(none)
        return
    cells = [list(columns), *([plain(row[name]) for name in columns] for row in rows)]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        click.echo("  ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """A remark for people, on standard error: it never disturbs a JSON document."""
    click.echo(text, err=True)


def fail(code: int, problem: str, remedy: str = "", **data: Any) -> NoReturn:
    """Say what is wrong and what to do on standard error, and end with ``code`` (see ``idp.cli``)."""
    if as_json():
        document = {"error": problem} | ({"remedy": remedy} if remedy else {}) | data
        click.echo(json.dumps(document, ensure_ascii=False), err=True)
    else:
        click.echo(f"idp: {problem}", err=True)
        if remedy:
            click.echo(f"  -> {remedy}", err=True)
    raise SystemExit(code)


def plain(value: Any) -> str:
    """A value as people read it: lists with commas, absence as "-", yes and no, and no control characters."""
    if value is None or value in ("", [], ()):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(plain(item) for item in value)
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSHOWN else c for c in str(value))


def _remember(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[_JSON] = value


def _dump(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
