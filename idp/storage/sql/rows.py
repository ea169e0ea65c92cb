"""Rows of the cadastro and of procurações as domain objects, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from idp.domain.busca import busca
from idp.domain.certificado import Nivel
from idp.domain.designacao import Designacao, EstadoDesignacao
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import Inscricao, InscricaoId, SituacaoCadastral
from idp.domain.pedido import EstadoPedido, Pedido
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Fatos
from idp.storage.codec import cnpj, cpf, documento

SEPARATOR = "|"
INSCRICAO_SIZE = 8
"""Columns that make an Inscricao."""
FATOS_SIZE = 12
"""Columns that make Fatos without their chain: those, the two lists of representantes, the two moments of fetching."""
PROCURACAO_SIZE = 17
"""Columns that make a Procuracao."""


def contribuinte_id(document: Documento) -> str:
    """The CNPJ root of a company, the CPF of a person."""
    return document.raiz if isinstance(document, CNPJ) else document.numero


def cpfs(text: str | None) -> frozenset[CPF]:
    """The set that ``aggregate_strings`` made; SQL gives NULL for an empty one."""
    return frozenset(map(cpf, text.split(SEPARATOR))) if text else frozenset()


def inscricao(values: Sequence[Any]) -> Inscricao:
    """Of the columns ``statements.INSCRICAO``."""
    uf, numero, document, _, situacao, municipio, matriz, razao_social = values
    return Inscricao(
        InscricaoId(uf, numero), documento(document), razao_social, SituacaoCadastral(situacao), matriz, municipio
    )


def procuracao(values: Sequence[Any]) -> Procuracao:
    """Of the columns ``statements.procuracao()``."""
    (id, outorgante, outorgante_nome, outorgado, outorgado_nome, poderes, escopo, inscricoes) = values[:8]
    (inicio, fim, estado, estado_em, substabelecivel, pai, nivel_minimo, sem_reserva, cedida_a) = values[8:17]
    return Procuracao(
        id=id,
        outorgante=documento(outorgante),
        outorgante_nome=outorgante_nome,
        outorgado=documento(outorgado),
        outorgado_nome=outorgado_nome,
        poderes=frozenset(poderes.split(SEPARATOR)),
        escopo=_escopo(escopo, inscricoes),
        vigencia=Vigencia(inicio, fim),
        estado=EstadoProcuracao(estado),
        substabelecivel=substabelecivel,
        pai=pai,
        nivel_minimo=Nivel(nivel_minimo) if nivel_minimo else None,
        estado_em=estado_em,
        sem_reserva=sem_reserva,
        cedida_a=cedida_a,
    )


def fatos(values: Sequence[Any], cadeia: Sequence[Procuracao] = (), designacoes: Sequence[Designacao] = ()) -> Fatos:
    """Of the columns ``statements.fatos()``."""
    return Fatos(
        inscricao(values[:INSCRICAO_SIZE]),
        cpfs(values[8]),
        cpfs(values[9]),
        tuple(cadeia),
        tuple(designacoes),
        fetched_at=values[10],
        holder_fetched_at=values[11],
    )


def procuracao_values(value: Procuracao) -> dict[str, Any]:
    """The inverse of :func:`procuracao`. Raises ValueError where a poder could not be told from two."""
    if any(SEPARATOR in poder for poder in value.poderes):
        raise ValueError("a poder contains '|'")
    return {
        "id": value.id,
        "outorgante": value.outorgante.numero,
        "outorgante_contribuinte": contribuinte_id(value.outorgante),
        "outorgante_nome": value.outorgante_nome,
        "outorgante_busca": busca(value.outorgante_nome),
        "outorgado": value.outorgado.numero,
        "outorgado_contribuinte": contribuinte_id(value.outorgado),
        "outorgado_nome": value.outorgado_nome,
        "outorgado_busca": busca(value.outorgado_nome),
        "poderes": SEPARATOR.join(sorted(value.poderes)),
        "escopo": value.escopo.tipo.value,
        "inscricoes": SEPARATOR.join(sorted(map(str, value.escopo.inscricoes))),
        "inicio": value.vigencia.inicio,
        "fim": value.vigencia.fim,
        "estado": value.estado.value,
        "estado_em": value.estado_em,
        "substabelecivel": value.substabelecivel,
        "pai": value.pai,
        "nivel_minimo": value.nivel_minimo.value if value.nivel_minimo else None,
        "sem_reserva": value.sem_reserva,
        "cedida_a": value.cedida_a,
    }


def designacao(values: Sequence[Any]) -> Designacao:
    """Of the columns ``statements.designacao()``."""
    (id, empresa, empresa_nome, pessoa, pessoa_nome, poderes, clientes) = values[:7]
    inicio, fim, estado, estado_em = values[7:11]
    return Designacao(
        id=id,
        empresa=cnpj(empresa),
        empresa_nome=empresa_nome,
        pessoa=cpf(pessoa),
        pessoa_nome=pessoa_nome,
        poderes=frozenset(poderes.split(SEPARATOR)),
        vigencia=Vigencia(inicio, fim),
        clientes=frozenset(clientes.split(SEPARATOR)) if clientes else frozenset(),
        estado=EstadoDesignacao(estado),
        estado_em=estado_em,
    )


def designacao_values(value: Designacao) -> dict[str, Any]:
    """The inverse of :func:`designacao`."""
    return {
        "id": value.id,
        "empresa": value.empresa.numero,
        "empresa_contribuinte": value.empresa.raiz,
        "empresa_nome": value.empresa_nome,
        "pessoa": value.pessoa.numero,
        "pessoa_nome": value.pessoa_nome,
        "poderes": _joined(value.poderes),
        "clientes": _joined(value.clientes),
        "inicio": value.vigencia.inicio,
        "fim": value.vigencia.fim,
        "estado": value.estado.value,
        "estado_em": value.estado_em,
    }


PEDIDO = (
    *("id", "outorgante", "outorgado", "outorgado_nome", "poderes", "escopo", "inscricoes", "inicio", "fim"),
    *("criado_em", "expira_em", "mensagem", "lote", "estado", "estado_em", "procuracao", "rotulo"),
)
"""Columns that make a Pedido."""


def pedido(values: Sequence[Any]) -> Pedido:
    """Of the columns :data:`PEDIDO`."""
    (id, outorgante, outorgado, outorgado_nome, poderes, escopo, inscricoes, inicio, fim) = values[:9]
    (criado_em, expira_em, mensagem, lote, estado, estado_em, made, rotulo) = values[9:]
    return Pedido(
        id=id,
        outorgante=documento(outorgante),
        outorgado=documento(outorgado),
        outorgado_nome=outorgado_nome,
        poderes=frozenset(poderes.split(SEPARATOR)),
        escopo=_escopo(escopo, inscricoes),
        vigencia=Vigencia(inicio, fim),
        criado_em=criado_em,
        expira_em=expira_em,
        mensagem=mensagem,
        lote=lote,
        estado=EstadoPedido(estado),
        estado_em=estado_em,
        procuracao=made,
        rotulo=rotulo or "",
    )


def pedido_values(value: Pedido) -> dict[str, Any]:
    """The inverse of :func:`pedido`."""
    return {
        "id": value.id,
        "outorgante": value.outorgante.numero,
        "outorgante_contribuinte": contribuinte_id(value.outorgante),
        "outorgado": value.outorgado.numero,
        "outorgado_contribuinte": contribuinte_id(value.outorgado),
        "outorgado_nome": value.outorgado_nome,
        "poderes": _joined(value.poderes),
        "escopo": value.escopo.tipo.value,
        "inscricoes": _joined(map(str, value.escopo.inscricoes)),
        "inicio": value.vigencia.inicio,
        "fim": value.vigencia.fim,
        "criado_em": value.criado_em,
        "expira_em": value.expira_em,
        "mensagem": value.mensagem,
        "lote": value.lote,
        "estado": value.estado.value,
        "estado_em": value.estado_em,
        "procuracao": value.procuracao,
        "rotulo": value.rotulo or None,
        "rotulo_busca": busca(value.rotulo) or None,
    }


def _escopo(tipo: str, inscricoes: str) -> Escopo:
    named = inscricoes.split(SEPARATOR) if inscricoes else ()
    return Escopo(TipoEscopo(tipo), frozenset(map(InscricaoId.parse, named)))


def _joined(items: Iterable[str]) -> str:
    """A sorted list. Raises ValueError where an item could not be told from two."""
    values = sorted(items)
    if any(SEPARATOR in one for one in values):
        raise ValueError(f"an item contains {SEPARATOR!r}")
    return SEPARATOR.join(values)
