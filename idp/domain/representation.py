"""On whose behalf, and by what right: the one rule that stands between a stranger and a company.

A Representation is made by :func:`represent` and nowhere else (tests/test_architecture.py holds that). There are three
bases and they never chain: a partner's e-CPF does not reach procurações given to his firm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from idp.domain.certificado import Nivel
from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import Inscricao, InscricaoId, SituacaoCadastral
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procuracao import EstadoProcuracao, Poder, Procuracao
from idp.errors import CadastroStale, NotRepresentable


class Modo(StrEnum):
    """The basis for acting, as the ``representacao.modo`` claim names it."""

    TITULAR = "titular"
    REPRESENTANTE_LEGAL = "representante_legal"
    PROCURACAO = "procuracao"


class Motivo(StrEnum):
    """Why a representation is refused."""

    SEM_VINCULO = "sem_vinculo"
    RESPONSAVEL_DIVERGENTE = "responsavel_divergente"
    SITUACAO = "situacao_nao_aceita"
    PODER = "poder_ausente"
    INSCRICAO = "outra_inscricao"
    NIVEL = "nivel_insuficiente"
    PENDENTE = "procuracao_pendente"
    SUSPENSA = "procuracao_suspensa"
    FUTURA = "procuracao_futura"
    EXPIRADA = "procuracao_expirada"
    REVOGADA = "procuracao_revogada"
    RENUNCIADA = "procuracao_renunciada"
    RECUSADA = "procuracao_recusada"
    EXTINTA = "procuracao_extinta"
    CADEIA = "substabelecimento_irregular"
    CEDIDA = "procuracao_substabelecida_sem_reserva"
    DESIGNACAO = "designacao_encerrada"


_BY_STATE = {
    EstadoProcuracao.PENDENTE: Motivo.PENDENTE,
    EstadoProcuracao.SUSPENSA: Motivo.SUSPENSA,
    EstadoProcuracao.RECUSADA: Motivo.RECUSADA,
    EstadoProcuracao.REVOGADA: Motivo.REVOGADA,
    EstadoProcuracao.RENUNCIADA: Motivo.RENUNCIADA,
    EstadoProcuracao.EXPIRADA: Motivo.EXPIRADA,
    EstadoProcuracao.EXTINTA: Motivo.EXTINTA,
}

# A seal ranks lowest whatever keeps its key: a demand for hardware is a demand for somebody's presence (ATK-057).
_RANK = {Nivel.SE_S: 1, Nivel.SE_H: 1, Nivel.A1: 1, Nivel.A2: 2, Nivel.A3: 3, Nivel.A4: 4}
NIVEIS_ATE = {nivel: frozenset(one for one in Nivel if _RANK[one] <= rank) for nivel, rank in _RANK.items()}
"""Which minimum levels a certificate of each level satisfies."""
_ID = re.compile(r"[!-~]{1,64}\Z")
MAX_CADEIA = 8
"""Longer substabelecimento chains are refused unread: no authority allows them and loops must end (ATK-124)."""


@dataclass(frozen=True, slots=True, order=True)
class RepresentationRef:
    """Which representation, without its proof: what a form posts, a consent remembers and a grant keeps."""

    inscricao: InscricaoId
    modo: Modo
    procuracao: str | None = None

    def __post_init__(self) -> None:
        if (self.modo is Modo.PROCURACAO) != (self.procuracao is not None):
            raise ValueError("a procuracao is named exactly when it is the basis")

    def __str__(self) -> str:
        return "/".join(filter(None, (str(self.inscricao), self.modo.value, self.procuracao)))

    @classmethod
    def parse(cls, text: str) -> RepresentationRef:
        """The inverse of ``str``. Raises ValueError."""
        parts = text.split("/")
        if len(parts) not in (2, 3) or (len(parts) == 3 and not _ID.match(parts[2])):
            raise ValueError("not a representation reference")
        return cls(InscricaoId.parse(parts[0]), Modo(parts[1]), parts[2] if len(parts) == 3 else None)


@dataclass(frozen=True, slots=True)
class Fatos:
    """What the cadastro and the procurações say at one moment, everything :func:`represent` needs to decide.

    ``representantes``: the legal representatives the cadastro lists for the inscrição's contribuinte.
    ``representantes_titular``: those it lists for the holder's own company (empty for a PessoaFisica).
    ``cadeia``: the procuração relied on, then the one it descends from, up to the first; empty on other bases.
    ``designacoes``: in whatever state, those by which the outorgado of ``cadeia[0]``, a company, named the holder.
    ``fetched_at``, ``holder_fetched_at``: when a remote cadastro last said so, of the inscrição's contribuinte and of
    the holder's own; None where it never did.
    """

    inscricao: Inscricao
    representantes: frozenset[CPF] = frozenset()
    representantes_titular: frozenset[CPF] = frozenset()
    cadeia: tuple[Procuracao, ...] = ()
    designacoes: tuple[Designacao, ...] = ()
    fetched_at: datetime | None = None
    holder_fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Regras:
    """The authority's choices. ``raiz``: an e-CNPJ acts for its whole CNPJ root. ``responsavel_confere``: the
    responsável named in an e-CNPJ must be among the legal representatives, where the cadastro lists any.
    ``cadastro_age``: how old facts from a remote cadastro may be; None where the cadastro is our own tables."""

    raiz: bool = True
    responsavel_confere: bool = True
    cadastro_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Demanda:
    """What is required of a representation: by the client's registration, and by one request on top of it.
    ``poder`` and all of ``poderes`` must be held; ``inscricao`` is the only one that answers the request."""

    poder: Poder | None = None
    nivel_minimo: Nivel | None = None
    situacoes: frozenset[SituacaoCadastral] = frozenset({SituacaoCadastral.ATIVA})
    poderes: frozenset[Poder] = frozenset()
    inscricao: InscricaoId | None = None

    @property
    def exigidos(self) -> frozenset[Poder]:
        """Every poder that must be held."""
        return self.poderes if self.poder is None else self.poderes | {self.poder}

    def and_also(self, inscricao: InscricaoId | None, poderes: frozenset[Poder], nivel_minimo: Nivel | None) -> Demanda:
        """This demand and another one together: the stricter of both. Two different inscrições leave none."""
        levels = [nivel for nivel in (self.nivel_minimo, nivel_minimo) if nivel is not None]
        if self.inscricao is not None and inscricao is not None and self.inscricao != inscricao:
            return replace(self, situacoes=frozenset())
        return replace(
            self,
            poderes=self.poderes | poderes,
            nivel_minimo=max(levels, key=_RANK.__getitem__, default=None),
            inscricao=self.inscricao or inscricao,
        )


@dataclass(frozen=True, slots=True)
class Representation:
    """A holder may act for ``inscricao``; ``ate`` is when that ends by itself (the earliest end in the chain)."""

    inscricao: Inscricao
    modo: Modo
    procuracao: Procuracao | None = None
    cadeia: tuple[str, ...] = ()
    ate: datetime | None = None
    designacao: Designacao | None = None
    """By which the outorgado, a company, lets this employee act."""

    @property
    def poderes(self) -> frozenset[Poder]:
        """What may be done by the procuração: an employee named has no more than that naming gives. None of them on
        the other bases, which are not limited by poderes."""
        given = self.procuracao.poderes if self.procuracao else frozenset()
        return self.designacao.within(given) if self.designacao else given

    @property
    def ref(self) -> RepresentationRef:
        return RepresentationRef(self.inscricao.id, self.modo, self.procuracao.id if self.procuracao else None)


def represent(
    holder: Holder, modo: Modo, fatos: Fatos, *, nivel: Nivel, demanda: Demanda, regras: Regras, at: datetime
) -> Representation:
    """The representation of ``fatos.inscricao`` by ``holder`` on the basis ``modo``, at the moment ``at``.

    Raises NotRepresentable with the first Motivo that forbids it. The link is checked before anything that would
    tell a stranger about the inscrição (its situação, its procurações). Raises CadastroStale, before anything else,
    where the facts are too old to say yes or no.
    """
    if regras.cadastro_age is not None:
        _fresh(holder, fatos, at - regras.cadastro_age)
    designacao: Designacao | None = None
    if modo is Modo.TITULAR:
        _titular(holder, fatos, regras)
    elif modo is Modo.REPRESENTANTE_LEGAL:
        _representante_legal(holder, fatos)
    else:
        designacao = _procuracao(holder, fatos, nivel, demanda, regras, at)
    if isinstance(holder, PessoaJuridica):
        _responsavel(holder, fatos, regras)
    if demanda.inscricao is not None and fatos.inscricao.id != demanda.inscricao:
        raise NotRepresentable(Motivo.INSCRICAO)
    if demanda.nivel_minimo is not None and _RANK[nivel] < _RANK[demanda.nivel_minimo]:
        raise NotRepresentable(Motivo.NIVEL, demanda.nivel_minimo)
    if fatos.inscricao.situacao not in demanda.situacoes:
        raise NotRepresentable(Motivo.SITUACAO, fatos.inscricao.situacao)
    if modo is not Modo.PROCURACAO:
        return Representation(fatos.inscricao, modo)
    vigencias = [link.vigencia for link in fatos.cadeia] + ([designacao.vigencia] if designacao else [])
    return Representation(
        fatos.inscricao,
        modo,
        fatos.cadeia[0],
        tuple(p.id for p in fatos.cadeia[1:]),
        min(vigencia.fim for vigencia in vigencias),
        designacao,
    )


def suffices(nivel: Nivel, minimo: Nivel | None) -> bool:
    """Whether a certificate of level ``nivel`` is enough where ``minimo`` is asked for."""
    return minimo is None or _RANK[nivel] >= _RANK[minimo]


def same_person(holder: Documento, other: Documento, regras: Regras) -> bool:
    """Whether a holder with document ``holder`` stands for ``other``: equal, or of one CNPJ root where that counts."""
    if regras.raiz and isinstance(holder, CNPJ) and isinstance(other, CNPJ):
        return holder.raiz == other.raiz
    return holder == other


def _fresh(holder: Holder, fatos: Fatos, oldest: datetime) -> None:
    """Everything judged here was fetched since ``oldest``: also the holder's company, for its responsável."""
    sources = {_contribuinte_id(fatos.inscricao.contribuinte): fatos.fetched_at}
    if isinstance(holder, PessoaJuridica):
        sources.setdefault(_contribuinte_id(holder.documento), fatos.holder_fetched_at)
    stale = tuple(id for id, fetched_at in sources.items() if fetched_at is None or fetched_at < oldest)
    if stale:
        raise CadastroStale(stale)


def _contribuinte_id(document: Documento) -> str:
    return document.raiz if isinstance(document, CNPJ) else document.numero


def _titular(holder: Holder, fatos: Fatos, regras: Regras) -> None:
    if not same_person(holder.documento, fatos.inscricao.contribuinte, regras):
        raise NotRepresentable(Motivo.SEM_VINCULO)


def _representante_legal(holder: Holder, fatos: Fatos) -> None:
    if isinstance(holder, PessoaJuridica) or not isinstance(fatos.inscricao.contribuinte, CNPJ):
        raise NotRepresentable(Motivo.SEM_VINCULO)
    if holder.cpf not in fatos.representantes:
        raise NotRepresentable(Motivo.SEM_VINCULO)


def _procuracao(
    holder: Holder, fatos: Fatos, nivel: Nivel, demanda: Demanda, regras: Regras, at: datetime
) -> Designacao | None:
    """The designação relied on; None where the holder is the outorgado himself."""
    if not fatos.cadeia:
        raise NotRepresentable(Motivo.SEM_VINCULO)
    direct = same_person(holder.documento, fatos.cadeia[0].outorgado, regras)
    named = () if direct else _named(holder, fatos, regras)
    if not direct and not named:
        raise NotRepresentable(Motivo.SEM_VINCULO)
    if len(fatos.cadeia) > MAX_CADEIA or fatos.cadeia[-1].pai is not None:
        raise NotRepresentable(Motivo.CADEIA)
    for child, parent in zip(fatos.cadeia, fatos.cadeia[1:], strict=False):
        if not child.descends_from(parent):
            raise NotRepresentable(Motivo.CADEIA)
    for link in fatos.cadeia:
        if not link.escopo.reaches(link.outorgante, fatos.inscricao):
            raise NotRepresentable(Motivo.SEM_VINCULO)
        if link.estado is not EstadoProcuracao.ATIVA:
            raise NotRepresentable(_BY_STATE[link.estado], link.id)
        if at < link.vigencia.inicio:
            raise NotRepresentable(Motivo.FUTURA, link.id)
        if not link.vigencia.contains(at):
            raise NotRepresentable(Motivo.EXPIRADA, link.id)
        if not all(map(link.permits, demanda.exigidos)):
            raise NotRepresentable(Motivo.PODER, link.id)
        if link.nivel_minimo is not None and _RANK[nivel] < _RANK[link.nivel_minimo]:
            raise NotRepresentable(Motivo.NIVEL, link.nivel_minimo)
    if fatos.cadeia[0].cedida_a is not None:
        raise NotRepresentable(Motivo.CEDIDA, fatos.cadeia[0].id)
    return None if direct else _designacao(named, fatos.cadeia[0].poderes, demanda, at)


def _named(holder: Holder, fatos: Fatos, regras: Regras) -> tuple[Designacao, ...]:
    """The designações by which the outorgado made the holder its hand for this outorgante, whatever became of them."""
    outorgado, outorgante = fatos.cadeia[0].outorgado, fatos.cadeia[0].outorgante
    return tuple(
        one
        for one in fatos.designacoes
        if one.pessoa == holder.documento and same_person(one.empresa, outorgado, regras) and one.reaches(outorgante)
    )


def _designacao(named: tuple[Designacao, ...], given: frozenset[Poder], demanda: Demanda, at: datetime) -> Designacao:
    """The one that lasts longest of those that hold and permit it, and leave anything of what is ``given``."""
    vigentes = [one for one in named if one.vigente(at)]
    if not vigentes:
        raise NotRepresentable(Motivo.DESIGNACAO, named[0].id)
    permitting = [one for one in vigentes if one.within(given) and all(map(one.permits, demanda.exigidos))]
    if not permitting:
        raise NotRepresentable(Motivo.PODER, vigentes[0].id)
    return max(permitting, key=lambda one: (one.vigencia.fim, one.id))


def _responsavel(holder: PessoaJuridica, fatos: Fatos, regras: Regras) -> None:
    """IN RFB 2.066/2022: an e-CNPJ whose responsável no longer represents the company opens nothing."""
    listed = fatos.representantes_titular
    if not regras.responsavel_confere or holder.responsavel is None or not listed:
        return
    if holder.responsavel.cpf not in listed:
        raise NotRepresentable(Motivo.RESPONSAVEL_DIVERGENTE)
