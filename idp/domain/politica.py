"""Who may give what to whom: the authority's policy for procurações, as one table and one catalogue.

The values here are the defaults (DEFAULT); an authority replaces them by a file (``idp.politica``). Nothing else
decides who may give: :func:`qualidade` says in what quality somebody stands for a party, the table what that quality
allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from idp.domain.certificado import Certificado, Nivel, TipoCertificado
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procuracao import Poder
from idp.domain.representation import Regras, same_person
from idp.errors import IdpError


class Qualidade(StrEnum):
    """In what quality a person with a certificate stands for a party of a procuração."""

    E_CNPJ = "e-cnpj"
    """By the company's own certificate, whose responsável is its legal representative in the cadastro."""
    REPRESENTANTE_LEGAL = "representante_legal"
    """By the e-CPF of whom the cadastro lists as the company's legal representative."""
    E_CPF = "e-cpf"
    """A natural person for themselves."""


class Ato(StrEnum):
    """What is given."""

    OUTORGAR = "outorgar"
    SUBSTABELECER = "substabelecer"
    DESIGNAR = "designar"


class Pessoa(StrEnum):
    PF = "PF"
    PJ = "PJ"

    @classmethod
    def of(cls, documento: Documento) -> Pessoa:
        return cls.PJ if isinstance(documento, CNPJ) else cls.PF


class Impedimento(StrEnum):
    """Why somebody does not stand for a party."""

    SEM_VINCULO = "sem_vinculo"
    SELO = "selo_eletronico"
    """A Selo Eletrônico: no natural person stands behind its use (Res. CG ICP-Brasil 211/2024 art. 4)."""
    SEM_RESPONSAVEL = "sem_responsavel"
    """An e-CNPJ that names no responsável."""
    RESPONSAVEL_DIVERGENTE = "responsavel_divergente"
    """An e-CNPJ whose responsável is not among the legal representatives in the cadastro."""
    CARENCIA = "lcr_em_carencia"
    """A certificate that only a revocation list past its next update vouches for: enough to look, not to give."""


class NotEntitled(IdpError):
    """Somebody does not stand for a party. ``impedimento``: an Impedimento."""

    def __init__(self, impedimento: Impedimento) -> None:
        super().__init__(impedimento.value)
        self.impedimento = impedimento


def qualidade(
    holder: Holder,
    certificado: Certificado,
    parte: Documento,
    representantes: frozenset[CPF],
    regras: Regras,
) -> Qualidade:
    """In what quality ``holder`` stands for ``parte`` of a procuração. ``representantes``: the legal representatives
    the cadastro lists for ``parte``, read now: a link that has ended gives nothing (ATK-127).

    Raises NotEntitled. A stranger is told SEM_VINCULO and nothing else.
    """
    if isinstance(holder, PessoaFisica):
        if holder.cpf == parte:
            return Qualidade.E_CPF
        if isinstance(parte, CNPJ) and holder.cpf in representantes:
            return Qualidade.REPRESENTANTE_LEGAL
        raise NotEntitled(Impedimento.SEM_VINCULO)
    return _by_company(holder, certificado, parte, representantes, regras)


def _by_company(
    holder: PessoaJuridica, certificado: Certificado, parte: Documento, representantes: frozenset[CPF], regras: Regras
) -> Qualidade:
    if not same_person(holder.documento, parte, regras):
        raise NotEntitled(Impedimento.SEM_VINCULO)
    if certificado.tipo is TipoCertificado.SELO or certificado.nivel.selo:
        raise NotEntitled(Impedimento.SELO)
    if holder.responsavel is None:
        raise NotEntitled(Impedimento.SEM_RESPONSAVEL)
    # Always, whatever the rule for logins: an act of the company's will needs somebody entitled to express it.
    if holder.responsavel.cpf not in representantes:
        raise NotEntitled(Impedimento.RESPONSAVEL_DIVERGENTE)
    return Qualidade.E_CNPJ


@dataclass(frozen=True, slots=True)
class PoderDoCatalogo:
    """One power as people read it. ``titulo`` completes "pode …". ``nivel_minimo``: the certificate level that its use
    needs. ``a``: who may receive it. ``substabelecivel``: whether the authority lets it be passed on at all."""

    codigo: Poder
    titulo: str
    descricao: str
    servico: str = ""
    nivel_minimo: Nivel | None = None
    a: frozenset[Pessoa] = frozenset(Pessoa)
    substabelecivel: bool = True


@dataclass(frozen=True, slots=True)
class Regra:
    """One row of the table: ``ato`` in the quality ``por``, to a person of one of the kinds ``a``, with a certificate
    of at least ``nivel``, for at most ``prazo``. What no row allows is forbidden."""

    ato: Ato
    por: Qualidade
    a: frozenset[Pessoa]
    nivel: Nivel
    prazo: timedelta


_FIVE_YEARS = timedelta(days=5 * 365 + 1)  # IN RFB 2.066/2022: at most five years, a leap day among them
_ANYBODY = frozenset(Pessoa)
_PEOPLE = frozenset({Pessoa.PF})


@dataclass(frozen=True, slots=True)
class Politica:
    """``aceite``: a procuração waits for the outorgado's acceptance, at most ``prazo_aceite``. ``profundidade``: links
    of substabelecimento below the first. ``todos``: whether every power at once may be given. ``pedidos_abertos``: how
    many unanswered requests one outorgado may have with all companies together, each open for ``prazo_pedido``.
    ``espera_negado``: how long after a denial the same outorgado may not ask the same outorgante again."""

    regras: tuple[Regra, ...]
    catalogo: Mapping[Poder, PoderDoCatalogo] = field(hash=False)
    aceite: bool = True
    prazo_aceite: timedelta = timedelta(days=30)
    profundidade: int = 1
    todos: bool = True
    pedidos_abertos: int = 2000
    prazo_pedido: timedelta = timedelta(days=30)
    espera_negado: timedelta = timedelta(days=30)

    def regra(self, ato: Ato, por: Qualidade, a: Documento) -> Regra | None:
        """The row that allows it, or None."""
        pessoa = Pessoa.of(a)
        return next((r for r in self.regras if r.ato is ato and r.por is por and pessoa in r.a), None)


DEFAULT = Politica(
    regras=(
        Regra(Ato.OUTORGAR, Qualidade.E_CNPJ, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.OUTORGAR, Qualidade.REPRESENTANTE_LEGAL, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.OUTORGAR, Qualidade.E_CPF, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.SUBSTABELECER, Qualidade.E_CNPJ, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.SUBSTABELECER, Qualidade.REPRESENTANTE_LEGAL, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.SUBSTABELECER, Qualidade.E_CPF, _ANYBODY, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.DESIGNAR, Qualidade.E_CNPJ, _PEOPLE, Nivel.A1, _FIVE_YEARS),
        Regra(Ato.DESIGNAR, Qualidade.REPRESENTANTE_LEGAL, _PEOPLE, Nivel.A1, _FIVE_YEARS),
    ),
    catalogo={
        poder.codigo: poder
        for poder in (
            PoderDoCatalogo(
                "dte.consultar",
                "consultar o Domicílio Tributário Eletrônico",
                "Ler as mensagens e os avisos da Secretaria. Ler não conta como tomar ciência.",
                "Domicílio Tributário Eletrônico",
            ),
            PoderDoCatalogo(
                "dte.dar_ciencia",
                "tomar ciência de intimações no Domicílio Tributário Eletrônico",
                "Abrir intimações em nome da empresa. A partir da ciência correm os prazos.",
                "Domicílio Tributário Eletrônico",
            ),
            PoderDoCatalogo(
                "nfe.consultar",
                "consultar notas fiscais eletrônicas",
                "Ver e baixar as notas emitidas e recebidas.",
                "Nota Fiscal Eletrônica",
            ),
        )
    },
)
