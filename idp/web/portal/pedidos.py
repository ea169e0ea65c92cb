"""Asking for a procuração, and answering what others ask. Many at once: ``lote``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, request

from idp.domain.politica import Ato
from idp.domain.proposta import Solicitacao
from idp.domain.session import Session
from idp.errors import IllegalTransition
from idp.flow.outorga import EmNomeDe, Refused
from idp.web.outcome import see_other
from idp.web.parameters import ID, once
from idp.web.portal.campos import PEDIR, Leitura, a_year_from, date_types, longest, receiving, require
from idp.web.portal.conceder import Conceder
from idp.web.portal.de_novo import TX, again, came_from, outorgante, whom
from idp.web.portal.parts import Portal, handle, typed, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.text import dia, legivel
from idp.web.views.portal_formulario import Erros, Opcao, campo_id, em_nome_de, erros, impedidos, servicos
from idp.web.views.portal_pedidos import aviso_ao_cliente, pedido_estado, pedido_partes, pedido_titulo
from idp.web.views.portal_textos import PEDIDO_FEITO
from idp.web.views.portal_vista import alcance, inscricoes, poderes

PEDIDO, PEDIDOS = "pedir", "lote"


class Pedidos:
    """PRC-04 to a certificate that stands for nobody, PRC-05 for a request of which one is no party, PRC-08 where it is
    past what was pressed; of its forms PRC-06 and PRC-07 as of every long one."""

    def __init__(self, portal: Portal, conceder: Conceder) -> None:
        self.portal = portal
        self.conceder = conceder

    def begin(self, quem: Session, tipo: str) -> Response:
        """``GET /portal/<tipo>``: to a form of its own."""
        self.options(quem)
        return see_other(f"/portal/{tipo}/{self.portal.door.begin(tipo, quem, **came_from()).id}")

    def form(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET /portal/<tipo>/<pid>``: as it was typed, 422 with what is wrong."""
        status = 422 if begun.problemas else 200
        return self.portal.render(quem, "pedidos", "conceder.html", status=status, f=self._view(quem, begun))

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: asked, once, or back with what is wrong."""
        leitura, solicitacao = self.read(quem, begun, typed(PEDIR))
        if not leitura.problemas:
            try:
                made = self.portal.outorga.pedir(quem, solicitacao)
            except Refused as refused:
                leitura.problemas += refused.problemas
            else:
                tx = begun.extra.get(TX)
                done = f"/portal/pedidos/{made.id}?feito=pedir" + (f"&{TX}={tx}" if tx else "")
                self.portal.door.preenchimentos.put(replace(begun, resultado=done))
                return see_other(done)
        return self.back(leitura, complete=True)

    # -- one request ---------------------------------------------------------------------------------------------

    def show(self, quem: Session, id: str) -> Response:
        """``GET /portal/pedidos/<id>``: to whoever asked, and to whoever is asked."""
        pedido, papel = self.portal.outorga.ver_pedido(quem, id)
        now, recebido = self.portal.clock.now(), papel == "outorgante"
        decidir = (
            (("aprovar", "Ver o texto e aprovar"), ("negar", "Negar"))
            if recebido
            else (("desistir", "Cancelar o pedido"),)
        )
        ate = inscricoes(pedido.escopo.inscricoes)
        partes = (*pedido_partes(pedido), ("Alcance", " ".join((alcance(pedido.escopo, pedido.outorgante), *ate))))
        return self.portal.render(
            quem,
            "pedidos",
            "pedido.html",
            titulo=pedido_titulo(pedido, papel),
            estado=pedido_estado(pedido, now),
            explicacao="Quem pede só poderá agir por você se você aprovar. Você pode negar sem dizer por quê. Não "
            "conhece quem pede? Negue. Sem resposta no prazo, o pedido se encerra sozinho."
            if recebido
            else "Nada vale antes de quem recebeu o pedido aprovar.",
            mensagem=legivel(pedido.mensagem, 500),
            partes=partes,
            poderes=poderes(pedido.poderes, self.portal.politica.catalogo),
            decidir=decidir if pedido.aberto(now) else (),
            avisar=""
            if recebido or not pedido.aberto(now)
            else aviso_ao_cliente(pedido, f"{self.portal.pages.site.issuer}/portal/pedidos/{id}"),
            action=f"/portal/pedidos/{id}",
            procuracao=pedido.procuracao or "",
            volta=self.portal.volta(once(request.args, TX, ID)),
            feito=PEDIDO_FEITO.get(word("feito") or word("aviso"), ""),
        )

    def decide(self, quem: Session, id: str) -> Response:
        """``POST`` to the same: on to the text of an approval, or denied, or withdrawn."""
        try:
            match word("acao"):
                case "aprovar":
                    return self.conceder.approve(quem, id)
                case "negar":
                    self.portal.outorga.negar(quem, id)
                case "desistir":
                    self.portal.outorga.desistir(quem, id)
                case _:
                    abort(400)
        except IllegalTransition as error:
            titulo = pedido_titulo(*self.portal.outorga.ver_pedido(quem, id))
            nome = f"o {titulo[:1].lower()}{titulo[1:]}"
            return self.portal.changed(error, quem, nome, (f"/portal/pedidos/{id}", "Ver o pedido"))
        return see_other(f"/portal/pedidos/{id}?feito={word('acao')}")

    # -- between them --------------------------------------------------------------------------------------------

    def read(self, quem: Session, begun: Preenchimento, campos: dict[str, list[str]]) -> tuple[Leitura, Solicitacao]:
        """What was typed, kept and read; with what is wrong so far."""
        kept = {name: values for name, values in campos.items() if name != "linhas" or len(str(values)) < 30_000}
        self.portal.door.preenchimentos.send(begun, kept)
        if (before := outorgante(self.portal, quem, begun)) is not None:
            campos = campos | {"outorgante": [before.outorgante.numero]}
        leitura = Leitura(replace(begun, campos=campos), dia(self.portal.clock.now()))
        options = self.options(quem)
        return leitura, Solicitacao(
            leitura.parte(quem, options),
            leitura.um("outorgante"),
            frozenset(campos["poderes"]),
            leitura.escopo(),
            leitura.dia("inicio"),
            leitura.dia("fim"),
            leitura.inscricoes(leitura.um("inscricoes").splitlines()),
            mensagem=leitura.um("mensagem"),
            rotulo=leitura.um("rotulo"),
        )

    def aviso(self, quem: Session, begun: Preenchimento, options: Sequence[EmNomeDe]) -> str:
        """What to know before going on; nothing of a form for one request."""
        return ""

    def options(self, quem: Session) -> list[EmNomeDe]:
        """For whom this person may ask. Raises NotEntitled where that is nobody."""
        options = receiving(quem, self.portal.outorga.qualidades(quem))
        require(options)
        return options

    def back(self, leitura: Leitura, *, complete: bool) -> Response:
        """To the form with what is wrong. ``complete``: it names one company, else it has lines."""
        leitura.missing("outorgante" if complete else "linhas")
        return self.portal.door.again(leitura.begun, leitura.problemas)

    def _view(self, quem: Session, begun: Preenchimento) -> dict[str, Any]:
        options = self.options(quem)
        handles = [handle(quem, one.documento) for one in options]
        fresh, today, many = not begun.campos, dia(self.portal.clock.now()), begun.tipo == PEDIDOS
        politica = self.portal.politica
        prazo = longest(politica, Ato.OUTORGAR, next(one for one in options if one.qualidade))
        most = today + prazo if prazo else None
        before, volta = outorgante(self.portal, quem, begun), self.portal.volta(begun.extra.get(TX))
        return {
            "titulo": "Pedir procuração a muitas empresas" if many else "Pedir uma procuração",
            "explicacao": "Cada empresa recebe o seu pedido, com os mesmos poderes e prazo, e só precisa aprovar."
            if many
            else "Quem recebe o pedido só precisa aprovar, com o certificado dele.",
            "aviso": self.aviso(quem, begun, options),
            "action": f"/portal/{begun.tipo}/{begun.id}",
            "voltar": volta[0] if volta else "/portal/pedidos?papel=feitos",
            "botao": "Enviar os pedidos" if many else "Enviar o pedido",
            "erros": erros(begun.problemas) if begun.problemas else Erros(),
            "em_nome_de_rotulo": "Quem vai receber a procuração?",
            "em_nome_de": em_nome_de(options, handles, begun.um("em_nome_de")),
            "impedidos": impedidos(options),
            "com_outorgado": False,
            "com_outorgante": not many,
            "outorgante": begun.um("outorgante"),
            "outorgante_de_novo": whom(before) if before else None,
            "rotulo": begun.um("rotulo"),
            "lote": many,
            "linhas": begun.um("linhas"),
            "lote_dica": "Cole os CNPJs (ou CPFs), um por linha, até 2.000.",
            "com_reserva": False,
            "servicos": servicos(politica, begun.campos.get("poderes", [])),
            "todos_de": "o cliente pode",
            "todos": ("todos" in begun.campos.get("poderes", [])) if politica.todos else None,
            "alcances": tuple(
                Opcao(campo_id("escopo_tipo", at), value, label, detail, value == begun.um("escopo_tipo"))
                for at, (value, label, detail) in enumerate(_ALCANCES[:2] if many else _ALCANCES)
            ),
            "inscricoes_de": "",
            "inscricoes_digitadas": None if many else begun.um("inscricoes"),
            "inicio": today.isoformat() if fresh else begun.um("inicio"),
            "fim": a_year_from(today).isoformat() if fresh else begun.um("fim"),
            "tipos": date_types(begun),
            "fim_dica": f"O mais tarde possível é {most.strftime('%d/%m/%Y')}." if most else "",
            "com_opcoes": False,
            "com_mensagem": True,
            "antes_do_botao": "Se o cliente aprovar, a procuração vale na hora: o seu pedido já é o aceite dela.",
            "mensagem": begun.um("mensagem"),
        }


_ALCANCES = (
    ("raiz", "Toda a empresa", "A matriz e todas as filiais, as atuais e as futuras."),
    ("estabelecimento", "Só este CNPJ ou CPF", "Todas as inscrições dele, as atuais e as futuras."),
    ("inscricoes", "Só algumas inscrições estaduais", "As que você escrever abaixo, e nenhuma outra."),
)


def add_pedidos(blueprint: Blueprint, portal: Portal, conceder: Conceder) -> None:
    """``/portal/pedir``, ``/portal/pedidos/<id>``, and asking again by a procuração received."""
    views, door, add = Pedidos(portal, conceder), portal.door, blueprint.add_url_rule
    add("/portal/pedir", "pedir", door.shown(partial(views.begin, tipo=PEDIDO)))
    add("/portal/procuracoes/<id>/pedir", "pedir_de_novo", door.shown(partial(again, portal)))
    add("/portal/pedir/<pid>", "pedir_form", door.form(PEDIDO, views.form))
    keeping = door.sent(PEDIDO, partial(typed, PEDIR), views.send)
    add("/portal/pedir/<pid>", "pedir_send", keeping, methods=["POST"])
    add("/portal/pedidos/<id>", "pedido", door.shown(views.show))
    add("/portal/pedidos/<id>", "pedido_post", door.pressed(views.decide), methods=["POST"])
