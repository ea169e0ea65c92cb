"""The command as a whole: as a process of its own, its help, its output and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from idp.cli import COMMANDS, main
from idp.cli.output import fail, json_option, plain, show, table
from idp.errors import (
    AlreadySpent,
    ConfigurationError,
    InvalidClient,
    InvalidDocument,
    NotFound,
    StoreUnavailable,
    TrustError,
)
from tests.cli.conftest import Idp

ROOT = Path(__file__).resolve().parents[2]


def run(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("IDP_")}
    return subprocess.run(
        [sys.executable, "-m", "idp", *arguments],
        cwd=directory,
        env={**inherited, "PYTHONPATH": str(ROOT), "IDP_REALM": "sandbox", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_lists_every_noun_and_imports_none_of_them(tmp_path: Path) -> None:
    loaded = "import sys; from idp.cli import main; main(['--help'], standalone_mode=False); "
    heavy = "print([m for m in ('sqlalchemy', 'cryptography', 'flask', 'pydantic') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", loaded + heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name, _, summary in COMMANDS:
        assert f"\n  {name} " in result.stdout
        assert summary.split()[0] in result.stdout
    assert result.stdout.splitlines()[-1] == "[]"
    assert run(tmp_path, "--help").stdout.startswith("Usage: idp ")


def test_every_noun_is_there_and_its_help_too() -> None:
    for name, where, _ in COMMANDS:
        module, _, attribute = where.partition(":")
        assert isinstance(getattr(import_module(f"idp.cli.{module}"), attribute), click.Command), name
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, name
        assert result.stdout.startswith(f"Usage: idp {name} ") or f" {name} " in result.stdout.splitlines()[0]


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += leaves(command, (*path, name)) if isinstance(command, click.Group) else [((*path, name), command)]
    return found


NO_DOCUMENT = {("serve",), ("worker",), ("sandbox", "run"), ("sandbox", "demo")}
"""They serve or report as they go."""


def test_every_command_speaks_json_and_says_what_it_does() -> None:
    for path, command in leaves(main):
        options = {option for parameter in command.params for option in parameter.opts}
        assert path in NO_DOCUMENT or "--json" in options, path
        assert command.help, path


def test_a_word_that_is_no_command_is_unusable_input(tmp_path: Path) -> None:
    result = run(tmp_path, "nonsense")
    assert result.returncode == 2
    assert "No such command" in result.stderr
    assert run(tmp_path, "client").returncode == 2


def test_the_first_steps_of_an_installation(tmp_path: Path) -> None:
    """As an operator types them, each in a process of its own."""
    refused = run(tmp_path, "client", "list")
    assert refused.returncode == 3
    assert "idp db upgrade" in refused.stderr
    assert run(tmp_path, "db", "upgrade").returncode == 0
    assert run(tmp_path, "keys", "create").returncode == 0
    create = ("client", "create", "--name", "Açaí do Rio", "--redirect-uri", "https://p.example/cb", "--json")
    created = run(tmp_path, *create)
    assert created.returncode == 0, created.stderr
    document = json.loads(created.stdout)
    assert document["client_name"] == "Açaí do Rio"
    assert "Açaí do Rio" in run(tmp_path, "client", "list", PYTHONIOENCODING="utf-8").stdout
    check = run(tmp_path, "config", "check")
    assert check.returncode == 3
    assert "Traceback" not in check.stderr + check.stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    pipe = subprocess.run(
        f"{sys.executable} -m idp config show --json | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IDP_REALM": "sandbox"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in pipe.stderr


# --- Errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ConfigurationError("no keys", "idp keys create"), 3, "idp: no keys\n  -> idp keys create"),
        (StoreUnavailable("gone"), 3, "does not answer: gone"),
        (InvalidClient("redirect_uris", "is not a URI"), 2, "idp: redirect_uris: is not a URI"),
        (InvalidDocument("CPF", "check_digits"), 2, "invalid CPF: check_digits"),
        (NotFound("client x"), 1, "there is no such client x"),
        (TrustError("not anchored"), 1, "idp: not anchored"),
        (AlreadySpent("code"), 1, "idp: code"),
        (PermissionError(13, "Permission denied", "keys/x"), 3, "idp: keys/x: Permission denied"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_foreseeable_error_is_a_sentence_and_an_exit_code(
    idp: Idp, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, says: str, as_json: bool
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("idp.cli.config.load", fails)
    result = idp("config show", *(["--json"] if as_json else []), exit_code=code)
    assert result.stdout == ""
    if as_json:
        document = json.loads(result.stderr)
        assert document["error"] in says.splitlines()[0] or says in document["error"]
        assert document.get("remedy") == getattr(error, "remedy", document.get("remedy"))
    else:
        assert says in result.stderr


def test_a_bug_is_not_hidden(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("idp.cli.config.load", fails)
    with pytest.raises(ZeroDivisionError):
        idp("config show")


# --- Output --------------------------------------------------------------------------------------------------------


def shown(action: object, *arguments: str) -> str:
    command = click.command()(json_option(action))  # type: ignore[type-var]
    return CliRunner().invoke(command, list(arguments)).output


def test_columns_stand_under_their_names_whatever_the_letters() -> None:
    rows = [{"a": "São João", "b": 1}, {"a": "漢字", "b": None}, {"a": "e\u0301", "b": ["x", "y"]}]
    lines = shown(lambda: table(rows, ("a", "b"), none="")).splitlines()
    assert lines == ["a         b", "São João  1", "漢字      -", "e\u0301         x, y"]


def test_nothing_is_a_sentence_for_people_and_an_empty_list_for_programs() -> None:
    assert shown(lambda: table([], ("a",), none="There is none.")) == "There is none.\n"
    assert json.loads(shown(lambda: table([], ("a",), none="There is none."), "--json")) == []


def test_one_thing_is_lines_for_people_and_a_document_for_programs() -> None:
    assert shown(lambda: show({"name": "x", "on": True, "off": False, "none": None})) == (
        "name  x\non    yes\noff   no\nnone  -\n"
    )
    assert json.loads(shown(lambda: show({"name": "ç"}, [("other", 1)]), "--json")) == {"name": "ç"}
    assert shown(lambda: show({"name": "ç"}, [("other", 1)])) == "other  1\n"


@pytest.mark.attack("ATK-043")
def test_control_characters_never_reach_the_terminal() -> None:
    for nasty in ("\n", "\r", "\x1b", "\u202e", "\x00", "\u200b", "\u2028", "\x85", "\ud800"):
        assert plain(f"a{nasty}b") == "a\ufffdb"
    assert plain("Açaí do Rio – 漢字") == "Açaí do Rio – 漢字"


def test_a_failure_goes_to_standard_error_only() -> None:
    command = click.command()(json_option(lambda: fail(3, "p", "r", field="f")))
    result = CliRunner().invoke(command, ["--json"])
    assert (result.exit_code, result.stdout) == (3, "")
    assert json.loads(result.stderr) == {"error": "p", "remedy": "r", "field": "f"}
