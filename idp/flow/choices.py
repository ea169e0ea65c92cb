"""What this holder may choose for this client now, and what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import Nivel
from idp.domain.person import Holder
from idp.domain.representation import Demanda, Fatos, Modo, Motivo, Regras, Representation, represent
from idp.errors import NotRepresentable


@dataclass(frozen=True, slots=True)
class Missing:
    """A link the holder has that may not be used now. Only ever made for links that exist: it reveals nothing else."""

    modo: Modo
    fatos: Fatos
    motivo: Motivo
    detail: str


@dataclass(frozen=True, slots=True)
class Choices:
    available: tuple[Representation, ...]
    missing: tuple[Missing, ...]


def choices(
    holder: Holder,
    candidates: Iterable[tuple[Modo, Fatos]],
    *,
    nivel: Nivel,
    demanda: Demanda,
    regras: Regras,
    at: datetime,
) -> Choices:
    """Judge each candidate. One inscrição may appear on several bases: the person chooses in which quality to act."""
    available: list[Representation] = []
    missing: list[Missing] = []
    for modo, fatos in candidates:
        try:
            available.append(represent(holder, modo, fatos, nivel=nivel, demanda=demanda, regras=regras, at=at))
        except NotRepresentable as refusal:
            motivo = Motivo(refusal.motivo)
            if motivo is not Motivo.SEM_VINCULO:
                missing.append(Missing(modo, fatos, motivo, refusal.detail))
    return Choices(tuple(available), tuple(missing))
