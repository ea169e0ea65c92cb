"""What somebody looks for among the inscrições linked to him. A question for the cadastro, never an answer about
rights: whatever is found this way is believed only once :func:`idp.domain.representation.represent` has judged it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.domain.busca import palavras
from idp.domain.certificado import Nivel
from idp.domain.representation import NIVEIS_ATE, Demanda


class Parte(StrEnum):
    """Which part of the links. Nothing that ``represent`` would accept is outside DISPONIVEIS; a few that it refuses,
    for reasons that take more than their own row to see, are within."""

    DISPONIVEIS = "disponiveis"
    INDISPONIVEIS = "indisponiveis"


@dataclass(frozen=True, slots=True)
class Procura:
    """``q``: words that must all be found in a name, a place or a number. ``raiz``: an e-CNPJ acts for its root.
    ``contribuinte``: one more number to be found, a CNPJ's root or a CPF, which nobody typed.

    What is looked for comes in the order of its rank: a name, CNPJ or inscrição that begins with all that was typed;
    where every word begins a word or a number; the rest. Within a CNPJ a number is found in the root or from the
    beginning of what follows it, never across the two."""

    demanda: Demanda
    nivel: Nivel
    at: datetime
    raiz: bool = True
    q: str = ""
    parte: Parte = Parte.DISPONIVEIS
    contribuinte: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        typed = palavras(self.q) if self.q else ()
        return (self.contribuinte, *typed) if self.contribuinte else typed

    @property
    def niveis(self) -> frozenset[Nivel]:
        """The levels that this certificate's level satisfies where they are asked for."""
        return NIVEIS_ATE[self.nivel]
