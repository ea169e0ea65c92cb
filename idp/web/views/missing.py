"""Why an inscrição the person has a link to cannot be chosen now, and the page when there is nothing to choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import CertReason, Claimed, Reason
from idp.domain.documents import CPF
from idp.domain.person import Holder
from idp.domain.procuracao import Procuracao, TipoEscopo
from idp.domain.representation import Demanda, Modo, Motivo
from idp.flow.choices import Choices, Missing
from idp.flow.demand import particular
from idp.web.text import data, legivel, lista, ultimo_dia
from idp.web.views.certificate import for_reason
from idp.web.views.notice import Notice, nosso_suporte
from idp.web.views.person import publico
from idp.web.views.poderes import em_palavras, todos_em_palavras

_CODES = {
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

_ALCANCES = {
    TipoEscopo.RAIZ: "todos os estabelecimentos e inscrições de quem a deu",
    TipoEscopo.ESTABELECIMENTO: "só este estabelecimento, com as suas inscrições",
    TipoEscopo.INSCRICOES: "só as inscrições que ela nomeia",
}
FELL_THROUGH = {
    Motivo.REVOGADA: "A procuração que você escolheu acaba de ser revogada.",
    Motivo.EXPIRADA: "A procuração que você escolheu acaba de vencer.",
    Motivo.SUSPENSA: "A procuração que você escolheu acaba de ser suspensa.",
    Motivo.SITUACAO: "A inscrição que você escolheu mudou de situação no cadastro.",
}
_FELL_THROUGH = "A escolha que você fez não está mais disponível."


@dataclass(frozen=True, slots=True)
class MissingView:
    codigo: str
    texto: str


def fell_through(motivo: Motivo) -> str:
    """Why the choice just made came to nothing."""
    return FELL_THROUGH.get(motivo, _FELL_THROUGH) + " Não é erro seu. Nada foi enviado ao serviço."


@dataclass(frozen=True, slots=True)
class PendingView:
    """A procuração that waits for this person: who gives it, what it allows, of what, from when to when."""

    id: str
    empresa: str
    documento: str
    poderes: list[str]
    alcance: str
    prazo: str


def pending_view(pending: Iterable[Procuracao]) -> list[PendingView]:
    """What the person would accept, in full."""
    return [
        PendingView(
            one.id,
            legivel(one.outorgante_nome),
            publico(one.outorgante),
            todos_em_palavras(one.poderes),
            _ALCANCES[one.escopo.tipo],
            f"de {data(one.vigencia.inicio)} a {ultimo_dia(one.vigencia.fim)}",
        )
        for one in pending
    ]


def missing_view(missing: tuple[Missing, ...], demanda: Demanda, servico: str) -> list[MissingView]:
    """One sentence a reason; a procuração over many inscrições is told once."""
    return list(dict.fromkeys(MissingView(_code(one.motivo), _sentence(one, demanda, servico)) for one in missing))


def nothing(holder: Holder, choices: Choices, demanda: Demanda, servico: str, support: str) -> Notice:
    """The page when no inscrição can be chosen."""
    motivos = {one.motivo for one in choices.missing} | ({Motivo.PENDENTE} if choices.pending else set())
    if Motivo.RESPONSAVEL_DIVERGENTE in motivos:
        reason = Reason(CertReason.RESPONSAVEL, Motivo.RESPONSAVEL_DIVERGENTE.value)
        return for_reason(reason, Claimed(), support)
    kind = "CPF" if isinstance(holder.documento, CPF) else "CNPJ"
    quem = nosso_suporte(support)
    if not motivos and particular(demanda):
        return _denied(servico, quem)
    if not motivos:
        return Notice(
            "INS-01",
            f"Nenhuma inscrição estadual para este {kind}",
            (f"Não encontramos no cadastro {_searched(holder)}.",),
            (
                f"Se uma empresa deu a você uma procuração, confirme com ela que é para este {kind} e ainda vale.",
                "Se você é contador ou colaborador, peça à empresa uma procuração eletrônica para o seu CPF.",
                "Se você tem mais de um certificado, talvez outro deles seja o certo: use outro certificado.",
            ),
            quem,
        )
    motivo = next((one for one in _CODES if one in motivos), None)
    if motivo is None:
        codigo, titulo = "INS-02", "Nenhuma inscrição pode ser usada neste serviço"
    else:
        codigo, titulo = _CODES[motivo]
    if motivo is None and demanda.inscricao is not None:
        titulo = "Você não pode atuar pela inscrição pedida neste serviço"
    causes = tuple(one.texto for one in missing_view(choices.missing, demanda, servico)[:20])
    if motivo is None and demanda.exigidos and all(one.motivo is Motivo.PODER for one in choices.missing):
        poder = lista([em_palavras(poder) for poder in sorted(demanda.exigidos)])
        steps = (
            f"Peça à empresa uma procuração que inclua: {poder}. "
            "Você pode pedir em Minhas procurações, Pedir uma procuração.",
            "Se você tem outro certificado, tente com ele.",
        )
        return Notice(codigo, "Falta um poder na sua procuração", causes, steps, quem)
    return Notice(codigo, titulo, causes, _steps(motivo), quem)


def _denied(servico: str, quem: str) -> Notice:
    """A certain right was asked for, and there is no link to it. It says nothing of what exists."""
    return Notice(
        "INS-02",
        "Você não pode atuar como este serviço pediu",
        (
            f"{servico} pediu uma inscrição ou um poder que este certificado não tem. "
            "Não há nada de errado com o seu certificado nem com o seu computador.",
        ),
        (
            "Confira no serviço se você escolheu a empresa certa.",
            "Se você atua por uma empresa, peça a ela uma procuração eletrônica que inclua este serviço.",
            "Se você tem outro certificado, tente com ele.",
        ),
        quem,
    )


def _searched(holder: Holder) -> str:
    """Every place in which an inscrição would have been found."""
    number = publico(holder.documento)
    if isinstance(holder.documento, CPF):
        return (
            f"inscrição estadual em nome do CPF {number}, empresa de que ele seja representante legal, "
            "nem procuração dada a ele"
        )
    return f"inscrição estadual do CNPJ {number}, nem procuração dada a ele"


def _steps(motivo: Motivo | None) -> tuple[str, ...]:
    if motivo is Motivo.PENDENTE:
        return ("Leia a procuração abaixo e aceite ou recuse. Se aceitar, você continua daqui mesmo.",)
    if motivo is None:
        return ("Confira a situação cadastral com a empresa.", "Se você tem outro certificado, tente com ele.")
    return ("Peça à empresa uma nova procuração.", "Se você tem outro certificado, tente com ele.")


def _code(motivo: Motivo) -> str:
    if motivo is Motivo.RESPONSAVEL_DIVERGENTE:
        return CertReason.RESPONSAVEL.value
    return _CODES[motivo][0] if motivo in _CODES else "INS-02"


def _sentence(one: Missing, demanda: Demanda, servico: str) -> str:
    inscricao = one.fatos.inscricao
    nome = legivel(inscricao.razao_social, 80)
    if one.motivo is Motivo.RESPONSAVEL_DIVERGENTE:
        return "O responsável no seu e-CNPJ não é um representante atual da empresa no cadastro."
    if one.motivo is Motivo.SITUACAO:
        accepted = ", ".join(sorted(situacao.value.lower() for situacao in demanda.situacoes))
        return (
            f"A inscrição {inscricao.id.numero} ({inscricao.id.uf}), de {nome}, está na situação "
            f"{inscricao.situacao.value.lower()}; {servico} aceita: {accepted}."
        )
    if one.motivo is Motivo.NIVEL:
        return f"Para atuar por {nome} é preciso um certificado de nível {one.detail} ou mais alto."
    if one.modo is Modo.PROCURACAO and one.fatos.cadeia:
        return _about(one, demanda, servico)
    return f"No momento não é possível atuar por {nome}."


def _about(one: Missing, demanda: Demanda, servico: str) -> str:
    chain = one.fatos.cadeia
    link = next((procuracao for procuracao in chain if procuracao.id == one.detail), chain[0])
    empresa, em = legivel(link.outorgante_nome, 80), _on(link.estado_em)
    quem = "Você" if link is chain[0] else legivel(link.outorgado_nome, 80)
    match one.motivo:
        case Motivo.PENDENTE:
            return f"Há uma procuração de {empresa} aguardando aceite de {'você' if quem == 'Você' else quem}."
        case Motivo.EXPIRADA:
            return f"A procuração dada por {empresa} terminou em {ultimo_dia(link.vigencia.fim)}."
        case Motivo.FUTURA:
            return f"A procuração dada por {empresa} só começa em {data(link.vigencia.inicio)}."
        case Motivo.REVOGADA:
            return f"{empresa} revogou a procuração{em}."
        case Motivo.RENUNCIADA:
            return f"{quem} renunciou à procuração dada por {empresa}{em}."
        case Motivo.RECUSADA:
            return f"{quem} recusou a procuração oferecida por {empresa}{em}."
        case Motivo.SUSPENSA:
            return f"A procuração dada por {empresa} está suspensa pelo fisco{em and ' desde' + em[3:]}."
        case Motivo.EXTINTA:
            return f"A procuração dada por {empresa} foi extinta{em}."
        case Motivo.PODER:
            poder = lista([em_palavras(poder) for poder in sorted(demanda.exigidos)])
            return f"A procuração dada por {empresa} não inclui o que {servico} exige: {poder}."
        case Motivo.CEDIDA:
            return f"Você passou adiante, sem reserva, a procuração dada por {empresa}: não atua mais por ela."
        case Motivo.DESIGNACAO:
            firma = legivel(chain[0].outorgado_nome, 80)
            return f"Terminou a sua designação por {firma} para a procuração dada por {empresa}."
        case _:
            return f"A procuração de {empresa} chegou a você por um substabelecimento irregular."


def _on(at: datetime | None) -> str:
    return f" em {data(at)}" if at else ""
