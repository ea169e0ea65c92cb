"""Code, vocabulary and page say the same tokens."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from idp.certificate import policies, tokens

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "idp" / "certificate"
VOCABULARIES = {"VERDICT": tokens.VERDICT, "ISSUER": tokens.ISSUER, "CRL": tokens.CRL}
SAYS = {"Reason", "IdentityError", "Unreadable", "CrlRefused"}


def _constants(*names: str) -> set[str]:
    """Every string constant of the named modules but docstrings."""
    found = set()
    for name in names:
        tree = ast.parse((PACKAGE / name).read_text())
        found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def _said() -> set[str]:
    """The literal tokens given to the constructors that carry one, in the whole package."""
    said = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS:
                arguments = [a for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                said |= {a.value for a in arguments if a.value}
    return said


def test_what_the_code_says_is_in_the_vocabulary() -> None:
    known = set().union(*VOCABULARIES.values()) | {"unsupported-key"}
    assert _said() - known == set()
    assert set(policies.REFUSED.values()) <= tokens.VERDICT.keys()


@pytest.mark.parametrize(
    ("vocabulary", "modules"),
    [
        ("VERDICT", ("leaf.py", "facts.py", "san.py", "policies.py", *(f"profiles/{n}.py" for n in (
            "common", "e_cpf", "e_cnpj", "selo_eletronico", "refused", "__init__")))),
        ("ISSUER", ("trust/compiler.py",)),
        ("CRL", ("crl.py", "crl_entries.py", "crl_import.py")),
    ],
)  # fmt: skip
def test_what_the_vocabulary_has_is_said_by_the_code(vocabulary: str, modules: tuple[str, ...]) -> None:
    assert VOCABULARIES[vocabulary].keys() - _constants(*modules) == set()


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_page_documents_each_token_and_no_other(vocabulary: str) -> None:
    page = (ROOT / "docs" / "certificate-verdict.md").read_text()
    section = page.split(f"<!-- {vocabulary} -->")[1].split("<!-- end -->")[0]
    documented = re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE)
    assert sorted(documented) == sorted(VOCABULARIES[vocabulary])
