"""An installation of the real realm with the small world's root in the place of the pinned ones, and a web server."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp.settings import Settings
from idp.storage.sql import SqlStore, open_store, schema
from tests.certificate.conftest import World, pins, world
from tests.fetch.conftest import Web, web

__all__ = ["Web", "World", "web", "world"]


@dataclass(frozen=True)
class Installation:
    directory: Path
    store: SqlStore

    def settings(self, **changes: Any) -> Settings:
        values: dict[str, Any] = {
            "realm": "icp-brasil",
            "database_url": f"sqlite:///{self.directory}/portaria.sqlite",
            "trust_dir": self.directory / "trust",
            "signing_dir": self.directory / "signing",
            "checkpoint_file": self.directory / "checkpoints.jsonl",
        }
        return Settings(**{**values, **changes})

    def audit(self) -> list[tuple[str, dict[str, Any]]]:
        """Kind and payload of every row, read as SQL and not by the code under test."""
        connection = sqlite3.connect(self.directory / "portaria.sqlite")
        found = connection.execute("SELECT kind, payload FROM audit ORDER BY id").fetchall()
        connection.close()
        return [(kind, json.loads(payload)) for kind, payload in found]


@pytest.fixture
def here(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for module in ("idp.cli.trust", "idp.worker.trust", "idp.certificate.trust.issuers"):
        monkeypatch.setattr(f"{module}.PINS", pins(world.root))
    monkeypatch.setattr("idp.certificate.trust.issuers._REALM_PINS", {"icp-brasil": pins(world.root)})
    url = f"sqlite:///{tmp_path}/portaria.sqlite"
    schema.upgrade(url, "icp-brasil")
    store = open_store(url)
    yield Installation(tmp_path, store)
    store.close()
