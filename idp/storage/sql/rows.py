"""Rows of the cadastro and of procurações as domain objects, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import Inscricao, InscricaoId, SituacaoCadastral
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Fatos
from idp.storage.codec import cpf, documento

SEPARATOR = "|"


def contribuinte_id(document: Documento) -> str:
    """The CNPJ root of a company, the CPF of a person."""
    return document.raiz if isinstance(document, CNPJ) else document.numero


def cpfs(text: str | None) -> frozenset[CPF]:
    """The set that ``aggregate_strings`` made; SQL gives NULL for an empty one."""
    return frozenset(map(cpf, text.split(SEPARATOR))) if text else frozenset()


def inscricao(row: Any) -> Inscricao:
    return Inscricao(
        InscricaoId(row.uf, row.numero),
        documento(row.documento),
        row.razao_social,
        SituacaoCadastral(row.situacao),
        row.matriz,
        row.municipio,
    )


def procuracao(row: Any, prefix: str = "") -> Procuracao:
    """``prefix``: what the row's labels put before the column names."""
    column = {name.removeprefix(prefix): value for name, value in row._mapping.items() if name.startswith(prefix)}
    inscricoes = frozenset(map(InscricaoId.parse, filter(None, column["inscricoes"].split(SEPARATOR))))
    return Procuracao(
        id=column["id"],
        outorgante=documento(column["outorgante"]),
        outorgante_nome=column["outorgante_nome"],
        outorgado=documento(column["outorgado"]),
        outorgado_nome=column["outorgado_nome"],
        poderes=frozenset(column["poderes"].split(SEPARATOR)),
        escopo=Escopo(TipoEscopo(column["escopo"]), inscricoes),
        vigencia=Vigencia(column["inicio"], column["fim"]),
        estado=EstadoProcuracao(column["estado"]),
        substabelecivel=column["substabelecivel"],
        pai=column["pai"],
        nivel_minimo=Nivel(column["nivel_minimo"]) if column["nivel_minimo"] else None,
        estado_em=column["estado_em"],
    )


def fatos(found: Sequence[Any], prefix: str | None = None) -> Fatos:
    """One row, or one for each link of the chain in its columns with ``prefix`` (null id: no chain)."""
    row = found[0]
    chained = prefix is not None and getattr(row, f"{prefix}id") is not None
    return Fatos(
        inscricao(row),
        cpfs(row.representantes),
        cpfs(row.representantes_titular),
        tuple(procuracao(link, prefix or "") for link in found) if chained else (),
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
        "outorgado": value.outorgado.numero,
        "outorgado_contribuinte": contribuinte_id(value.outorgado),
        "outorgado_nome": value.outorgado_nome,
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
    }
