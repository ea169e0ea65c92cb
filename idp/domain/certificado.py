"""What a login certificate says beside its holder, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from idp.domain.person import Holder


class TipoCertificado(StrEnum):
    E_CPF = "e-CPF"
    E_CNPJ = "e-CNPJ"
    SELO = "SE"


class Nivel(StrEnum):
    """Assurance level by policy arc 2.16.76.1.2.<type> (DOC-ICP-04; Res. 211/2024)."""

    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    A4 = "A4"
    SE_S = "SE-S"
    SE_H = "SE-H"

    @property
    def hardware(self) -> bool:
        """Key kept in a card, token or HSM. A2 predates that rule and counts as software."""
        return self in (Nivel.A3, Nivel.A4, Nivel.SE_H)

    @property
    def selo(self) -> bool:
        """A company's seal, which nobody need be present to use (Res. CG ICP-Brasil 211/2024 art. 4)."""
        return self in (Nivel.SE_S, Nivel.SE_H)


class CertReason(StrEnum):
    """Why a certificate cannot log in: the codes of the error pages."""

    NENHUM = "CERT-01"
    VENCIDO = "CERT-02"
    FUTURO = "CERT-03"
    REVOGADO = "CERT-04"
    CADEIA = "CERT-05"
    LCR = "CERT-06"
    TIPO = "CERT-07"
    NAO_ICP = "CERT-08"
    ILEGIVEL = "CERT-09"
    RESPONSAVEL = "CERT-10"


@dataclass(frozen=True, slots=True)
class CertificateRef:
    """Enough to judge the same certificate again against the revocation index, without keeping the certificate.

    ``issuer_key``: SHA-256 hex of the issuing CA's SubjectPublicKeyInfo. ``serial``: lower-case hex, no sign, no
    leading zeros. ``not_after``: UTC. ``policy``: dotted OID of the level.
    """

    issuer_key: str
    serial: str
    not_after: datetime
    policy: str


@dataclass(frozen=True, slots=True)
class Certificado:
    """An accepted certificate, as sessions, claims and pages need it."""

    tipo: TipoCertificado
    nivel: Nivel
    emissor: str
    ref: CertificateRef
    thumbprint: str
    """SHA-256 of the DER, base64url without padding (RFC 8705 x5t#S256)."""
    in_grace: bool = False
    """Whether it was judged by a revocation list past its next update, within the grace: good for less (``acr``)."""

    @property
    def politica(self) -> str:
        return self.ref.policy

    @property
    def validade(self) -> datetime:
        return self.ref.not_after


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the bytes say, believed or not. Attacker-controlled until the chain holds: escape before showing."""

    nome: str | None = None
    documento: str | None = None
    responsavel: str | None = None
    emissor: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    serial: str | None = None
    politicas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground for refusal. ``detail`` is a documented token (docs/certificate-verdict.md)."""

    code: CertReason
    detail: str
    at: datetime | None = None
    """The moment that matters: end of validity, start of validity, revocation."""


@dataclass(frozen=True, slots=True)
class Accepted:
    holder: Holder
    certificado: Certificado
    claimed: Claimed


@dataclass(frozen=True, slots=True)
class Refused:
    """``reasons`` holds every ground found: unreadable, type, chain, validity, revocation, identity, in that order."""

    reasons: tuple[Reason, ...]
    claimed: Claimed

    @property
    def first(self) -> Reason:
        return self.reasons[0]


Verdict = Accepted | Refused


@dataclass(frozen=True, slots=True)
class RevocationStatus:
    """What the revocation index knows of one serial under one CA.

    ``stale``: the list is past nextUpdate and past the grace. ``absent``: there is no usable list of that CA. A serial
    once listed stays ``revoked`` however old the list; certificateHold counts as revoked.
    """

    state: Literal["good", "revoked", "stale", "absent"]
    revoked_at: datetime | None = None
    reason: str | None = None
    """RFC 5280 §5.3.1 reasonCode by name (``keyCompromise``), when revoked and stated."""
    next_update: datetime | None = None
    in_grace: bool = False
    """Past nextUpdate but within the grace the authority set: usable, with less trust."""
