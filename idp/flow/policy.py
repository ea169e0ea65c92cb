"""The lifetimes and rules the flow works by; the composition root fills it from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo

from idp.domain.representation import Regras

REFRESH_REPEAT = timedelta(seconds=10)
"""How long the token just rotated may be repeated by a confidential client whose answer was lost."""

EXPIRY_WARNING = timedelta(days=30)
"""A person is warned of the certificate's end from so long before it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """All lifetimes; ``consent`` zero never remembers. ``timezone``: the authority's, in which days are told."""

    regras: Regras
    transaction: timedelta
    return_code: timedelta
    code: timedelta
    access_token: timedelta
    id_token: timedelta
    refresh_token: timedelta
    session: timedelta
    consent: timedelta
    timezone: tzinfo = UTC
