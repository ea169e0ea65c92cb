"""One line of the import file as a typed record. docs/cadastro.md describes the columns.

======================  =========================================================================================
tipo                    columns it uses
======================  =========================================================================================
contribuinte            documento, nome (of a company: its razão social; any of its CNPJs names it)
estabelecimento         documento (CNPJ), matriz (sim | nao)
inscricao               documento, uf, numero, situacao, municipio
representante           documento (a CNPJ of the company), cpf, nome, estado (empty, ATIVA, or EXTINTA: no longer)
procuracao              documento and nome (outorgante), id, outorgado, outorgado_nome, poderes, escopo, inscricoes,
                        inicio, fim, estado, substabelecivel (sim | nao or empty), nivel_minimo, pai
======================  =========================================================================================

Other columns of a line are ignored. Documents and inscrição numbers may carry their masks; lists are joined by ``|``;
a moment is ISO 8601 with its UTC offset, or a date, which means the beginning of that day where the authority is (so a
procuração whose ``fim`` is a date ends as that day begins).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF, Documento, parse_documento
from idp.domain.inscricao import InscricaoId, SituacaoCadastral
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.errors import IdpError, InvalidDocument

COLUMNS = (
    *("tipo", "documento", "nome", "matriz", "uf", "numero", "situacao", "municipio", "cpf", "id", "outorgado"),
    *("outorgado_nome", "poderes", "escopo", "inscricoes", "inicio", "fim", "estado", "substabelecivel"),
    *("nivel_minimo", "pai"),
)
_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}\Z")
_PODER = re.compile(r"[!-{}~]{1,64}\Z")
_MASK = re.compile(r"[.\-/ ]")
_Member = TypeVar("_Member", bound=StrEnum)
Line = Mapping[str, str]


class LinhaInvalida(IdpError, ValueError):
    """A line that cannot be taken. Its text says why, naming the column."""


@dataclass(frozen=True, slots=True)
class Contribuinte:
    documento: Documento
    nome: str


@dataclass(frozen=True, slots=True)
class Estabelecimento:
    documento: CNPJ
    matriz: bool


@dataclass(frozen=True, slots=True)
class RegistroInscricao:
    id: InscricaoId
    documento: Documento
    situacao: SituacaoCadastral
    municipio: str


@dataclass(frozen=True, slots=True)
class Representante:
    """``vigente`` False: no longer a representative."""

    empresa: CNPJ
    cpf: CPF
    nome: str
    vigente: bool


Registro = Contribuinte | Estabelecimento | RegistroInscricao | Representante | Procuracao


def registro(line: Line, timezone: str = "America/Sao_Paulo") -> Registro:
    """The record a line holds; ``timezone`` (IANA) says when its dates begin. Raises LinhaInvalida."""
    read = TIPOS.get(line["tipo"])
    if read is None:
        raise LinhaInvalida(f"tipo: one of {', '.join(TIPOS)}")
    if not "".join(line.values()).isprintable():
        column = next(name for name, text in line.items() if not text.isprintable())
        raise LinhaInvalida(f"{column}: has a control character")
    try:
        if line["inicio"] or line["fim"]:
            line = {**line, **{column: _begin(line[column], timezone) for column in ("inicio", "fim")}}
        return read(line)
    except LinhaInvalida:
        raise
    except (IdpError, ValueError) as error:
        raise LinhaInvalida(str(error)) from error


def _contribuinte(line: Line) -> Contribuinte:
    return Contribuinte(_documento(line, "documento"), _text(line, "nome"))


def _estabelecimento(line: Line) -> Estabelecimento:
    return Estabelecimento(_cnpj(line), _flag(line, "matriz"))


def _inscricao(line: Line) -> RegistroInscricao:
    try:
        id = InscricaoId.parse(f"{line['uf']}:{_MASK.sub('', line['numero'])}")
    except ValueError as error:
        raise LinhaInvalida("uf, numero: two letters, and digits or letters") from error
    if len(id.numero) > 20:
        raise LinhaInvalida("numero: longer than any inscricao")
    return RegistroInscricao(
        id, _documento(line, "documento"), _member(line, "situacao", SituacaoCadastral), line["municipio"]
    )


def _representante(line: Line) -> Representante:
    try:
        cpf = CPF.parse(line["cpf"])
    except InvalidDocument as error:
        raise LinhaInvalida(f"cpf: {error.reason}") from error
    if line["estado"] not in ("", "ATIVA", "EXTINTA"):
        raise LinhaInvalida("estado: empty, ATIVA or EXTINTA")
    return Representante(_cnpj(line), cpf, line["nome"], line["estado"] != "EXTINTA")


def _procuracao(line: Line) -> Procuracao:
    for column in ("id", "pai"):
        if not _ID.match(line[column]) and (column == "id" or line[column]):
            raise LinhaInvalida(f"{column}: 1 to 64 letters, digits, '.', '_', '~' or '-'")
    poderes = frozenset(_list(line, "poderes"))
    if not all(map(_PODER.match, poderes)):
        raise LinhaInvalida("poderes: ASCII without spaces, at most 64 characters each")
    return Procuracao(
        id=line["id"],
        outorgante=_documento(line, "documento"),
        outorgante_nome=_text(line, "nome"),
        outorgado=_documento(line, "outorgado"),
        outorgado_nome=_text(line, "outorgado_nome"),
        poderes=poderes,
        escopo=Escopo(
            _member(line, "escopo", TipoEscopo), frozenset(map(InscricaoId.parse, _list(line, "inscricoes")))
        ),
        vigencia=Vigencia(_moment(line, "inicio"), _moment(line, "fim")),
        estado=_member(line, "estado", EstadoProcuracao),
        substabelecivel=bool(line["substabelecivel"]) and _flag(line, "substabelecivel"),
        pai=line["pai"] or None,
        nivel_minimo=_member(line, "nivel_minimo", Nivel) if line["nivel_minimo"] else None,
    )


TIPOS: dict[str, Callable[[Line], Registro]] = {
    "contribuinte": _contribuinte,
    "estabelecimento": _estabelecimento,
    "inscricao": _inscricao,
    "representante": _representante,
    "procuracao": _procuracao,
}
"""Every tipo there is."""


# A company's lines follow each other, and so do an office's procurações.
_parse_documento = lru_cache(maxsize=4096)(parse_documento)


def _documento(line: Line, column: str) -> Documento:
    try:
        return _parse_documento(line[column])
    except InvalidDocument as error:
        raise LinhaInvalida(f"{column}: {error.reason}") from error


def _cnpj(line: Line) -> CNPJ:
    document = _documento(line, "documento")
    if not isinstance(document, CNPJ):
        raise LinhaInvalida("documento: must be a CNPJ")
    return document


def _text(line: Line, column: str) -> str:
    if not line[column]:
        raise LinhaInvalida(f"{column}: is empty")
    return line[column]


def _flag(line: Line, column: str) -> bool:
    if line[column] not in ("sim", "nao"):
        raise LinhaInvalida(f"{column}: sim or nao")
    return line[column] == "sim"


def _member(line: Line, column: str, members: type[_Member]) -> _Member:
    try:
        return members(line[column])
    except ValueError as error:
        raise LinhaInvalida(f"{column}: one of {', '.join(members)}") from error


def _list(line: Line, column: str) -> list[str]:
    return [entry for entry in line[column].split("|") if entry]


def _begin(text: str, timezone: str) -> str:
    """A date as the moment at which that day begins in ``timezone``; anything else as it is."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return text
    return datetime.combine(day, time(), ZoneInfo(timezone)).isoformat() if day else text


def _moment(line: Line, column: str) -> datetime:
    text = line[column]
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise LinhaInvalida(f"{column}: not an ISO 8601 date or moment") from error
    if at.tzinfo is None:
        raise LinhaInvalida(f"{column}: a moment needs its UTC offset")
    if not 1900 <= at.year <= 2200:
        raise LinhaInvalida(f"{column}: not a year between 1900 and 2200")
    return at.astimezone(UTC)
