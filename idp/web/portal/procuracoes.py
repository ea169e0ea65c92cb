"""One procuração: its page, and what its parties do to it."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from idp.domain.politica import NotEntitled
from idp.domain.session import Session
from idp.errors import IllegalTransition
from idp.flow.outorga import Vista
from idp.web.outcome import see_other
from idp.web.portal.parts import Portal, typed, word
from idp.web.portal.usos import da_procuracao
from idp.web.views.portal_antes_e_depois import concedida, feito
from idp.web.views.portal_copia import em_texto
from idp.web.views.portal_usos import endereco
from idp.web.views.portal_vista import VistaView, aceite_ate, decisao, termos, vista

EVENTOS = ("aceitar", "recusar", "renunciar", "revogar")
MOTIVO = 300
"""Characters."""


class Procuracoes:
    """Each method answers PRC-05 to whoever is no party, PRC-04 to a certificate that stands for none, and PRC-08
    where the procuração is past what was pressed."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def show(self, quem: Session, id: str) -> Response:
        """``GET /portal/procuracoes/<id>``: all of it, and what may be done."""
        found = self.portal.outorga.ver(quem, id)
        all_uses = not found.alheia
        return self.portal.render(
            quem,
            "concedidas" if found.papel == "outorgante" else "recebidas",
            "procuracao.html",
            vista=self._vista(quem, found),
            respostas=tuple(
                (f"Se você {evento}", decisao(evento, found.procuracao).consequencias)
                for evento in ("aceitar", "recusar")
                if evento in found.eventos
            ),
            usos=da_procuracao(self.portal, quem, found),
            usos_visiveis=all_uses,
            usos_todos=endereco(procuracao=id) if all_uses else "",
            feito=feito(word("feito"), found.procuracao),
        )

    def done(self, quem: Session, id: str) -> Response:
        """``GET …/<id>/pronta``: right after it was given."""
        procuracao, issuer = self.portal.outorga.ver(quem, id).procuracao, self.portal.pages.site.issuer
        ate = aceite_ate(procuracao, self.portal.politica)
        return self.portal.render(
            quem,
            "concedidas",
            "pronta.html",
            feita=concedida(procuracao, issuer, ate, self.portal.clock.now()),
            acoes=((f"/portal/procuracoes/{id}", "Ver a procuração"), ("/portal/conceder", "Dar outra")),
        )

    def copy(self, quem: Session, id: str) -> Response:
        """``GET …/<id>/copia``: the page as text, to keep or send."""
        seen, site = self._vista(quem, self.portal.outorga.ver(quem, id)), self.portal.pages.site
        text = em_texto(seen, site.authority, f"{site.issuer}/portal/procuracoes/{id}", self.portal.clock.now())
        headers = {"Content-Disposition": 'attachment; filename="procuracao.txt"', "Cache-Control": "no-store"}
        return Response(f"\ufeff{text}", mimetype="text/plain", headers=headers)

    def ask(self, quem: Session, id: str, evento: str) -> Response:
        """``GET …/<id>/<evento>``: what follows from it, and the button."""
        found = self.portal.outorga.ver(quem, id)
        if found.impedimento is not None:
            raise NotEntitled(found.impedimento)
        procuracao = found.procuracao
        if evento not in found.eventos:
            return self._changed(quem, id, IllegalTransition("procuracao", procuracao.estado, evento))
        return self.portal.render(
            quem,
            "concedidas" if evento == "revogar" else "recebidas",
            "decisao.html",
            decisao=decisao(evento, procuracao),
            termos=termos(procuracao, self.portal.politica.catalogo),
            action=f"/portal/procuracoes/{id}/{evento}",
            voltar=f"/portal/procuracoes/{id}",
        )

    def decide(self, quem: Session, id: str, evento: str) -> Response:
        """``POST …/<id>/<evento>``: do it."""
        motivo = typed({"motivo": (1, MOTIVO)})["motivo"]
        try:
            self.portal.outorga.act(quem, evento, id, motivo[0] if motivo else "")
        except IllegalTransition as error:
            return self._changed(quem, id, error)
        return see_other(f"/portal/procuracoes/{id}?feito={evento}")

    def _vista(self, quem: Session, found: Vista) -> VistaView:
        return vista(found, self.portal.politica, self.portal.clock.now(), quem.holder.documento)

    def _changed(self, quem: Session, id: str, error: IllegalTransition) -> Response:
        titulo = self._vista(quem, self.portal.outorga.ver(quem, id)).titulo
        nome = f"a {titulo[:1].lower()}{titulo[1:]}"
        return self.portal.changed(error, quem, nome, (f"/portal/procuracoes/{id}", "Ver a procuração"))


def add_procuracoes(blueprint: Blueprint, portal: Portal) -> None:
    """Everything under ``/portal/procuracoes/<id>`` but asking for another and passing it on."""
    views, door, add = Procuracoes(portal), portal.door, blueprint.add_url_rule
    rule = "/portal/procuracoes/<id>"
    add(rule, "procuracao", door.shown(views.show))
    add(f"{rule}/pronta", "pronta", door.shown(views.done))
    add(f"{rule}/copia", "procuracao_copia", door.shown(views.copy))
    for evento in EVENTOS:
        at = f"{rule}/{evento}"
        add(at, evento, door.shown(partial(views.ask, evento=evento)))
        add(at, f"{evento}_post", door.pressed(partial(views.decide, evento=evento)), methods=["POST"])
