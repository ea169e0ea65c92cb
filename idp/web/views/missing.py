"""Why an inscrição the person has a link to cannot be chosen now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from idp.domain.certificado import CertReason
from idp.domain.documents import CNPJ
from idp.domain.person import Holder
from idp.domain.representation import Demanda, Modo, Motivo
from idp.flow.choices import Missing
from idp.web.text import data, legivel, lista, ultimo_dia
from idp.web.views.poderes import em_palavras
from idp.web.views.portal import rotulado

CODES = {
    Motivo.PENDENTE: ("PRC-03", "Procuração aguardando o seu aceite"),
    Motivo.REVOGADA: ("PRC-02", "Procuração revogada"),
    Motivo.RENUNCIADA: ("PRC-02", "Procuração revogada"),
    Motivo.RECUSADA: ("PRC-02", "Procuração recusada"),
    Motivo.EXTINTA: ("PRC-02", "Procuração extinta"),
    Motivo.SUSPENSA: ("PRC-02", "Procuração suspensa"),
    Motivo.EXPIRADA: ("PRC-01", "Procuração vencida"),
    Motivo.FUTURA: ("PRC-01", "Procuração ainda não começou"),
    Motivo.CEDIDA: ("PRC-02", "Procuração substabelecida sem reserva"),
    Motivo.DESIGNACAO: ("PRC-02", "Designação terminada"),
}
"""In the order in which they name a page that several of them share."""

_ENDED = frozenset({Motivo.REVOGADA, Motivo.RENUNCIADA, Motivo.RECUSADA, Motivo.EXTINTA})
_GROUPS: dict[str, frozenset[Motivo]] = {
    "Procurações que terminaram": frozenset({Motivo.EXPIRADA}),
    "Procurações sem o poder que o serviço exige": frozenset({Motivo.PODER}),
    "Procurações que deixaram de valer": _ENDED | {Motivo.SUSPENSA, Motivo.CEDIDA, Motivo.DESIGNACAO},
    "Procurações que ainda não valem": frozenset({Motivo.PENDENTE, Motivo.FUTURA}),
    "Situação no cadastro que o serviço não aceita": frozenset({Motivo.SITUACAO}),
    "Exigem outro certificado": frozenset({Motivo.NIVEL}),
}
_OTHER = "Outros motivos"
_ABOUT = {
    Motivo.PENDENTE: "Há uma procuração de {empresa} aguardando aceite de {de_quem}.",
    Motivo.EXPIRADA: "A procuração dada por {empresa} terminou em {fim}.",
    Motivo.FUTURA: "A procuração dada por {empresa} só começa em {inicio}.",
    Motivo.REVOGADA: "{empresa} revogou a procuração{em}.",
    Motivo.RENUNCIADA: "{quem} renunciou à procuração dada por {empresa}{em}.",
    Motivo.RECUSADA: "{quem} recusou a procuração oferecida por {empresa}{em}.",
    Motivo.SUSPENSA: "A procuração dada por {empresa} está suspensa pelo fisco{desde}.",
    Motivo.EXTINTA: "A procuração dada por {empresa} foi extinta{em}.",
    Motivo.PODER: "A procuração dada por {empresa} não inclui o que {servico} exige: {poder}.",
    Motivo.CEDIDA: "Você passou adiante, sem reserva, a procuração dada por {empresa}: não atua mais por ela.",
    Motivo.DESIGNACAO: "Terminou a sua designação por {firma} para a procuração dada por {empresa}.",
}
_IRREGULAR = "A procuração de {empresa} chegou a você por um substabelecimento irregular."
_ASKED_ANEW = _ENDED | {Motivo.EXPIRADA, Motivo.PODER}

FELL_THROUGH = {
    Motivo.REVOGADA: "A procuração que você escolheu acaba de ser revogada.",
    Motivo.EXPIRADA: "A procuração que você escolheu acaba de vencer.",
    Motivo.SUSPENSA: "A procuração que você escolheu acaba de ser suspensa.",
    Motivo.SITUACAO: "A inscrição que você escolheu mudou de situação no cadastro.",
}
_FELL_THROUGH = "A escolha que você fez não está mais disponível."


@dataclass(frozen=True, slots=True)
class MissingView:
    """``pedir``: where such a procuração is asked for, "" where asking for one would not help. ``documento``: of whose
    it is, to tell two companies of one name apart."""

    codigo: str
    texto: str
    motivo: Motivo
    pedir: str
    documento: str


def fell_through(motivo: Motivo) -> str:
    """Why the choice just made came to nothing."""
    return FELL_THROUGH.get(motivo, _FELL_THROUGH) + " Não é erro seu. Nada foi enviado ao serviço."


def missing_view(
    missing: Iterable[Missing], demanda: Demanda, servico: str, holder: Holder | None = None, tx: str = ""
) -> list[MissingView]:
    """One sentence a reason; a procuração over many inscrições is told once. ``holder``: who may ask for it anew, None
    where no page of his follows. ``tx``: of the Transaction that the way back from there leads to."""
    return list(
        dict.fromkeys(
            MissingView(
                _code(one.motivo),
                _sentence(one, demanda, servico),
                one.motivo,
                _ask(one, demanda, holder, tx),
                rotulado(one.fatos.cadeia[0].outorgante if one.fatos.cadeia else one.fatos.inscricao.contribuinte),
            )
            for one in missing
        )
    )


def in_groups(missing: Iterable[MissingView]) -> list[tuple[str, list[MissingView]]]:
    """By what is the matter, with each group's title."""
    found: dict[str, list[MissingView]] = {titulo: [] for titulo in (*_GROUPS, _OTHER)}
    for one in missing:
        found[next((titulo for titulo, motivos in _GROUPS.items() if one.motivo in motivos), _OTHER)].append(one)
    return [(titulo, members) for titulo, members in found.items() if members]


def _code(motivo: Motivo) -> str:
    if motivo is Motivo.RESPONSAVEL_DIVERGENTE:
        return CertReason.RESPONSAVEL.value
    return CODES[motivo][0] if motivo in CODES else "INS-02"


def _ask(one: Missing, demanda: Demanda, holder: Holder | None, tx: str) -> str:
    """By the procuração's id: no document stands in an address. Only of what was given to the holder himself."""
    if holder is None or one.motivo not in _ASKED_ANEW or not one.fatos.cadeia:
        return ""
    link = one.fatos.cadeia[0]
    mine = link.outorgado == holder.documento or (
        isinstance(link.outorgado, CNPJ)
        and isinstance(holder.documento, CNPJ)
        and link.outorgado.raiz == holder.documento.raiz
    )
    given = urlencode([*(("poder", poder) for poder in sorted(demanda.exigidos)), *([("tx", tx)] if tx else [])])
    return f"/portal/procuracoes/{link.id}/pedir{'?' * bool(given)}{given}" if mine else ""


def _sentence(one: Missing, demanda: Demanda, servico: str) -> str:
    inscricao = one.fatos.inscricao
    nome = legivel(inscricao.razao_social, 80)
    if one.motivo is Motivo.RESPONSAVEL_DIVERGENTE:
        return "O responsável no seu e-CNPJ não é um representante atual da empresa no cadastro."
    if one.motivo is Motivo.SITUACAO:
        accepted = " ou ".join(sorted(situacao.value.lower() for situacao in demanda.situacoes))
        return (
            f"A inscrição {inscricao.id.numero} ({inscricao.id.uf}), de {nome}, está "
            f"{inscricao.situacao.value.lower()} no cadastro. {servico} só aceita inscrição {accepted}."
        )
    if one.motivo is Motivo.NIVEL:
        return f"Para atuar por {nome} é preciso um certificado de nível {one.detail} ou mais alto."
    if one.modo is Modo.PROCURACAO and one.fatos.cadeia:
        return _about(one, demanda, servico)
    return f"No momento não é possível atuar por {nome}."


def _about(one: Missing, demanda: Demanda, servico: str) -> str:
    """Of the procuração in the chain that the reason is about, or of the one given to the person."""
    chain = one.fatos.cadeia
    link = next((procuracao for procuracao in chain if procuracao.id == one.detail), chain[0])
    yours, outorgado = link is chain[0], legivel(link.outorgado_nome, 80)
    return _ABOUT.get(one.motivo, _IRREGULAR).format(
        empresa=legivel(link.outorgante_nome, 80),
        quem="Você" if yours else outorgado,
        de_quem="você" if yours else outorgado,
        firma=legivel(chain[0].outorgado_nome, 80),
        em=f" em {data(link.estado_em)}" if link.estado_em else "",
        desde=f" desde {data(link.estado_em)}" if link.estado_em else "",
        inicio=data(link.vigencia.inicio),
        fim=ultimo_dia(link.vigencia.fim),
        servico=servico,
        poder=lista([em_palavras(poder) for poder in sorted(demanda.exigidos)]),
    )
