"""Asking for a procuração: one, or one of each company in a file; and answering what others ask."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, request

from idp.domain.politica import Ato
from idp.domain.proposta import Solicitacao
from idp.domain.session import Session
from idp.flow.outorga import EmNomeDe, Lote, Refused
from idp.web.outcome import see_other
from idp.web.portal.campos import LOTE, PEDIR, Leitura, a_year_from, date_types, longest, receiving, require
from idp.web.portal.conceder import Conceder
from idp.web.portal.parts import Portal, handle, typed, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.security import MAX_BODY
from idp.web.text import dia, legivel
from idp.web.views.portal_formulario import Erros, Opcao, campo_id, em_nome_de, erros, impedidos, servicos
from idp.web.views.portal_pedidos import linhas, pedido_estado, pedido_partes
from idp.web.views.portal_textos import PEDIDO_FEITO
from idp.web.views.portal_vista import alcance, inscricoes, poderes

PEDIDO, PEDIDOS = "pedir", "lote"
SHOWN_LINES = 200
"""With what stands in each they fit into what is kept of a form."""
MODELO = "documento\r\n99.990.001/0001-98\r\n12.ABC.345/01DE-35\r\n"
"""A file to begin with; its companies are nobody's."""


class Pedidos:
    def __init__(self, portal: Portal, conceder: Conceder) -> None:
        self.portal = portal
        self.conceder = conceder

    def begin(self, quem: Session, tipo: str) -> Response:
        self._options(quem)
        return see_other(f"/portal/{tipo}/{self.portal.door.begin(tipo, quem).id}")

    def form(self, quem: Session, begun: Preenchimento) -> Response:
        if begun.resultado:
            return see_other(begun.resultado)
        status = 422 if begun.problemas else 200
        return self.portal.render(quem, "pedidos", "conceder.html", status=status, f=self._view(quem, begun))

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        if begun.resultado:
            return see_other(begun.resultado)
        leitura, solicitacao = self._read(quem, begun, typed(PEDIR))
        if not leitura.problemas:
            try:
                made = self.portal.outorga.pedir(quem, solicitacao)
            except Refused as refused:
                leitura.problemas += refused.problemas
            else:
                done = f"/portal/pedidos/{made.id}?feito=pedir"
                self.portal.door.preenchimentos.put(replace(begun, resultado=done))
                return see_other(done)
        return self._back(leitura, complete=True)

    def send_many(self, quem: Session, begun: Preenchimento) -> Response:
        if begun.resultado:
            return see_other(begun.resultado)
        campos = typed(LOTE)
        if uploaded := _uploaded():
            campos["linhas"] = [uploaded]
        leitura, solicitacao = self._read(quem, begun, campos)
        if leitura.um("linhas") and not leitura.problemas:
            try:
                text, added = _with_header(leitura.um("linhas"))
                made = self.portal.outorga.pedir_lote(quem, text, solicitacao, lote=begun.id)
            except Refused as refused:
                leitura.problemas += refused.problemas
            else:
                return self._many(begun, made, text, added)
        return self._back(leitura, complete=False)

    def many_done(self, quem: Session, begun: Preenchimento) -> Response:
        if not begun.resultado:
            return see_other(f"/portal/lote/{begun.id}")
        return self.portal.render(
            quem,
            "pedidos",
            "lote_feito.html",
            feitos=int(begun.extra["feitos"]),
            total=int(begun.extra["total"]),
            problemas=begun.problemas,
        )

    def model(self) -> Response:
        response = Response(MODELO, mimetype="text/csv")
        response.headers["Content-Disposition"] = 'attachment; filename="empresas.csv"'
        return response

    # -- one request ---------------------------------------------------------------------------------------------

    def show(self, quem: Session, id: str) -> Response:
        pedido, papel = self.portal.outorga.ver_pedido(quem, id)
        now, recebido = self.portal.clock.now(), papel == "outorgante"
        decidir = (
            (("aprovar", "Ver o texto e aprovar"), ("negar", "Negar")) if recebido else (("desistir", "Desistir"),)
        )
        outro = pedido.outorgado_nome if recebido else "uma procuração"
        ate = inscricoes(pedido.escopo.inscricoes)
        partes = (*pedido_partes(pedido), ("Alcance", " ".join((alcance(pedido.escopo, pedido.outorgante), *ate))))
        return self.portal.render(
            quem,
            "pedidos",
            "pedido.html",
            titulo=f"Pedido de {legivel(outro, 80)}",
            estado=pedido_estado(pedido, now),
            explicacao="Quem pede só poderá agir por você se você aprovar. Você pode negar sem dizer por quê."
            if recebido
            else "Nada vale antes de quem recebeu o pedido aprovar. A Portaria não envia mensagens: avise.",
            mensagem=legivel(pedido.mensagem, 500),
            partes=partes,
            poderes=poderes(pedido.poderes, self.portal.politica.catalogo),
            decidir=decidir if pedido.aberto(now) else (),
            action=f"/portal/pedidos/{id}",
            procuracao=pedido.procuracao or "",
            feito=PEDIDO_FEITO.get(word("feito") or word("aviso"), ""),
        )

    def decide(self, quem: Session, id: str) -> Response:
        match word("acao"):
            case "aprovar":
                return self.conceder.approve(quem, id)
            case "negar":
                self.portal.outorga.negar(quem, id)
            case "desistir":
                self.portal.outorga.desistir(quem, id)
            case _:
                abort(400)
        return see_other(f"/portal/pedidos/{id}?feito={word('acao')}")

    # -- between them --------------------------------------------------------------------------------------------

    def _read(self, quem: Session, begun: Preenchimento, campos: dict[str, list[str]]) -> tuple[Leitura, Solicitacao]:
        kept = {name: values for name, values in campos.items() if name != "linhas" or len(str(values)) < 30_000}
        self.portal.door.preenchimentos.send(begun, kept)
        leitura = Leitura(replace(begun, campos=campos), dia(self.portal.clock.now()))
        options = self._options(quem)
        return leitura, Solicitacao(
            leitura.parte(quem, options),
            leitura.um("outorgante"),
            frozenset(campos["poderes"]),
            leitura.escopo(),
            leitura.dia("inicio"),
            leitura.dia("fim"),
            leitura.inscricoes(leitura.um("inscricoes").splitlines()),
            mensagem=leitura.um("mensagem"),
        )

    def _options(self, quem: Session) -> list[EmNomeDe]:
        options = receiving(quem, self.portal.outorga.qualidades(quem))
        require(options)
        return options

    def _many(self, begun: Preenchimento, made: Lote, text: str, added: int) -> Response:
        done = f"/portal/lote/{begun.id}/feito"
        extra = {"feitos": str(made.feitos), "total": str(len(made.problemas))}
        told = linhas(made.problemas, text.splitlines(), added, SHOWN_LINES)
        self.portal.door.preenchimentos.put(replace(begun, campos={}, problemas=told, extra=extra, resultado=done))
        return see_other(done)

    def _back(self, leitura: Leitura, *, complete: bool) -> Response:
        leitura.missing("outorgante" if complete else "linhas")
        problemas = [[one.campo, one.motivo, one.detail] for one in leitura.problemas]
        self.portal.door.preenchimentos.send(leitura.begun, leitura.begun.campos, problemas)
        return see_other(f"/portal/{leitura.begun.tipo}/{leitura.begun.id}#erros")

    def _view(self, quem: Session, begun: Preenchimento) -> dict[str, Any]:
        options = self._options(quem)
        handles = [handle(quem, one.documento) for one in options]
        fresh, today, many = not begun.campos, dia(self.portal.clock.now()), begun.tipo == PEDIDOS
        politica = self.portal.politica
        prazo = longest(politica, Ato.OUTORGAR, next(one for one in options if one.qualidade))
        most = today + prazo if prazo else None
        chosen = begun.um("escopo_tipo") or ("raiz" if fresh else "")
        return {
            "titulo": "Pedir procuração a muitas empresas" if many else "Pedir uma procuração",
            "explicacao": "Cada empresa recebe o seu pedido, com os mesmos poderes e prazo, e só precisa aprovar."
            if many
            else "Quem recebe o pedido só precisa aprovar, com o certificado dele. Ao pedir, você já aceita.",
            "aviso": "",
            "action": f"/portal/{begun.tipo}/{begun.id}",
            "voltar": "/portal/pedidos?papel=feitos",
            "botao": "Enviar os pedidos" if many else "Enviar o pedido",
            "erros": erros(begun.problemas) if begun.problemas else Erros(),
            "em_nome_de_rotulo": "Quem vai receber a procuração?",
            "em_nome_de": em_nome_de(options, handles, begun.um("em_nome_de")),
            "impedidos": impedidos(options),
            "com_outorgado": False,
            "com_outorgante": not many,
            "outorgante": begun.um("outorgante"),
            "lote": many,
            "linhas": begun.um("linhas"),
            "lote_dica": "Cole os CNPJs (ou CPFs), um por linha. Até 2.000, em até 60 KB.",
            "com_reserva": False,
            "servicos": servicos(politica, begun.campos.get("poderes", [])),
            "todos_de": "o cliente pode",
            "todos": ("todos" in begun.campos.get("poderes", [])) if politica.todos else None,
            "alcances": tuple(
                Opcao(campo_id("escopo_tipo", at), value, label, detail, value == chosen)
                for at, (value, label, detail) in enumerate(_ALCANCES)
            ),
            "inscricoes_de": "",
            "inscricoes_digitadas": begun.um("inscricoes"),
            "inicio": today.isoformat() if fresh else begun.um("inicio"),
            "fim": a_year_from(today).isoformat() if fresh else begun.um("fim"),
            "tipos": date_types(begun),
            "fim_dica": f"O mais tarde possível é {most.strftime('%d/%m/%Y')}." if most else "",
            "com_opcoes": False,
            "com_mensagem": True,
            "mensagem": begun.um("mensagem"),
        }


_ALCANCES = (
    ("raiz", "Toda a empresa", "A matriz e todas as filiais, as atuais e as futuras."),
    ("estabelecimento", "Só este CNPJ ou CPF", "Todas as inscrições dele, as atuais e as futuras."),
    ("inscricoes", "Só algumas inscrições estaduais", "As que você escrever abaixo, e nenhuma outra."),
)


def add_pedidos(blueprint: Blueprint, portal: Portal, conceder: Conceder) -> None:
    views, door, add = Pedidos(portal, conceder), portal.door, blueprint.add_url_rule
    for tipo, limits, send in ((PEDIDO, PEDIR, views.send), (PEDIDOS, LOTE, views.send_many)):
        rule = f"/portal/{tipo}/<pid>"
        add(f"/portal/{tipo}", tipo, door.shown(partial(views.begin, tipo=tipo)))
        add(rule, f"{tipo}_form", door.form(tipo, views.form))
        add(rule, f"{tipo}_send", door.sent(tipo, partial(typed, limits), send), methods=["POST"])
    add("/portal/lote/<pid>/feito", "lote_feito", door.form(PEDIDOS, views.many_done))
    add("/portal/empresas.csv", "modelo", views.model)
    add("/portal/pedidos/<id>", "pedido", door.shown(views.show))
    add("/portal/pedidos/<id>", "pedido_post", door.pressed(views.decide), methods=["POST"])


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
