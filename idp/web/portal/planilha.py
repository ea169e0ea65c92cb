"""Files for spreadsheets. What stands in them was typed by strangers, and a spreadsheet obeys what looks like a
formula: such a cell begins with an apostrophe here, which makes it text (OWASP, CSV Injection)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CUT = re.compile(r"([,;])(?= *[=+\-@＝＋－＠])")
"""Where a spreadsheet that separates by another sign than ours would begin a cell with a formula."""


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180 with ``;``, which is what a spreadsheet in Brazil expects; every cell is text."""
    out = StringIO()
    csv.writer(out, delimiter=";").writerows([_text(cell) for cell in row] for row in rows)
    return out.getvalue()


def planilha(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """The rows as a file to keep. ``name``: ASCII."""
    return planilha_texto(name, csv_text(rows))


def planilha_texto(name: str, text: str) -> Response:
    """``text``: made by :func:`csv_text`. The byte order mark makes spreadsheets read UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(f"\ufeff{text}", mimetype="text/csv", headers=headers)


def _text(cell: str) -> str:
    return _CUT.sub(r"\1'", f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell)
