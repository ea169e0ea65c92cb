"""Applications that hold something, and other sessions: seen, and ended after being asked once more."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.autorizacoes import Autorizacao
from idp.web.outcome import see_other
from idp.web.parameters import once
from idp.web.portal.parts import Portal, word
from idp.web.text import legivel
from idp.web.views.portal_acessos import aplicacao_view, sessao_view, withdrawing
from idp.web.views.portal_vista import Decisao

_CLIENT = re.compile(r"[!-~]{1,255}\Z")
_FEITO = {
    "retirar": "Autorização retirada. O serviço perde o acesso em poucos minutos.",
    "trocar": "Na próxima vez que você entrar nesse serviço, a lista das suas inscrições aparece de novo.",
    "encerrar": "Sessão encerrada, com os acessos que ela deu.",
    "outras": "Todas as outras sessões foram encerradas, com os acessos que elas deram.",
}


class Acessos:
    """What applications hold of whoever is in, and where else he is logged in. What is none of his answers PRC-05."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def aplicacoes(self, quem: Session) -> Response:
        """``GET /portal/aplicacoes``: every application that holds something."""
        found = self.portal.autorizacoes.aplicacoes(quem)
        return self.portal.render(
            quem,
            "acessos",
            "aplicacoes.html",
            aplicacoes=[aplicacao_view(one, quem.holder) for one in found],
            feito=_FEITO.get(word("feito"), ""),
        )

    def ask_to_withdraw(self, quem: Session) -> Response:
        """``GET /portal/aplicacoes/retirar?aplicacao=``: what withdrawing does, and the button."""
        if "aplicacao" not in request.args:  # after a certificate step: the address came back without it
            return see_other("/portal/aplicacoes")
        one = self._one(quem)
        nome = legivel(one.client.name, 80)
        consequencias = (
            f"{nome} perde o acesso em poucos minutos, e não recebe mais os seus dados sem pedir de novo.",
            "O que o serviço já recebeu continua com ele, pelas regras dele.",
            "As suas procurações continuam como estão.",
            "Você pode voltar a usar o serviço quando quiser: ele pedirá a sua autorização de novo.",
        )
        decisao = Decisao(f"Retirar a autorização de {nome}?", consequencias, "Retirar a autorização", motivo=False)
        return self._decision(quem, decisao, withdrawing(one.client.client_id), "aplicacoes")

    def withdraw(self, quem: Session) -> Response:
        """``POST`` to the same: everything is taken back from that application."""
        self.portal.autorizacoes.retirar(quem, once(request.args, "aplicacao", _CLIENT) or "")
        return see_other("/portal/aplicacoes?feito=retirar")

    def sessoes(self, quem: Session) -> Response:
        """``GET /portal/sessoes``: this session, then the others."""
        found = self.portal.autorizacoes.sessoes(quem)
        return self.portal.render(
            quem,
            "acessos",
            "sessoes.html",
            sessoes=[sessao_view(one, esta=one.id == quem.id) for one in found],
            feito=_FEITO.get(word("feito"), ""),
        )

    def ask_to_end(self, quem: Session, id: str) -> Response:
        """``GET /portal/sessoes/<id>/encerrar``: one of the others, never this one."""
        for one in self.portal.autorizacoes.sessoes(quem)[1:]:
            if one.id == id:
                view = sessao_view(one, esta=False)
                consequencias = (
                    f"É a sessão de {view.titulo}, aberta em {view.entrada}.",
                    "Quem a usa precisa do certificado para entrar de novo.",
                    "Os acessos a serviços que ela deu terminam junto.",
                )
                decisao = Decisao("Encerrar esta sessão?", consequencias, "Encerrar a sessão", motivo=False)
                return self._decision(quem, decisao, f"/portal/sessoes/{id}/encerrar", "sessoes")
        raise NotFound("session")

    def end(self, quem: Session, id: str) -> Response:
        """``POST`` to the same: it ends, with the accesses it gave."""
        self.portal.autorizacoes.encerrar(quem, id)
        return see_other("/portal/sessoes?feito=encerrar")

    def ask_to_end_others(self, quem: Session) -> Response:
        """``GET /portal/sessoes/outras``: how many they are, and the button."""
        count = len(self.portal.autorizacoes.sessoes(quem)) - 1
        sessions = "Nenhuma outra está aberta." if not count else f"São {count}." if count > 1 else "É uma só."
        consequencias = (
            f"Esta sessão continua. {sessions}",
            "Terminam também os acessos a serviços que outras sessões deram, mesmo as que já acabaram.",
            "Se você suspeita que alguém usa o seu certificado, peça também a revogação dele a quem o emitiu.",
        )
        decisao = Decisao("Encerrar todas as outras sessões?", consequencias, "Encerrar todas as outras", motivo=False)
        return self._decision(quem, decisao, "/portal/sessoes/outras", "sessoes")

    def end_others(self, quem: Session) -> Response:
        """``POST`` to the same: only this session is left."""
        self.portal.autorizacoes.encerrar_outras(quem)
        return see_other("/portal/sessoes?feito=outras")

    def _one(self, quem: Session) -> Autorizacao:
        given = once(request.args, "aplicacao", _CLIENT)
        for one in self.portal.autorizacoes.aplicacoes(quem):
            if one.client.client_id == given:
                return one
        raise NotFound("client")

    def _decision(self, quem: Session, decisao: Decisao, action: str, back: str) -> Response:
        voltar = f"/portal/{back}"
        return self.portal.render(
            quem, "acessos", "decisao.html", decisao=decisao, action=action, voltar=voltar, termos=None
        )


def add_acessos(blueprint: Blueprint, portal: Portal) -> None:
    """Everything under ``/portal/aplicacoes`` and ``/portal/sessoes`` but switching (``trocar``)."""
    views, door, add = Acessos(portal), portal.door, blueprint.add_url_rule
    add("/portal/aplicacoes", "aplicacoes", door.shown(views.aplicacoes))
    add("/portal/aplicacoes/retirar", "retirar", door.shown(views.ask_to_withdraw))
    add("/portal/aplicacoes/retirar", "retirar_post", door.pressed(views.withdraw), methods=["POST"])
    add("/portal/sessoes", "sessoes", door.shown(views.sessoes))
    add("/portal/sessoes/<id>/encerrar", "encerrar_sessao", door.shown(views.ask_to_end))
    add("/portal/sessoes/<id>/encerrar", "encerrar_sessao_post", door.pressed(views.end), methods=["POST"])
    add("/portal/sessoes/outras", "encerrar_outras", door.shown(views.ask_to_end_others))
    add("/portal/sessoes/outras", "encerrar_outras_post", door.pressed(views.end_others), methods=["POST"])
