"""Structured log lines (JSON to standard output), and the id by which a page and its line find each other."""

from __future__ import annotations

import logging
import secrets
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import g

from idp.web.text import sem_documentos

_ALPHABET = "23456789BCDFGHJKMNPQRTVWXY"  # nothing that is mistaken over the telephone, and no vowels for words

log: structlog.stdlib.BoundLogger = structlog.get_logger("idp.web")


def configure(level: str) -> None:
    """Once per process. ``level``: info, warning or error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_documents,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def mask_documents(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """No CPF and no CNPJ ever stands in a log line, whatever put it there."""
    return {key: sem_documentos(value) if isinstance(value, str) else value for key, value in event.items()}


def correlation_id() -> str:
    """Of the present request, for example ``K7QM-3XPB``: random, the same on its page and in its line."""
    if "correlation_id" not in g:
        value = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        g.correlation_id = f"{value[:4]}-{value[4:]}"
    correlation: str = g.correlation_id
    return correlation
