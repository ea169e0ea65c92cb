"""An answer of the authority's service as typed records; docs/cadastro-openapi.yaml describes it.

Judged line by line with the rules of the import file (``registros``), then as a whole: everything in it must belong to
the contribuinte that was asked for. Members that the description does not name are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp.cadastro.registros import (
    COLUMNS,
    Estabelecimento,
    LinhaInvalida,
    RegistroInscricao,
    Representante,
    registro,
)
from idp.domain.documents import CNPJ, CPF
from idp.errors import IdpError, InvalidDocument

_RAIZ = re.compile(r"[0-9A-Z]{8}\Z")
_EMPTY = dict.fromkeys(COLUMNS, "")
_LONGEST = 500
"""Characters in one text; no name or municipality comes near."""


class RespostaInvalida(IdpError, ValueError):
    """An answer that is none: nothing of it may be kept. Its text names members, never their values."""


class OutroDocumento(RespostaInvalida):
    """An answer about somebody else than was asked for."""


@dataclass(frozen=True, slots=True)
class Resposta:
    """All that the service says of one contribuinte; ``id``: CNPJ root or CPF."""

    id: str
    nome: str
    estabelecimentos: tuple[Estabelecimento, ...]
    inscricoes: tuple[RegistroInscricao, ...]
    representantes: tuple[Representante, ...]


def contribuinte(body: bytes, id: str) -> Resposta:
    """The answer about the contribuinte ``id``. Raises RespostaInvalida."""
    return _contribuinte(_object(parse_json(body), "answer"), id)


def empresas(body: bytes, cpf: str) -> tuple[Resposta, ...]:
    """The companies that list ``cpf`` as their legal representative, each in full. Raises RespostaInvalida."""
    answer = _object(parse_json(body), "answer")
    if _text(answer, "cpf") != cpf:
        raise OutroDocumento("cpf: another than was asked for")
    found = []
    for entry in _list(answer, "empresas"):
        id = _text(entry, "documento")
        if not _RAIZ.match(id):
            raise RespostaInvalida("empresas: documento must be a CNPJ root")
        company = _contribuinte(entry, id)
        if all(one.cpf.numero != cpf for one in company.representantes):
            raise OutroDocumento("empresas: one does not list the cpf that was asked for")
        found.append(company)
    if len({company.id for company in found}) < len(found):
        raise RespostaInvalida("empresas: the same twice")
    return tuple(found)


def _contribuinte(answer: Mapping[str, Any], id: str) -> Resposta:
    if _text(answer, "documento") != id:
        raise OutroDocumento("documento: another than was asked for")
    company = _RAIZ.match(id) is not None
    nome = _text(answer, "nome")
    if not nome or not nome.isprintable():
        raise RespostaInvalida("nome: empty, or with a control character")
    places = [_estabelecimento(entry) for entry in _list(answer, "estabelecimentos", absent=not company)]
    if not company:
        if places or _list(answer, "representantes", absent=True):
            raise RespostaInvalida("a person has neither estabelecimentos nor representantes")
        known = {_cpf(id).numero}
    else:
        known = {place.documento.numero for place in places}
        if not known or len(known) < len(places) or any(numero[:8] != id for numero in known):
            raise RespostaInvalida("estabelecimentos: none, one twice, or another company's")
    inscricoes = tuple(_inscricao(entry) for entry in _list(answer, "inscricoes"))
    if len({one.id for one in inscricoes}) < len(inscricoes):
        raise RespostaInvalida("inscricoes: the same twice")
    if any(one.documento.numero not in known for one in inscricoes):
        raise RespostaInvalida("inscricoes: one of no estabelecimento in the answer")
    people = tuple(
        _representante(entry, places[0].documento) for entry in (_list(answer, "representantes") if company else ())
    )
    if len({one.cpf for one in people}) < len(people):
        raise RespostaInvalida("representantes: the same twice")
    return Resposta(id, nome, tuple(places), inscricoes, people)


def _estabelecimento(entry: Mapping[str, Any]) -> Estabelecimento:
    matriz = entry.get("matriz")
    if not isinstance(matriz, bool):
        raise RespostaInvalida("matriz: true or false")
    record = _record("estabelecimento", documento=_text(entry, "documento"), matriz="sim" if matriz else "nao")
    assert isinstance(record, Estabelecimento)  # what that tipo makes
    return record


def _inscricao(entry: Mapping[str, Any]) -> RegistroInscricao:
    names = ("documento", "uf", "numero", "situacao")
    values = {name: _text(entry, name) for name in names} | {"municipio": _text(entry, "municipio", absent="")}
    record = _record("inscricao", **values)
    assert isinstance(record, RegistroInscricao)  # what that tipo makes
    return record


def _representante(entry: Mapping[str, Any], empresa: CNPJ) -> Representante:
    record = _record("representante", documento=empresa.numero, cpf=_text(entry, "cpf"), nome=_text(entry, "nome"))
    assert isinstance(record, Representante)  # what that tipo makes
    return record


def _record(tipo: str, **values: str) -> object:
    try:
        return registro({**_EMPTY, "tipo": tipo, **values})
    except LinhaInvalida as error:
        raise RespostaInvalida(f"{tipo}: {error}") from error


def _cpf(id: str) -> CPF:
    try:
        return CPF(id)
    except InvalidDocument as error:
        raise RespostaInvalida(f"documento: {error.reason}") from error


def parse_json(body: bytes) -> object:
    """A JSON document, no member named twice. Raises RespostaInvalida."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant)
    except RespostaInvalida:
        raise
    except (ValueError, RecursionError) as error:
        raise RespostaInvalida("not a JSON document in UTF-8") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise RespostaInvalida("a member is named twice")
    return members


def _no_constant(name: str) -> object:
    raise RespostaInvalida("NaN and Infinity are no JSON")


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RespostaInvalida(f"{what}: not an object")
    return value


def _list(entry: Mapping[str, Any], name: str, *, absent: bool = False) -> Sequence[Mapping[str, Any]]:
    value = entry.get(name, [] if absent else None)
    if not isinstance(value, list):
        raise RespostaInvalida(f"{name}: not a list")
    return [_object(one, name) for one in value]


def _text(entry: Mapping[str, Any], name: str, *, absent: str | None = None) -> str:
    value = entry.get(name, absent)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise RespostaInvalida(f"{name}: not a text, or longer than {_LONGEST} characters")
    return value.strip()
