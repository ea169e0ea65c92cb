"""Programs that tests need from Debian's packages."""

from __future__ import annotations

import os
import shutil
from glob import glob
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """End the calling test: failed where CI is set, since nothing may be missing there; skipped elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    """Absolute path of ``name`` from Debian's ``package``, also where only root's PATH looks."""
    found = shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")
    if found is None:
        unavailable(f"{name} is not installed: apt install {package}")
    return found


def postgresql(name: str) -> str:
    """Absolute path of a PostgreSQL program; Debian keeps one directory a major version. The newest wins."""
    found = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: float(path.split("/")[4]))
    if not found:
        unavailable(f"PostgreSQL's {name} is not installed: apt install postgresql")
    return found[-1]
