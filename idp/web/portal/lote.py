"""Asking many companies at once, by a list or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, request

from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.outorga import EmNomeDe, Lote, Refused
from idp.web.outcome import see_other
from idp.web.portal.campos import LOTE
from idp.web.portal.conceder import Conceder
from idp.web.portal.parts import Portal, handle, typed
from idp.web.portal.pedidos import PEDIDOS, Pedidos
from idp.web.portal.planilha import planilha, planilha_texto
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.security import MAX_BODY
from idp.web.views.portal_pedidos import linhas, linhas_com_erro

SHOWN_LINES = 200
"""With what stands in each they fit into what is kept of a form; the file has them all."""
MODELO = (("documento", "nome"), ("99.990.001/0001-98", "Nome que você dá"), ("12.ABC.345/01DE-35", ""))
"""A file to begin with; its companies are nobody's."""


class Lotes(Pedidos):
    """The form of a request for many companies, by a list or a file: as :class:`Pedidos`, at ``/portal/lote``."""

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST /portal/lote/<pid>``: one request a line, or back with what is wrong with all of them."""
        campos = typed(LOTE)
        if uploaded := _uploaded():
            campos["linhas"] = [uploaded]
        leitura, solicitacao = self.read(quem, begun, campos)
        if leitura.um("linhas") and not leitura.problemas:
            try:
                text, added = _with_header(leitura.um("linhas"))
                made = self.portal.outorga.pedir_lote(quem, text, solicitacao, begun.id)
            except Refused as refused:
                leitura.problemas += refused.problemas
            else:
                return self._done(begun, made, text, added)
        return self.back(leitura, complete=False)

    def done(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET …/<pid>/feito``: how many were asked, and which lines were not used."""
        if not begun.resultado:
            return see_other(f"/portal/lote/{begun.id}")
        kept = self.portal.door.preenchimentos.attached(begun)
        return self.portal.render(
            quem,
            "pedidos",
            "lote_feito.html",
            feitos=int(begun.extra["feitos"]),
            total=int(begun.extra["total"]),
            problemas=begun.problemas,
            arquivo=f"/portal/lote/{begun.id}/linhas" if kept is not None else "",
        )

    def wrong_lines(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET …/<pid>/linhas``: those lines as a file to be corrected; PRC-05 where none is kept."""
        kept = self.portal.door.preenchimentos.attached(begun)
        if kept is None:
            raise NotFound("linhas")
        return planilha_texto("linhas-com-erro.csv", kept)

    def model(self) -> Response:
        """``GET /portal/empresas.csv``: a file to begin with, for anybody."""
        return planilha("empresas.csv", MODELO)

    def aviso(self, quem: Session, begun: Preenchimento, options: Sequence[EmNomeDe]) -> str:
        """What of this very list was asked already, before something stopped it."""
        given = begun.um("em_nome_de")
        parte = next((one.documento for one in options if handle(quem, one.documento) == given), None)
        sent = self.portal.outorga.enviados(quem, parte, begun.id) if parte else 0
        if not sent:
            return ""
        told = "Um pedido desta lista já foi enviado" if sent == 1 else f"{sent} pedidos desta lista já foram enviados"
        return (
            f"{told}, e o envio parou no meio. Envie a mesma lista de novo para continuar: nenhum pedido é feito duas "
            "vezes."
        )

    def _done(self, begun: Preenchimento, made: Lote, text: str, added: int) -> Response:
        done, lines = f"/portal/lote/{begun.id}/feito", text.splitlines()
        extra = {"feitos": str(made.feitos), "total": str(len(made.problemas))}
        told = linhas(made.problemas, lines, added, SHOWN_LINES)
        kept = self.portal.door.preenchimentos
        if made.problemas:
            kept.attach(begun, linhas_com_erro(made.problemas, lines, added))
        kept.put(replace(begun, campos={}, problemas=told, extra=extra, resultado=done))
        return see_other(done)


def add_lote(blueprint: Blueprint, portal: Portal, conceder: Conceder) -> None:
    """Everything under ``/portal/lote``."""
    views, door, add = Lotes(portal, conceder), portal.door, blueprint.add_url_rule
    rule = "/portal/lote/<pid>"
    add("/portal/lote", "lote", door.shown(partial(views.begin, tipo=PEDIDOS)))
    add(rule, "lote_form", door.form(PEDIDOS, views.form))
    add(rule, "lote_send", door.sent(PEDIDOS, partial(typed, LOTE), views.send), methods=["POST"])
    add(f"{rule}/feito", "lote_feito", door.form(PEDIDOS, views.done, spent=True))
    add(f"{rule}/linhas", "lote_linhas", door.form(PEDIDOS, views.wrong_lines, spent=True))
    add("/portal/empresas.csv", "modelo", views.model)


def _uploaded() -> str:
    """The file's text, "" where none came."""
    given = request.files.get("arquivo")
    data = given.read(MAX_BODY) if given else b""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # what spreadsheets write; the numbers are the same in both
    return text.replace("\x00", "").strip()


def _with_header(text: str) -> tuple[str, int]:
    """A pasted list of numbers is the file's one column; and how many lines that adds before them."""
    first = text.splitlines()[0]
    return (text, 0) if "documento" in first.lower() else (f"documento\n{text}", 1)
