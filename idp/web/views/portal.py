"""The portal's frame and lists: who is in, where they are, and procurações as rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from idp.domain.documents import CPF, Documento
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.session import Session
from idp.flow.outorga import Pagina
from idp.web.text import data, legivel, ultimo_dia
from idp.web.views.person import publico, responsavel
from idp.web.views.poderes import todos_em_palavras

VENCENDO = timedelta(days=30)
"""How long before its end a procuração is pointed out, as in the list of that name."""
_E = EstadoProcuracao


@dataclass(frozen=True, slots=True)
class Conta:
    """Who is in. ``responsavel``: of a company's certificate, else ""."""

    nome: str
    documento: str
    certificado: str
    responsavel: str


@dataclass(frozen=True, slots=True)
class Aba:
    href: str
    texto: str
    atual: bool


@dataclass(frozen=True, slots=True)
class Estado:
    """``tom``: ok, espera or fim, which the style knows; the words alone say it too."""

    texto: str
    tom: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row. ``nota``: a further line, "" where there is none. ``id``: of a procuração."""

    href: str
    titulo: str
    documento: str
    resumo: str
    prazo: str
    estado: Estado
    nota: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Recorte:
    """Which rows of a list are shown. ``papel``: of requests. ``busca`` is the id of what is searched for, ``q`` its
    text; ``perdida``: an id that nothing is kept of any more."""

    path: str
    situacao: str
    ordem: str
    papel: str
    busca: str
    q: str
    perdida: bool

    def endereco(self, *, path: str = "", **more: str) -> str:
        """Where these rows are found, here or under ``path``. Nothing that was typed is in it."""
        named = {"papel": self.papel, "situacao": self.situacao, "ordem": self.ordem, "busca": self.busca, **more}
        return f"{path or self.path}?{urlencode({name: value for name, value in named.items() if value})}"


@dataclass(frozen=True, slots=True)
class ListaView:
    """One page of a long list. ``anterior`` and ``proxima``: addresses, "" at the ends. ``filtros``: every situação as
    (value, label, chosen), and ``ordens`` every order. ``contagem``: how many there are, in words."""

    itens: tuple[Item, ...]
    total: int
    pagina: int
    paginas: int
    recorte: Recorte
    filtros: tuple[tuple[str, str, bool], ...]
    ordens: tuple[tuple[str, str, bool], ...]
    anterior: str
    proxima: str
    contagem: str


_ABAS = (
    ("inicio", "/portal", "Início"),
    ("recebidas", "/portal/recebidas", "Recebidas"),
    ("concedidas", "/portal/concedidas", "Concedidas"),
    ("pedidos", "/portal/pedidos", "Pedidos"),
    ("equipe", "/portal/equipe", "Equipe"),
    ("usos", "/portal/usos", "Quem agiu"),
    ("acessos", "/portal/aplicacoes", "Serviços autorizados"),
    ("dados", "/portal/dados", "Meus dados"),
)
SITUACOES = {
    "abertas": "Em vigor ou aguardando aceite",
    "vigentes": "Em vigor",
    "vencendo": "Terminam em 30 dias",
    "pendentes": "Aguardando aceite",
    "encerradas": "Encerradas",
    "todas": "Todas",
}
ORDENS = {"nome": "Por nome", "fim": "Pelo fim da validade"}


def conta(quem: Session) -> Conta:
    documento, certificado = quem.holder.documento, quem.certificado
    rotulo = "CPF" if isinstance(documento, CPF) else "CNPJ"
    return Conta(
        legivel(quem.holder.nome, 80),
        f"{rotulo} {publico(documento)}",
        f"{certificado.tipo.value} {certificado.nivel.value}, válido até {data(certificado.validade)}",
        responsavel(quem.holder).partition(", CPF")[0],
    )


def abas(atual: str) -> tuple[Aba, ...]:
    return tuple(Aba(href, texto, nome == atual) for nome, href, texto in _ABAS)


def moldura(quem: Session, aba: str = "") -> dict[str, Any]:
    """What every page of whoever is in stands in. ``aba``: where in the portal, "" for nowhere."""
    return {"moldura": "portal/base.html", "conta": conta(quem), "abas": abas(aba)}


def estado(procuracao: Procuracao, now: datetime) -> Estado:
    """In words, with since when. The dates decide, whether or not the state has caught up with them."""
    vigencia, em = procuracao.vigencia, procuracao.estado_em
    desde = f" em {data(em)}" if em else ""
    if procuracao.estado in (_E.ATIVA, _E.PENDENTE, _E.SUSPENSA) and now >= vigencia.fim:
        return Estado(f"Terminou em {ultimo_dia(vigencia.fim)}", "fim")
    match procuracao.estado:
        case _E.PENDENTE:
            return Estado("Aguardando aceite", "espera")
        case _E.ATIVA if procuracao.cedida_a:
            return Estado("Passada adiante por inteiro", "fim")
        case _E.ATIVA if now < vigencia.inicio:
            return Estado(f"Começa em {data(vigencia.inicio)}", "espera")
        case _E.ATIVA if vigencia.fim - now <= VENCENDO:
            return Estado(f"Termina em {ultimo_dia(vigencia.fim)}", "espera")
        case _E.ATIVA:
            return Estado("Em vigor", "ok")
        case _E.SUSPENSA:
            return Estado(f"Suspensa pela Secretaria{desde}", "espera")
        case _E.EXPIRADA:
            return Estado(f"Terminou em {ultimo_dia(vigencia.fim)}", "fim")
        case _:
            return Estado(procuracao.estado.value.capitalize() + desde, "fim")


def prazo(procuracao: Procuracao) -> str:
    return f"De {data(procuracao.vigencia.inicio)} a {ultimo_dia(procuracao.vigencia.fim)}"


def resumo(poderes: Iterable[str]) -> str:
    """The first two, and how many more."""
    palavras = todos_em_palavras(poderes)
    mais = len(palavras) - 2
    texto = "; ".join(palavras[:2]) + (f"; e mais {mais} poder{'es' if mais > 1 else ''}" if mais > 0 else "")
    return texto[:1].upper() + texto[1:]


def item(procuracao: Procuracao, papel: str, now: datetime, eu: Documento) -> Item:
    """``papel``: recebidas shows who gave it, concedidas who has it. The other side is told where it is not ``eu``."""
    de = (legivel(procuracao.outorgante_nome, 80), procuracao.outorgante)
    para = (legivel(procuracao.outorgado_nome, 80), procuracao.outorgado)
    shown, other = (de, para) if papel == "recebidas" else (para, de)
    notes = []
    if other[1] != eu:
        notes.append(f"Dada a {other[0]}" if papel == "recebidas" else f"Em nome de {other[0]}")
    if procuracao.pai:
        notes.append("Por substabelecimento")
    return Item(
        f"/portal/procuracoes/{procuracao.id}",
        shown[0],
        rotulado(shown[1]),
        resumo(procuracao.poderes),
        prazo(procuracao),
        estado(procuracao, now),
        ". ".join(notes),
        procuracao.id,
    )


COLUNAS = (
    *("outorgante", "documento do outorgante", "outorgado", "documento do outorgado"),
    *("situação", "primeiro dia", "último dia", "poderes", "inscrições", "código"),
)
"""Of :func:`linha`."""


def linha(procuracao: Procuracao, now: datetime) -> tuple[str, ...]:
    """One row of the list as a file: documents as on the pages, a person's masked."""
    return (
        legivel(procuracao.outorgante_nome, 200),
        publico(procuracao.outorgante),
        legivel(procuracao.outorgado_nome, 200),
        publico(procuracao.outorgado),
        estado(procuracao, now).texto,
        data(procuracao.vigencia.inicio),
        ultimo_dia(procuracao.vigencia.fim),
        "; ".join(todos_em_palavras(procuracao.poderes)),
        ", ".join(f"{one.numero} ({one.uf})" for one in sorted(procuracao.escopo.inscricoes)) or "todas do alcance",
        procuracao.id,
    )


def rotulado(documento: Documento) -> str:
    return f"{'CPF' if isinstance(documento, CPF) else 'CNPJ'} {publico(documento)}"


def lista(
    itens: Sequence[Item],
    pagina: Pagina[Any],
    recorte: Recorte,
    situacoes: Mapping[str, str],
    ordens: Mapping[str, str],
) -> ListaView:
    """``itens``: those of ``pagina`` as rows."""

    def at(page: int) -> str:
        return recorte.endereco(pagina=str(page))

    return ListaView(
        tuple(itens),
        pagina.total,
        pagina.pagina,
        pagina.paginas,
        recorte,
        tuple((value, label, value == recorte.situacao) for value, label in situacoes.items()),
        tuple((value, label, value == recorte.ordem) for value, label in ordens.items()),
        at(pagina.pagina - 1) if pagina.pagina > 1 else "",
        at(pagina.pagina + 1) if pagina.pagina < pagina.paginas else "",
        _contagem(pagina.total, recorte),
    )


def _contagem(total: int, recorte: Recorte) -> str:
    """What was found, in a sentence; of requests by their name."""
    um, muitos = ("pedido", "pedidos") if recorte.papel else ("procuração", "procurações")
    com = f" com “{legivel(recorte.q, 100)}”" if recorte.q else ""
    if total:
        return f"{total} {um if total == 1 else muitos}{com}"
    return f"Nenhum pedido{com} nesta situação." if recorte.papel else f"Nenhuma procuração{com} nesta situação."


def milhar(n: int) -> str:
    """``4.753``."""
    return f"{n:,}".replace(",", ".")
