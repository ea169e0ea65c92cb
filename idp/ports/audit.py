"""The port by which people read the audit: who did what, for those it concerns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from idp.domain.documents import Documento


@dataclass(frozen=True, slots=True)
class Act:
    """One audit row as people read it. ``payload`` is the event's (``idp.flow.events`` says what stands in it):
    documents in clear, to be shown to whom it concerns only. (``at``, ``id``) orders acts and is a page's cursor."""

    id: int
    kind: str
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which acts of those found are meant: not older than ``since``, about this client, by this person."""

    since: datetime | None = None
    client: str | None = None
    titular: Documento | None = None


ALL = Narrow()


class AuditTrail(Protocol):
    """Who did what, for the people it concerns: newest first, by an index, at most ``limit`` acts older than
    ``before``; ``kinds`` narrows them. An act is found once the worker has sealed it, a second later."""

    def uses_of(
        self,
        procuracoes: Collection[str],
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
        kinds: Collection[str] = ("code.issued", "code.refused"),
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        """Acts that relied on one of these procurações or tried to."""
        ...

    def on_behalf_of(
        self,
        documento: Documento,
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
        kinds: Collection[str] = ("code.issued", "code.refused"),
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        """Acts by anybody for this contribuinte (of a CNPJ, its root) on any basis, its own included."""
        ...

    def acts_of(
        self,
        documento: Documento,
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
        kinds: Collection[str] = (),
        narrow: Narrow = ALL,
    ) -> Sequence[Act]:
        """What this person did with an own certificate, or with a company's that names it as responsável: logins,
        choices, tokens, sessions."""
        ...

    def act(self, id: int) -> Act | None:
        """One act by its id, whomever it concerns."""
        ...


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act for the audit chain. ``kind`` is of the vocabulary in ``idp.audit``. ``payload`` holds JSON values only;
    documents stand in it in clear (the chain is evidence), which is why reading it is itself restricted."""

    kind: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


class Audit(Protocol):
    def append(self, *events: AuditEvent) -> None:
        """Write, in that order and together, within the current database transaction: no act without its row, no row
        without its act."""
        ...
