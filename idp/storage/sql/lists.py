"""Conditions that the long lists of procurações and pedidos share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_

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
    """What ``q`` asks for: part of one of the ``names``, or the beginning of one of the ``documents``."""
    words, number = busca(q), compacto(q)
    if not words:
        return []
    found = [name.contains(words, autoescape=True) for name in names]
    if len(number) >= 3 and any(c.isdigit() for c in number):
        found += [document.startswith(number, autoescape=True) for document in documents]
    return [or_(false(), *found)]


def page(statement: Select[Any], consulta: Consulta) -> Select[Any]:
    return statement.limit(consulta.limit).offset(consulta.offset)
