"""otherName values of the arc 2.16.76.1.3 and their layouts (DOC-ICP-04 §7.1.2.3), read strictly.

An otherName value arrives as DER of its own. Every CA writes an OCTET STRING; the norm also allows PrintableString,
and UTF8String, IA5String, T61String and BMPString are met in practice. Nothing else is accepted, and a value is used
only if all of it is understood.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.certificate import der
from idp.domain.documents import CNPJ, CPF
from idp.errors import InvalidDocument

ARC = "2.16.76.1.3."
PF_DADOS = ARC + "1"
RESPONSAVEL_NOME = ARC + "2"
PJ_CNPJ = ARC + "3"
RESPONSAVEL_DADOS = ARC + "4"
PJ_CEI = ARC + "7"
EQUIPAMENTO = ARC + "8"

_OCTET_STRING, _UTF8, _PRINTABLE, _T61, _IA5, _BMP = 0x04, 0x0C, 0x13, 0x14, 0x16, 0x1E
_MAX_VALUE = 1024
_BIRTH, _CPF = slice(0, 8), slice(8, 19)
_PERSON_BYTES = 19


class IdentityError(ValueError):
    """The certificate names nobody, or not exactly one person. ``token`` is documented."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


def text(value: bytes) -> str:
    """The characters of one otherName value (its DER). Raises IdentityError("other-name-malformed")."""
    if len(value) > _MAX_VALUE:
        raise IdentityError("other-name-malformed")
    try:
        element = der.only(value)
        return _decoded(element.tag, element.content)
    except ValueError as error:
        raise IdentityError("other-name-malformed") from error


def _decoded(tag: int, content: bytes) -> str:
    if tag in (_PRINTABLE, _IA5):
        return content.decode("ascii")
    if tag == _UTF8:
        return content.decode("utf-8")
    if tag == _BMP:
        return content.decode("utf-16-be")
    if tag in (_OCTET_STRING, _T61):
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("latin-1")
    raise ValueError(f"tag {tag:#04x} is not a string")


@dataclass(frozen=True, slots=True)
class DadosPessoais:
    """What a login needs of 2.16.76.1.3.1 or .3.4: the CPF alone. The birth date, NIS and RG are not kept."""

    cpf: CPF | None
    """None where the CA filled the field with zeros: unavailable."""


def dados_pessoais(value: bytes) -> DadosPessoais:
    """Birth date (8 digits) and CPF (11) open the layout; NIS, RG and the issuing body follow at widths that differ
    between editions of the norm, so that nothing is read beyond byte 19 and no total length is demanded.

    A birth date of zeros or of another century is met in issued certificates and names nobody: eight digits are all
    that is asked of it. Raises IdentityError("other-name-malformed" | "cpf-invalid").
    """
    content = text(value)
    if len(content) < _PERSON_BYTES or not _digits(content[_BIRTH]):
        raise IdentityError("other-name-malformed")
    numero = content[_CPF]
    if numero == "0" * 11:
        return DadosPessoais(None)
    return DadosPessoais(cpf(numero))


def cnpj_field(value: bytes) -> CNPJ:
    """2.16.76.1.3.3: exactly 14 characters, spaces around them forgiven. Raises IdentityError."""
    return cnpj(text(value).strip(" "))


def free_text(value: bytes) -> str:
    """A name field: padding (NUL, spaces) stripped. Raises IdentityError."""
    return text(value).strip("\0 ")


def cpf(numero: str) -> CPF:
    """A CPF or IdentityError("cpf-invalid")."""
    try:
        return CPF(numero)
    except InvalidDocument as error:
        raise IdentityError("cpf-invalid") from error


def cnpj(numero: str) -> CNPJ:
    """A CNPJ or IdentityError("cnpj-invalid")."""
    try:
        return CNPJ(numero)
    except InvalidDocument as error:
        raise IdentityError("cnpj-invalid") from error


def _digits(value: str) -> bool:
    return value.isascii() and value.isdigit()
