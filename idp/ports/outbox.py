"""The port through which clients hear of ended sessions; ``idp.ports`` has the UnitOfWork that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """That a client is to be told of an ended session: the logout token it will be sent (Back-Channel Logout 1.0 §2.4).
    ``id`` is the token's ``jti``, the same at every attempt."""

    id: str
    client_id: str
    sub: str
    sid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice with its receipts. ``next_attempt_at`` is None once delivered or given up; ``error`` is a token and what
    was said, of the last attempt that failed."""

    notice: Notice
    attempts: int = 0
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    given_up_at: datetime | None = None
    error: str | None = None


class Outbox(Protocol):
    """Notices, written in the transaction that ends what they tell of and kept until delivered. An attempt is announced
    before it is made (``claim``), so that a process that dies in the middle of one costs a delay and nothing else."""

    def add(self, notices: Sequence[Notice], due: datetime) -> None: ...

    def due(self, at: datetime) -> bool:
        """Whether any is."""
        ...

    def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Up to ``limit`` of those due at ``at``, oldest first, this attempt counted. Nobody else gets them before
        ``until``."""
        ...

    def take_up(self, ids: Sequence[str], until: datetime) -> Sequence[Delivery]:
        """Those of ``ids`` that nobody has attempted yet, due or not; otherwise like ``claim``."""
        ...

    def delivered(self, id: str, at: datetime) -> None: ...

    def failed(self, id: str, at: datetime, error: str, again: datetime | None) -> None:
        """``again``: when to try next; None gives up."""
        ...

    def recent(self, limit: int, *, waiting: bool = False) -> Sequence[Delivery]:
        """The newest first; ``waiting``: only those that are still to be delivered."""
        ...
