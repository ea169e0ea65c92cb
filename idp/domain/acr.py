"""Assurance of a login (``acr``, OIDC Core §2): where the certificate's key is kept."""

from __future__ import annotations

from idp.domain.certificado import Certificado

ACR_PREFIX = "urn:portaria:icp:"
SOFTWARE = ACR_PREFIX + "software"
HARDWARE = ACR_PREFIX + "hardware"
ACR_VALUES = (SOFTWARE, HARDWARE)


def acr_of(certificado: Certificado) -> str:
    """By the certificate's policy. A seal is never more than software: its hardware says nothing of a person's
    presence; nor is what a list past its next update vouched for."""
    nivel = certificado.nivel
    return HARDWARE if nivel.hardware and not nivel.selo and not certificado.in_grace else SOFTWARE
