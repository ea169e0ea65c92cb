"""The portal's addresses in one blueprint, and what its failures look like."""

from __future__ import annotations

from flask import Blueprint, Response

from idp.domain.politica import NotEntitled
from idp.errors import IllegalTransition, NotFound
from idp.flow.authorize import Journey
from idp.flow.autorizacoes import Autorizacoes
from idp.flow.inscricoes import Inscricoes
from idp.flow.meus_dados import MeusDados
from idp.flow.outorga import CertificateRefused, Outorga
from idp.flow.usos import Usos
from idp.ports import Ephemeral
from idp.web.outcome import Responder
from idp.web.pages import Pages
from idp.web.portal.acessos import add_acessos
from idp.web.portal.conceder import add_conceder
from idp.web.portal.dados import add_dados
from idp.web.portal.door import Door
from idp.web.portal.equipe import add_equipe
from idp.web.portal.listas import add_lists
from idp.web.portal.parts import Portal
from idp.web.portal.pedidos import add_pedidos
from idp.web.portal.preenchimentos import Preenchimentos
from idp.web.portal.procuracoes import add_procuracoes
from idp.web.portal.usos import add_usos
from idp.web.views.certificate import refusal
from idp.web.views.portal_avisos import NAO_ENCONTRADA, impedido, mudou
from idp.web.views.portal_dados import Prazos


def make_portal(
    *,
    journey: Journey,
    outorga: Outorga,
    inscricoes: Inscricoes,
    usos: Usos,
    autorizacoes: Autorizacoes,
    dados: MeusDados,
    prazos: Prazos,
    ephemeral: Ephemeral,
    pages: Pages,
    respond: Responder,
) -> Blueprint:
    """The portal over its flow. The authority's policy is the one that ``outorga`` judges by."""
    door = Door(journey, respond, pages, Preenchimentos(ephemeral))
    return portal_blueprint(
        Portal(
            door,
            outorga,
            inscricoes,
            outorga.politica,
            pages,
            journey.clock,
            journey.clients,
            usos,
            autorizacoes,
            dados,
            prazos,
        )
    )


def portal_blueprint(portal: Portal) -> Blueprint:
    """Everything under /portal, for the issuer alone."""
    blueprint, pages = Blueprint("portal", __name__), portal.pages
    add_lists(blueprint, portal)
    add_procuracoes(blueprint, portal)
    add_pedidos(blueprint, portal, add_conceder(blueprint, portal))
    add_equipe(blueprint, portal)
    add_usos(blueprint, portal)
    add_acessos(blueprint, portal)
    add_dados(blueprint, portal)

    @blueprint.errorhandler(NotFound)
    def nothing(error: NotFound) -> Response:
        return pages.notice(NAO_ENCONTRADA, 404)

    @blueprint.errorhandler(NotEntitled)
    def not_entitled(error: NotEntitled) -> Response:
        return pages.notice(impedido(error.impedimento), 403)

    @blueprint.errorhandler(IllegalTransition)
    def changed(error: IllegalTransition) -> Response:
        return pages.notice(mudou(error), 409)

    @blueprint.errorhandler(CertificateRefused)
    def refused(error: CertificateRefused) -> Response:
        return pages.notice(refusal(error.verdict, pages.site.support), 403)

    return blueprint
