"""Meus dados: what is kept, what a person tells of himself, taking it away and erasing it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from flask import Blueprint, Response

from idp.domain.person import PessoaJuridica
from idp.domain.session import Session
from idp.flow.meus_dados import LIMITS
from idp.flow.outorga import NotFresh, Refused
from idp.web.outcome import see_other
from idp.web.portal.parts import Portal, typed, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.views.portal_dados import MAIS, erros, grupos, guardado, resumo, valores
from idp.web.views.portal_vista import Decisao

TIPO = "dados"
CAMPOS = {name: (1, most + 1) for name, most in LIMITS.items()}
"""One character more than may be, so that what is too long is told and not cut."""
_FEITO = {"salvar": "Seus dados foram guardados.", "apagar": "O que você tinha informado foi apagado."}
_APAGAR = Decisao(
    "Apagar o que você informou?",
    (
        "E-mail, telefone, endereço e o que mais você informou aqui são apagados agora.",
        "Os serviços deixam de receber esses dados. O que já receberam continua com eles.",
        "O que a lei manda guardar não muda: procurações, acessos e o registro de quem agiu.",
    ),
    "Apagar",
    motivo=False,
)


class Dados:
    """PRC-04 to a certificate that does not speak for its company, and to a seal for all but looking."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def show(self, quem: Session) -> Response:
        """``GET /portal/dados``: what was told, what is kept and for how long."""
        perfil = self.portal.dados.perfil(quem)
        return self.portal.render(
            quem,
            "dados",
            "dados.html",
            resumo=resumo(perfil),
            guardado=guardado(self.portal.prazos),
            empresa=isinstance(quem.holder, PessoaJuridica),
            informa=self.portal.dados.informa(quem),
            feito=_FEITO.get(word("feito"), ""),
        )

    # -- what was told -------------------------------------------------------------------------------------------

    def begin(self, quem: Session) -> Response:
        """``GET /portal/dados/editar``: to a form of its own; back where this person may tell nothing."""
        if not self.portal.dados.informa(quem):
            return see_other("/portal/dados")
        return see_other(f"/portal/dados/editar/{self.portal.door.begin(TIPO, quem).id}")

    def form(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET /portal/dados/editar/<pid>``: what was told, or as it was typed, 422 with what is wrong."""
        kept = {name: begun.um(name) for name in LIMITS} if begun.campos else valores(self.portal.dados.perfil(quem))
        return self.portal.render(
            quem,
            "dados",
            "dados_editar.html",
            status=422 if begun.problemas else 200,
            grupos=grupos(kept, empresa=isinstance(quem.holder, PessoaJuridica)),
            mais=MAIS,
            erros=erros(begun.problemas),
            action=f"/portal/dados/editar/{begun.id}",
        )

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: kept, or back with what is wrong."""
        campos = typed(CAMPOS)
        try:
            self.portal.dados.guardar(quem, {name: (values or [""])[0] for name, values in campos.items()})
        except Refused as refused:
            sent = replace(begun, campos=campos)
            return self.portal.door.again(sent, refused.problemas, f"/portal/dados/editar/{begun.id}")
        done = "/portal/dados?feito=salvar"
        self.portal.door.preenchimentos.put(replace(begun, campos={}, problemas=[], resultado=done))
        return see_other(done)

    def ask_to_erase(self, quem: Session) -> Response:
        """``GET /portal/dados/apagar``: what erasing does, and the button."""
        return self.portal.render(
            quem,
            "dados",
            "decisao.html",
            decisao=_APAGAR,
            action="/portal/dados/apagar",
            voltar="/portal/dados",
            termos=None,
        )

    def erase(self, quem: Session) -> Response:
        """``POST`` to the same: nothing told is left."""
        self.portal.dados.apagar(quem)
        return see_other("/portal/dados?feito=apagar")

    # -- a copy of everything ------------------------------------------------------------------------------------

    def offer(self, quem: Session) -> Response:
        """``GET /portal/dados/copia``: what the copy is, and whether the certificate is needed first."""
        return self.portal.render(quem, "dados", "dados_copia.html", fresco=self.portal.dados.recente(quem))

    def download(self, quem: Session) -> Response:
        """``POST`` to the same: everything as JSON; to the certificate step where the last is too long ago."""
        try:
            everything = self.portal.dados.exportar(quem)
        except NotFresh:
            return self.portal.door.fresh("/portal/dados/copia")
        content = json.dumps(everything, ensure_ascii=False, indent=2)
        headers = {"Content-Disposition": 'attachment; filename="meus-dados.json"', "Cache-Control": "no-store"}
        return Response(content, mimetype="application/json", headers=headers)


def add_dados(blueprint: Blueprint, portal: Portal) -> None:
    """Everything under ``/portal/dados``."""
    views, door, add = Dados(portal), portal.door, blueprint.add_url_rule
    add("/portal/dados", "dados", door.shown(views.show))
    add("/portal/dados/editar", "dados_editar", door.shown(views.begin))
    add("/portal/dados/editar/<pid>", "dados_form", door.form(TIPO, views.form))
    keeping = door.sent(TIPO, partial(typed, CAMPOS), views.send)
    add("/portal/dados/editar/<pid>", "dados_send", keeping, methods=["POST"])
    add("/portal/dados/apagar", "dados_apagar", door.shown(views.ask_to_erase))
    add("/portal/dados/apagar", "dados_apagar_post", door.pressed(views.erase), methods=["POST"])
    add("/portal/dados/copia", "dados_copia", door.shown(views.offer))
    add("/portal/dados/copia", "dados_copia_post", door.pressed(views.download), methods=["POST"])
