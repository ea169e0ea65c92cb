"""What was searched for, found again in the text that is shown: the part of it to be marked."""

from __future__ import annotations

from idp.domain.busca import busca, compacto, palavras

Trechos = list[tuple[str, bool]]
"""A text in pieces, each with whether it is marked."""

_SHORTEST = 3
_ROOT, _CNPJ = 8, 14


class Destaque:
    """Of the words of ``q``; nothing is marked where there are none."""

    def __init__(self, q: str) -> None:
        self._words = palavras(q)

    def nome(self, text: str) -> Trechos:
        """A name or a place: each word where it stands first, at the beginning of a word if it stands at one."""
        plain, places = _plain(text)
        spans = []
        for word in self._words:
            at = f" {plain}".find(f" {word}")
            at = at if at >= 0 else plain.find(word)
            if at >= 0:
                spans.append((places[at], places[at + len(word) - 1] + 1))
        return _cut(text, spans)

    def numero(self, text: str) -> Trechos:
        """An inscrição, or a CNPJ with its mask, found as the search finds it: in its root, or from the beginning of
        what follows that."""
        plain, places = compacto(text), [at for at, c in enumerate(text) for _ in compacto(c)]
        spans = []
        for number in filter(lambda one: len(one) >= _SHORTEST, map(compacto, self._words)):
            at = 0 if plain.startswith(number) else _within(plain, number)
            if at >= 0:
                spans.append((places[at], places[at + len(number) - 1] + 1))
        return _cut(text, spans)


def _within(plain: str, number: str) -> int:
    if len(plain) != _CNPJ:
        return plain.find(number)
    at = plain[:_ROOT].find(number)
    return _ROOT if at < 0 and plain[_ROOT:].startswith(number) else at


def _plain(text: str) -> tuple[str, list[int]]:
    """As it is searched, and from which place of ``text`` each character of it comes."""
    plain, places = "", []
    for at, char in enumerate(text):
        made = " " if char.isspace() else busca(char)
        plain += made
        places += [at] * len(made)
    return plain, places


def _cut(text: str, spans: list[tuple[int, int]]) -> Trechos:
    marked = [any(start <= at < end for start, end in spans) for at in range(len(text))]
    pieces: Trechos = []
    for char, on in zip(text, marked, strict=True):
        if pieces and pieces[-1][1] == on:
            pieces[-1] = (pieces[-1][0] + char, on)
        else:
            pieces.append((char, on))
    return pieces
