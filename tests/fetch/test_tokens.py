"""Code, vocabulary and page say the same tokens."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from idp.fetch.tokens import FETCH

ROOT = Path(__file__).resolve().parents[2]


def _said() -> set[str]:
    said = set()
    for path in [*(ROOT / "idp" / "fetch").glob("*.py"), *(ROOT / "idp" / "worker").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("NotFetched", "NotAllowed"):
                said |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return said


def test_the_code_says_each_token_and_no_other() -> None:
    assert _said() == set(FETCH)


def test_the_page_documents_each_token_and_no_other() -> None:
    section = (ROOT / "docs" / "operations.md").read_text().split("<!-- FETCH -->")[1].split("<!-- end -->")[0]
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", section, re.MULTILINE)) == FETCH
