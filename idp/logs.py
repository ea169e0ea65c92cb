"""Log lines of every process: JSON to standard output, in which nobody's document stands."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from idp.domain.masking import masked


def configure(level: str) -> None:
    """Once per process. ``level``: info, warning or error. What libraries say through ``logging``, from warnings on,
    becomes the same kind of line."""
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
        )
    )
    logging.basicConfig(handlers=[lines], level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    structlog.configure(
        processors=[*shared, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def mask_documents(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """No CPF and no CNPJ ever stands in a log line, whatever put it there."""
    return {str(key): masked(value) for key, value in event.items()}


_LAST = (mask_documents, structlog.processors.JSONRenderer())
"""Of every line, whoever wrote it: nothing is added to it afterwards."""
