"""What a request asks to be told by the name of the claim, beyond what its scopes tell (OIDC Core §5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClaimAsked:
    """``scope``: the one whose claim this is. ``values``: it is told only if it is one of them; empty: whatever it is.
    They are JSON values."""

    name: str
    scope: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """Where each is to be told: in the ID token, at userinfo, or both."""

    id_token: tuple[ClaimAsked, ...] = ()
    userinfo: tuple[ClaimAsked, ...] = ()

    @property
    def all(self) -> tuple[ClaimAsked, ...]:
        return self.id_token + self.userinfo
