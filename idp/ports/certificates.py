"""Judging certificates."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from idp.domain.certificado import RevocationStatus, Verdict


class Revocation(Protocol):
    """The index of revoked certificates. Never touches the network."""

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        """State of ``serial`` (lower-case hex) under the CA whose SPKI SHA-256 is ``issuer_key``."""
        ...


class Judge(Protocol):
    """Certificate → verdict: ``idp.certificate.leaf.judge`` with its trust list and index filled in."""

    def __call__(self, der: bytes, at: datetime) -> Verdict: ...
