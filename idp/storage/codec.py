"""Domain dataclasses to JSON bytes and back, by their type hints; the plan for a class is made once.

Documents and inscrição ids are written as text, moments as ISO 8601, a frozenset as a sorted list, and a member of a
union of dataclasses carries its class's name under ``@``. A field that the bytes lack takes its default; one that the
class lacks is ignored: versions of the program that run side by side may differ by such fields.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.inscricao import InscricaoId
from idp.errors import IdpError

T = TypeVar("T")
_TAG = "@"
_Convert = Callable[[Any], Any]


class Unreadable(IdpError, ValueError):
    """Bytes that do not hold a value of the class asked for: written by an older version, or damaged."""


def dumps(value: Any) -> bytes:
    """The JSON of a dataclass instance."""
    return dumps_as(type(value), value)


def loads(cls: Any, data: bytes | str) -> Any:
    """The value of ``cls`` (a dataclass or a union of them) written by :func:`dumps_as` or :func:`dumps`.

    Raises Unreadable.
    """
    try:
        return _plan(cls)[1](orjson.loads(data))
    except (KeyError, TypeError, ValueError, AttributeError, IdpError) as error:
        raise Unreadable(f"not a {getattr(cls, '__name__', cls)}: {type(error).__name__}") from error


def dumps_as(cls: Any, value: Any) -> bytes:
    """The JSON of ``value`` seen as ``cls``: what :func:`loads` with the same ``cls`` reads (needed for unions)."""
    return orjson.dumps(_plan(cls)[0](value))


@lru_cache(maxsize=4096)
def documento(text: str) -> Documento:
    """CPF or CNPJ of stored, unmasked text. Cached: the check digits are worked out once. Raises InvalidDocument."""
    return CPF(text) if len(text) == 11 else CNPJ(text)


@lru_cache(maxsize=4096)
def cpf(text: str) -> CPF:
    """CPF of stored, unmasked text. Raises InvalidDocument."""
    return CPF(text)


@lru_cache(maxsize=4096)
def cnpj(text: str) -> CNPJ:
    """CNPJ of stored, unmasked text. Raises InvalidDocument."""
    return CNPJ(text)


def _moment(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a moment without time zone")
    return value


def _same(value: Any) -> Any:
    return value


_SCALARS: dict[Any, tuple[_Convert, _Convert]] = {
    CPF: (str, cpf),
    CNPJ: (str, cnpj),
    InscricaoId: (str, InscricaoId.parse),
    date: (date.isoformat, date.fromisoformat),
    datetime: (lambda at: at.astimezone(UTC).isoformat(), _moment),
    Any: (_same, _same),
}


def _exactly(kind: type) -> _Convert:
    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}")
        return value

    return convert


@cache
def _plan(hint: Any) -> tuple[_Convert, _Convert]:
    """(encode, decode) for one type hint."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, args = get_origin(hint), get_args(hint)
    if hint in (str, int, bool, float):
        return _same, _exactly(hint)
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin is frozenset:
        encode, decode = _plan(args[0])
        return lambda items: sorted(map(encode, items)), lambda items: frozenset(map(decode, items))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        encode, decode = _plan(args[0])
        return lambda items: [encode(item) for item in items], lambda items: tuple(map(decode, items))
    if origin is dict:
        return _same, _exactly(dict)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda member: member.value, hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass(hint)
    raise TypeError(f"no encoding for {hint!r}")


def _union(args: tuple[Any, ...]) -> tuple[_Convert, _Convert]:
    members = [arg for arg in args if arg is not type(None)]
    if len(members) < len(args):
        encode, decode = _plan(members[0] if len(members) == 1 else Union[tuple(members)])  # noqa: UP007
        return (
            lambda value: None if value is None else encode(value),
            lambda value: None if value is None else decode(value),
        )
    if set(members) == {CPF, CNPJ}:
        return str, documento
    plans = {member: _plan(member) for member in members}
    decoders = {member.__name__: plan[1] for member, plan in plans.items()}
    return (
        lambda value: {_TAG: type(value).__name__, **plans[type(value)][0](value)},
        lambda value: decoders[value[_TAG]](value),
    )


def _dataclass(cls: type) -> tuple[_Convert, _Convert]:
    hints = get_type_hints(cls)
    plan = [(field.name, *_plan(hints[field.name]), _required(field)) for field in fields(cls) if field.init]

    def encode(value: Any) -> dict[str, Any]:
        return {name: to_json(getattr(value, name)) for name, to_json, _, _ in plan}

    def decode(value: Any) -> Any:
        return cls(
            **{name: from_json(value[name]) for name, _, from_json, required in plan if required or name in value}
        )

    return encode, decode


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
