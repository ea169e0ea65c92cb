"""Another inscrição for an application, asked for at the portal: its next entry shows the list again, and where the
application says how it is entered (OIDC Core §4), that is now."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp.domain.client import Client
from idp.domain.session import Session
from idp.errors import NotFound
from idp.web.outcome import see_other
from idp.web.parameters import once
from idp.web.portal.parts import Portal
from idp.web.text import legivel
from idp.web.views.portal_acessos import switching
from idp.web.views.portal_vista import Decisao

_CLIENT = re.compile(r"[!-~]{1,255}\Z")
_LIST = "/portal/aplicacoes"


def add_trocar(blueprint: Blueprint, portal: Portal) -> None:
    """``GET`` and ``POST /portal/aplicacoes/trocar?aplicacao=``."""
    door = portal.door

    def ask(quem: Session) -> Response:
        if "aplicacao" not in request.args:  # after a certificate step: the address came back without it
            return see_other(_LIST)
        client = meant(quem)
        nome = legivel(client.name, 80)
        goes = bool(client.initiate_login_uri)
        consequencias = (
            f"{'Agora' if goes else 'Na próxima vez que você entrar'} em {nome}, "
            "a lista das suas inscrições aparece de novo, sem pedir o certificado enquanto esta sessão durar.",
            "O acesso que o serviço tem com a inscrição de antes só muda quando você escolher outra.",
        )
        botao = f"Escolher outra inscrição em {nome}" if goes else "Perguntar de novo na próxima entrada"
        return portal.render(
            quem,
            "acessos",
            "decisao.html",
            decisao=Decisao(f"Trocar de inscrição em {nome}?", consequencias, botao, motivo=False),
            action=switching(client.client_id),
            voltar=_LIST,
            termos=None,
            forms=tuple(filter(None, (client.initiate_login_uri, *client.redirect_uris))),
        )

    def switch(quem: Session) -> Response:
        client = portal.autorizacoes.trocar(quem, once(request.args, "aplicacao", _CLIENT) or "")
        entry = _entry(client, portal.pages.site.issuer)
        return see_other(entry or f"{_LIST}?feito=trocar")

    def meant(quem: Session) -> Client:
        given = once(request.args, "aplicacao", _CLIENT)
        for one in portal.autorizacoes.aplicacoes(quem):
            if one.client.client_id == given:
                return one.client
        raise NotFound("client")

    blueprint.add_url_rule(f"{_LIST}/trocar", "trocar", door.shown(ask))
    blueprint.add_url_rule(f"{_LIST}/trocar", "trocar_post", door.pressed(switch), methods=["POST"])


def _entry(client: Client, issuer: str) -> str:
    """Where the application begins a login that others ask for, with who asks; "" where it does not say."""
    uri = client.initiate_login_uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer})}" if uri else ""
