"""The import of a whole file: read line by line into a staging area, then merged at once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TextIO, cast

from idp.cadastro.formatos import ArquivoInvalido, ler_csv, ler_json
from idp.cadastro.registros import LinhaInvalida, Registro, registro

__all__ = ["ArquivoInvalido", "Counts", "Difference", "Problem", "Result", "Staging", "importar"]

BATCH = 5000
EXAMPLES = 5
"""Differences of each kind that a dry run's result shows of each table."""
MOST_PROBLEMS = 1000
"""More bad lines than this are counted, not listed."""

Numbered = tuple[int, Registro]


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


@dataclass(frozen=True, slots=True)
class Difference:
    """What one record is, or would be, to the database: ``kind`` is added, changed, removed or kept. ``fields``: what
    stands here and in the file, where the two differ."""

    table: str
    kind: str
    key: Mapping[str, Any]
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class Result:
    """``applied``: whether the database was changed. ``tables``: by table name. ``examples``: a few differences, where
    the database was not changed."""

    lines: int = 0
    applied: bool = False
    tables: Mapping[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    examples: list[Difference] = field(default_factory=list)

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

    def differences(self, most: int | None = None) -> Iterator[Difference]:
        """Every record that a merge would do something to, or keep; ``most`` of each kind and table."""
        ...

    def merge(self, summary: Mapping[str, object]) -> Mapping[str, Counts]:
        """Write everything in one transaction, with an audit row that carries ``summary``."""
        ...


def importar(
    text: Iterable[str],
    staging: Staging,
    *,
    format: Literal["csv", "json"] = "csv",
    on_error: Literal["refuse", "skip"] = "refuse",
    dry_run: bool = False,
    summary: Mapping[str, object],
    timezone: str = "America/Sao_Paulo",
    report: Callable[[Difference], object] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Result:
    """Read ``text`` (a file without a byte order mark; of CSV its lines will do) and merge it. ``summary`` goes into
    the audit row; ``timezone`` (IANA) says when a date without a time begins. ``report`` is given every difference
    before anything is merged; ``progress`` is called now and then while the file is read.

    With ``refuse`` one bad line is enough and nothing is changed; with ``skip`` bad lines are left out. All bad lines
    are found either way. Raises ArquivoInvalido for a file that is not of its form, or not UTF-8 text.
    """
    result = Result()
    batch: list[Numbered] = []
    for number, line in ler_csv(text) if format == "csv" else ler_json(cast("TextIO", text)):
        result.lines += 1
        try:
            if isinstance(line, LinhaInvalida):
                raise line
            batch.append((number, registro(line, timezone)))
        except LinhaInvalida as error:
            result.found(Problem(number, str(error)))
        if len(batch) >= BATCH:
            staging.add(batch)
            batch = []
            progress()
    staging.add(batch)
    for number, reason in staging.drop_unresolved():
        result.found(Problem(number, reason))
    result.problems.sort(key=lambda problem: problem.line)
    if report is not None:
        for difference in staging.differences():
            report(difference)
    if dry_run or (on_error == "refuse" and result.problem_count):
        result.tables = staging.compare()
        result.examples = list(staging.differences(EXAMPLES))
    else:
        result.tables = staging.merge({**summary, "lines": result.lines, "refused": result.problem_count})
        result.applied = True
    return result
