"""The journey's side of a remote cadastro: fetch between transactions, then decide by rows again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from idp.domain.person import Holder
from idp.errors import CadastroStale
from idp.ports import CadastroSource


class OwnTables:
    """The cadastro is our own tables: nothing to fetch. Implements :class:`idp.ports.CadastroSource`."""

    def before_choices(self, holder: Holder) -> datetime | None:
        return None

    def refresh(self, contribuintes: Sequence[str]) -> None:
        return None


class _Sourced(Protocol):
    source: CadastroSource


P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound=_Sourced)


def on_fresh_facts(act: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """For a method that is one whole database transaction: where its facts were too old, fetch them and do it once
    more. What the first attempt spent was rolled back. Raises CadastroUnavailable, then too with nothing changed."""

    @wraps(act)
    def attempt(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(self, *args, **kwargs)
        except CadastroStale as stale:
            self.source.refresh(stale.contribuintes)
        return act(self, *args, **kwargs)

    return attempt
