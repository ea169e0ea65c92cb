"""Whom a company names to act by its own hand under the procurações that were given to it.

A firm of accountants is outorgado of hundreds of companies and has a handful of employees. Naming an employee once for
all of them, or for some, is a *designação*: no new procuração, no new outorgado, and the outorgante sees the employee's
name at every use. It is an act of the firm about its own staff, so it needs nobody's permission and goes no further: a
designado passes nothing on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.procuracao import TODOS, Poder, Vigencia
from idp.errors import IllegalTransition, InvalidProcuracao


class EstadoDesignacao(StrEnum):
    ATIVA = "ATIVA"
    ENCERRADA = "ENCERRADA"
    """By the company."""
    RENUNCIADA = "RENUNCIADA"
    """By the person named."""


_TRANSITIONS = {"encerrar": EstadoDesignacao.ENCERRADA, "renunciar": EstadoDesignacao.RENUNCIADA}


@dataclass(frozen=True, slots=True)
class Designacao:
    """``empresa`` (by its CNPJ root where the authority counts roots) names ``pessoa``. ``poderes``: at most these of
    what each procuração gives, TODOS for all of it. ``clientes``: contribuinte ids (CNPJ root or CPF) of the
    outorgantes it is for; empty for every present and future one."""

    id: str
    empresa: CNPJ
    empresa_nome: str
    pessoa: CPF
    pessoa_nome: str
    poderes: frozenset[Poder]
    vigencia: Vigencia
    clientes: frozenset[str] = frozenset()
    estado: EstadoDesignacao = EstadoDesignacao.ATIVA
    estado_em: datetime | None = None

    def __post_init__(self) -> None:
        if not self.poderes:
            raise InvalidProcuracao("a designacao gives at least one poder")

    def vigente(self, at: datetime) -> bool:
        return self.estado is EstadoDesignacao.ATIVA and self.vigencia.contains(at)

    def reaches(self, outorgante: Documento) -> bool:
        """Whether it is for procurações that ``outorgante`` gave."""
        contribuinte = outorgante.raiz if isinstance(outorgante, CNPJ) else outorgante.numero
        return not self.clientes or contribuinte in self.clientes

    def within(self, given: frozenset[Poder]) -> frozenset[Poder]:
        """What of ``given``, the powers of a procuração, the person may use: none of them perhaps."""
        if TODOS in self.poderes:
            return given
        return self.poderes if TODOS in given else self.poderes & given

    def permits(self, poder: Poder | None) -> bool:
        return poder is None or TODOS in self.poderes or poder in self.poderes

    def after(self, event: str, at: datetime) -> Designacao:
        """Once ``event`` (encerrar, renunciar) has happened. Raises IllegalTransition."""
        if self.estado is not EstadoDesignacao.ATIVA or event not in _TRANSITIONS:
            raise IllegalTransition("designacao", self.estado, event)
        return replace(self, estado=_TRANSITIONS[event], estado_em=at)
