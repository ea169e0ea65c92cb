"""Who acted for somebody, as a list is read: who, by what right, for which inscrição, where and when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from idp.domain.documents import CPF, Documento
from idp.domain.representation import Modo, Motivo
from idp.flow.usos import Uso
from idp.web.text import legivel, momento
from idp.web.views.poderes import todos_em_palavras
from idp.web.views.portal import rotulado

Nome = Callable[[str], str]
"""The name of an application by its id."""


@dataclass(frozen=True, slots=True)
class UsoView:
    """``recusado``: why nothing came of it, else "". ``procuracao``: the address of the one relied on, ``revogar``
    where it is revoked; ``so``: the list of this person's alone. "" where there is none."""

    nome: str
    documento: str
    certificado: str
    quando: str
    aplicacao: str
    inscricao: str
    direito: str
    poderes: str
    recusado: str
    procuracao: str
    revogar: str
    so: str


_NIVEIS = {"1": "A1", "2": "A2", "3": "A3", "4": "A4", "201": "SE-S", "202": "SE-H"}
"""By the arc below 2.16.76.1.2 (DOC-ICP-04)."""
_DIREITOS = {
    Modo.TITULAR: "Com o próprio certificado",
    Modo.REPRESENTANTE_LEGAL: "Como representante legal",
    Modo.PROCURACAO: "Por procuração",
}
_RECUSAS = {
    Motivo.REVOGADA: "a procuração já estava revogada",
    Motivo.RENUNCIADA: "a procuração já estava renunciada",
    Motivo.EXPIRADA: "o prazo da procuração já tinha terminado",
    Motivo.FUTURA: "a procuração ainda não tinha começado",
    Motivo.SUSPENSA: "a procuração estava suspensa pela Secretaria",
    Motivo.PENDENTE: "a procuração ainda não tinha sido aceita",
    Motivo.PODER: "o serviço pede um poder que a procuração não dá",
    Motivo.NIVEL: "o certificado era de nível baixo demais",
    Motivo.DESIGNACAO: "a designação da pessoa já tinha terminado",
    Motivo.SITUACAO: "a situação da inscrição não permite",
}


def uso_view(uso: Uso, nome: Nome, *, revogaveis: Collection[str] = (), so: str = "") -> UsoView:
    poderes = [uso.poder] if uso.poder else uso.poderes
    return UsoView(
        legivel(uso.nome, 80),
        rotulado(uso.titular),
        certificado(uso.titular, uso.politica, uso.responsavel),
        momento(uso.at),
        nome(uso.client_id),
        f"{uso.inscricao.numero} ({uso.inscricao.uf})",
        _DIREITOS[uso.modo],
        "; ".join(todos_em_palavras(poderes)),
        _recusa(uso.motivo) if uso.motivo else "",
        f"/portal/procuracoes/{uso.procuracao}" if uso.procuracao else "",
        f"/portal/procuracoes/{uso.procuracao}/revogar" if uso.procuracao in revogaveis else "",
        so,
    )


def certificado(titular: Documento, politica: str, responsavel: Documento | None) -> str:
    """``e-CNPJ A1, usado por CPF ***.001.012-**``."""
    nivel = _NIVEIS.get((politica.split(".") + [""] * 6)[5], "")
    if nivel.startswith("SE"):
        return f"Selo Eletrônico ({nivel})"
    tipo = "e-CPF" if isinstance(titular, CPF) else "e-CNPJ"
    return f"{tipo} {nivel}".strip() + (f", com {rotulado(responsavel)} como responsável" if responsavel else "")


def _recusa(motivo: str) -> str:
    return (
        "Recusado: " + _RECUSAS.get(Motivo(motivo), "o direito não valia mais") if motivo in set(Motivo) else "Recusado"
    )


@dataclass(frozen=True, slots=True)
class Escolha:
    value: str
    rotulo: str
    marcada: bool


def pessoas(usos: Sequence[Uso], escolhida: Documento | None) -> tuple[Escolha, ...]:
    """Each person once, by the id of a use of theirs, by name."""
    first: dict[Documento, Uso] = {}
    for uso in usos:
        first.setdefault(uso.titular, uso)
    found = sorted(first.values(), key=lambda uso: uso.nome)
    return tuple(
        Escolha(str(uso.id), f"{legivel(uso.nome, 60)}, {rotulado(uso.titular)}", uso.titular == escolhida)
        for uso in found
    )


def aplicacoes(usos: Iterable[Uso], nome: Nome, escolhida: str) -> tuple[Escolha, ...]:
    ids = sorted({uso.client_id for uso in usos} | ({escolhida} if escolhida else set()))
    return tuple(Escolha(id, nome(id), id == escolhida) for id in sorted(ids, key=nome))


def endereco(**parameters: str) -> str:
    """The list narrowed so."""
    given = {name: value for name, value in parameters.items() if value}
    return "/portal/usos" + (f"?{urlencode(given)}" if given else "")
