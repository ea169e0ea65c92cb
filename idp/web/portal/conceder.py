"""Giving a procuração or passing one on: one form, the exact text, the certificate once more, done.

What was typed stays with the form's id, so Back and reload show it again; the form is spent by the first procuração
that comes of it, so no repetition gives twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response

from idp.domain.documents import Documento
from idp.domain.politica import Ato
from idp.domain.procuracao import TODOS, Procuracao, TipoEscopo
from idp.domain.proposta import Proposta, Rascunho
from idp.domain.session import Session
from idp.errors import IllegalTransition, NotFound
from idp.flow.inscricoes import MOST
from idp.flow.outorga import EmNomeDe, NotFresh, Problema, Refused
from idp.web.outcome import see_other
from idp.web.portal.campos import CONCEDER, Leitura, a_year_from, date_types, longest, receiving, require
from idp.web.portal.parts import Portal, handle, typed, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.text import dia
from idp.web.views.portal_antes_e_depois import antes_de_dar, compromisso
from idp.web.views.portal_formulario import (
    Erros,
    Opcao,
    alcances,
    campo_id,
    em_nome_de,
    erros,
    escolher_inscricoes,
    impedidos,
    niveis,
    servicos,
)
from idp.web.views.portal_textos import AVISOS, GUARDADO

TIPO = "conceder"


class Conceder:
    """The form, its text and the act. PRC-04 to a certificate that may not give; of what is passed on PRC-05 to whoever
    did not receive it. A form that is gone answers PRC-06, another person's PRC-07."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    # -- the form ------------------------------------------------------------------------------------------------

    def begin(self, quem: Session) -> Response:
        """``GET /portal/conceder``: to a form of its own."""
        require(self.portal.outorga.qualidades(quem))
        return see_other(f"/portal/conceder/{self.portal.door.begin(TIPO, quem).id}")

    def pass_on(self, quem: Session, id: str) -> Response:
        """``GET /portal/procuracoes/<id>/substabelecer``: to a form for passing it on, PRC-08 where it cannot be."""
        found = self.portal.outorga.ver(quem, id)
        if "substabelecer" not in found.eventos:
            raise IllegalTransition("procuracao", found.procuracao.estado, "substabelecer")
        return see_other(f"/portal/conceder/{self.portal.door.begin(TIPO, quem, pai=id).id}")

    def form(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET /portal/conceder/<pid>``: as it was typed, 422 with what is wrong."""
        if begun.extra.get("pedido"):  # nothing in it is typed
            return see_other(f"/portal/pedidos/{begun.extra['pedido']}")
        view = self._view(quem, begun)
        status = 422 if begun.problemas else 200
        return self.portal.render(quem, "concedidas", "conceder.html", status=status, f=view)

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: on to the text, or back with what is wrong, or with the inscrições searched for."""
        campos = typed(CONCEDER)
        sent = self.portal.door.preenchimentos.send(begun, campos)
        here = f"/portal/conceder/{begun.id}"
        entered = sent.um("procurar") != begun.um("procurar")  # and Enter pressed: that is the form's other button
        if word("acao") == "procurar" or (entered and sent.um("escopo_tipo") == TipoEscopo.INSCRICOES):
            return see_other(f"{here}#procurar")
        leitura = Leitura(sent, dia(self.portal.clock.now()))
        try:
            proposta = self._proposta(quem, sent, leitura)
            rascunho = self.portal.outorga.rascunho(quem, proposta)
        except Refused as refused:
            leitura.problemas += refused.problemas
        if leitura.problemas:
            return self._back(sent, leitura.problemas)
        self.portal.door.preenchimentos.put(replace(sent, rascunho=rascunho.id))
        return see_other(f"{here}/revisar")

    # -- the text, the certificate, the act ----------------------------------------------------------------------

    def review(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET …/<pid>/revisar``: the exact text; back to the form where its minutes are over."""
        rascunho = self._rascunho(quem, begun)
        if rascunho is None:
            return self._expired(begun)
        de_pedido = bool(rascunho.pedido)
        return self.portal.render(
            quem,
            "pedidos" if de_pedido else "concedidas",
            "revisar.html",
            fresco=quem.auth_time >= rascunho.criado_em,
            texto=rascunho.texto,
            sha256=rascunho.texto_sha256,
            consequencias=compromisso(rascunho.procuracao, self.portal.clock.now()),
            avisos=[AVISOS[token] for token in rascunho.avisos if token in AVISOS],
            botao="Aprovar e conceder" if de_pedido else "Conceder a procuração",
            action=f"/portal/conceder/{begun.id}/revisar",
            corrigir="" if de_pedido else f"/portal/conceder/{begun.id}",
        )

    def confirm(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: it is given, once; to the certificate step where none was shown since the text."""
        here = f"/portal/conceder/{begun.id}/revisar"
        rascunho = self._rascunho(quem, begun)
        if rascunho is None:
            return self._expired(begun)
        if word("acao") != "conceder":
            return self.portal.door.fresh(here)
        try:
            made = self.portal.outorga.conceder(quem, rascunho.id)
        except NotFresh:
            return self.portal.door.fresh(here)
        except Refused as refused:
            return self._back(begun, refused.problemas)
        done = f"/portal/procuracoes/{made.id}/pronta"
        self.portal.door.preenchimentos.put(replace(begun, resultado=done))
        return see_other(done)

    def approve(self, quem: Session, pedido: str) -> Response:
        """From a request to its text; raises what the flow raises."""
        rascunho = self.portal.outorga.rascunho_de_pedido(quem, pedido)
        begun = self.portal.door.begin(TIPO, quem, pedido=pedido)
        self.portal.door.preenchimentos.put(replace(begun, rascunho=rascunho.id))
        return see_other(f"/portal/conceder/{begun.id}/revisar")

    # -- between them --------------------------------------------------------------------------------------------

    def _rascunho(self, quem: Session, begun: Preenchimento) -> Rascunho | None:
        try:
            return self.portal.outorga.ver_rascunho(quem, begun.rascunho) if begun.rascunho else None
        except NotFound:
            return None

    def _expired(self, begun: Preenchimento) -> Response:
        """The text is kept for minutes only; what was typed is still here."""
        if pedido := begun.extra.get("pedido"):
            return see_other(f"/portal/pedidos/{pedido}")
        return see_other(f"/portal/conceder/{begun.id}?aviso=texto")

    def _back(self, begun: Preenchimento, problemas: Sequence[Problema]) -> Response:
        again, pedido = self.portal.door.again(begun, problemas), begun.extra.get("pedido")
        return see_other(f"/portal/pedidos/{pedido}?aviso=mudou") if pedido else again

    def _pai(self, quem: Session, begun: Preenchimento) -> Procuracao | None:
        id = begun.extra.get("pai")
        return self.portal.outorga.ver(quem, id).procuracao if id else None

    def _options(self, quem: Session, pai: Procuracao | None) -> list[EmNomeDe]:
        """Of one passed on: only whoever has it."""
        options = list(self.portal.outorga.qualidades(quem))
        if pai is not None:
            options = [one for one in receiving(quem, options) if _same(one, pai)][:1]
        require(options)
        return options

    def _proposta(self, quem: Session, sent: Preenchimento, leitura: Leitura) -> Proposta:
        pai = self._pai(quem, sent)
        parte = leitura.parte(quem, self._options(quem, pai))
        whole = pai is not None and sent.um("sem_reserva") == "sim"
        if pai is not None and whole:
            last = dia(pai.vigencia.fim - timedelta(microseconds=1))
            poderes, escopo, inscricoes = pai.poderes, pai.escopo.tipo, frozenset(map(str, pai.escopo.inscricoes))
        else:
            last = leitura.dia("fim")
            poderes, escopo, inscricoes = (
                frozenset(sent.campos["poderes"]),
                leitura.escopo(),
                leitura.inscricoes(sent.campos["inscricoes"]),
            )
        return Proposta(
            parte,
            sent.um("outorgado"),
            sent.um("outorgado_nome"),
            poderes,
            escopo,
            leitura.dia("inicio"),
            last,
            inscricoes,
            substabelecivel=sent.um("substabelecivel") == "sim",
            nivel_minimo=leitura.nivel(),
            pai=pai.id if pai else None,
            sem_reserva=whole,
        )

    def _view(self, quem: Session, begun: Preenchimento) -> dict[str, Any]:
        pai, fresh = self._pai(quem, begun), not begun.campos
        options = self._options(quem, pai)
        handles = [handle(quem, one.documento) for one in options]
        shown = em_nome_de(options, handles, begun.um("em_nome_de"))
        chosen = next(one for one, at in zip(options, handles, strict=True) if at == _marked(shown))
        de = pai.outorgante if pai else chosen.documento
        today = dia(self.portal.clock.now())
        politica = self.portal.politica
        inicio = max(today, dia(pai.vigencia.inicio)) if pai else today
        fim = (
            min(a_year_from(inicio), dia(pai.vigencia.fim - timedelta(microseconds=1))) if pai else a_year_from(inicio)
        )
        marked = begun.campos.get("inscricoes", [])
        found = self.portal.inscricoes.of(quem, de, begun.um("procurar"), pai=pai.id if pai else None)
        prazo = longest(politica, Ato.SUBSTABELECER if pai else Ato.OUTORGAR, chosen)
        most = today + prazo if prazo else None
        return {
            "titulo": "Passar adiante uma procuração" if pai else "Dar uma procuração",
            "explicacao": f"De {pai.outorgante_nome}. Quem recebe age em nome dela, com o que foi dado a você."
            if pai
            else "Diga quem, o quê e até quando. Antes de valer, você confere o texto e confirma com o certificado.",
            "aviso": GUARDADO.get(word("aviso"), ""),
            "action": f"/portal/conceder/{begun.id}",
            "voltar": f"/portal/procuracoes/{pai.id}" if pai else "/portal",
            "botao": "Continuar: conferir o texto",
            "erros": erros(begun.problemas) if begun.problemas else Erros(),
            "em_nome_de_rotulo": "Quem passa adiante" if pai else "Em nome de quem você dá a procuração?",
            "em_nome_de": shown,
            "impedidos": impedidos(options),
            "com_outorgado": True,
            "com_outorgante": False,
            "lote": False,
            "outorgado": begun.um("outorgado"),
            "outorgado_nome": begun.um("outorgado_nome"),
            "com_reserva": pai is not None,
            "reservas": _reservas(begun.um("sem_reserva")),
            "servicos": servicos(politica, begun.campos.get("poderes", []), pai.poderes if pai else None),
            "todos_de": "quem deu a procuração a você pode" if pai else "você pode",
            "todos": _todos(begun, politica.todos, pai),
            "alcances": alcances(_partes(de, pai, options), begun.um("escopo_tipo"), only=_escopos(pai)),
            "inscricoes_de": "" if pai and pai.escopo.tipo is TipoEscopo.ESTABELECIMENTO else _nome(pai, chosen),
            "inscricoes_digitadas": None,
            "inscricoes": escolher_inscricoes(found, marked),
            "limite_inscricoes": MOST,
            "procurar": begun.um("procurar"),
            "inicio": inicio.isoformat() if fresh else begun.um("inicio"),
            "fim": fim.isoformat() if fresh else begun.um("fim"),
            "tipos": date_types(begun),
            "fim_dica": f"O mais tarde possível é {most.strftime('%d/%m/%Y')}." if most else "",
            "com_opcoes": True,
            "adiante": _adiante(begun.um("substabelecivel")),
            "niveis": niveis(begun.um("nivel_minimo")),
            "com_mensagem": False,
            "antes_do_botao": antes_de_dar(politica),
        }


def add_conceder(blueprint: Blueprint, portal: Portal) -> Conceder:
    """Everything under ``/portal/conceder``; the views, whose ``approve`` requests need."""
    views, door = Conceder(portal), portal.door
    rule, campos = "/portal/conceder/<pid>", partial(typed, CONCEDER)
    add = blueprint.add_url_rule
    add("/portal/conceder", "conceder", door.shown(views.begin))
    add("/portal/procuracoes/<id>/substabelecer", "substabelecer", door.shown(views.pass_on))
    add(rule, "conceder_form", door.form(TIPO, views.form))
    add(rule, "conceder_send", door.sent(TIPO, campos, views.send), methods=["POST"])
    add(f"{rule}/revisar", "revisar", door.form(TIPO, views.review))
    add(f"{rule}/revisar", "revisar_post", door.sent(TIPO, None, views.confirm), methods=["POST"])
    return views


def _same(option: EmNomeDe, pai: Procuracao) -> bool:
    mine, theirs = option.documento, pai.outorgado
    return mine == theirs or (len(str(mine)) == len(str(theirs)) == 14 and str(mine)[:8] == str(theirs)[:8])


def _partes(de: Documento, pai: Procuracao | None, options: list[EmNomeDe]) -> list[Documento]:
    """Whose scope it may be: ``de`` as the form stands now, and whoever else may still be chosen on it."""
    others = [one.documento for one in options if one.qualidade and one.documento != de] if pai is None else []
    return [de, *others]


def _marked(options: tuple[Opcao, ...]) -> str:
    return next(one.value for one in options if one.marcado)


def _nome(pai: Procuracao | None, chosen: EmNomeDe) -> str:
    return pai.outorgante_nome if pai else chosen.nome


def _todos(begun: Preenchimento, permitted: bool, pai: Procuracao | None) -> bool | None:
    """Whether it is marked; None where it may not be."""
    offered = permitted and (pai is None or TODOS in pai.poderes)
    return TODOS in begun.campos.get("poderes", []) if offered else None


def _escopos(pai: Procuracao | None) -> tuple[str, ...]:
    """A part of what the one above reaches."""
    if pai is None or pai.escopo.tipo is TipoEscopo.RAIZ:
        return ("raiz", "estabelecimento", "inscricoes")
    return (pai.escopo.tipo.value,)


def _sim_nao(campo: str, chosen: str, *texts: tuple[str, str, str]) -> tuple[Opcao, ...]:
    chosen = chosen or texts[0][0]
    return tuple(
        Opcao(campo_id(campo, at), value, label, detail, value == chosen)
        for at, (value, label, detail) in enumerate(texts)
    )


def _adiante(chosen: str) -> tuple[Opcao, ...]:
    return _sim_nao(
        "substabelecivel",
        chosen,
        ("nao", "Não", "Só quem recebe age, e os funcionários que uma empresa designar."),
        (
            "sim",
            "Sim",
            "Quem recebe pode dar a outra pessoa, no todo ou em parte, sem perguntar a você. Você vê a quem.",
        ),
    )


def _reservas(chosen: str) -> tuple[Opcao, ...]:
    return _sim_nao(
        "sem_reserva",
        chosen,
        ("nao", "Sim, com reserva", "Você e quem recebe podem agir. Você escolhe abaixo o que passar."),
        (
            "sim",
            "Não, sem reserva",
            "Você passa tudo e deixa de poder agir. Os poderes, o alcance e o fim são os da procuração que você tem.",
        ),
    )
