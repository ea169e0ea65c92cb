"""The forms a file of the cadastro comes in, CSV and JSON, as one stream of numbered lines; never the whole file.

A line is a mapping of every column to text, or a LinhaInvalida where it is none. Its number is the line's in the file
(the last one's, where a quoted field runs over several); in a JSON array, the record's position.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from idp.cadastro.registros import COLUMNS, Line, LinhaInvalida
from idp.errors import IdpError

Lida = tuple[int, Line | LinhaInvalida]

LONGEST = 1 << 20
"""Characters of one JSON record."""
_CHUNK = 1 << 16
_EMPTY = dict.fromkeys(COLUMNS, "")
_LISTS = ("poderes", "inscricoes")
_SPACE = " \t\r\n"


class ArquivoInvalido(IdpError, ValueError):
    """A file that is not of this form at all."""


def ler_csv(text: Iterable[str]) -> Iterator[Lida]:
    """Lines of a CSV file with its header. Raises ArquivoInvalido."""
    reader = csv.reader(text, strict=True)
    try:
        names = next(reader, [])
        if not names or names[0] != "tipo":
            raise ArquivoInvalido("the first line must name the columns, separated by commas, tipo first")
        if unknown := sorted(set(names) - set(COLUMNS)):
            raise ArquivoInvalido(f"unknown columns: {', '.join(unknown)}")
        if len(set(names)) < len(names):
            raise ArquivoInvalido("a column is named twice")
        for fields in reader:
            if not fields:
                continue
            if len(fields) == len(names):
                yield reader.line_num, {**_EMPTY, **dict(zip(names, map(str.strip, fields), strict=True))}
            else:
                how = "more" if len(fields) > len(names) else "fewer"
                yield reader.line_num, LinhaInvalida(f"{how} fields than columns")
    except UnicodeDecodeError as error:
        raise ArquivoInvalido(f"not UTF-8 text, in or soon after line {reader.line_num + 1}") from error
    except csv.Error as error:
        raise ArquivoInvalido(f"line {reader.line_num}: {error}") from error


def ler_json(text: TextIO) -> Iterator[Lida]:
    """Records of a JSON array, or of JSON Lines. Raises ArquivoInvalido."""
    try:
        first = text.read(1)
        while first and first in _SPACE:
            first = text.read(1)
        yield from _array(text) if first == "[" else _lines(text, first)
    except UnicodeDecodeError as error:
        raise ArquivoInvalido("not UTF-8 text") from error


def _lines(text: TextIO, first: str) -> Iterator[Lida]:
    number = 0
    while line := first + text.readline(LONGEST):
        first = ""
        number += 1
        if len(line) >= LONGEST:
            raise ArquivoInvalido(f"line {number}: longer than {LONGEST} characters")
        if line.isspace():
            continue
        try:
            yield number, _record(json.loads(line, object_pairs_hook=_members))
        except LinhaInvalida as error:
            yield number, error
        except (ValueError, RecursionError):
            yield number, LinhaInvalida("not a JSON object")


def _array(text: TextIO) -> Iterator[Lida]:
    """Records between ``[`` and ``]``, decoded one by one from a buffer that holds little more than the next."""
    decoder = json.JSONDecoder(object_pairs_hook=_members)
    buffer, at, number, closed = "", 0, 0, False

    def more() -> bool:
        nonlocal buffer, at
        chunk = text.read(_CHUNK)
        buffer, at = buffer[at:] + chunk, 0
        return bool(chunk)

    def skip() -> str:
        """The next character that is no space; "" at the end."""
        nonlocal at
        while True:
            while at < len(buffer) and buffer[at] in _SPACE:
                at += 1
            if at < len(buffer):
                return buffer[at]
            if not more():
                return ""

    while (here := skip()) != "]":
        if number:
            if here != ",":
                raise ArquivoInvalido(f"after record {number}: neither a comma nor the array's end")
            at += 1
            skip()
        number += 1
        while True:
            invalid: LinhaInvalida | None = None
            try:
                value, end = decoder.raw_decode(buffer, at)
            except LinhaInvalida as error:  # where it ends is known only by reading it without this rule
                invalid = error
                try:
                    value, end = json.JSONDecoder().raw_decode(buffer, at)
                except ValueError:
                    end = len(buffer)
            except (ValueError, RecursionError) as error:
                value, end = error, len(buffer)
            if end < len(buffer) and not isinstance(value, Exception):
                break
            if len(buffer) - at > LONGEST or not more():  # it may go on in what is not yet read
                if isinstance(value, Exception) or invalid is not None:
                    raise ArquivoInvalido(f"record {number}: not a JSON value, or longer than {LONGEST} characters")
                break
        at = end
        try:
            yield number, invalid or _record(value)
        except LinhaInvalida as error:
            yield number, error
    at += 1
    closed = skip() == ""
    if not closed:
        raise ArquivoInvalido("something follows the array")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise LinhaInvalida("a member is named twice")
    return members


def _record(value: object) -> Line:
    if not isinstance(value, dict):
        raise LinhaInvalida("not a JSON object")
    line = dict(_EMPTY)
    for name, given in value.items():
        if name not in _EMPTY:
            raise LinhaInvalida(f"unknown member: {name[:40]!r}")
        line[name] = given.strip() if isinstance(given, str) else _text(name, given)
    return line


def _text(name: str, given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, bool):
        return "sim" if given else "nao"
    if name in _LISTS and isinstance(given, list) and all(isinstance(one, str) and "|" not in one for one in given):
        return "|".join(given)
    raise LinhaInvalida(f"{name}: must be a text")
