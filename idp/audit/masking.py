"""CPF and CNPJ masked in text."""

from __future__ import annotations

import re

from idp.domain.documents import parse_documento
from idp.errors import InvalidDocument

_DOCUMENT = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}"
    r"|[0-9A-Za-z]{2}\.?[0-9A-Za-z]{3}\.?[0-9A-Za-z]{3}/?[0-9A-Za-z]{4}-?[0-9]{2})(?![0-9A-Za-z])"
)


def mascarar(text: str) -> str:
    """``text`` with every CPF and CNPJ in it masked, formatted or not: for log lines."""
    return _DOCUMENT.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    try:
        return parse_documento(match[0]).mascarado
    except InvalidDocument:
        return match[0]
