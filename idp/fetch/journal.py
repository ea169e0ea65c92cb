"""What became of the last attempt at each address: kept beside what was fetched, for the next one and for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from idp.certificate.atomic import write_atomically

FILE = "fetched.json"


@dataclass(frozen=True, slots=True)
class Attempt:
    """``outcome``: "imported", "unchanged", "refused" (by its content) or "failed" (not fetched). ``detail``: a token
    of ``idp.certificate.tokens.CRL`` or ``idp.fetch.tokens``; ``said``: what an HTTP peer or the parser had to add."""

    at: datetime
    outcome: str
    detail: str = ""
    said: str = ""
    issuer_key: str = ""
    again: datetime | None = None
    """When the next attempt is due at the latest."""
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    """Of the body that is in the index; with ``etag`` and ``modified`` it spares fetching or parsing it again."""

    @property
    def good(self) -> bool:
        return self.outcome in ("imported", "unchanged")


class Journal:
    """The attempts by URL, in one file that is replaced whole. A damaged one is as good as none: it holds no facts that
    the next attempt would not find again."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._attempts = _read(self._path)

    def __getitem__(self, url: str) -> Attempt | None:
        return self._attempts.get(url)

    def about(self, issuer_key: str, urls: Iterable[str]) -> dict[str, Attempt]:
        """The attempts at ``urls`` and at whatever else held that CA's list."""
        wanted = set(urls)
        return {u: a for u, a in self._attempts.items() if u in wanted or (issuer_key and a.issuer_key == issuer_key)}

    def record(self, attempts: dict[str, Attempt]) -> None:
        """Add or replace. Reads again first, so that a command and the worker do not undo each other's lines."""
        self._attempts = {**_read(self._path), **attempts}
        document = {url: _as_json(attempt) for url, attempt in sorted(self._attempts.items())}
        write_atomically(self._path, json.dumps(document, indent=1).encode())


def _as_json(attempt: Attempt) -> dict[str, Any]:
    moments = {"at": attempt.at.isoformat(), "again": attempt.again.isoformat() if attempt.again else None}
    return {name: value for name, value in {**asdict(attempt), **moments}.items() if value}


def _read(path: Path) -> dict[str, Attempt]:
    try:
        document = json.loads(path.read_bytes())
        return {url: _attempt(entry) for url, entry in document.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _attempt(entry: dict[str, Any]) -> Attempt:
    again = entry.pop("again", None)
    return Attempt(
        **{**entry, "at": datetime.fromisoformat(entry["at"])}, again=datetime.fromisoformat(again) if again else None
    )
