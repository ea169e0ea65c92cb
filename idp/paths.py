"""Where the package's own data lies: in a checkout beside ``idp/``, in a wheel under ``idp/_data``."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
TEMPLATES = next(p for p in (PACKAGE / "_data" / "templates", PACKAGE.parent / "templates") if p.is_dir())
ASSETS = TEMPLATES / "assets"
MIGRATIONS = PACKAGE / "migrations"
