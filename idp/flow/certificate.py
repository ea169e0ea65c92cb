"""A certificate during the session: judged again at every use, against the revocation index."""

from __future__ import annotations

from datetime import datetime

from idp.domain.certificado import Certificado, CertReason, Claimed, Reason, Refused
from idp.domain.session import Session
from idp.ports import Revocation

_NAMES = {CertReason.VENCIDO: "expired", CertReason.REVOGADO: "revoked", CertReason.LCR: "undetermined"}


def certificate_refusal(certificado: Certificado, revocation: Revocation, at: datetime) -> str | None:
    """Why the certificate of a session may no longer be relied on: "expired", "revoked" (both final) or
    "undetermined" (its CA's list is stale or absent: may pass). None when it still holds."""
    reason = _reason(certificado, revocation, at)
    return _NAMES[reason.code] if reason else None


def session_refused(session: Session, revocation: Revocation, at: datetime) -> Refused | None:
    """The same as a verdict on the certificate that began ``session``, for its owner to read."""
    certificado = session.certificado
    reason = _reason(certificado, revocation, at)
    if reason is None:
        return None
    claimed = Claimed(
        nome=session.holder.nome,
        documento=str(session.holder.documento),
        emissor=certificado.emissor,
        not_after=certificado.validade,
        serial=certificado.ref.serial,
        politicas=(certificado.politica,),
    )
    return Refused((reason,), claimed)


def _reason(certificado: Certificado, revocation: Revocation, at: datetime) -> Reason | None:
    """``detail`` as in docs/certificate-verdict.md."""
    if at >= certificado.validade:
        return Reason(CertReason.VENCIDO, "expired", certificado.validade)
    status = revocation.status(certificado.ref.issuer_key, certificado.ref.serial, at)
    if status.state == "good":
        return None
    if status.state == "revoked":
        detail = "on-hold" if status.reason == "certificateHold" else "revoked"
        return Reason(CertReason.REVOGADO, detail, status.revoked_at)
    return Reason(CertReason.LCR, f"crl-{status.state}", status.next_update)
