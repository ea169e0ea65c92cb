"""CPF and CNPJ hidden in any text: log lines, metrics, strangers' text on a page. The one place that knows how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from idp.domain.documents import parse_documento
from idp.errors import InvalidDocument

_DOT, _SLASH, _DASH = r"(?:\.|%2[Ee])?", r"(?:/|%2[Ff])?", r"(?:-|%2[Dd])?"
_CPF = rf"[0-9]{{3}}{_DOT}[0-9]{{3}}{_DOT}[0-9]{{3}}{_DASH}[0-9]{{2}}"
_CNPJ = rf"[0-9A-Za-z]{{2}}{_DOT}[0-9A-Za-z]{{3}}{_DOT}[0-9A-Za-z]{{3}}{_SLASH}[0-9A-Za-z]{{4}}{_DASH}[0-9]{{2}}"
# On its own, or after an escape as URLs have it ("%2F", whose F is no letter of the document).
_ALONE = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2}))"
_RUN = r"(?<![0-9])(?:[0-9]{14}|[0-9]{11})(?![0-9])"
_LIKELY = re.compile(rf"{_ALONE}(?:{_CPF}|{_CNPJ})(?![0-9A-Za-z])|{_RUN}")
_DIGITS = re.compile(_RUN)
_SEPARATORS = re.compile(r"[./-]|%2[EeFfDd]")


def sem_documentos(text: str) -> str:
    """``text`` with every CPF and CNPJ hidden but for a few characters in its middle, written with or without its
    mask, also as URLs escape it. What only looks like one is hidden too, for a mistyped CPF is somebody's; where a
    letter touches it, or its letters are small, only one whose check digits are right."""
    return _LIKELY.sub(_mask, text)


def masked(value: Any) -> Any:
    """The same for everything written in a structure of mappings, lists and text; bytes become text."""
    if isinstance(value, str):
        return sem_documentos(value)
    if isinstance(value, bytes):
        return sem_documentos(value.decode(errors="replace"))
    if isinstance(value, Mapping):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return sem_documentos(str(value))


def _mask(match: re.Match[str]) -> str:
    bare = _SEPARATORS.sub("", match[0])
    if not _plain(match, bare) and not _valid(bare):
        # Letters and a CPF may be as long together as a CNPJ.
        return match[0] if match.re is _DIGITS else _DIGITS.sub(_mask, match[0])
    if len(bare) == 11:
        return f"***.{bare[3:6]}.{bare[6:9]}-**"
    bare = bare.upper()
    return f"**.***.{bare[5:8]}/{bare[8:12]}-**"


def _plain(match: re.Match[str], bare: str) -> bool:
    """Standing alone and without small letters."""
    if match.re is _DIGITS:
        return False
    text, start, end = match.string, match.start(), match.end()
    before = text[start - 1 : start]
    escaped = re.match(r"%[0-9A-Fa-f]{2}\Z", text[max(0, start - 3) : start]) is not None
    touched = (before.isascii() and before.isalnum() and not escaped) or text[end : end + 1].isalnum()
    return not touched and bare == bare.upper()


def _valid(bare: str) -> bool:
    try:
        parse_documento(bare)
    except InvalidDocument:
        return False
    return True
