"""What was last searched for in the lists: kept here, so that no name or document stands in an address.

An address names a search by a value that means nothing to anybody else. Each person's are kept together and are few,
so that searching fills no store.
"""

from __future__ import annotations

import json
from datetime import timedelta

from idp.domain.session import Session
from idp.flow.secret import new_id
from idp.ports import Ephemeral

LIFETIME = timedelta(hours=1)
MOST = 20
"""Searches of one session; the oldest makes room."""


class Buscas:
    """Kept in the ephemeral store, an hour from the last one. Raises StoreUnavailable."""

    def __init__(self, store: Ephemeral) -> None:
        self._store = store

    def keep(self, quem: Session, q: str) -> str:
        """The id under which ``q`` is found again, the same while the same is searched for; "" for nothing."""
        if not q:
            return ""
        kept = self._all(quem)
        id = next((one for one, text in kept.items() if text == q), new_id())
        kept.pop(id, None)
        newest = dict([*kept.items(), (id, q)][-MOST:])
        self._store.put(_key(quem), json.dumps(newest, ensure_ascii=False).encode(), LIFETIME)
        return id

    def get(self, quem: Session, id: str) -> str | None:
        """What ``id`` stands for in this session; None where nothing is kept of it."""
        return self._all(quem).get(id)

    def _all(self, quem: Session) -> dict[str, str]:
        data = self._store.get(_key(quem))
        return dict(json.loads(data)) if data else {}


def _key(quem: Session) -> str:
    return f"portal-search:{quem.id}"
