"""How an import is told while it runs and afterwards: its progress, and the differences it makes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from idp.cadastro.importacao import Difference
from idp.cli.output import as_json, plain


@contextmanager
def progressing(file: Path, text: TextIO) -> Iterator[Callable[[], object]]:
    """What to call while ``text``, of ``file``, is read: a bar where a person looks on, and nothing anywhere else."""
    if as_json() or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=file.stat().st_size, label=f"reading {file.name}", file=sys.stderr) as bar:
        yield lambda: bar.update(text.buffer.tell() - bar.pos)


@contextmanager
def reported(path: Path) -> Iterator[Callable[[Difference], object]]:
    """Write differences to ``path``, one JSON document a line, whole or not at all; for its owner only, as it names
    people."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as to:
            yield lambda one: to.write(json.dumps(told(one), ensure_ascii=False, default=str) + "\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def told(one: Difference) -> dict[str, Any]:
    """As JSON: ``fields`` maps a column to what is here and what the file says."""
    return {
        "table": one.table,
        "change": one.kind,
        "key": dict(one.key),
        "fields": {
            name: {"here": plain_json(here), "file": plain_json(new)} for name, (here, new) in one.fields.items()
        },
    }


def sentence(one: Difference) -> str:
    """For people: ``inscricoes AM:049000012 changed: situacao ATIVA -> BAIXADA``."""
    which = ":".join(str(value) for value in one.key.values())
    if one.kind in ("added", "removed"):
        return f"{one.table} {which} {one.kind}"
    changes = ", ".join(f"{name} {plain(here)} -> {plain(new)}" for name, (here, new) in one.fields.items())
    return f"{one.table} {which} {one.kind}: {changes}"


def plain_json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
