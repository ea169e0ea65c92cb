"""The ``sid`` claim: one value per browser session, client and representation."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from idp.domain.representation import RepresentationRef


def sid_of(session_id: str, client_id: str, choice: RepresentationRef) -> str:
    """Derived, so that repeating a choice in a session repeats its ``sid`` and nothing need be stored."""
    value = hashlib.sha256("\x00".join((session_id, client_id, str(choice))).encode()).digest()
    return urlsafe_b64encode(value[:18]).decode()
