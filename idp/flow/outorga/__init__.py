"""Giving power, asking for it, passing it on and taking it back: the whole life of a procuração.

Owns who may cause which event, what is checked before power is given, the text that is shown and kept, and what ends
with it. What an event leads to is the domain's (``idp.domain.procuracao``), who may give what is the authority's
(``idp.domain.politica``), and whether somebody may act today is ``represent()``'s alone.
"""

from __future__ import annotations

from idp.flow.outorga.orgao import Orgao
from idp.flow.outorga.renovar import Renovacao
from idp.flow.outorga.servico import Outorga
from idp.flow.outorga.tipos import (
    MOTIVOS,
    CertificateRefused,
    EmNomeDe,
    Lote,
    NotFresh,
    Pagina,
    Problema,
    Refused,
    Vista,
)

__all__ = [
    "MOTIVOS",
    "CertificateRefused",
    "EmNomeDe",
    "Lote",
    "NotFresh",
    "Orgao",
    "Outorga",
    "Pagina",
    "Problema",
    "Refused",
    "Renovacao",
    "Vista",
]
