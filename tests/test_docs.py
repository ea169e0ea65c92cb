"""The documentation is whole: every setting, command and decision is in it, and its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from idp.cli import main
from idp.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    """Every Markdown page of the repository; folders with a leading dot, and node_modules, hold what tools made."""
    found = ROOT.rglob("*.md")
    made = ("node_modules",)
    return sorted(
        page for page in found if not any(p.startswith(".") or p in made for p in page.relative_to(ROOT).parts)
    )


def prose(page: Path) -> str:
    """The page without its code: brackets mean other things there."""
    text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "``", text)


def anchors(page: Path) -> set[str]:
    """The fragment of each heading, as code hosts derive it: lower case, spaces to hyphens, punctuation dropped."""
    text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """What is wrong with the page's links to other files of the repository."""
    for match in LINK.finditer(prose(page)):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{page}: {target} is not there"
        elif fragment and file.suffix == ".md" and fragment not in anchors(file):
            yield f"{page}: no heading #{fragment} in {file.name}"


def test_links_inside_the_repository_resolve() -> None:
    assert len(pages()) > 10
    broken = [problem for page in pages() for problem in broken_links(page)]
    assert not broken, "\n".join(broken)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# Coisas à parte, e mais\n")
    page = tmp_path / "a.md"
    page.write_text(
        "[1](b.md#coisas-à-parte-e-mais) [2](b.md#outras) ![3](none.png) [4](https://example.org/x) `[5](no)`\n"
        "```\n[6](no.md)\n```\n"
    )
    assert list(broken_links(page)) == [f"{page}: no heading #outras in b.md", f"{page}: none.png is not there"]


# --- Settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    assert len(Settings.model_fields[name].description or "") > 10
    assert f"| `{name}`" in (DOCS / "settings.md").read_text()


def test_the_settings_page_is_what_make_docs_writes() -> None:
    spec = importlib.util.spec_from_file_location("settings_page", DOCS / "settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "settings.md").read_text() == module.page(), "run: make docs"


# --- Commands ------------------------------------------------------------------------------------------------------


def commands(group: click.Group, path: str = "idp") -> Iterator[str]:
    """Every command in full: ``idp client create``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command and not command.hidden:
            yield f"{path} {name}"


def test_every_command_is_explained_to_operators() -> None:
    text = (ROOT / "README.md").read_text() + (DOCS / "operations.md").read_text()
    assert len(list(commands(main))) > 10
    missing = [command for command in commands(main) if command not in text]
    assert not missing, f"neither README.md nor docs/operations.md mentions {missing}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text()
    missing = [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name}" not in index]
    assert not missing, f"docs/README.md leads to none of {missing}"


def test_every_job_of_the_worker_is_explained_to_operators() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "idp" / "worker").glob("*.py"))
    jobs = re.findall(r'Job\(\s*"([a-z.]+)"', sources)
    assert len(jobs) > 5
    text = (DOCS / "operations.md").read_text()
    missing = [job for job in jobs if f"| `{job}` |" not in text]
    assert not missing, f"docs/operations.md has no row for {missing}"


# --- Decisions -----------------------------------------------------------------------------------------------------

DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (DOCS / "decisions" / "README.md").read_text()
    assert [page.name for page in DECISIONS if f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert re.match(rf"# {int(page.name[:4])}\. \S", text), "the title is '# N. What was decided'"
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


# --- Packages ------------------------------------------------------------------------------------------------------


def test_every_package_begins_by_saying_what_it_is() -> None:
    folders = {path.parent for path in (ROOT / "idp").rglob("*.py") if path.parent.name != "versions"}
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in sorted(folders)
        if not (folder / "__init__.py").is_file() or not (folder / "__init__.py").read_text().startswith('"""')
    ]
    assert not silent, f"no docstring in the __init__ of {silent}"
