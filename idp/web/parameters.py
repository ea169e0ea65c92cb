"""Reading query and form: every parameter once, short, and of the shape it must have, or not at all."""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict

ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
"""What idp.flow.secret.new_id makes."""
SECRET = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""What idp.flow.secret.new_secret makes."""
CHOICE = re.compile(r"[!-~]{1,200}\Z")
"""A RepresentationRef as posted: printable ASCII, so that nothing odd reaches a database."""


def once(values: MultiDict[str, str], name: str, shape: re.Pattern[str]) -> str | None:
    """The one value of ``name`` when it has ``shape``; None when absent, doubled or of another shape."""
    given = values.getlist(name)
    return given[0] if len(given) == 1 and shape.match(given[0]) else None
