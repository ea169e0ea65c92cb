"""CPF and CNPJ as value objects: text, upper-case, unmasked, check digits right; never ``int()``, never zero-padded."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stdnum.br import cnpj as _cnpj
from stdnum.br import cpf as _cpf
from stdnum.exceptions import ValidationError

from idp.errors import InvalidDocument

# ASCII classes on purpose: str.isdigit() and \d accept full-width and other Unicode digits (ATK-044).
_CPF = re.compile(r"[0-9]{11}\Z")
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}\Z")
_MASK = re.compile(r"[.\-/ ]")


@dataclass(frozen=True, slots=True, order=True)
class CPF:
    """A natural person's number: 11 digits."""

    numero: str

    def __post_init__(self) -> None:
        if not _CPF.match(self.numero):
            raise InvalidDocument("CPF", "length" if len(self.numero) != 11 else "charset")
        if len(set(self.numero)) == 1:
            raise InvalidDocument("CPF", "repeated")
        try:
            _cpf.validate(self.numero)
        except ValidationError as error:
            raise InvalidDocument("CPF", "check_digits") from error

    @classmethod
    def parse(cls, text: str) -> CPF:
        """Typed input, with or without its mask (``123.456.789-09``). Raises InvalidDocument."""
        return cls(_MASK.sub("", text))

    @property
    def formatado(self) -> str:
        n = self.numero
        return f"{n[:3]}.{n[3:6]}.{n[6:9]}-{n[9:]}"

    @property
    def mascarado(self) -> str:
        """For pages and logs: the middle six digits only, as Brazilian public bodies publish it."""
        n = self.numero
        return f"***.{n[3:6]}.{n[6:9]}-**"

    def __str__(self) -> str:
        return self.numero

    def __repr__(self) -> str:  # a document never reaches a log through a repr
        return f"CPF({self.mascarado})"


@dataclass(frozen=True, slots=True, order=True)
class CNPJ:
    """A legal person's establishment: 14 characters, alphanumeric since July 2026 (IN RFB 2.229/2024)."""

    numero: str

    def __post_init__(self) -> None:
        if not _CNPJ.match(self.numero):
            raise InvalidDocument("CNPJ", "length" if len(self.numero) != 14 else "charset")
        if len(set(self.numero)) == 1:
            raise InvalidDocument("CNPJ", "repeated")
        try:
            _cnpj.validate(self.numero)
        except ValidationError as error:
            raise InvalidDocument("CNPJ", "check_digits") from error

    @classmethod
    def parse(cls, text: str) -> CNPJ:
        """Typed input, with or without its mask, any case. Raises InvalidDocument."""
        bare = _MASK.sub("", text)
        # str.upper() makes ASCII letters of others (dotless i, long s): those stay as they are and are refused.
        return cls(bare.upper() if bare.isascii() else bare)

    @property
    def raiz(self) -> str:
        """The eight characters that all establishments of one company share."""
        return self.numero[:8]

    @property
    def formatado(self) -> str:
        n = self.numero
        return f"{n[:2]}.{n[2:5]}.{n[5:8]}/{n[8:12]}-{n[12:]}"

    @property
    def mascarado(self) -> str:
        """For logs: root's last three and the order number, enough to tell establishments apart."""
        n = self.numero
        return f"**.***.{n[5:8]}/{n[8:12]}-**"

    def __str__(self) -> str:
        return self.numero

    def __repr__(self) -> str:
        return f"CNPJ({self.mascarado})"


Documento = CPF | CNPJ


def parse_documento(text: str) -> Documento:
    """CPF or CNPJ by its length once unmasked (11 or 14). Raises InvalidDocument."""
    bare = _MASK.sub("", text)
    if len(bare) == 11:
        return CPF.parse(bare)
    if len(bare) == 14:
        return CNPJ.parse(bare)
    raise InvalidDocument("CPF/CNPJ", "length")
