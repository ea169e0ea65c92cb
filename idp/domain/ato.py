"""What somebody did to a procuração or a designação, as it is kept for its parties to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.domain.certificado import Certificado
from idp.domain.documents import CPF

ORGAO = "orgao"
"""The quality of an act of the authority itself: by an officer, or because a term has run out."""


@dataclass(frozen=True, slots=True)
class AtoRegistrado:
    """``por``: the document on whose certificate or behalf it was done, or the name of the authority's officer.
    ``pessoa``: the natural person behind it. ``qualidade``: a Qualidade, or ORGAO. ``texto``: what was shown when a
    power was given, with its SHA-256 (hex, of the UTF-8 bytes)."""

    id: str
    evento: str
    em: datetime
    por: str
    por_nome: str
    qualidade: str
    procuracao: str | None = None
    designacao: str | None = None
    pessoa: CPF | None = None
    certificado: Certificado | None = None
    texto: str | None = None
    texto_sha256: str | None = None
    motivo: str = ""
