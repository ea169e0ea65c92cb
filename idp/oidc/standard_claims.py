"""The standard claims (OIDC Core §5.1) of the scopes ``profile``, ``email``, ``phone`` and ``address`` (§5.4).

The certificate states the name, and nothing else of these that could be told as a fact: given and family names cannot
be told apart in a Brazilian certificate, and the address in its rfc822Name was verified by nobody for this use. The
rest is what the holder told of himself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idp.domain.grant import Authorization
from idp.domain.perfil import Perfil

Value = Callable[[Authorization], Any]


def _name(authorization: Authorization) -> str:
    return authorization.grant.holder.nome


def _told(name: str) -> Value:
    """What the holder told; left out where he told nothing."""

    def value(authorization: Authorization) -> str | None:
        perfil = authorization.perfil
        return (getattr(perfil, name) or None) if perfil else None

    return value


def _verified(name: str) -> Value:
    """Whether the value of claim ``name`` was verified; there only beside it."""

    def value(authorization: Authorization) -> bool | None:
        perfil = authorization.perfil
        return bool(getattr(perfil, f"{name}_verified")) if perfil and getattr(perfil, name) else None

    return value


def _address(authorization: Authorization) -> dict[str, str] | None:
    address = authorization.perfil.address if authorization.perfil else None
    if address is None or not address.full:
        return None
    parts = ("street_address", "locality", "region", "postal_code", "country")
    return {"formatted": address.full, **{part: getattr(address, part) for part in parts if getattr(address, part)}}


def _updated_at(authorization: Authorization) -> int | None:
    perfil: Perfil | None = authorization.perfil
    return int(perfil.updated_at.timestamp()) if perfil else None


_PROFILE = (
    *("given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "gender", "birthdate", "zoneinfo", "locale"),
)
STANDARD: tuple[tuple[str, str, Value], ...] = (
    ("name", "profile", _name),
    *((name, "profile", _told(name)) for name in _PROFILE),
    ("updated_at", "profile", _updated_at),
    ("email", "email", _told("email")),
    ("email_verified", "email", _verified("email")),
    ("phone_number", "phone", _told("phone_number")),
    ("phone_number_verified", "phone", _verified("phone_number")),
    ("address", "address", _address),
)
"""Name of the claim, its scope, how it is made."""
