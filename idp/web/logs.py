"""The pages' log lines, and the id by which a page and its line find each other."""

from __future__ import annotations

import secrets

import structlog
from flask import g

_ALPHABET = "23456789BCDFGHJKMNPQRTVWXY"  # nothing that is mistaken over the telephone, and no vowels for words

log: structlog.stdlib.BoundLogger = structlog.get_logger("idp.web")


def correlation_id() -> str:
    """Of the present request, for example ``K7QM-3XPB``: random, the same on its page and in its line."""
    if "correlation_id" not in g:
        value = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        g.correlation_id = f"{value[:4]}-{value[4:]}"
    correlation: str = g.correlation_id
    return correlation
