"""Revocation as a session needs it: of a certificate, and of the CAs above it (ATK-055). Implements
``idp.ports.Revocation``.

A session keeps the key of its certificate's CA and a serial number, not the certificate; the path above comes from the
list in force. So a CA that was revoked, has expired or left the list ends what its certificates began.
"""

from __future__ import annotations

from datetime import datetime

from idp.certificate.trust.current import CurrentTrust
from idp.certificate.trust.issuers import Issuer
from idp.domain.certificado import RevocationStatus
from idp.ports import Revocation

_ORDER = ("revoked", "absent", "stale", "good")


class Standing:
    """``index`` answers for one serial under one key; this asks it for the whole path."""

    def __init__(self, trust: CurrentTrust, index: Revocation) -> None:
        self._trust, self._index = trust, index

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        """The worst along the path. "absent" too when no CA of that key may certify logins now."""
        own = self._index.status(issuer_key, serial, at)
        if own.state == "revoked":
            return own
        paths = [self._above(issuer, at) for issuer in self._trust.at(at).with_key(issuer_key) if issuer.eligible]
        best = max(paths, key=_rank, default=RevocationStatus("absent"))  # one CA may have several certificates
        return min(own, best, key=_rank)

    def _above(self, issuer: Issuer, at: datetime) -> RevocationStatus:
        if not issuer.valid_at(at):
            return RevocationStatus("absent")
        links = [self._index.status(link.issuer_key, link.serial, at) for link in issuer.path]
        return min(links, key=_rank, default=RevocationStatus("absent"))


def _rank(status: RevocationStatus) -> tuple[int, bool]:
    """Lower is worse; within a grace is worse than without."""
    return _ORDER.index(status.state), not status.in_grace
