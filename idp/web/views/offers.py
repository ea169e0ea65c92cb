"""Procurações that wait for this person: how many, each in a line, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.flow.choices import PENDING
from idp.web.text import data, legivel, ultimo_dia
from idp.web.views.poderes import todos_em_palavras
from idp.web.views.portal import rotulado


@dataclass(frozen=True, slots=True)
class OfferLine:
    endereco: str
    empresa: str
    documento: str
    resumo: str
    prazo: str


@dataclass(frozen=True, slots=True)
class OffersView:
    """``contagem``: a sentence. ``endereco``: of the one there is, or of the list of them."""

    contagem: str
    endereco: str
    itens: tuple[OfferLine, ...]


def offers_view(pending: Sequence[Procuracao], tx: str) -> OffersView | None:
    """None where nothing waits. ``tx``: the Transaction in which it is answered."""
    if not pending:
        return None
    itens = tuple(_line(one, tx) for one in pending[:PENDING])
    if len(pending) == 1:
        return OffersView("1 procuração espera a sua decisão.", itens[0].endereco, itens)
    many = f"Mais de {PENDING}" if len(pending) > PENDING else f"{len(pending)}"
    return OffersView(f"{many} procurações esperam a sua decisão.", f"/consentimento?tx={tx}&pendentes=1", itens)


def answered(procuracao: Procuracao, now: datetime) -> str:
    """Right after it was answered."""
    empresa = legivel(procuracao.outorgante_nome, 80)
    if procuracao.estado is EstadoProcuracao.RECUSADA:
        return f"Procuração de {empresa} recusada. Nada foi enviado ao serviço."
    if procuracao.estado is not EstadoProcuracao.ATIVA:
        return ""
    if procuracao.vigencia.inicio > now:
        return f"Procuração de {empresa} aceita. Ela vale a partir de {data(procuracao.vigencia.inicio)}."
    return f"Procuração de {empresa} aceita. Falta autorizar a entrada."


def _line(one: Procuracao, tx: str) -> OfferLine:
    poderes = todos_em_palavras(one.poderes)
    first = poderes[0][:1].upper() + poderes[0][1:]
    more = len(poderes) - 1
    return OfferLine(
        f"/consentimento?tx={tx}&procuracao={one.id}",
        legivel(one.outorgante_nome),
        rotulado(one.outorgante),
        f"{first} e mais {more}" if more else first,
        f"de {data(one.vigencia.inicio)} a {ultimo_dia(one.vigencia.fim)}",
    )
