"""What an audit row is about: the names by which it is found. Derived from its payload, and gone with it.

A person is named by contribuinte id (CPF, or the root of a CNPJ), in the part taken: *titular* acted with an own
certificate, *representado* is on whose behalf, *parte* is named in any other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp.domain.documents import CNPJ, Documento, parse_documento
from idp.domain.representation import RepresentationRef
from idp.errors import InvalidDocument

PERSON = ("titular", "representado", "parte")
"""The parts a person has in an act."""
LONGEST = 300
"""Characters of a subject; a longer one is not a name that anything here has."""


def person(documento: Documento, *parts: str) -> tuple[str, ...]:
    """The subjects of a person, in these parts or in all of :data:`PERSON`."""
    id = documento.raiz if isinstance(documento, CNPJ) else documento.numero
    return tuple(f"{part}:{id}" for part in parts or PERSON)


def procuracao(id: str) -> str:
    return f"procuracao:{id}"


def designacao(id: str) -> str:
    return f"designacao:{id}"


def inscricao(id: str) -> str:
    """``id``: ``UF:NUMERO``."""
    return f"inscricao:{id}"


def client(client_id: str) -> str:
    return f"client:{client_id}"


def subjects(payload: Mapping[str, Any]) -> frozenset[str]:
    """Everything a payload names. Members it does not know and values that are no such thing are passed over: a row is
    evidence whatever it holds."""
    return frozenset(subject for subject in _named(payload) if len(subject) <= LONGEST)


def _named(payload: Mapping[str, Any]) -> Iterator[str]:
    for name, read in MEMBERS:
        if isinstance(value := payload.get(name), str):
            yield from read(value)
    for name, read in LISTS:
        yield from _each(payload.get(name), read)


def _person(part: str) -> Callable[[str], tuple[str, ...]]:
    def read(value: str) -> tuple[str, ...]:
        try:
            return person(parse_documento(value), part)
        except InvalidDocument:
            return ()

    return read


def _choice(value: str) -> tuple[str, ...]:
    try:
        ref = RepresentationRef.parse(value)
    except ValueError:
        return ()
    basis = (procuracao(ref.procuracao),) if ref.procuracao else ()
    return (inscricao(str(ref.inscricao)), *basis)


def _each(value: Any, read: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
    values = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    for item in values:
        if isinstance(item, str):
            yield from read(item)


MEMBERS: tuple[tuple[str, Callable[[str], tuple[str, ...]]], ...] = (
    ("titular", _person("titular")),
    ("responsavel", _person("titular")),
    ("representado", _person("representado")),
    ("outorgante", _person("parte")),
    ("outorgado", _person("parte")),
    ("por", _person("parte")),
    ("pessoa", _person("parte")),
    ("designado", _person("parte")),
    ("designado", _person("parte")),
    ("empresa", _person("parte")),
    ("choice", _choice),
    ("procuracao", lambda value: (procuracao(value),)),
    ("designacao", lambda value: (designacao(value),)),
    ("pai", lambda value: (procuracao(value),)),
    ("inscricao", lambda value: (inscricao(value),)),
    ("client", lambda value: (client(value),)),
)
"""Members of a payload that are text."""
LISTS: tuple[tuple[str, Callable[[str], tuple[str, ...]]], ...] = (
    ("cadeia", lambda value: (procuracao(value),)),
    ("claimed", _person("parte")),
)
"""Members whose items are: procurações above the one used; what a refused certificate claimed."""
