"""Policy OIDs of the ICP-Brasil, ``2.16.76.1.2.<type>.<n>``: what each type is for (DOC-ICP-04; Res. 211/2024)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from idp.domain.certificado import Nivel

ARC = "2.16.76.1.2."

LOGIN = {
    "1": Nivel.A1,
    "2": Nivel.A2,
    "3": Nivel.A3,
    "4": Nivel.A4,
    "201": Nivel.SE_S,
    "202": Nivel.SE_H,
}
"""Types that may certify a login. SE-S and SE-H are the company seals of Res. CG ICP-Brasil 211/2024."""

REFUSED = {
    "101": "policy-encryption",
    "102": "policy-encryption",
    "103": "policy-encryption",
    "104": "policy-encryption",
    "303": "policy-timestamp",
    "304": "policy-timestamp",
    "401": "policy-equipment",
    "402": "policy-equipment",
    "500": "policy-cfe",
    "550": "policy-metrology",
}
"""Types known and never a login: sigilo, carimbo do tempo, equipamento, CF-e-SAT, objetos metrológicos."""


@lru_cache(maxsize=256)
def tipo(oid: str) -> str | None:
    """The ``<type>`` of an end-entity policy with its number, else None (a DPC, ``2.16.76.1.1.n``, has none)."""
    if not oid.startswith(ARC):
        return None
    kind, _, number = oid.removeprefix(ARC).partition(".")
    return kind if number.isdigit() else None


def login_policies(oids: Iterable[str]) -> tuple[str, ...]:
    """Those that may certify a login, in the order given."""
    return tuple(oid for oid in oids if tipo(oid) in LOGIN)


def nivel(oid: str) -> Nivel:
    """The level of a login policy. Raises KeyError for any other."""
    return LOGIN[tipo(oid) or ""]
