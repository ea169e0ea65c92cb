"""What a holder told of himself, for the standard claims that a certificate does not state (OIDC Core §5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PERFIL_SCOPES = frozenset({"profile", "email", "phone", "address"})
"""The scopes that hand over something of a Perfil (OIDC Core §5.4)."""


@dataclass(frozen=True, slots=True)
class Endereco:
    """OIDC Core §5.1.1. ``formatted`` is made of the rest where it is empty."""

    street_address: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    formatted: str = ""

    @property
    def full(self) -> str:
        """As on an envelope: lines joined by a line feed."""
        town = " ".join(filter(None, (self.postal_code, self.locality, self.region)))
        return self.formatted or "\n".join(filter(None, (self.street_address, town, self.country)))


@dataclass(frozen=True, slots=True)
class Perfil:
    """Everything is optional and empty where it was not told. ``email_verified`` and ``phone_number_verified`` are true
    only where the holder proved control of that very address or number. ``updated_at``: when any of it last changed.
    The holder's name is not here: the certificate states it."""

    updated_at: datetime
    email: str = ""
    email_verified: bool = False
    phone_number: str = ""
    phone_number_verified: bool = False
    address: Endereco | None = None
    given_name: str = ""
    family_name: str = ""
    middle_name: str = ""
    nickname: str = ""
    preferred_username: str = ""
    profile: str = ""
    picture: str = ""
    website: str = ""
    gender: str = ""
    birthdate: str = ""
    zoneinfo: str = ""
    locale: str = ""
