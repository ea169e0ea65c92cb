"""What may be lost: transactions in progress, browser sessions, rate limits. Five verbs, on SQL or Redis.

Owns lifetimes and encodings of such values. Never holds anything that is spent once.
"""

from __future__ import annotations

from idp.errors import ConfigurationError
from idp.ports import Clock, Ephemeral
from idp.storage.ephemeral.sql import SqlEphemeral
from idp.storage.ephemeral.typed import EphemeralRascunhos, EphemeralSessions, EphemeralTransactions

__all__ = ["EphemeralRascunhos", "EphemeralSessions", "EphemeralTransactions", "open_ephemeral"]


def open_ephemeral(ephemeral_url: str, database_url: str, clock: Clock) -> Ephemeral:
    """The store that ``settings.ephemeral_url`` names: ``sql`` (the same database), redis://… or unix:///….

    Raises ConfigurationError.
    """
    if ephemeral_url == "sql":
        return SqlEphemeral.open(database_url, clock)
    if ephemeral_url.startswith(("redis://", "rediss://", "unix://")):
        from idp.storage.ephemeral.redis import RedisEphemeral  # half as much again as SQLAlchemy, for those who use it

        return RedisEphemeral.open(ephemeral_url)
    raise ConfigurationError(
        "ephemeral_url is neither sql nor a Redis URL", "use sql, redis://host:6379/0 or unix:///socket"
    )
