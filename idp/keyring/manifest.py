"""The directory on disk: private files written whole or not at all, and the manifest that lists them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from idp.errors import ConfigurationError

MANIFEST = "manifest.json"
RESTORE = "restore it from the backup; it must not be made anew"


class State(StrEnum):
    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One signing key as the manifest has it."""

    kid: str
    alg: str
    state: State
    created_at: datetime
    activated_at: datetime | None = None
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """``secrets``: SHA-256 hex of each secret file by name, so that a lost or exchanged one is noticed."""

    keys: tuple[KeyInfo, ...]
    secrets: Mapping[str, str]


def read_manifest(directory: Path) -> Manifest:
    """Raises ConfigurationError where there is none or it is damaged."""
    try:
        content = json.loads((directory / MANIFEST).read_bytes())
        return Manifest(tuple(_key(key) for key in content["keys"]), dict(content["secrets"]))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{directory} holds no keys",
            "restore it from the backup; only for an installation that never issued a token: idp keys create",
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{directory / MANIFEST} is damaged", "restore it from the backup") from error


def write_manifest(directory: Path, keys: Sequence[KeyInfo], fingerprints: Mapping[str, str]) -> None:
    content = {"keys": [asdict(key) for key in keys], "secrets": dict(fingerprints)}
    write_private(directory / MANIFEST, json.dumps(content, indent=1, default=datetime.isoformat).encode())


def stamp(directory: Path) -> tuple[int, int]:
    """What changes whenever the manifest does. Raises OSError."""
    status = (directory / MANIFEST).stat()
    return status.st_mtime_ns, status.st_ino


def read_private(path: Path) -> bytes:
    """Raises ConfigurationError where the file is missing or open to everybody."""
    try:
        if path.stat().st_mode & 0o007:
            raise ConfigurationError(f"{path} is open to every user of this machine", f"chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror})", RESTORE) from error


def write_private(path: Path, content: bytes) -> None:
    """Mode 0600, whole or not at all: a reader in another process sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _key(entry: Mapping[str, Any]) -> KeyInfo:
    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(entry[name]) if entry[name] else None

    created = datetime.fromisoformat(entry["created_at"])
    return KeyInfo(
        entry["kid"], entry["alg"], State(entry["state"]), created, moment("activated_at"), moment("retired_at")
    )
