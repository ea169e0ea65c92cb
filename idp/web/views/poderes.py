"""Poderes in plain words. One that is not here is shown by its name in the authority's catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from idp.domain.procuracao import TODOS, Poder

_WORDS: dict[Poder, str] = {
    TODOS: "todos os poderes, os atuais e os que forem criados",
    "dte.consultar": "consultar o Domicílio Tributário Eletrônico",
    "dte.dar_ciencia": "tomar ciência de intimações no Domicílio Tributário Eletrônico",
    "nfe.consultar": "consultar notas fiscais eletrônicas",
}


def em_palavras(poder: Poder) -> str:
    return _WORDS.get(poder, f"“{poder}”")


def todos_em_palavras(poderes: Iterable[Poder]) -> list[str]:
    """One phrase a power; "todos" says it all."""
    named = set(poderes)
    return [_WORDS[TODOS]] if TODOS in named else [em_palavras(poder) for poder in sorted(named)]
