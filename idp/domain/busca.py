"""Text made fit to be searched and put in order: the same on every database, because it is made here."""

from __future__ import annotations

import unicodedata

MAX_WORDS = 8
"""More words than anybody types; the rest are not looked at."""

_MASK = " .-/"
"""What stands between the digits of a number."""


def busca(text: str) -> str:
    """For comparing: lower case, no accents, single spaces, nothing that is not printable."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isprintable() else " " for c in plain.casefold()).split())


def palavras(text: str) -> tuple[str, ...]:
    """The words of something typed, made fit; a number is one word, with whatever spaces it was typed."""
    plain = busca(text)
    if plain and all(c.isdecimal() or c in _MASK for c in plain):
        return (compacto(plain) or plain,)
    return tuple(plain.split()[:MAX_WORDS])


def compacto(text: str) -> str:
    """Letters and digits only, upper case: a document or inscrição typed with or without its mask."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())
