"""A request for a procuração: somebody asks, and nothing exists until the one who would give it approves.

::

    ABERTO ──aprovar (outorgante)──▶ APROVADO (a procuração is ATIVA: who asked has accepted)
       ├── negar (outorgante) ─────▶ NEGADO
       ├── desistir (outorgado) ───▶ DESISTIDO
       └── expirar ────────────────▶ EXPIRADO
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idp.domain.documents import Documento
from idp.domain.procuracao import Escopo, Poder, Vigencia
from idp.errors import IllegalTransition, InvalidProcuracao


class EstadoPedido(StrEnum):
    ABERTO = "ABERTO"
    APROVADO = "APROVADO"
    NEGADO = "NEGADO"
    DESISTIDO = "DESISTIDO"
    EXPIRADO = "EXPIRADO"


_TRANSITIONS = {
    "aprovar": EstadoPedido.APROVADO,
    "negar": EstadoPedido.NEGADO,
    "desistir": EstadoPedido.DESISTIDO,
    "expirar": EstadoPedido.EXPIRADO,
}


@dataclass(frozen=True, slots=True)
class Pedido:
    """``outorgado`` asks ``outorgante`` for a procuração on these terms. ``lote`` groups those of one file.
    ``procuracao``: what its approval made. ``rotulo``: by what name the outorgado knows whom he asks; for him alone,
    and nothing that the cadastro said."""

    id: str
    outorgante: Documento
    outorgado: Documento
    outorgado_nome: str
    poderes: frozenset[Poder]
    escopo: Escopo
    vigencia: Vigencia
    criado_em: datetime
    expira_em: datetime
    mensagem: str = ""
    lote: str | None = None
    estado: EstadoPedido = EstadoPedido.ABERTO
    estado_em: datetime | None = None
    procuracao: str | None = None
    rotulo: str = ""

    def __post_init__(self) -> None:
        if self.outorgante == self.outorgado:
            raise InvalidProcuracao("outorgante and outorgado are the same person")
        if not self.poderes:
            raise InvalidProcuracao("a pedido names at least one poder")

    def aberto(self, at: datetime) -> bool:
        return self.estado is EstadoPedido.ABERTO and at < self.expira_em

    def after(self, event: str, at: datetime, procuracao: str | None = None) -> Pedido:
        """Once ``event`` (aprovar, negar, desistir, expirar) has happened. Raises IllegalTransition."""
        if self.estado is not EstadoPedido.ABERTO or event not in _TRANSITIONS:
            raise IllegalTransition("pedido", self.estado, event)
        if event != "expirar" and at >= self.expira_em:
            raise IllegalTransition("pedido", EstadoPedido.EXPIRADO, event)
        return replace(self, estado=_TRANSITIONS[event], estado_em=at, procuracao=procuracao)
