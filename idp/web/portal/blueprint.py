"""The portal's addresses in one blueprint, and what its failures look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response

from idp.domain.client import Client
from idp.domain.politica import NotEntitled
from idp.errors import IllegalTransition, NotFound
from idp.flow.authorize import Journey
from idp.flow.autorizacoes import Autorizacoes
from idp.flow.inscricoes import Inscricoes
from idp.flow.meus_dados import Export, MeusDados
from idp.flow.outorga import CertificateRefused, Outorga
from idp.flow.usos import Usos
from idp.ports import AuditTrail, Ephemeral
from idp.web.outcome import Responder
from idp.web.pages import Pages
from idp.web.portal.acessos import add_acessos
from idp.web.portal.buscas import Buscas
from idp.web.portal.conceder import add_conceder
from idp.web.portal.dados import add_dados
from idp.web.portal.door import Door
from idp.web.portal.equipe import add_equipe
from idp.web.portal.listas import add_lists
from idp.web.portal.lote import add_lote
from idp.web.portal.parts import Portal
from idp.web.portal.pedidos import add_pedidos
from idp.web.portal.preenchimentos import Preenchimentos
from idp.web.portal.procuracoes import add_procuracoes
from idp.web.portal.renovar import add_renovar
from idp.web.portal.trocar import add_trocar
from idp.web.portal.usos import add_usos
from idp.web.views.certificate import refusal
from idp.web.views.portal_avisos import NAO_ENCONTRADA, impedido, mudou
from idp.web.views.portal_dados import Prazos


def make_portal(
    *,
    journey: Journey,
    outorga: Outorga,
    inscricoes: Inscricoes,
    trail: AuditTrail,
    registered: Callable[[], Iterable[Client]],
    export: Export,
    prazos: Prazos,
    ephemeral: Ephemeral,
    pages: Pages,
    respond: Responder,
) -> Blueprint:
    """The portal over its flow. The authority's policy is the one that ``outorga`` judges by."""
    door = Door(journey, respond, pages, Preenchimentos(ephemeral))
    clock, store, identifiers = journey.clock, journey.store, journey.identifiers
    usos = Usos(trail=trail, outorga=outorga)
    autorizacoes = Autorizacoes(
        clock=clock,
        store=store,
        trail=trail,
        sessions=journey.sessions,
        identifiers=identifiers,
        registered=registered,
        logout=journey.logout,
    )
    dados = MeusDados(
        clock=clock, store=store, identifiers=identifiers, outorga=outorga, registered=registered, export=export
    )
    politica, clients = outorga.politica, journey.clients
    return portal_blueprint(
        Portal(
            door,
            outorga,
            inscricoes,
            politica,
            pages,
            clock,
            clients,
            usos,
            autorizacoes,
            dados,
            prazos,
            Buscas(ephemeral),
        )
    )


def portal_blueprint(portal: Portal) -> Blueprint:
    """Everything under /portal, for the issuer alone."""
    blueprint, notice = Blueprint("portal", __name__), portal.door.notice
    add_lists(blueprint, portal)
    add_procuracoes(blueprint, portal)
    conceder = add_conceder(blueprint, portal)
    add_pedidos(blueprint, portal, conceder)
    add_lote(blueprint, portal, conceder)
    add_renovar(blueprint, portal)
    add_equipe(blueprint, portal)
    add_usos(blueprint, portal)
    add_acessos(blueprint, portal)
    add_trocar(blueprint, portal)
    add_dados(blueprint, portal)

    @blueprint.errorhandler(NotFound)
    def nothing(error: NotFound) -> Response:
        return notice(NAO_ENCONTRADA, 404)

    @blueprint.errorhandler(NotEntitled)
    def not_entitled(error: NotEntitled) -> Response:
        return notice(impedido(error.impedimento), 403)

    @blueprint.errorhandler(IllegalTransition)
    def changed(error: IllegalTransition) -> Response:
        return notice(mudou(error), 409)

    @blueprint.errorhandler(CertificateRefused)
    def refused(error: CertificateRefused) -> Response:
        return notice(refusal(error.verdict, portal.pages.site.support), 403)

    return blueprint
