"""The journey's side of a remote cadastro: fetch between transactions, then decide by rows again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from idp.domain.person import Holder
from idp.errors import CadastroStale
from idp.ports import CadastroSource

T = TypeVar("T")


class OwnTables:
    """The cadastro is our own tables: nothing to fetch. Implements :class:`idp.ports.CadastroSource`."""

    def before_choices(self, holder: Holder) -> datetime | None:
        return None

    def refresh(self, contribuintes: Sequence[str]) -> None:
        return None


def on_fresh_facts(source: CadastroSource, act: Callable[[], T]) -> T:
    """``act``, a whole database transaction, and once more where its facts were too old and could be fetched. What the
    first attempt spent was rolled back with it. Raises CadastroUnavailable, then too with nothing changed."""
    try:
        return act()
    except CadastroStale as stale:
        source.refresh(stale.contribuintes)
    return act()
