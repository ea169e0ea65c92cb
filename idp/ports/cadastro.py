"""Contribuintes, inscrições and what ties a holder to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from idp.domain.person import Holder
from idp.domain.procura import Procura
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Fatos, Modo, RepresentationRef


class Cadastro(Protocol):
    """Local rows about contribuintes, inscrições, representantes and the procurações that reach them."""

    def facts(self, holder: Holder, ref: RepresentationRef, *, lock: bool) -> Fatos | None:
        """What :func:`idp.domain.representation.represent` needs about one representation, or None where its
        inscrição or procuração does not exist. ``lock`` holds the rows (inscrição, procuração and its chain,
        representantes) against change until this transaction ends."""
        ...


class Vinculos(Protocol):
    """The links of a holder to inscrições, as many as they may be: his own, those of companies that list him as
    representante, those within the scope of procurações given to him or to a company that named him. Judged by nobody
    yet (see :mod:`idp.domain.procura`); each inscrição on each basis once, always in the same order."""

    def page(self, holder: Holder, procura: Procura, *, limit: int, offset: int = 0) -> Sequence[tuple[Modo, Fatos]]:
        """At most ``limit`` after the first ``offset``."""
        ...

    def count(self, holder: Holder, procura: Procura, *, cap: int) -> int:
        """How many there are, not counting beyond ``cap``."""
        ...

    def pending(self, holder: Holder, procura: Procura, *, limit: int) -> Sequence[Procuracao]:
        """Procurações that wait for the holder himself to accept them, by the outorgante's name."""
        ...


class Preferencias(Protocol):
    """What somebody keeps at the top of the list. ``quem``: a keyed digest of the person."""

    def fixadas(self, quem: str) -> Sequence[RepresentationRef]:
        """Oldest first."""
        ...

    def fixar(self, quem: str, choice: RepresentationRef, at: datetime) -> None: ...
    def soltar(self, quem: str, choice: RepresentationRef) -> None: ...
    def forget(self, quem: str) -> None:
        """Everything kept for this person."""
        ...


class CadastroSource(Protocol):
    """Where the rows of a remote cadastro come from. Called outside database transactions, never within: it may ask
    another machine. Where the cadastro is our own tables nothing happens (``idp.flow.source.OwnTables``)."""

    def before_choices(self, holder: Holder) -> datetime | None:
        """Have what the holder may choose from in the rows: his own, companies that list him, some outorgantes never
        fetched. None when all of it is fresh; otherwise the moment of the oldest, still young enough to rest on.
        Raises CadastroUnavailable."""
        ...

    def refresh(self, contribuintes: Sequence[str]) -> None:
        """Fetch the facts of these contribuinte ids (of a CadastroStale) into the rows. Raises CadastroUnavailable."""
        ...
