"""Asking again, by a procuração received before: of the same outorgante, with the same poderes and scope, for a year.

The form names the procuração and not its outorgante: no document stands in an address, and a person's CPF is shown to
whoever acted for them no fuller than on any other page."""

from __future__ import annotations

from flask import Response, request

from idp.domain.procuracao import Procuracao
from idp.domain.session import Session
from idp.errors import NotFound
from idp.web.outcome import see_other
from idp.web.parameters import ID, once
from idp.web.portal.campos import a_year_from
from idp.web.portal.parts import Portal, handle
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.text import dia, legivel
from idp.web.views.portal import rotulado

PROCURACAO = "procuracao"
"""Under which name a form keeps which one it began with."""
TX = "tx"
"""Under which name a form keeps the request that it was begun from (:meth:`idp.web.portal.parts.Portal.volta`)."""
_RECEIVED = ("outorgado", "designado")
_MOST = 20


def received(portal: Portal, quem: Session, id: str) -> Procuracao:
    """The procuração ``id``, given to whoever is in or to the company that named them. Raises NotFound for any other,
    and what :meth:`idp.flow.outorga.Outorga.ver` raises."""
    seen = portal.outorga.ver(quem, id)
    if seen.papel not in _RECEIVED:
        raise NotFound("procuracao")
    return seen.procuracao


def again(portal: Portal, quem: Session, id: str) -> Response:
    """To the form of a request, filled in. ``poder`` in the address: what a service wants on top of what was given."""
    given = received(portal, quem, id)
    begun = portal.door.begin("pedir", quem, **{PROCURACAO: id}, **came_from())
    portal.door.preenchimentos.send(begun, _filled(portal, quem, given, request.args.getlist("poder")[:_MOST]))
    return see_other(f"/portal/pedir/{begun.id}")


def came_from() -> dict[str, str]:
    """What a form of a request begins with where the address says from which list."""
    tx = once(request.args, TX, ID)
    return {TX: tx} if tx else {}


def outorgante(portal: Portal, quem: Session, begun: Preenchimento) -> Procuracao | None:
    """The procuração that this form began with, as it is now; None where somebody types whom they ask."""
    id = begun.extra.get(PROCURACAO)
    return received(portal, quem, id) if id else None


def whom(before: Procuracao) -> tuple[str, str]:
    """Who is asked, as every page shows them: name and document."""
    return legivel(before.outorgante_nome, 80), rotulado(before.outorgante)


def _filled(portal: Portal, quem: Session, given: Procuracao, wanted: list[str]) -> dict[str, list[str]]:
    today = dia(portal.clock.now())
    known = {"todos"} if portal.politica.todos else set()
    known |= set(portal.politica.catalogo)
    return {
        "em_nome_de": [handle(quem, given.outorgado)],
        "poderes": sorted((given.poderes | set(wanted)) & known),
        "escopo_tipo": [given.escopo.tipo.value],
        "inscricoes": ["\n".join(f"{one.uf} {one.numero}" for one in sorted(given.escopo.inscricoes))],
        "inicio": [today.isoformat()],
        "fim": [a_year_from(today).isoformat()],
        "rotulo": [legivel(given.outorgante_nome, 80)],
    }
