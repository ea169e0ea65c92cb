"""What this holder may choose for this client now, and what is missing and why.

The database finds and orders (``idp.ports.Vinculos``); only what is to be shown, or what decides, is judged here. A
choice is believed because ``represent`` made it, never because it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Demanda, Fatos, Modo, Motivo, Regras, Representation, RepresentationRef, represent
from idp.domain.session import Session
from idp.errors import NotRepresentable
from idp.ports import UnitOfWork

PER_PAGE = 15
"""Few enough for a phone, and for a page to be made at once."""
COUNTED = 300
"""A list longer than this is said to be longer than this."""
PER_PAGE_MISSING = 50
"""Of what may not be chosen: a line each, told in groups."""
PENDING = 20
"""So many that wait to be accepted are named."""
_TOP = 5
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Look:
    """Where in a long list the person is. ``q``: what is searched. ``missing``: at what may not be chosen."""

    q: str = ""
    page: int = 1
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A link the holder has that may not be used now. Only ever made for links that exist: it reveals nothing else."""

    modo: Modo
    fatos: Fatos
    motivo: Motivo
    detail: str


@dataclass(frozen=True, slots=True)
class Choices:
    """One page of the list, and what stands beside it."""

    available: tuple[Representation, ...]
    missing: tuple[Missing, ...]
    """Of this page, or of all where all fits."""
    pending: tuple[Procuracao, ...] = ()
    """Procurações that wait for the holder, at most PENDING + 1."""
    pinned: tuple[Representation, ...] = ()
    """What the person keeps on top, of the whole list."""
    recent: tuple[Representation, ...] = ()
    """What was used last, of the whole list."""
    kept: frozenset[RepresentationRef] = frozenset()
    """What the person keeps on top, shown there or not."""
    found: int = 0
    """How many the list has, at most COUNTED + 1."""
    last: bool = True
    """Nothing comes after this page."""
    look: Look = Look()
    demanda: Demanda = Demanda()
    remembered: bool = False
    """A consent for this client is."""

    @property
    def complete(self) -> bool:
        """The whole list is on this page."""
        return self.last and self.look == Look()


class Selector:
    """The list of one holder for one demand, within one unit of work."""

    def __init__(self, uow: UnitOfWork, session: Session, procura: Procura, regras: Regras) -> None:
        self._uow = uow
        self._session = session
        self._procura = procura
        self._regras = regras

    def few(self, enough: int = 2) -> tuple[Representation, ...]:
        """The first ``enough`` that are available, however many have to be judged to find them; fewer where there are
        no more. Most holders have few links, and the first few of many links are mostly available."""
        found: list[Representation] = []
        size, offset = enough + 1, 0
        while True:
            rows = self._rows(self._procura, size, offset)
            available, missing = self._judge(rows)
            found += available
            hopeless = any(one.motivo is Motivo.RESPONSAVEL_DIVERGENTE for one in missing)  # for one, for all
            if len(found) >= enough or len(rows) < size or hopeless:
                return tuple(found[:enough])
            size, offset = _BATCH, offset + size

    def page(self, look: Look) -> Choices:
        """One page of the list, or of what is missing from it."""
        procura = replace(self._procura, q=look.q, parte=Parte.INDISPONIVEIS if look.missing else Parte.DISPONIVEIS)
        size = PER_PAGE_MISSING if look.missing else PER_PAGE
        offset = (look.page - 1) * size
        rows = self._rows(procura, size + 1, offset)
        available, missing = self._judge(rows[:size])
        last = len(rows) <= size
        found = offset + len(rows) if last and (rows or not offset) else self._count(procura)
        shown = Choices(available, missing, found=found, last=last, look=look, demanda=procura.demanda)
        if shown.complete or (not rows and not look.missing and look.page == 1):
            _, absent = self._judge(self._rows(replace(procura, parte=Parte.INDISPONIVEIS), PER_PAGE, 0))
            shown = replace(shown, missing=missing + absent)
        if look == Look():
            waiting = self._uow.vinculos.pending(self._session.holder, procura, limit=PENDING + 1)
            shown = replace(shown, pending=tuple(waiting))
        return shown

    def of(self, refs: Iterable[RepresentationRef], limit: int = _TOP) -> tuple[Representation, ...]:
        """Of ``refs``, the first ``limit`` that are available."""
        found: list[Representation] = []
        for ref in refs:
            fatos = self._uow.cadastro.facts(self._session.holder, ref, lock=False)
            if fatos is not None and len(found) < limit:
                found += self._judge([(ref.modo, fatos)])[0]
        return tuple(found)

    def _rows(self, procura: Procura, limit: int, offset: int) -> Sequence[tuple[Modo, Fatos]]:
        return self._uow.vinculos.page(self._session.holder, procura, limit=limit, offset=offset)

    def _count(self, procura: Procura) -> int:
        return self._uow.vinculos.count(self._session.holder, procura, cap=COUNTED + 1)

    def _judge(self, rows: Iterable[tuple[Modo, Fatos]]) -> tuple[tuple[Representation, ...], tuple[Missing, ...]]:
        """One inscrição may appear on several bases: the person chooses in which quality to act."""
        available: list[Representation] = []
        missing: list[Missing] = []
        procura = self._procura
        for modo, fatos in rows:
            try:
                available.append(
                    represent(
                        self._session.holder,
                        modo,
                        fatos,
                        nivel=procura.nivel,
                        demanda=procura.demanda,
                        regras=self._regras,
                        at=procura.at,
                    )
                )
            except NotRepresentable as refusal:
                motivo = Motivo(refusal.motivo)
                if motivo not in (Motivo.SEM_VINCULO, Motivo.INSCRICAO):
                    missing.append(Missing(modo, fatos, motivo, refusal.detail))
        return tuple(available), tuple(missing)
