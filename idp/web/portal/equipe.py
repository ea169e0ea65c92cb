"""Who acts for a company by its own hand: naming an employee, ending that, and seeing by whom one was named."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ
from idp.domain.politica import Ato
from idp.domain.proposta import Nomeacao
from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.outorga import EmNomeDe, NotFresh, Problema, Refused
from idp.web.outcome import see_other
from idp.web.portal.campos import DESIGNAR, Leitura, a_year_from, date_types, longest, receiving, require
from idp.web.portal.parts import Portal, handle, typed, word
from idp.web.portal.preenchimentos import Preenchimento
from idp.web.text import dia, legivel
from idp.web.views.portal import rotulado
from idp.web.views.portal_avisos import impedido
from idp.web.views.portal_formulario import Erros, Opcao, campo_id, em_nome_de, erros, servicos
from idp.web.views.portal_pedidos import Empresa, pessoa
from idp.web.views.portal_textos import EQUIPE_FEITO, GUARDADO
from idp.web.views.portal_vista import Decisao

TIPO = "designar"
MOTIVO = {"motivo": (1, 300)}


class Equipe:
    """PRC-04 to a certificate that stands for no company, PRC-05 for a designação that is none of theirs; of its forms
    PRC-06 and PRC-07 as of every long one."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def show(self, quem: Session) -> Response:
        """``GET /portal/equipe``: whom each company named, and by whom this person was."""
        outorga, now = self.portal.outorga, self.portal.clock.now()
        empresas = []
        for one in self._companies(quem):
            named = outorga.equipe(quem, one.documento) if one.qualidade else ()
            porque = impedido(one.impedimento).causa[0] if one.impedimento else ""
            pessoas = tuple(pessoa(each, now, de_fora=False) for each in named)
            empresas.append(Empresa(legivel(one.nome, 80), rotulado(one.documento), porque, pessoas))
        return self.portal.render(
            quem,
            "equipe",
            "equipe.html",
            empresas=empresas,
            minhas=[pessoa(each, now, de_fora=True) for each in outorga.designacoes(quem)],
            feito=EQUIPE_FEITO.get(word("feito"), ""),
        )

    def begin(self, quem: Session) -> Response:
        """``GET /portal/designar``: to a form of its own."""
        require(self._companies(quem))
        return see_other(f"/portal/designar/{self.portal.door.begin(TIPO, quem).id}")

    def form(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET /portal/designar/<pid>``: as it was typed, 422 with what is wrong."""
        status = 422 if begun.problemas else 200
        return self.portal.render(quem, "equipe", "designar.html", status=status, f=self._view(quem, begun))

    def send(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: on to the text, or back with what is wrong."""
        sent = self.portal.door.preenchimentos.send(begun, typed(DESIGNAR))
        leitura = Leitura(sent, dia(self.portal.clock.now()))
        options = self._companies(quem)
        require(options)
        empresa = leitura.parte(quem, options)
        clientes = frozenset(sent.um("clientes").replace(",", "\n").replace(";", "\n").split())
        some = sent.um("quais") == "alguns"
        if some and not clientes:
            leitura.problemas.append(Problema("clientes", "vazio"))
        inicio, fim = leitura.dia("inicio"), leitura.dia("fim")
        assert isinstance(empresa, CNPJ)  # all of them are
        nomeacao = Nomeacao(
            empresa,
            sent.um("pessoa"),
            sent.um("pessoa_nome"),
            frozenset(sent.campos["poderes"]),
            inicio,
            fim,
            clientes if some else frozenset(),
        )
        try:
            rascunho = self.portal.outorga.rascunho_de_designacao(quem, nomeacao)
        except Refused as refused:
            leitura.problemas += refused.problemas
        if leitura.problemas:
            return self.portal.door.again(sent, leitura.problemas)
        self.portal.door.preenchimentos.put(replace(sent, rascunho=rascunho.id))
        return see_other(f"/portal/designar/{begun.id}/revisar")

    def review(self, quem: Session, begun: Preenchimento) -> Response:
        """``GET …/<pid>/revisar``: the exact text; back to the form where its minutes are over."""
        try:
            rascunho = self.portal.outorga.ver_rascunho(quem, begun.rascunho)
        except NotFound:
            return see_other(f"/portal/designar/{begun.id}?aviso=texto")
        return self.portal.render(
            quem,
            "equipe",
            "revisar.html",
            fresco=quem.auth_time >= rascunho.criado_em,
            texto=rascunho.texto,
            sha256=rascunho.texto_sha256,
            consequencias=_compromisso(rascunho.designacao),
            avisos=(),
            botao="Designar",
            action=f"/portal/designar/{begun.id}/revisar",
            corrigir=f"/portal/designar/{begun.id}",
        )

    def confirm(self, quem: Session, begun: Preenchimento) -> Response:
        """``POST`` to the same: named, once; to the certificate step first where none was shown since the text."""
        here = f"/portal/designar/{begun.id}/revisar"
        if word("acao") != "conceder":
            return self.portal.door.fresh(here)
        try:
            self.portal.outorga.designar(quem, begun.rascunho)
        except NotFresh:
            return self.portal.door.fresh(here)
        except Refused as refused:
            return self.portal.door.again(begun, refused.problemas)
        done = "/portal/equipe?feito=designar"
        self.portal.door.preenchimentos.put(replace(begun, resultado=done))
        return see_other(done)

    def ask(self, quem: Session, id: str, evento: str) -> Response:
        """``GET /portal/equipe/<id>/<evento>``: what ending or renouncing does, and the button."""
        one = self._one(quem, id, evento)
        return self.portal.render(
            quem,
            "equipe",
            "decisao.html",
            decisao=_decisao(one, evento),
            termos=None,
            action=f"/portal/equipe/{id}/{evento}",
            voltar="/portal/equipe",
        )

    def decide(self, quem: Session, id: str, evento: str) -> Response:
        """``POST`` to the same: do it."""
        motivo = (typed(MOTIVO)["motivo"] or [""])[0]
        if evento == "encerrar":
            self.portal.outorga.encerrar(quem, id, motivo)
        else:
            self.portal.outorga.renunciar_designacao(quem, id, motivo)
        return see_other(f"/portal/equipe?feito={evento}")

    # -- between them --------------------------------------------------------------------------------------------

    def _companies(self, quem: Session) -> list[EmNomeDe]:
        """Naming employees is for what a company received."""
        options = receiving(quem, self.portal.outorga.qualidades(quem))
        return [one for one in options if isinstance(one.documento, CNPJ)]

    def _one(self, quem: Session, id: str, evento: str) -> Designacao:
        """Raises NotFound where it is none of theirs."""
        outorga = self.portal.outorga
        if evento == "renunciar":
            known = list(outorga.designacoes(quem))
        else:
            able = [one for one in self._companies(quem) if one.qualidade]
            known = [each for one in able for each in outorga.equipe(quem, one.documento)]
        for each in known:
            if each.id == id:
                return each
        raise NotFound("designacao")

    def _view(self, quem: Session, begun: Preenchimento) -> dict[str, Any]:
        options = self._companies(quem)
        require(options)
        handles = [handle(quem, one.documento) for one in options]
        fresh, today, politica = not begun.campos, dia(self.portal.clock.now()), self.portal.politica
        prazo = longest(politica, Ato.DESIGNAR, next(one for one in options if one.qualidade))
        most = today + prazo if prazo else None
        chosen = begun.campos.get("poderes", [])
        return {
            "titulo": "Designar alguém da equipe",
            "explicacao": "A pessoa passa a agir pelas procurações que a empresa recebeu, com o próprio e-CPF.",
            "aviso": GUARDADO.get(word("aviso"), ""),
            "action": f"/portal/designar/{begun.id}",
            "voltar": "/portal/equipe",
            "botao": "Continuar: conferir o texto",
            "erros": erros(begun.problemas) if begun.problemas else Erros(),
            "em_nome_de_rotulo": "De qual empresa?",
            "em_nome_de": em_nome_de(options, handles, begun.um("em_nome_de")),
            "pessoa": begun.um("pessoa"),
            "pessoa_nome": begun.um("pessoa_nome"),
            "servicos": servicos(politica, chosen),
            "todos_de": "a empresa pode",
            "todos": "todos" in chosen,
            "quais": _quais(begun.um("quais")),
            "clientes": begun.um("clientes"),
            "inicio": today.isoformat() if fresh else begun.um("inicio"),
            "fim": a_year_from(today).isoformat() if fresh else begun.um("fim"),
            "tipos": date_types(begun),
            "fim_dica": f"O mais tarde possível é {most.strftime('%d/%m/%Y')}." if most else "",
        }


def add_equipe(blueprint: Blueprint, portal: Portal) -> None:
    """Everything under ``/portal/equipe`` and ``/portal/designar``."""
    views, door, add = Equipe(portal), portal.door, blueprint.add_url_rule
    rule = "/portal/designar/<pid>"
    add("/portal/equipe", "equipe", door.shown(views.show))
    add("/portal/designar", "designar", door.shown(views.begin))
    add(rule, "designar_form", door.form(TIPO, views.form))
    add(rule, "designar_send", door.sent(TIPO, partial(typed, DESIGNAR), views.send), methods=["POST"])
    add(f"{rule}/revisar", "designar_revisar", door.form(TIPO, views.review))
    add(f"{rule}/revisar", "designar_confirmar", door.sent(TIPO, None, views.confirm), methods=["POST"])
    for evento in ("encerrar", "renunciar"):
        at = f"/portal/equipe/<id>/{evento}"
        add(at, f"equipe_{evento}", door.shown(partial(views.ask, evento=evento)))
        add(at, f"equipe_{evento}_post", door.pressed(partial(views.decide, evento=evento)), methods=["POST"])


def _quais(chosen: str) -> tuple[Opcao, ...]:
    texts = (
        ("todos", "Todos os clientes", "Os atuais e os que derem procuração à empresa depois."),
        ("alguns", "Só alguns clientes", "Os que você escrever abaixo."),
    )
    chosen = chosen or "todos"
    return tuple(
        Opcao(campo_id("quais", at), value, label, detail, value == chosen)
        for at, (value, label, detail) in enumerate(texts)
    )


def _compromisso(one: Designacao) -> tuple[str, ...]:
    """What naming somebody leads to, before it is confirmed."""
    empresa, nome = legivel(one.empresa_nome, 80), legivel(one.pessoa_nome, 80)
    return (
        f"O que {nome} fizer com estes poderes vale como feito por {empresa}, em nome dos clientes dela.",
        f"Vale assim que você confirmar, a partir do primeiro dia da vigência: {nome} não precisa aceitar.",
    )


def _decisao(one: Designacao, evento: str) -> Decisao:
    empresa, nome = legivel(one.empresa_nome, 80), legivel(one.pessoa_nome, 80)
    if evento == "renunciar":
        return Decisao(
            f"Renunciar à designação de {empresa}?",
            (
                f"Você deixa de agir pelas procurações que {empresa} recebeu, agora, e os acessos abertos terminam.",
                "Para voltar, a empresa precisa designar você de novo.",
            ),
            "Renunciar",
            motivo=True,
        )
    return Decisao(
        f"Encerrar a designação de {nome}?",
        (
            f"{nome} deixa de agir por {empresa} e pelos clientes dela agora, e os acessos abertos terminam.",
            "As procurações da empresa continuam. Você pode designar a mesma pessoa de novo depois.",
        ),
        "Encerrar a designação",
        motivo=True,
    )
