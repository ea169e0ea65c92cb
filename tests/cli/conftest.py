from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from idp.cli import main


@dataclass(frozen=True)
class Idp:
    """The command, run in this process in a directory of its own."""

    directory: Path

    def __call__(self, line: str, *more: str, exit_code: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(main, [*line.split(), *more], input=input, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        assert "Traceback" not in result.output
        return result

    def json(self, line: str, *more: str, **options: Any) -> Any:
        return json.loads(self(line, *more, "--json", **options).stdout)


@pytest.fixture
def idp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Idp:
    """An empty installation of the sandbox realm."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDP_REALM", "sandbox")
    monkeypatch.delenv("IDP_CONFIG", raising=False)
    return Idp(tmp_path)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database as ``idp db upgrade`` makes it, once for all tests."""
    file = tmp_path_factory.mktemp("database") / "portaria.sqlite"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("IDP_REALM", "sandbox")
        environment.setenv("IDP_DATABASE_URL", f"sqlite:///{file}")
        Idp(file.parent)("db upgrade")
    return file


@pytest.fixture
def installed(idp: Idp, empty_database: Path) -> Idp:
    """One with its database."""
    (idp.directory / "keys").mkdir()
    shutil.copyfile(empty_database, idp.directory / "keys" / "portaria.sqlite")
    return idp


@pytest.fixture
def audited(installed: Idp) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """Kind and payload of the audit rows so far, read as SQL and not by the code under test."""

    def rows() -> list[tuple[str, dict[str, Any]]]:
        with sqlite3.connect(installed.directory / "keys" / "portaria.sqlite") as connection:
            found = connection.execute("SELECT kind, payload FROM audit ORDER BY id").fetchall()
        connection.close()
        return [(kind, json.loads(payload)) for kind, payload in found]

    return rows
