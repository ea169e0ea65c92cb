"""Conditions that the long lists of procurações and pedidos share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_

from idp.domain.busca import busca, compacto
from idp.ports.outorga import Alvo, Consulta


def of(who: Sequence[Alvo], contribuinte: ColumnElement[str], documento: ColumnElement[str]) -> ColumnElement[bool]:
    """Rows of any of ``who``, by the two columns that name a party."""
    return or_(
        false(),
        *(
            contribuinte == one.contribuinte
            if one.documento is None
            else and_(contribuinte == one.contribuinte, documento == one.documento)
            for one in who
        ),
    )


def named(
    q: str, names: Sequence[ColumnElement[str]], documents: Sequence[ColumnElement[str]]
) -> list[ColumnElement[bool]]:
    """What ``q`` asks for: part of one of the ``names``, or one of the ``documents``, of a CNPJ its beginning. A person
    is found by the whole CPF only: pages mask it, and a part that is found would tell the rest."""
    words, number = busca(q), compacto(q)
    if not words:
        return []
    found = [name.contains(words, autoescape=True) for name in names]
    if len(number) >= 3 and any(c.isdigit() for c in number):
        for document in documents:
            company = and_(func.length(document) == 14, document.startswith(number, autoescape=True))
            found += [company, document == number]
    return [or_(false(), *found)]


def page(statement: Select[Any], consulta: Consulta) -> Select[Any]:
    """Of ``statement``, which is in order, the part that ``consulta`` asks for."""
    return statement.limit(consulta.limit).offset(consulta.offset)
