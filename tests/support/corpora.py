"""Test data that is not in the repository: real certificates and public test vectors, where a checkout has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = (ROOT / os.environ.get("IDP_TEST_DATA", "../shared")).resolve()
"""Where the corpora are: IDP_TEST_DATA, relative to the repository's root; by default the folder beside it."""

CORPORA = {
    "icp-brasil": "icp-brasil/ACcompactado.zip",
    "icp-brasil-samples": "icp-brasil/samples",
    "pkits": "corpora/pkits",
    "wycheproof": "corpora/wycheproof",
    "ie-examples": "ie-examples.csv",
}
"""Name → path under DATA."""


def missing() -> list[str]:
    """Names of the corpora that this checkout lacks."""
    return [name for name, path in CORPORA.items() if not (DATA / path).exists()]


def corpus(name: str) -> Path:
    """Where the corpus is. Skips the calling test if this checkout lacks it."""
    path = DATA / CORPORA[name]
    if not path.exists():
        pytest.skip(f"corpus {name} is not at {path} (IDP_TEST_DATA)")
    return path
