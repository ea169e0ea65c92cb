"""Inscrições estaduais: whom they belong to and in what state the cadastro has them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from idp.domain.documents import CNPJ, Documento


class SituacaoCadastral(StrEnum):
    ATIVA = "ATIVA"
    SUSPENSA = "SUSPENSA"
    INAPTA = "INAPTA"
    BAIXADA = "BAIXADA"
    NULA = "NULA"


@dataclass(frozen=True, slots=True, order=True)
class InscricaoId:
    """(UF, number): a number alone is ambiguous, "012345679" has valid check digits in nine states."""

    uf: str
    numero: str

    def __str__(self) -> str:
        return f"{self.uf}:{self.numero}"

    @classmethod
    def parse(cls, text: str) -> InscricaoId:
        """``AM:040000010``. Raises ValueError."""
        uf, separator, numero = text.partition(":")
        if not (separator and len(uf) == 2 and uf.isascii() and uf.isalpha() and numero.isascii() and numero.isalnum()):
            raise ValueError("an inscricao is written UF:NUMERO")
        return cls(uf.upper(), numero.upper())


@dataclass(frozen=True, slots=True)
class Inscricao:
    """One registration in the cadastro. ``matriz`` comes from the cadastro, never from the CNPJ's order digits."""

    id: InscricaoId
    contribuinte: Documento
    razao_social: str
    situacao: SituacaoCadastral
    matriz: bool = True
    municipio: str = ""

    @property
    def raiz(self) -> str | None:
        return self.contribuinte.raiz if isinstance(self.contribuinte, CNPJ) else None
