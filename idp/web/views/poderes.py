"""Poderes in plain words. One that is not here is shown by its name in the authority's catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from idp.domain.politica import DEFAULT, PoderDoCatalogo
from idp.domain.procuracao import TODOS, Poder

_TODOS = "todos os poderes, os atuais e os que forem criados"
_catalogue: Mapping[Poder, PoderDoCatalogo] = DEFAULT.catalogo


def use_catalogue(catalogue: Mapping[Poder, PoderDoCatalogo]) -> None:
    """Name poderes as the authority's policy does, from now on in this process."""
    global _catalogue
    _catalogue = catalogue


def catalogo() -> Mapping[Poder, PoderDoCatalogo]:
    """The authority's, as it is named now."""
    return _catalogue


def em_palavras(poder: Poder) -> str:
    if poder == TODOS:
        return _TODOS
    known = _catalogue.get(poder)
    return known.titulo if known else f"“{poder}”"


def todos_em_palavras(poderes: Iterable[Poder]) -> list[str]:
    """One phrase a power; "todos" says it all."""
    named = set(poderes)
    return [_TODOS] if TODOS in named else [em_palavras(poder) for poder in sorted(named)]
