"""A certificate during the session: judged again at every use, against the revocation index."""

from __future__ import annotations

from datetime import datetime

from idp.domain.certificado import Certificado
from idp.ports import Revocation


def certificate_refusal(certificado: Certificado, revocation: Revocation, at: datetime) -> str | None:
    """Why the certificate of a session may no longer be relied on: "expired", "revoked" (both final) or
    "undetermined" (its CA's list is stale or absent: may pass). None when it still holds."""
    if at >= certificado.validade:
        return "expired"
    status = revocation.status(certificado.ref.issuer_key, certificado.ref.serial, at)
    if status.state == "good":
        return None
    return "revoked" if status.state == "revoked" else "undetermined"
