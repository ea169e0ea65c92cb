"""Quem agiu por mim: the list, what it is narrowed to, and the newest of it on other pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response, request

from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.outorga import EmNomeDe, Vista
from idp.flow.usos import Filtro, Uso
from idp.web.parameters import once
from idp.web.portal.parts import Portal, day, handle
from idp.web.text import comeco, legivel
from idp.web.views.portal import rotulado
from idp.web.views.portal_dados import prazo
from idp.web.views.portal_usos import Escolha, UsoView, aplicacoes, endereco, pessoas, uso_view

FEW, FEWER = 5, 3
_ID = re.compile(r"[1-9][0-9]{0,9}\Z")
_PROCURACAO = re.compile(r"[!-~]{1,64}\Z")
_CLIENT = re.compile(r"[!-~]{1,255}\Z")
_DAY = re.compile(r"[0-9/-]{8,10}\Z")
_HANDLE = re.compile(r"[0-9a-f]{24}\Z")


class PaginaDeUsos:
    """Who acted for whoever is in, and by what right. PRC-04 to a certificate that stands for nobody."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def show(self, quem: Session) -> Response:
        """``GET /portal/usos``: one page of it, newest first, narrowed as the address says."""
        usos, portal = self.portal.usos, self.portal
        partes = usos.partes(quem)
        given = {name: once(request.args, name, shape) or "" for name, shape in _SHAPES.items()}
        parte = self._parte(quem, partes, given["por"])
        de, ate = day(given["de"]), day(given["ate"])
        filtro = Filtro(
            parte.documento,
            given["procuracao"],
            int(given["pessoa"]) if given["pessoa"] else None,
            given["aplicacao"],
            comeco(de) if de else None,
            comeco(ate + timedelta(days=1)) if ate and ate.year < 9999 else None,
        )
        pagina = usos.pagina(quem, filtro, int(given["antes"]) if given["antes"] else None)
        recentes = usos.recentes(parte.documento)
        chosen = next((uso.titular for uso in (*recentes, *pagina.usos) if uso.id == filtro.pessoa), None)
        if chosen is None and filtro.pessoa and pagina.usos:
            chosen = pagina.usos[0].titular
        kept = {name: value for name, value in given.items() if name != "antes"}
        shown = [
            uso_view(
                uso,
                portal.nome,
                revogaveis=pagina.revogaveis,
                so="" if filtro.pessoa else endereco(**{**kept, "pessoa": str(uso.id)}),
            )
            for uso in pagina.usos
        ]
        escolhas = tuple(
            Escolha(handle(quem, one.documento), f"{legivel(one.nome, 60)}, {rotulado(one.documento)}", one == parte)
            for one in partes
        )
        return portal.render(
            quem,
            "usos",
            "usos.html",
            usos=shown,
            partes=escolhas,
            pessoas=pessoas([*recentes, *pagina.usos], chosen),
            aplicacoes=aplicacoes([*recentes, *pagina.usos], portal.nome, filtro.aplicacao),
            procuracao=filtro.procuracao,
            de=de.isoformat() if de else "",
            ate=ate.isoformat() if ate else "",
            filtrado=any(kept[name] for name in ("procuracao", "pessoa", "aplicacao", "de", "ate")),
            guardados=prazo(portal.prazos.registro),
            todos=endereco(por=given["por"]),
            seguinte=endereco(**kept, antes=str(pagina.seguinte)) if pagina.seguinte else "",
            primeira=endereco(**kept) if given["antes"] else "",
        )

    def _parte(self, quem: Session, partes: Sequence[EmNomeDe], given: str) -> EmNomeDe:
        """The one asked for; without, the first company there is, or the person. Raises NotFound for another."""
        if not given:
            return partes[1] if len(partes) > 1 else partes[0]
        for one in partes:
            if handle(quem, one.documento) == given:
                return one
        raise NotFound("parte")


_SHAPES = {
    "por": _HANDLE,
    "procuracao": _PROCURACAO,
    "pessoa": _ID,
    "aplicacao": _CLIENT,
    "de": _DAY,
    "ate": _DAY,
    "antes": _ID,
}


def da_procuracao(portal: Portal, quem: Session, vista: Vista) -> list[UsoView]:
    """The newest uses of one procuração, for its own page."""
    shown = _few(portal, portal.usos.da_procuracao(quem, vista, FEW))
    here = f"/portal/procuracoes/{vista.procuracao.id}"
    return [replace(one, procuracao="") if one.procuracao == here else one for one in shown]


def ultimos(portal: Portal, quem: Session) -> list[UsoView]:
    """The newest for everybody whose affairs they see, for the first page."""
    return _few(portal, portal.usos.ultimos(portal.usos.partes(quem), FEWER))


def _few(portal: Portal, usos: Sequence[Uso]) -> list[UsoView]:
    return [uso_view(uso, portal.nome) for uso in usos]


def add_usos(blueprint: Blueprint, portal: Portal) -> None:
    """``/portal/usos``."""
    blueprint.add_url_rule("/portal/usos", "usos", portal.door.shown(PaginaDeUsos(portal).show))
