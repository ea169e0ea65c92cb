"""Requests for a procuração, and who acts for a company: as rows and in full."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.domain.busca import compacto
from idp.domain.designacao import Designacao, EstadoDesignacao
from idp.domain.documents import parse_documento
from idp.domain.pedido import EstadoPedido, Pedido
from idp.domain.procuracao import Procuracao
from idp.errors import InvalidDocument
from idp.flow.outorga import Problema, Renovacao
from idp.web.text import data, legivel, momento, ultimo_dia
from idp.web.views.person import publico
from idp.web.views.portal import Estado, Item, resumo, rotulado
from idp.web.views.portal_formulario import palavras

PAPEIS = {
    "recebidos": (
        "Pedidos que você recebeu",
        "Alguém pede para agir por você ou pela sua empresa. Nada vale antes de você aprovar.",
        ("/portal/pedidos?papel=feitos", "Ver os pedidos que você fez"),
    ),
    "feitos": (
        "Pedidos que você fez",
        "A quem você pediu uma procuração, e o que responderam.",
        ("/portal/pedidos?papel=recebidos", "Ver os pedidos que você recebeu"),
    ),
}
SITUACOES_PEDIDO = {"vigentes": "Esperando resposta", "encerradas": "Respondidos ou vencidos", "todas": "Todos"}
_ESTADOS = {
    EstadoPedido.APROVADO: ("Aprovado", "ok"),
    EstadoPedido.NEGADO: ("Negado", "fim"),
    EstadoPedido.DESISTIDO: ("Desistência", "fim"),
    EstadoPedido.EXPIRADO: ("Sem resposta no prazo", "fim"),
}


@dataclass(frozen=True, slots=True)
class Pessoa:
    """A designação as a row. ``encerrar``: where it can be ended, "" where not."""

    nome: str
    documento: str
    resumo: str
    prazo: str
    clientes: str
    estado: Estado
    encerrar: str
    encerrar_texto: str


@dataclass(frozen=True, slots=True)
class Empresa:
    nome: str
    documento: str
    impedimento: str
    pessoas: tuple[Pessoa, ...]


def pedido_estado(pedido: Pedido, now: datetime) -> Estado:
    if pedido.aberto(now):
        return Estado(f"Espera resposta até {ultimo_dia(pedido.expira_em)}", "espera")
    texto, tom = _ESTADOS.get(pedido.estado, _ESTADOS[EstadoPedido.EXPIRADO])
    return Estado(texto + (f" em {data(pedido.estado_em)}" if pedido.estado_em else ""), tom)


def pedido_item(pedido: Pedido, papel: str, now: datetime) -> Item:
    """Who asked, or whom: of the latter is known here only what was typed, also the name."""
    recebido = papel == "recebidos"
    return Item(
        f"/portal/pedidos/{pedido.id}",
        legivel(pedido.outorgado_nome, 80) if recebido else legivel(pedido.rotulo, 80) or rotulado(pedido.outorgante),
        rotulado(pedido.outorgado)
        if recebido
        else rotulado(pedido.outorgante)
        if pedido.rotulo
        else f"Em nome de {legivel(pedido.outorgado_nome, 80)}",
        resumo(pedido.poderes),
        f"De {data(pedido.vigencia.inicio)} a {ultimo_dia(pedido.vigencia.fim)}",
        pedido_estado(pedido, now),
        f"Pedido a {rotulado(pedido.outorgante)}"
        if recebido
        else f"Feito em {data(pedido.criado_em)}"
        + (f", em nome de {legivel(pedido.outorgado_nome, 80)}" if pedido.rotulo else ""),
    )


def pedido_titulo(pedido: Pedido, papel: str) -> str:
    """Of its page. ``papel``: the reader's part in it, outorgante or outorgado."""
    if papel == "outorgante":
        return f"Pedido de {legivel(pedido.outorgado_nome, 80)}"
    return f"Pedido a {legivel(pedido.rotulo, 80) or rotulado(pedido.outorgante)}"


def pedido_partes(pedido: Pedido) -> tuple[tuple[str, str], ...]:
    return (
        ("Quem pede", f"{legivel(pedido.outorgado_nome, 80)}, {rotulado(pedido.outorgado)}"),
        ("A quem", rotulado(pedido.outorgante)),
        ("Validade pedida", f"de {data(pedido.vigencia.inicio)} até o fim do dia {ultimo_dia(pedido.vigencia.fim)}"),
        ("Feito em", momento(pedido.criado_em)),
    )


def renovacao_item(one: Renovacao) -> Item:
    """What would be asked anew, and of what."""
    old, asked = one.procuracao, one.solicitacao
    return Item(
        f"/portal/procuracoes/{old.id}",
        legivel(old.outorgante_nome, 80),
        rotulado(old.outorgante),
        resumo(old.poderes),
        f"Nova: de {asked.inicio:%d/%m/%Y} até o fim do dia {asked.fim:%d/%m/%Y}",
        Estado("", ""),
        f"A de hoje termina em {ultimo_dia(old.vigencia.fim)}",
        old.id,
    )


def renovacao_recusada(old: Procuracao, problem: Problema) -> list[str]:
    """(name of the outorgante, why it was not asked)."""
    return [legivel(old.outorgante_nome, 80), palavras(problem.campo, problem.motivo, problem.detail)]


def pessoa(one: Designacao, now: datetime, *, de_fora: bool) -> Pessoa:
    """``de_fora``: as the person named sees it, who may renounce; else as the company does."""
    active = one.estado is EstadoDesignacao.ATIVA and now < one.vigencia.fim
    clientes = (
        "Todos os clientes" if not one.clientes else f"{len(one.clientes)} cliente{'s' * (len(one.clientes) > 1)}"
    )
    acao = "renunciar" if de_fora else "encerrar"
    return Pessoa(
        legivel(one.empresa_nome if de_fora else one.pessoa_nome, 80),
        rotulado(one.empresa if de_fora else one.pessoa),
        resumo(one.poderes),
        f"De {data(one.vigencia.inicio)} a {ultimo_dia(one.vigencia.fim)}",
        clientes,
        _designacao_estado(one, now),
        f"/portal/equipe/{one.id}/{acao}" if active else "",
        "Renunciar" if de_fora else "Encerrar",
    )


def _designacao_estado(one: Designacao, now: datetime) -> Estado:
    em = f" em {data(one.estado_em)}" if one.estado_em else ""
    if one.estado is EstadoDesignacao.ENCERRADA:
        return Estado("Encerrada" + em, "fim")
    if one.estado is EstadoDesignacao.RENUNCIADA:
        return Estado("Renunciada" + em, "fim")
    if now >= one.vigencia.fim:
        return Estado(f"Terminou em {ultimo_dia(one.vigencia.fim)}", "fim")
    if now < one.vigencia.inicio:
        return Estado(f"Começa em {data(one.vigencia.inicio)}", "espera")
    return Estado("Em vigor", "ok")


def linhas(problemas: Sequence[tuple[int, Problema]], typed: Sequence[str], added: int, most: int) -> list[list[str]]:
    """(line, what stands in it, sentence) of the first ``most``. ``typed``: every line, the first ``added`` of them
    ours."""
    return [
        [
            str(line - added),
            _mostrado(typed[line - 1]) if line <= len(typed) else "",
            palavras(one.campo, one.motivo, one.detail),
        ]
        for line, one in problemas[:most]
    ]


def _mostrado(line: str) -> str:
    """A company's number in full, so that the line is found again; a person's as on every page."""
    first = re.split(r"[;,]", line, maxsplit=1)[0].strip()
    try:
        documento = parse_documento(first)
    except InvalidDocument:
        number = compacto(first)
        return first[:30] if len(number) == 14 and first.isprintable() else legivel(line, 30)
    return publico(documento)


def _cell(text: str) -> str:
    """As it was typed, for who typed it: what is masked cannot be corrected and sent again."""
    return "".join(c for c in text if c.isprintable())[:200]


def linhas_com_erro(problemas: Sequence[tuple[int, Problema]], typed: Sequence[str], added: int) -> list[list[str]]:
    """The file of the lines that were not used, to be corrected and sent again: their own columns, and beside them
    which line it was and why. The first row are the names."""
    delimiter = ";" if ";" in typed[0] else ","
    header, *_ = csv.reader(typed[:1], delimiter=delimiter)
    rows = [[*(name.strip() for name in header), "linha", "motivo"]]
    for line, one in problemas:
        raw = typed[line - 1] if line <= len(typed) else ""
        try:
            cells = next(csv.reader([raw], delimiter=delimiter), [])
        except csv.Error:
            cells = [raw]
        whole = [_cell(cell) for cell in (cells + [""] * len(header))[: len(header)]]
        rows.append([*whole, str(line - added), palavras(one.campo, one.motivo, one.detail)])
    return rows


def aviso_ao_cliente(pedido: Pedido, endereco: str) -> str:
    """A message that who asked may send by his own means."""
    ate = ultimo_dia(pedido.expira_em)
    return (
        f"Fiz um pedido de procuração eletrônica em nome de {legivel(pedido.outorgado_nome, 80)}. Para ver e responder "
        f"até {ate}, entre com o certificado digital em {endereco}"
    )
