"""The page when there is nothing to choose: what is missing, and what to do about exactly that."""

from __future__ import annotations

from dataclasses import replace

from idp.domain.certificado import CertReason, Claimed, Reason
from idp.domain.documents import CPF
from idp.domain.person import Holder
from idp.domain.representation import Demanda, Motivo
from idp.flow.choices import Choices
from idp.flow.demand import particular
from idp.web.text import lista
from idp.web.views.certificate import for_reason
from idp.web.views.missing import CODES, MissingView, missing_view
from idp.web.views.notice import Notice, nosso_suporte
from idp.web.views.offers import OffersView
from idp.web.views.person import publico
from idp.web.views.poderes import em_palavras

_OUTRO = "Se você tem outro certificado, tente com ele."
_SEVERAL = (
    "Há inscrições ligadas a este certificado, mas nenhuma pode ser usada agora. Abaixo está o porquê de cada uma."
)


def nothing(
    holder: Holder,
    choices: Choices,
    demanda: Demanda,
    servico: str,
    support: str,
    pendentes: OffersView | None = None,
    tx: str = "",
) -> Notice:
    """``pendentes``: what waits for the holder's answer (:func:`idp.web.views.offers.offers_view`). ``tx``: of the
    Transaction that the way back from asking for a procuração leads to."""
    motivos = {one.motivo for one in choices.missing} | ({Motivo.PENDENTE} if choices.pending else set())
    if Motivo.RESPONSAVEL_DIVERGENTE in motivos:
        reason = Reason(CertReason.RESPONSAVEL, Motivo.RESPONSAVEL_DIVERGENTE.value)
        return for_reason(reason, Claimed(), support)
    quem = nosso_suporte(support)
    pedir = (f"/portal/pedir{'?tx=' * bool(tx)}{tx}", "Pedir uma procuração")
    if not motivos:
        notice = _denied(demanda, servico, quem) if particular(demanda) else _unknown(holder, quem)
        return replace(notice, link=pedir)
    told = missing_view(choices.missing, demanda, servico, holder, tx)
    return replace(_known(motivos, told, demanda, pendentes, pedir), quem=quem)


def _known(
    motivos: set[Motivo],
    told: list[MissingView],
    demanda: Demanda,
    pendentes: OffersView | None,
    pedir: tuple[str, str],
) -> Notice:
    """There are links, and none of them does."""
    alone = told[0] if len(told) == 1 else None
    causes: tuple[str, ...] = (alone.texto,) if alone else (_SEVERAL,) if told else ()
    ask = pedir if alone is None else (alone.pedir, "Pedir essa procuração") if alone.pedir else None
    first = next((one for one in CODES if one in motivos), None)
    if first is Motivo.PENDENTE and pendentes is not None:
        waits = (pendentes.contagem,)
        if len(pendentes.itens) == 1:
            one = pendentes.itens[0]
            waits = (f"{one.empresa} ofereceu a você uma procuração: {one.resumo}, {one.prazo}. Ela ainda não vale.",)
        read = ("Leia a procuração e decida. Se aceitar, você continua daqui mesmo.",)
        return Notice("PRC-03", CODES[first][1], (*causes, *waits), read, link=(pendentes.endereco, "Ver e decidir"))
    if first is not None:
        code, title = CODES[first]
        renew = "Peça à empresa uma nova procuração." if ask else "Fale com a empresa que deu a procuração."
        return Notice(code, title, causes, (renew, _OUTRO), link=ask)
    if motivos == {Motivo.PODER}:
        steps = (f"Peça à empresa uma procuração que inclua: {_poderes(demanda)}.", _OUTRO)
        return Notice("INS-02", "Falta um poder na sua procuração", causes, steps, link=ask)
    if motivos == {Motivo.NIVEL}:
        better = ("Use um certificado desse nível ou mais alto: A3 e A4 ficam em cartão, token ou nuvem.",)
        return Notice("INS-02", "É preciso um certificado de nível mais alto", causes, better)
    if motivos == {Motivo.SITUACAO}:
        steps = ("Quem regulariza a inscrição é a empresa, na Secretaria: fale com ela.", _OUTRO)
        return Notice("INS-02", "A situação no cadastro não permite entrar neste serviço", causes, steps)
    title = "Nenhuma inscrição pode ser usada neste serviço"
    if demanda.inscricao is not None:
        title = "Você não pode atuar pela inscrição pedida neste serviço"
    return Notice("INS-02", title, causes, ("Peça à empresa o que falta, ou confira com ela.", _OUTRO), link=ask)


def _unknown(holder: Holder, quem: str) -> Notice:
    """Nothing is known of this document."""
    number = publico(holder.documento)
    if isinstance(holder.documento, CPF):
        kind = "CPF"
        searched = (
            f"inscrição estadual em nome do CPF {number}, empresa de que ele seja representante legal, "
            "nem procuração em nome dele"
        )
    else:
        kind, searched = "CNPJ", f"inscrição estadual do CNPJ {number}, nem procuração em nome dele"
    return Notice(
        "INS-01",
        f"Nenhuma inscrição estadual para este {kind}",
        (f"Não encontramos no cadastro {searched}.",),
        (
            f"Se uma empresa deu a você uma procuração, confirme com ela que é para este {kind} e ainda vale.",
            f"Se você é contador ou colaborador, peça à empresa uma procuração eletrônica para o seu {kind}.",
            "Se você tem mais de um certificado, talvez outro deles seja o certo: use outro certificado.",
        ),
        quem,
    )


def _denied(demanda: Demanda, servico: str, quem: str) -> Notice:
    """A certain right was asked for, and there is no link to it. It says what was asked, and nothing of what exists."""
    one = demanda.inscricao
    asked = []
    if one is not None:
        asked.append(f"a inscrição estadual {one.numero} ({one.uf})")
    if demanda.exigidos:
        asked.append(f"o poder de {_poderes(demanda)}")
    if demanda.nivel_minimo is not None:
        asked.append(f"um certificado de nível {demanda.nivel_minimo.value} ou mais alto")
    if one is not None:
        title = "Você não pode atuar pela inscrição pedida neste serviço"
    elif demanda.exigidos:
        title = "Falta a procuração que este serviço pede"
    else:
        title = "Nenhuma inscrição pode ser usada neste serviço"
    return Notice(
        "INS-02",
        title,
        (
            f"{servico} pediu {lista(asked)}, e não encontramos nada assim ligado ao certificado que você usou. "
            "Não há nada de errado com o seu certificado nem com o seu computador.",
        ),
        (
            "Confira no serviço se você escolheu a empresa certa.",
            "Se você atua por uma empresa, peça a ela uma procuração eletrônica que inclua este serviço.",
            _OUTRO,
        ),
        quem,
    )


def _poderes(demanda: Demanda) -> str:
    return lista([em_palavras(poder) for poder in sorted(demanda.exigidos)])
