"""The front page, Início, and the lists.

What is searched for is sent by POST and kept here (``buscas``); the address that the list is then found at has it only
under an id, so that its pages, a reload and the back button work, and nobody's name or document stands in it.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp.domain.session import Session
from idp.flow.entry import FRONT
from idp.web.outcome import see_other
from idp.web.parameters import once
from idp.web.portal.parts import Portal, choice, page_number, searched, word
from idp.web.portal.planilha import planilha
from idp.web.portal.usos import ultimos
from idp.web.views.portal import COLUNAS, ORDENS, SITUACOES, Recorte, item, linha, lista, milhar
from idp.web.views.portal_pedidos import PAPEIS, SITUACOES_PEDIDO, pedido_item

FEW = 5
"""How many of what waits are shown before "ver todas"."""
_BUSCA = re.compile(r"[0-9A-Za-z_-]{22}\Z")

_LISTAS = {
    "recebidas": (
        "Procurações recebidas",
        "Por quem você pode agir, e com que poderes.",
        (("/portal/pedir", "Pedir uma procuração"),),
    ),
    "concedidas": (
        "Procurações concedidas",
        "Quem pode agir por você ou pela sua empresa, e o que cada um pode fazer.",
        (("/portal/conceder", "Dar uma procuração"),),
    ),
}


class Listas:
    """What waits, what was received and given, what was asked. PRC-04 to an e-CNPJ that no longer speaks for it."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def front(self) -> Response:
        """``GET /portal``: what this is, to whoever is not in; else :meth:`home`."""
        if self.portal.door.present() is None:
            return self.portal.pages.render("portal/frente.html")
        return self.portal.door.shown(self.home)()

    def enter(self, quem: Session) -> Response:
        """``GET /portal/inicio``: through the certificate step to ``/portal``."""
        return see_other(FRONT)

    def home(self, quem: Session) -> Response:
        """The first page of whoever is in: what waits for him, what ends soon, the ways on."""
        portal, outorga = self.portal, self.portal.outorga
        now, eu = portal.clock.now(), quem.holder.documento
        espera = outorga.carteira(quem, papel="recebidas", situacao="pendentes")
        pedidos = outorga.pedidos(quem, papel="recebidos")
        ending = [(papel, outorga.carteira(quem, papel=papel, situacao="vencendo", ordem="fim")) for papel in _LISTAS]
        return portal.render(
            quem,
            "inicio",
            "inicio.html",
            espera=[item(one, "recebidas", now, eu) for one in espera.itens[:FEW]],
            espera_total=espera.total,
            pedidos=[pedido_item(one, "recebidos", now) for one in pedidos.itens[:FEW]],
            pedidos_total=pedidos.total,
            vencendo=[item(one, papel, now, eu) for papel, page in ending for one in page.itens[:FEW]],
            vencendo_recebidas=ending[0][1].total,
            vencendo_total=sum(page.total for _, page in ending),
            usos=ultimos(portal, quem),
            recebidas=milhar(outorga.carteira(quem, papel="recebidas").total),
            concedidas=milhar(outorga.carteira(quem, papel="concedidas").total),
        )

    def procuracoes(self, quem: Session, papel: str) -> Response:
        """``GET /portal/recebidas`` and ``/portal/concedidas``: one page of the list as narrowed."""
        portal = self.portal
        now, eu = portal.clock.now(), quem.holder.documento
        situacao = choice("situacao", SITUACOES)
        recorte = self._recorte(quem, papel, situacao, choice("ordem", ORDENS, _ordem(situacao)))
        page = portal.outorga.carteira(
            quem, papel=papel, situacao=situacao, q=recorte.q, pagina=page_number(), ordem=recorte.ordem
        )
        titulo, explicacao, acoes = _LISTAS[papel]
        return portal.render(
            quem,
            papel,
            "lista.html",
            titulo=titulo,
            explicacao=explicacao,
            acoes=acoes,
            outros=(),
            marcar=papel == "recebidas" and situacao == "vencendo",
            aviso="Marque pelo menos uma procuração." if word("aviso") == "marque" else "",
            planilha=recorte.endereco(path=f"/portal/{papel}/planilha"),
            lista=lista([item(one, papel, now, eu) for one in page.itens], page, recorte, SITUACOES, ORDENS),
        )

    def sheet(self, quem: Session, papel: str) -> Response:
        """The same rows as a file. Where the search is no longer kept, the list, which says so: a file would be taken
        for what was found."""
        situacao = choice("situacao", SITUACOES)
        recorte = self._recorte(quem, papel, situacao, choice("ordem", ORDENS, _ordem(situacao)))
        if recorte.perdida:
            return see_other(recorte.endereco(busca=once(request.args, "busca", _BUSCA) or ""))
        found = self.portal.outorga.inteira(quem, papel=papel, situacao=situacao, q=recorte.q, ordem=recorte.ordem)
        now = self.portal.clock.now()
        return planilha(f"procuracoes-{papel}.csv", [COLUNAS, *(linha(one, now) for one in found)])

    def pedidos(self, quem: Session) -> Response:
        """``GET /portal/pedidos``: one page of the requests received, or made."""
        now, papel = self.portal.clock.now(), choice("papel", PAPEIS)
        recorte = self._recorte(quem, "pedidos", choice("situacao", SITUACOES_PEDIDO), "", papel)
        page = self.portal.outorga.pedidos(
            quem, papel=papel, situacao=recorte.situacao, q=recorte.q, pagina=page_number()
        )
        titulo, explicacao, outro = PAPEIS[papel]
        pedir, muitas = ("/portal/pedir", "Pedir uma procuração"), ("/portal/lote", "Pedir a muitas empresas")
        return self.portal.render(
            quem,
            "pedidos",
            "lista.html",
            titulo=titulo,
            explicacao=explicacao,
            acoes=(pedir, muitas) if papel == "feitos" else (),
            outros=(outro,) if papel == "feitos" else (outro, pedir),
            marcar=False,
            aviso="",
            planilha="",
            lista=lista([pedido_item(one, papel, now) for one in page.itens], page, recorte, SITUACOES_PEDIDO, {}),
        )

    def search(self, quem: Session, nome: str) -> Response:
        """To the address of what is searched for, which has none of it."""
        pedidos = nome == "pedidos"
        kept = {"papel": choice("papel", PAPEIS)} if pedidos else {}
        kept["situacao"] = choice("situacao", SITUACOES_PEDIDO if pedidos else SITUACOES)
        if not pedidos:
            kept["ordem"] = choice("ordem", ORDENS)
        if busca := self.portal.buscas.keep(quem, searched()):
            kept["busca"] = busca
        return see_other(f"/portal/{nome}?{urlencode(kept)}")

    def _recorte(self, quem: Session, nome: str, situacao: str, ordem: str, papel: str = "") -> Recorte:
        busca = once(request.args, "busca", _BUSCA) or ""
        q = self.portal.buscas.get(quem, busca) if busca else ""
        return Recorte(f"/portal/{nome}", situacao, ordem, papel, busca if q else "", q or "", perdida=q is None)


def _ordem(situacao: str) -> str:
    """What is about to end is looked at by when."""
    return "fim" if situacao == "vencendo" else ""


def add_lists(blueprint: Blueprint, portal: Portal) -> None:
    """``/portal``, the three lists with their searches, and the sheets of two of them."""
    views, door, add = Listas(portal), portal.door, blueprint.add_url_rule
    add("/portal", "front", views.front)
    add("/portal/inicio", "enter", door.shown(views.enter))
    for nome in (*_LISTAS, "pedidos"):
        shown = views.pedidos if nome == "pedidos" else partial(views.procuracoes, papel=nome)
        add(f"/portal/{nome}", nome, door.shown(shown))
        if nome in _LISTAS:
            add(f"/portal/{nome}/planilha", f"{nome}_planilha", door.shown(partial(views.sheet, papel=nome)))
        add(f"/portal/{nome}", f"{nome}_post", door.pressed(partial(views.search, nome=nome)), methods=["POST"])
