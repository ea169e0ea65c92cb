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
from idp.web.views.portal_vista import aceite_ate, decisao, termos, vista

EVENTOS = ("aceitar", "recusar", "renunciar", "revogar")
MOTIVO = 300
"""Characters."""


def add_procuracoes(blueprint: Blueprint, portal: Portal) -> None:
    door, outorga = portal.door, portal.outorga

    def seen(quem: Session, id: str, evento: str) -> Vista:
        found = outorga.ver(quem, id)
        if found.impedimento is not None:
            raise NotEntitled(found.impedimento)
        if evento not in found.eventos:
            raise IllegalTransition("procuracao", found.procuracao.estado, evento)
        return found

    @door.shown
    def show(quem: Session, id: str) -> Response:
        found = outorga.ver(quem, id)
        all_uses = not found.alheia
        return portal.render(
            quem,
            "concedidas" if found.papel == "outorgante" else "recebidas",
            "procuracao.html",
            vista=vista(found, portal.politica, portal.clock.now(), quem.holder.documento),
            usos=da_procuracao(portal, quem, found),
            usos_visiveis=all_uses,
            usos_todos=endereco(procuracao=id) if all_uses else "",
            feito=feito(word("feito"), found.procuracao),
        )

    def changed(quem: Session, id: str, error: IllegalTransition) -> Response:
        found = outorga.ver(quem, id)
        view = vista(found, portal.politica, portal.clock.now(), quem.holder.documento)
        nome = f"a {view.titulo[:1].lower()}{view.titulo[1:]}"
        return portal.changed(error, quem, nome, (f"/portal/procuracoes/{id}", "Ver a procuração"))

    def ask(quem: Session, id: str, evento: str) -> Response:
        try:
            procuracao = seen(quem, id, evento).procuracao
        except IllegalTransition as error:
            return changed(quem, id, error)
        return portal.render(
            quem,
            "concedidas" if evento == "revogar" else "recebidas",
            "decisao.html",
            decisao=decisao(evento, procuracao),
            termos=termos(procuracao, portal.politica.catalogo),
            action=f"/portal/procuracoes/{id}/{evento}",
            voltar=f"/portal/procuracoes/{id}",
        )

    def decide(quem: Session, id: str, evento: str) -> Response:
        motivo = typed({"motivo": (1, MOTIVO)})["motivo"]
        try:
            outorga.act(quem, evento, id, motivo[0] if motivo else "")
        except IllegalTransition as error:
            return changed(quem, id, error)
        return see_other(f"/portal/procuracoes/{id}?feito={evento}")

    @door.shown
    def done(quem: Session, id: str) -> Response:
        """Right after it was given."""
        procuracao, issuer = outorga.ver(quem, id).procuracao, portal.pages.site.issuer
        ate = aceite_ate(procuracao, portal.politica)
        return portal.render(
            quem,
            "concedidas",
            "pronta.html",
            feita=concedida(procuracao, issuer, ate, portal.clock.now()),
            acoes=((f"/portal/procuracoes/{id}", "Ver a procuração"), ("/portal/conceder", "Dar outra")),
        )

    @door.shown
    def copy(quem: Session, id: str) -> Response:
        """The page as text, to keep or send."""
        now, found = portal.clock.now(), outorga.ver(quem, id)
        seen = vista(found, portal.politica, now, quem.holder.documento)
        text = em_texto(seen, portal.pages.site.authority, f"{portal.pages.site.issuer}/portal/procuracoes/{id}", now)
        headers = {"Content-Disposition": 'attachment; filename="procuracao.txt"', "Cache-Control": "no-store"}
        return Response(f"\ufeff{text}", mimetype="text/plain", headers=headers)

    rule = "/portal/procuracoes/<id>"
    blueprint.add_url_rule(rule, "procuracao", show)
    blueprint.add_url_rule(f"{rule}/pronta", "pronta", done)
    blueprint.add_url_rule(f"{rule}/copia", "procuracao_copia", copy)
    for evento in EVENTOS:
        asking, deciding = door.shown(partial(ask, evento=evento)), door.pressed(partial(decide, evento=evento))
        blueprint.add_url_rule(f"{rule}/{evento}", evento, asking)
        blueprint.add_url_rule(f"{rule}/{evento}", f"{evento}_post", deciding, methods=["POST"])
