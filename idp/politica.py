"""The authority's policy for procurações as a TOML file: read, with every mistake named by its place, and written.

docs/politica.md describes it. What the file leaves out is as in :data:`idp.domain.politica.DEFAULT`; what it names that
does not exist is refused, so that a misspelt rule is not a rule nobody keeps.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from idp.domain.certificado import Nivel
from idp.domain.politica import DEFAULT, Ato, Pessoa, PoderDoCatalogo, Politica, Qualidade, Regra
from idp.domain.procuracao import TODOS
from idp.domain.representation import MAX_CADEIA
from idp.errors import ConfigurationError

_CODE = re.compile(r"[!-{}~]{1,64}\Z")
_Member = TypeVar("_Member", bound=StrEnum)
_Read = Callable[[Any, str], Any]
LONGEST_TERM = 36525
"""Days: nothing is given for more than a century."""


def load(path: str) -> Politica:
    """The policy in the file ``path``; the default where that is empty. Raises ConfigurationError naming the place."""
    if not path:
        return DEFAULT
    try:
        return read(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"politica {path}: {error.strerror}", "correct IDP_POLITICA") from error
    except (ValueError, ConfigurationError) as error:  # TOML errors are ValueErrors, and name their line
        raise ConfigurationError(f"politica {path}: {error}", "see docs/politica.md") from error


def read(text: str) -> Politica:
    """The policy that TOML ``text`` describes. Raises ConfigurationError, ValueError."""
    return replace(DEFAULT, **_table(tomllib.loads(text), _POLITICA, ""))


def write(politica: Politica) -> str:
    """TOML text that :func:`read` makes the same policy of."""
    return "\n".join(_written(politica)) + "\n"


def _written(politica: Politica) -> Iterator[str]:
    yield f"aceite = {_toml(politica.aceite)}"
    yield f"prazo_aceite_dias = {politica.prazo_aceite.days}"
    yield f"profundidade = {politica.profundidade}"
    yield f"todos = {_toml(politica.todos)}"
    yield f"pedidos_abertos = {politica.pedidos_abertos}"
    yield f"prazo_pedido_dias = {politica.prazo_pedido.days}"
    yield f"espera_negado_dias = {politica.espera_negado.days}"
    for regra in politica.regras:
        yield ""
        yield "[[regras]]"
        yield f"ato = {_toml(regra.ato.value)}"
        yield f"por = {_toml(regra.por.value)}"
        yield f"a = {_toml(sorted(regra.a))}"
        yield f"nivel = {_toml(regra.nivel.value)}"
        yield f"prazo_dias = {regra.prazo.days}"
    for codigo, poder in politica.catalogo.items():
        yield ""
        yield f"[poderes.{_toml(codigo)}]"
        yield f"titulo = {_toml(poder.titulo)}"
        yield f"descricao = {_toml(poder.descricao)}"
        yield f"servico = {_toml(poder.servico)}"
        if poder.nivel_minimo:
            yield f"nivel_minimo = {_toml(poder.nivel_minimo.value)}"
        yield f"a = {_toml(sorted(poder.a))}"
        yield f"substabelecivel = {_toml(poder.substabelecivel)}"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # of strings, booleans and lists of strings TOML's own form


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where}: true or false")
    return value


def _number(low: int, high: int) -> Callable[[Any, str], int]:
    def convert(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ConfigurationError(f"{where}: a whole number from {low} to {high}")
        return value

    return convert


def _days(value: Any, where: str) -> timedelta:
    return timedelta(days=_number(1, LONGEST_TERM)(value, where))


def _wait(value: Any, where: str) -> timedelta:
    return timedelta(days=_number(0, LONGEST_TERM)(value, where))


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ConfigurationError(f"{where}: a text of one line")
    return value


def _maybe(value: Any, where: str) -> str:
    return _text(value, where) if value else ""


def _one(members: type[_Member]) -> Callable[[Any, str], _Member]:
    def convert(value: Any, where: str) -> _Member:
        try:
            return members(value)
        except ValueError:
            raise ConfigurationError(f"{where}: one of {', '.join(members)}") from None

    return convert


def _nivel(value: Any, where: str) -> Nivel:
    """A level that may be demanded: a Selo Eletrônico gives nothing."""
    permitted = [nivel for nivel in Nivel if not nivel.selo]
    if value not in permitted:
        raise ConfigurationError(f"{where}: one of {', '.join(permitted)}")
    return Nivel(value)


def _pessoas(value: Any, where: str) -> frozenset[Pessoa]:
    if not isinstance(value, list) or not value:
        raise ConfigurationError(f"{where}: a list of {', '.join(Pessoa)}")
    return frozenset(_one(Pessoa)(item, where) for item in value)


def _regras(value: Any, where: str) -> tuple[Regra, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{where}: tables, each under [[regras]]")
    return tuple(_whole(Regra, item, _REGRA, f"regras[{at}]") for at, item in enumerate(value, 1))


def _catalogo(value: Any, where: str) -> Mapping[str, PoderDoCatalogo]:
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(f'{where}: a table for each, [poderes."dte.consultar"]')
    found = {}
    for codigo, item in value.items():
        if not _CODE.match(codigo) or codigo == TODOS:
            raise ConfigurationError(f"{where}.{codigo}: 1 to 64 ASCII characters without space or '|', not {TODOS!r}")
        found[codigo] = _whole(PoderDoCatalogo, item, _PODER, f"{where}.{codigo}", codigo=codigo)
    return found


def _whole(cls: Any, value: Any, fields: Mapping[str, tuple[str, _Read, bool]], where: str, **given: Any) -> Any:
    """An object of ``cls`` from a table that must have every required member."""
    for name, (_, _, required) in fields.items():
        if required and (not isinstance(value, dict) or name not in value):
            raise ConfigurationError(f"{where}: {name} is missing")
    return cls(**_table(value, fields, f"{where}."), **given)


def _table(value: Any, fields: Mapping[str, tuple[str, _Read, bool]], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where or 'file'}: a table")
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise ConfigurationError(f"{where}{unknown[0]}: there is no such key; there are {', '.join(fields)}")
    return {fields[name][0]: fields[name][1](item, f"{where}{name}") for name, item in value.items()}


# Key in the file: name in the domain, how it is read, whether it must be there.
_REGRA: Mapping[str, tuple[str, _Read, bool]] = {
    "ato": ("ato", _one(Ato), True),
    "por": ("por", _one(Qualidade), True),
    "a": ("a", _pessoas, True),
    "nivel": ("nivel", _nivel, True),
    "prazo_dias": ("prazo", _days, True),
}
_PODER: Mapping[str, tuple[str, _Read, bool]] = {
    "titulo": ("titulo", _text, True),
    "descricao": ("descricao", _text, True),
    "servico": ("servico", _maybe, False),
    "nivel_minimo": ("nivel_minimo", _nivel, False),
    "a": ("a", _pessoas, False),
    "substabelecivel": ("substabelecivel", _flag, False),
}
_POLITICA: Mapping[str, tuple[str, _Read, bool]] = {
    "aceite": ("aceite", _flag, False),
    "prazo_aceite_dias": ("prazo_aceite", _days, False),
    "profundidade": ("profundidade", _number(0, MAX_CADEIA - 1), False),
    "todos": ("todos", _flag, False),
    "pedidos_abertos": ("pedidos_abertos", _number(0, 100_000), False),
    "prazo_pedido_dias": ("prazo_pedido", _days, False),
    "espera_negado_dias": ("espera_negado", _wait, False),
    "regras": ("regras", _regras, False),
    "poderes": ("catalogo", _catalogo, False),
}
