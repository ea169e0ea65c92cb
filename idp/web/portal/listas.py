"""The front page, Início, and the lists."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response

from idp.domain.session import Session
from idp.flow.entry import FRONT
from idp.web.outcome import see_other
from idp.web.portal.parts import Portal, choice, query
from idp.web.portal.usos import ultimos
from idp.web.views.portal import SITUACOES, item, lista
from idp.web.views.portal_pedidos import PAPEIS, SITUACOES_PEDIDO, pedido_item

FEW = 5
"""How many of what waits are shown before "ver todas"."""

_LISTAS = {
    "recebidas": (
        "Procurações recebidas",
        "O que outros lhe deram: por quem você pode agir, e com que poderes.",
        "Nenhuma procuração recebida com esses filtros.",
        (("/portal/pedir", "Pedir uma procuração"),),
    ),
    "concedidas": (
        "Procurações concedidas",
        "Quem pode agir por você ou pela sua empresa, e o que cada um pode fazer.",
        "Nenhuma procuração concedida com esses filtros.",
        (("/portal/conceder", "Dar uma procuração"),),
    ),
}


def add_lists(blueprint: Blueprint, portal: Portal) -> None:
    door, outorga = portal.door, portal.outorga

    def front() -> Response:
        if door.present() is None:
            return portal.pages.render("portal/frente.html")
        return home()

    @door.shown
    def enter(quem: Session) -> Response:
        return see_other(FRONT)

    @door.shown
    def home(quem: Session) -> Response:
        now, eu = portal.clock.now(), quem.holder.documento
        espera = outorga.carteira(quem, papel="recebidas", situacao="pendentes")
        pedidos = outorga.pedidos(quem, papel="recebidos")
        ending = [(papel, outorga.carteira(quem, papel=papel, situacao="vencendo")) for papel in _LISTAS]
        return portal.render(
            quem,
            "inicio",
            "inicio.html",
            espera=[item(one, "recebidas", now, eu) for one in espera.itens[:FEW]],
            espera_total=espera.total,
            pedidos=[pedido_item(one, "recebidos", now) for one in pedidos.itens[:FEW]],
            pedidos_total=pedidos.total,
            vencendo=[item(one, papel, now, eu) for papel, page in ending for one in page.itens[:FEW]],
            vencendo_total=sum(page.total for _, page in ending),
            usos=ultimos(portal, quem),
            recebidas=outorga.carteira(quem, papel="recebidas").total,
            concedidas=outorga.carteira(quem, papel="concedidas").total,
        )

    def procuracoes(quem: Session, papel: str) -> Response:
        now, eu, (q, pagina) = portal.clock.now(), quem.holder.documento, query()
        situacao = choice("situacao", SITUACOES)
        page = outorga.carteira(quem, papel=papel, situacao=situacao, q=q, pagina=pagina)
        titulo, explicacao, vazio, acoes = _LISTAS[papel]
        shown = lista(
            [item(one, papel, now, eu) for one in page.itens],
            total=page.total,
            pagina=page.pagina,
            paginas=page.paginas,
            href=f"/portal/{papel}",
            q=q,
            situacao=situacao,
            situacoes=SITUACOES,
        )
        return portal.render(
            quem,
            papel,
            "lista.html",
            titulo=titulo,
            explicacao=explicacao,
            vazio=vazio,
            acoes=acoes,
            outros=(),
            action=f"/portal/{papel}",
            fixos=(),
            lista=shown,
        )

    @door.shown
    def pedidos(quem: Session) -> Response:
        now, (q, pagina) = portal.clock.now(), query()
        papel, situacao = choice("papel", PAPEIS), choice("situacao", SITUACOES_PEDIDO)
        page = outorga.pedidos(quem, papel=papel, situacao=situacao, q=q, pagina=pagina)
        titulo, explicacao, outro = PAPEIS[papel]
        shown = lista(
            [pedido_item(one, papel, now) for one in page.itens],
            total=page.total,
            pagina=page.pagina,
            paginas=page.paginas,
            href="/portal/pedidos",
            q=q,
            situacao=situacao,
            situacoes=SITUACOES_PEDIDO,
            papel=papel,
        )
        return portal.render(
            quem,
            "pedidos",
            "lista.html",
            titulo=titulo,
            explicacao=explicacao,
            vazio="Nenhum pedido com esses filtros.",
            acoes=(("/portal/pedir", "Pedir uma procuração"), ("/portal/lote", "Pedir a muitas empresas")),
            outros=(outro,),
            action="/portal/pedidos",
            fixos=(("papel", papel),),
            lista=shown,
        )

    blueprint.add_url_rule("/portal", "front", front)
    blueprint.add_url_rule("/portal/inicio", "enter", enter)
    for papel in _LISTAS:
        blueprint.add_url_rule(f"/portal/{papel}", papel, door.shown(partial(procuracoes, papel=papel)))
    blueprint.add_url_rule("/portal/pedidos", "pedidos", pedidos)
