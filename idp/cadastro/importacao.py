"""The import of a whole CSV file: read line by line into a staging area, then merged at once or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from idp.cadastro.registros import COLUMNS, LinhaInvalida, Registro, registro
from idp.errors import IdpError

BATCH = 1000
MOST_PROBLEMS = 1000
"""More bad lines than this are counted, not listed."""

Numbered = tuple[int, Registro]


class ArquivoInvalido(IdpError, ValueError):
    """A file that is not a table of this format at all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not taken. ``line``: its number in the file, the header being 1 (its last, where a quoted field
    runs over several)."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became, or would become, of one table's records. ``kept``: procurações that had ended here while the file
    still has them in force; an import never brings one back. ``removed``: representatives who are so no longer."""

    new: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0
    removed: int = 0


@dataclass(slots=True)
class Result:
    """``applied``: whether the database was changed. ``tables``: by table name."""

    lines: int = 0
    applied: bool = False
    tables: Mapping[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def found(self, problem: Problem) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


class Staging(Protocol):
    """Where records wait. Nothing that others read is changed or locked before ``merge``."""

    def add(self, batch: Sequence[Numbered]) -> None:
        """Take records with their line numbers; a later record of the same key replaces an earlier one."""
        ...

    def drop_unresolved(self) -> Iterator[tuple[int, str]]:
        """Take out records that refer to what neither the cadastro nor the file has: line and reason."""
        ...

    def compare(self) -> Mapping[str, Counts]:
        """What a merge would do now."""
        ...

    def merge(self, summary: Mapping[str, object]) -> Mapping[str, Counts]:
        """Write everything in one transaction, with an audit row that carries ``summary``."""
        ...


def importar(
    text: Iterable[str],
    staging: Staging,
    *,
    on_error: Literal["refuse", "skip"] = "refuse",
    dry_run: bool = False,
    summary: Mapping[str, object],
    timezone: str = "America/Sao_Paulo",
) -> Result:
    """Read ``text`` (the file's lines, without a byte order mark) and merge it. ``summary`` goes into the audit row;
    ``timezone`` (IANA) says when a date without a time begins.

    With ``refuse`` one bad line is enough and nothing is changed; with ``skip`` bad lines are left out. All bad lines
    are found either way. Raises ArquivoInvalido for a wrong header or a file that is not UTF-8 text.
    """
    result = Result()
    batch: list[Numbered] = []
    for number, line in _lines(text):
        result.lines += 1
        try:
            batch.append((number, registro(_columns(line), timezone)))
        except LinhaInvalida as error:
            result.found(Problem(number, str(error)))
        if len(batch) >= BATCH:
            staging.add(batch)
            batch = []
    staging.add(batch)
    for number, reason in staging.drop_unresolved():
        result.found(Problem(number, reason))
    result.problems.sort(key=lambda problem: problem.line)
    if dry_run or (on_error == "refuse" and result.problem_count):
        result.tables = staging.compare()
    else:
        result.tables = staging.merge({**summary, "lines": result.lines, "refused": result.problem_count})
        result.applied = True
    return result


def _lines(text: Iterable[str]) -> Iterator[tuple[int, dict[str | None, str | list[str] | None]]]:
    reader = csv.DictReader(text, strict=True)
    try:
        names = reader.fieldnames or []
        if not names or names[0] != "tipo":
            raise ArquivoInvalido("the first line must name the columns, separated by commas, tipo first")
        if unknown := sorted(set(names) - set(COLUMNS)):
            raise ArquivoInvalido(f"unknown columns: {', '.join(unknown)}")
        if len(set(names)) < len(names):
            raise ArquivoInvalido("a column is named twice")
        for line in reader:
            yield reader.line_num, line
    except UnicodeDecodeError as error:
        raise ArquivoInvalido(f"not UTF-8 text, in or soon after line {reader.reader.line_num + 1}") from error
    except csv.Error as error:
        raise ArquivoInvalido(f"line {reader.reader.line_num}: {error}") from error


def _columns(line: Mapping[str | None, str | list[str] | None]) -> dict[str, str]:
    if None in line:
        raise LinhaInvalida("more fields than columns")
    if None in line.values():
        raise LinhaInvalida("fewer fields than columns")
    return {**dict.fromkeys(COLUMNS, ""), **{str(name): str(value).strip() for name, value in line.items()}}
