"""Asking anew for several procurações that are about to end: marked on the list, read, and sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.outorga import Renovacao
from idp.web.outcome import see_other
from idp.web.portal.parts import Portal, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.views.portal_pedidos import renovacao_item, renovacao_recusada

TIPO = "renovar"
LISTA = "/portal/recebidas?situacao=vencendo"
MOST = 50
"""As many as a page of the list shows."""


class Renovar:
    """What was marked in the list of those received, asked for anew at once. What is none of theirs is left out."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def begin(self, quem: Session) -> Response:
        """``POST /portal/renovar``: from the list to what would be asked; back where nothing was marked."""
        marked = request.form.getlist("todas" if word("acao") == "todas" else "procuracao")[:MOST]
        if not marked:
            return see_other(f"{LISTA}&aviso=marque")
        begun = self.portal.door.begin(TIPO, quem)
        self.portal.door.preenchimentos.send(begun, {"procuracao": [one[:64] for one in marked]})
        return see_other(f"/portal/renovar/{begun.id}")

    def show(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET /portal/renovar/<pid>``: what would be asked; afterwards what was, and what was not."""
        if begun.resultado:
            return self._render(quem, feitos=int(begun.extra["feitos"]), recusadas=begun.problemas)
        known = self._known(quem, begun)
        return self._render(
            quem,
            action=f"/portal/renovar/{begun.id}",
            itens=[renovacao_item(one) for one in known],
            fora=len(begun.campos["procuracao"]) - len(known),
        )

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: asked, once."""
        here = f"/portal/renovar/{begun.id}"
        ids = [one.procuracao.id for one in self._known(quem, begun)]
        made, problems = self.portal.outorga.renovar(quem, ids)
        told = [renovacao_recusada(old, problem) for old, problem in problems]
        self.portal.door.preenchimentos.put(replace(begun, problemas=told, extra={"feitos": str(made)}, resultado=here))
        return see_other(here)

    def _known(self, quem: Session, begun: Preenchimento) -> list[Renovacao]:
        """Those that may be asked for anew of whoever gave them."""
        known = []
        for id in dict.fromkeys(begun.campos["procuracao"]):
            try:
                known.append(self.portal.outorga.renovacao(quem, id))
            except NotFound:
                continue
        return known

    def _render(self, quem: Session, **view: object) -> Response:
        shown: dict[str, Any] = {"action": "", "itens": [], "fora": 0, "feitos": None, "recusadas": [], **view}
        return self.portal.render(quem, "pedidos", "renovar.html", voltar=LISTA, **shown)


def add_renovar(blueprint: Blueprint, portal: Portal) -> None:
    """Everything under ``/portal/renovar``."""
    views, door, add = Renovar(portal), portal.door, blueprint.add_url_rule
    add("/portal/renovar", "renovar_post", door.pressed(views.begin), methods=["POST"])
    add("/portal/renovar/<pid>", "renovar_form", door.form(TIPO, views.show, spent=True))
    add("/portal/renovar/<pid>", "renovar_send", door.sent(TIPO, None, views.send), methods=["POST"])
