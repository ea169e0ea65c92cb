"""One procuração in plain words: its terms, what happened to it, what this person may do now and what that leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.domain.ato import ORGAO, AtoRegistrado
from idp.domain.documents import CNPJ, Documento, parse_documento
from idp.domain.inscricao import InscricaoId
from idp.domain.politica import PoderDoCatalogo, Politica, Qualidade
from idp.domain.procuracao import TODOS, Escopo, EstadoProcuracao, Poder, Procuracao, TipoEscopo
from idp.errors import InvalidDocument
from idp.flow.outorga import Vista
from idp.web.text import data, legivel, momento, ultimo_dia
from idp.web.views.person import publico
from idp.web.views.poderes import em_palavras
from idp.web.views.portal import Estado, Item, estado, item, rotulado
from idp.web.views.portal_avisos import impedido

Catalogo = Mapping[Poder, PoderDoCatalogo]


@dataclass(frozen=True, slots=True)
class Termos:
    """What it gives. ``poderes``: (titulo, descricao). ``alcance``: sentences, ``inscricoes`` their numbers."""

    outorgante: str
    outorgante_documento: str
    outorgado: str
    outorgado_documento: str
    poderes: tuple[tuple[str, str], ...]
    alcance: str
    inscricoes: tuple[str, ...]
    prazo: str
    adiante: str
    nivel: str
    codigo: str


@dataclass(frozen=True, slots=True)
class AtoView:
    """``quem``: who, in what quality and by what certificate. ``texto``: what was shown, with its SHA-256."""

    titulo: str
    quando: str
    quem: str
    certificado: str
    motivo: str
    texto: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Botao:
    href: str
    texto: str
    principal: bool


@dataclass(frozen=True, slots=True)
class VistaView:
    """``vale``: whether it was accepted, or needed not be."""

    titulo: str
    estado: Estado
    explicacao: str
    vale: bool
    termos: Termos
    atos: tuple[AtoView, ...]
    botoes: tuple[Botao, ...]
    impedimento: str
    pai: Item | None
    filhas: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Decisao:
    """A page that asks once more. ``motivo``: whether a reason may be given. ``ler``: its terms are read first."""

    titulo: str
    consequencias: tuple[str, ...]
    botao: str
    motivo: bool
    ler: bool = False


_BOTOES = {
    "aceitar": "Aceitar",
    "recusar": "Recusar",
    "substabelecer": "Passar adiante (substabelecer)",
    "renunciar": "Renunciar",
    "revogar": "Revogar",
}
_PAPEIS = {
    "outorgante": "Você deu esta procuração.",
    "outorgado": "Você recebeu esta procuração.",
    "designado": "Ela foi dada à empresa que designou você, e você age por ela.",
    "ascendente": "Ela descende de uma procuração que você recebeu e passou adiante.",
}
_EVENTOS = {
    "conceder": "Concedida",
    "outorgar": "Concedida",
    "substabelecer": "Passada adiante",
    "aceitar": "Aceita",
    "recusar": "Recusada",
    "renunciar": "Renunciada",
    "revogar": "Revogada",
    "suspender": "Suspensa pela Secretaria",
    "reativar": "Reativada pela Secretaria",
    "extinguir": "Extinta",
    "expirar": "Prazo terminado",
    "ceder": "Passada adiante por inteiro",
    "aprovar": "Concedida, a pedido",
    "designar": "Designação feita",
    "encerrar": "Designação encerrada",
}
_QUALIDADES = {
    Qualidade.E_CNPJ.value: "pelo e-CNPJ",
    Qualidade.REPRESENTANTE_LEGAL.value: "como representante legal",
    Qualidade.E_CPF.value: "em nome próprio",
}


def termos(procuracao: Procuracao, catalogo: Catalogo) -> Termos:
    nivel = procuracao.nivel_minimo
    return Termos(
        legivel(procuracao.outorgante_nome, 80),
        rotulado(procuracao.outorgante),
        legivel(procuracao.outorgado_nome, 80),
        rotulado(procuracao.outorgado),
        poderes(procuracao.poderes, catalogo),
        alcance(procuracao.escopo, procuracao.outorgante),
        inscricoes(procuracao.escopo.inscricoes),
        f"de {data(procuracao.vigencia.inicio)} até o fim do dia {ultimo_dia(procuracao.vigencia.fim)}",
        "Sim, no todo ou em parte" if procuracao.substabelecivel else "Não",
        f"{nivel.value} ou superior" if nivel else "e-CPF ou e-CNPJ de qualquer tipo: A1, A3 ou em nuvem",
        procuracao.id,
    )


def poderes(given: frozenset[Poder], catalogo: Catalogo) -> tuple[tuple[str, str], ...]:
    """(titulo, descricao), in the catalogue's order; one that has left it keeps its code."""
    if TODOS in given:
        return (("Todos os poderes", "Os que existem hoje e os que a Secretaria criar depois."),)
    ordered = [poder for poder in catalogo if poder in given] + sorted(given - set(catalogo))
    return tuple(
        (_maiuscula(catalogo[poder].titulo), catalogo[poder].descricao)
        if poder in catalogo
        else (_maiuscula(em_palavras(poder)), "")
        for poder in ordered
    )


def alcance(escopo: Escopo, outorgante: Documento) -> str:
    if escopo.tipo is TipoEscopo.INSCRICOES:
        return "Só estas inscrições estaduais:"
    if not isinstance(outorgante, CNPJ):
        return f"Todas as inscrições no CPF {publico(outorgante)}, as atuais e as futuras"
    if escopo.tipo is TipoEscopo.RAIZ:
        return "Toda a empresa: a matriz e todas as filiais, as atuais e as futuras"
    return f"Só o estabelecimento de CNPJ {publico(outorgante)}"


def inscricoes(ids: frozenset[InscricaoId]) -> tuple[str, ...]:
    return tuple(f"{one.numero} ({one.uf})" for one in sorted(ids))


def vista(seen: Vista, politica: Politica, now: datetime, eu: Documento) -> VistaView:
    procuracao, catalogo = seen.procuracao, politica.catalogo
    recebida = seen.papel != "outorgante"
    outro = procuracao.outorgante_nome if recebida else procuracao.outorgado_nome
    botoes = [evento for evento in _BOTOES if evento in seen.eventos]
    return VistaView(
        f"Procuração {'de' if recebida else 'para'} {legivel(outro, 80)}",
        estado(procuracao, now),
        oferta(procuracao, seen.papel, aceite_ate(procuracao, politica)) or _PAPEIS.get(seen.papel, ""),
        procuracao.estado is not EstadoProcuracao.PENDENTE,
        termos(procuracao, catalogo),
        tuple(ato(one) for one in seen.atos),
        tuple(
            Botao(
                f"/portal/procuracoes/{procuracao.id}/{evento}",
                "Cancelar a oferta" if _cancela(evento, procuracao) else _BOTOES[evento],
                evento == "aceitar",
            )
            for evento in botoes
        ),
        impedido(seen.impedimento).causa[0] if seen.impedimento else "",
        item(seen.pai, "concedidas", now, eu) if seen.pai else None,
        tuple(item(one, "concedidas", now, eu) for one in seen.filhas),
    )


def aceite_ate(procuracao: Procuracao, politica: Politica) -> datetime | None:
    """Until when it may be accepted; None where that is over or was never needed."""
    since = procuracao.estado_em
    if procuracao.estado is not EstadoProcuracao.PENDENTE or since is None:
        return None
    return min(since + politica.prazo_aceite, procuracao.vigencia.fim)


def oferta(procuracao: Procuracao, papel: str, ate: datetime | None) -> str:
    """Of one that waits for acceptance: who offered what to whom, and until when; "" of any other. ``ate``: as
    :func:`aceite_ate` has it."""
    if procuracao.estado is not EstadoProcuracao.PENDENTE:
        return ""
    de, para = legivel(procuracao.outorgante_nome, 80), legivel(procuracao.outorgado_nome, 80)
    prazo = f" até {momento(ate)}" if ate else ""
    match papel:
        case "outorgante":
            return f"Você ofereceu esta procuração a {para}. Ela ainda não vale: {para} pode aceitar{prazo}."
        case "outorgado":
            return f"{de} ofereceu esta procuração a você. Ela ainda não vale. Você pode aceitar ou recusar{prazo}."
        case _:
            return f"{de} ofereceu esta procuração a {para}. Ela ainda não vale."


def _cancela(evento: str, procuracao: Procuracao) -> bool:
    """To revoke what nobody accepted yet is to take an offer back."""
    return evento == "revogar" and procuracao.estado is EstadoProcuracao.PENDENTE


def ato(one: AtoRegistrado) -> AtoView:
    quem = legivel(one.por_nome or one.por, 80)
    if one.qualidade == ORGAO:
        quem = "Secretaria"
    else:
        if documento := _documento(one.por):
            quem += f", {documento}"
        if qualidade := _QUALIDADES.get(one.qualidade):
            quem += f", {qualidade}"
        if one.pessoa and str(one.pessoa) != one.por:
            quem += f" (responsável: CPF {one.pessoa.mascarado})"
    used = one.certificado
    return AtoView(
        _EVENTOS.get(one.evento, _maiuscula(one.evento)),
        momento(one.em),
        quem,
        f"{used.tipo.value} {used.nivel.value}, emitido por {legivel(used.emissor, 80)}, série {used.ref.serial}"
        if used
        else "",
        legivel(one.motivo, 300),
        one.texto or "",
        one.texto_sha256 or "",
    )


def decisao(evento: str, procuracao: Procuracao) -> Decisao:
    """What pressing the button leads to, before it is pressed."""
    de, para = legivel(procuracao.outorgante_nome, 80), legivel(procuracao.outorgado_nome, 80)
    fim = ultimo_dia(procuracao.vigencia.fim)
    irreversivel = "Isto não pode ser desfeito: para voltar atrás, é preciso uma procuração nova."
    feito = "O que já foi feito com ela continua valendo."
    prazos = "Intimações já abertas continuam com o prazo correndo."
    match evento:
        case "aceitar":
            return Decisao(
                f"Aceitar a procuração de {de}?",
                (
                    f"Ela passa a valer agora: você pode agir em nome de {de}, com estes poderes, até {fim}.",
                    f"O que você fizer com eles vale como feito por {de}.",
                    "Quem deu a procuração vê cada uso: quem usou, onde e quando.",
                    "Você pode renunciar a qualquer momento.",
                ),
                "Aceitar a procuração",
                motivo=False,
                ler=True,
            )
        case "recusar":
            return Decisao(
                f"Recusar a procuração de {de}?",
                (f"Ela nunca chega a valer, e {de} vê que você a recusou.", irreversivel),
                "Recusar a procuração",
                motivo=True,
            )
        case "renunciar":
            return Decisao(
                f"Renunciar à procuração de {de}?",
                (
                    f"Você deixa de poder agir em nome de {de} agora, e os acessos abertos com ela terminam.",
                    "O que você passou adiante dela também termina, e quem foi designado por você não a usa mais.",
                    prazos,
                    f"{feito} {de} vê que você renunciou, mas a Portaria não envia mensagens: avise, como pede a lei "
                    "(Código Civil, art. 688).",
                    irreversivel,
                ),
                "Renunciar à procuração",
                motivo=True,
            )
        case _ if _cancela(evento, procuracao):
            return Decisao(
                f"Cancelar a oferta a {para}?",
                (
                    f"{para} não poderá mais aceitar esta procuração. Ela nunca chegou a valer.",
                    f"{para} vê que você a revogou.",
                    irreversivel,
                ),
                "Cancelar a oferta",
                motivo=True,
            )
        case _:
            return Decisao(
                f"Revogar a procuração dada a {para}?",
                (
                    f"{para} deixa de poder agir em nome de {de} agora, e os acessos abertos com ela terminam.",
                    "O que foi passado adiante a partir dela também termina.",
                    prazos,
                    f"{feito} {para} vê que ela foi revogada, mas a Portaria não envia mensagens: avise.",
                    irreversivel,
                ),
                "Revogar a procuração",
                motivo=True,
            )


def _documento(por: str) -> str:
    try:
        return rotulado(parse_documento(por))
    except InvalidDocument:
        return ""


def _maiuscula(text: str) -> str:
    return text[:1].upper() + text[1:]
