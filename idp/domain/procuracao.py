"""Procuração eletrônica: powers one person gives another before the tax authority, and when they hold.

States (design names; the events are the methods of :class:`Procuracao`)::

    PENDENTE ──aceitar──▶ ATIVA ◀─suspender/reativar─▶ SUSPENSA
       │ recusar             │                            │
       ▼                     ├─ revogar (outorgante) ─────┤▶ REVOGADA
    RECUSADA                 ├─ renunciar (outorgado) ────┤▶ RENUNCIADA
       revogar ▶ REVOGADA    ├─ expirar ──────────────────┤▶ EXPIRADA
       expirar ▶ EXPIRADA    └─ extinguir ────────────────┘▶ EXTINTA
       extinguir ▶ EXTINTA
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, Documento
from idp.domain.inscricao import Inscricao, InscricaoId
from idp.errors import IllegalTransition, InvalidProcuracao

Poder = str
"""A service's power as the authority's catalogue names it, for example ``dte.consultar``."""

TODOS: Poder = "todos"
"""Every power, present and future (as in e-CAC and the CC arts. 653 ff.)."""


class EstadoProcuracao(StrEnum):
    PENDENTE = "PENDENTE"
    ATIVA = "ATIVA"
    SUSPENSA = "SUSPENSA"
    RECUSADA = "RECUSADA"
    REVOGADA = "REVOGADA"
    RENUNCIADA = "RENUNCIADA"
    EXPIRADA = "EXPIRADA"
    EXTINTA = "EXTINTA"


_E = EstadoProcuracao
_TRANSITIONS: dict[tuple[EstadoProcuracao, str], EstadoProcuracao] = {
    (_E.PENDENTE, "aceitar"): _E.ATIVA,
    (_E.PENDENTE, "recusar"): _E.RECUSADA,
    (_E.PENDENTE, "revogar"): _E.REVOGADA,
    (_E.PENDENTE, "expirar"): _E.EXPIRADA,
    (_E.PENDENTE, "extinguir"): _E.EXTINTA,
    (_E.ATIVA, "suspender"): _E.SUSPENSA,
    (_E.SUSPENSA, "reativar"): _E.ATIVA,
    **{
        (state, event): target
        for state in (_E.ATIVA, _E.SUSPENSA)
        for event, target in {
            "revogar": _E.REVOGADA,
            "renunciar": _E.RENUNCIADA,
            "expirar": _E.EXPIRADA,
            "extinguir": _E.EXTINTA,
        }.items()
    },
}


@dataclass(frozen=True, slots=True)
class Vigencia:
    """Half-open interval [inicio, fim), both UTC: a procuração ends at ``fim``, not one tick later."""

    inicio: datetime
    fim: datetime

    def __post_init__(self) -> None:
        if self.inicio.tzinfo is None or self.fim.tzinfo is None:
            raise InvalidProcuracao("vigencia needs moments with a time zone")
        if self.inicio >= self.fim:
            raise InvalidProcuracao("vigencia must begin before it ends")

    def contains(self, at: datetime) -> bool:
        return self.inicio <= at < self.fim

    def dias(self, timezone: tzinfo) -> tuple[date, date]:
        """The first and the last day on which it holds, both included, where ``timezone`` is: what people are shown."""
        last = self.fim - timedelta(microseconds=1)
        return self.inicio.astimezone(timezone).date(), last.astimezone(timezone).date()


class TipoEscopo(StrEnum):
    RAIZ = "raiz"
    ESTABELECIMENTO = "estabelecimento"
    INSCRICOES = "inscricoes"


@dataclass(frozen=True, slots=True)
class Escopo:
    """What of the outorgante the powers reach. A CPF outorgante has the scope *estabelecimento* (itself)."""

    tipo: TipoEscopo
    inscricoes: frozenset[InscricaoId] = frozenset()

    def __post_init__(self) -> None:
        if (self.tipo is TipoEscopo.INSCRICOES) != bool(self.inscricoes):
            raise InvalidProcuracao("a scope names inscricoes exactly when it is of that type")

    def reaches(self, outorgante: Documento, inscricao: Inscricao) -> bool:
        """Whether this scope, given by ``outorgante``, includes ``inscricao``."""
        contribuinte = inscricao.contribuinte
        if isinstance(outorgante, CNPJ) and isinstance(contribuinte, CNPJ):
            same_company = outorgante.raiz == contribuinte.raiz
        else:
            same_company = outorgante == contribuinte
        if not same_company:
            return False
        if self.tipo is TipoEscopo.INSCRICOES:
            return inscricao.id in self.inscricoes
        return self.tipo is TipoEscopo.RAIZ or outorgante == contribuinte


@dataclass(frozen=True, slots=True)
class Procuracao:
    """One act of granting. ``pai`` names the procuração that a substabelecimento descends from."""

    id: str
    outorgante: Documento
    outorgante_nome: str
    outorgado: Documento
    outorgado_nome: str
    poderes: frozenset[Poder]
    escopo: Escopo
    vigencia: Vigencia
    estado: EstadoProcuracao = EstadoProcuracao.PENDENTE
    substabelecivel: bool = False
    pai: str | None = None
    nivel_minimo: Nivel | None = None
    estado_em: datetime | None = None
    """When the present state began; pages say "revogou em"."""
    sem_reserva: bool = False
    """Of a substabelecimento: who passed it on kept nothing. Then it carries everything its parent gives."""
    cedida_a: str | None = None
    """The substabelecimento without reserve by which the outorgado passed this one on: it holds for those below it, and
    its own outorgado acts by it no more."""

    def __post_init__(self) -> None:
        if self.outorgante == self.outorgado:
            raise InvalidProcuracao("outorgante and outorgado are the same person")
        if not self.poderes:
            raise InvalidProcuracao("a procuracao gives at least one poder")
        if self.sem_reserva and self.pai is None:
            raise InvalidProcuracao("only a substabelecimento is made with or without reserve")

    def vigente(self, at: datetime) -> bool:
        """In force by itself; a substabelecimento also needs every link above it (see ``representation``)."""
        return self.estado is EstadoProcuracao.ATIVA and self.vigencia.contains(at)

    def permits(self, poder: Poder | None) -> bool:
        """Whether it gives ``poder``; None asks for no particular one."""
        return poder is None or TODOS in self.poderes or poder in self.poderes

    def after(self, event: str, at: datetime) -> Procuracao:
        """The procuração once ``event`` (aceitar, recusar, revogar, renunciar, suspender, reativar, expirar,
        extinguir) has happened at ``at``. Raises IllegalTransition. Who may cause it is ``flow.outorga``'s to say.
        """
        try:
            estado = _TRANSITIONS[self.estado, event]
        except KeyError:
            raise IllegalTransition("procuracao", self.estado, event) from None
        if event == "renunciar" and self.cedida_a is not None:
            # He has left: nothing is his to give up, and by it his successor's powers would end.
            raise IllegalTransition("procuracao", "cedida", event)
        return replace(self, estado=estado, estado_em=at)

    def cedida(self, a: Procuracao) -> Procuracao:
        """Passed on whole to ``a``, a substabelecimento of this one without reserve. Raises InvalidProcuracao."""
        whole = a.poderes == self.poderes and a.escopo == self.escopo and a.vigencia.fim == self.vigencia.fim
        if not (a.sem_reserva and whole and a.descends_from(self)):
            raise InvalidProcuracao("without reserve everything is passed on")
        if self.cedida_a is not None:
            raise IllegalTransition("procuracao", "cedida", "ceder")
        return replace(self, cedida_a=a.id)

    def descends_from(self, pai: Procuracao) -> bool:
        """Whether this is a lawful substabelecimento of ``pai``: a subset of its powers, scope and time (ATK-125)."""
        powers = TODOS in pai.poderes or self.poderes <= pai.poderes
        scope = (
            pai.escopo.tipo is TipoEscopo.RAIZ
            or self.escopo == pai.escopo
            or (
                self.escopo.tipo is TipoEscopo.INSCRICOES
                and pai.escopo.tipo is TipoEscopo.INSCRICOES
                and self.escopo.inscricoes <= pai.escopo.inscricoes
            )
        )
        time = pai.vigencia.inicio <= self.vigencia.inicio and self.vigencia.fim <= pai.vigencia.fim
        return (
            self.pai == pai.id
            and pai.substabelecivel
            and self.outorgante == pai.outorgante
            and powers
            and scope
            and time
        )
