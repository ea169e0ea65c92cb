"""What every profile demands: one identity, said the same wherever it is said (ATK-039 to ATK-045)."""

from __future__ import annotations

import re
import unicodedata

from idp.certificate import san
from idp.certificate.facts import MAX_ALTERNATIVE_NAMES, Facts
from idp.certificate.san import IdentityError

_DOCUMENT = re.compile(r"[0-9]{11}|[0-9A-Z]{12}[0-9]{2}")
_MASK = re.compile(r"[.\-/ ]")
_PREFIXES = ("CNPJ:", "CPF:")
_PJ_ONLY = (san.RESPONSAVEL_NOME, san.PJ_CNPJ, san.RESPONSAVEL_DADOS, san.PJ_CEI)


def check_single_identity(facts: Facts) -> None:
    """Refuse what could be read as two persons, before anyone is read. Raises IdentityError."""
    if facts.names > MAX_ALTERNATIVE_NAMES:
        raise IdentityError("too-many-names")
    if len(facts.common_names) > 1 or len(facts.serial_numbers) > 1:
        raise IdentityError("duplicate-attribute")
    ours = [oid for oid, _ in facts.other_names if oid.startswith(san.ARC)]
    if len(set(ours)) != len(ours):
        raise IdentityError("duplicate-other-name")
    if san.PF_DADOS in ours and any(oid in ours for oid in _PJ_ONLY):
        raise IdentityError("ambiguous-person")
    if not facts.common_names or not facts.common_names[0].strip():
        raise IdentityError("name-missing")
    for shown in (*facts.common_names, *facts.serial_numbers):
        _check_characters(shown)


def value(facts: Facts, oid: str) -> bytes | None:
    """The one otherName value of that OID."""
    values = facts.values(oid)
    return values[0] if values else None


def serial_number(facts: Facts) -> str | None:
    """The subject's serialNumber without the ``CNPJ:`` or ``CPF:`` that some CAs write before it."""
    if not facts.serial_numbers:
        return None
    number = facts.serial_numbers[0].strip()
    for prefix in _PREFIXES:
        number = number.removeprefix(prefix)
    return number


def check_agreement(facts: Facts, documento: str) -> None:
    """The serialNumber, and the number after the common name's last colon, must be ``documento`` where they are
    there. The otherName is the authority; a disagreement is refused, not resolved. Raises IdentityError."""
    number = serial_number(facts)
    if number is not None and number != documento:
        raise IdentityError("serial-number-mismatch")
    tail = _tail(facts.common_names[0])
    if tail is not None and tail != documento:
        raise IdentityError("common-name-mismatch")


def display_name(facts: Facts) -> str:
    """The common name without its number, for display only: ``NOME:CPF`` → ``NOME``. Identity never comes from it."""
    name = facts.common_names[0]
    return name.rpartition(":")[0].strip() if _tail(name) is not None else name.strip()


def checked_text(text: str) -> str:
    """``text`` if it holds nothing invisible or misleading. Raises IdentityError."""
    _check_characters(text)
    return text


def _tail(common_name: str) -> str | None:
    """What stands after the last colon, unmasked, if it looks like a CPF or CNPJ."""
    _, colon, tail = common_name.rpartition(":")
    bare = _MASK.sub("", tail)
    return bare if colon and _DOCUMENT.fullmatch(bare) else None


def _check_characters(text: str) -> None:
    """No control, format, private or unassigned character, and no digit outside ASCII (ATK-042 to ATK-044): the norm
    wants A-Z and 0-9, issued names add accents, and nothing of this kind is ever there by honest intent."""
    if text.isascii() and text.isprintable():
        return  # nearly every name, and nothing of what follows is among those
    for character in text:
        category = unicodedata.category(character)
        if category[0] == "C" or category in ("Zl", "Zp") or (category[0] == "N" and not character.isascii()):
            raise IdentityError("forbidden-character")
        if "\uff01" <= character <= "\uff5e":  # full-width forms of ASCII
            raise IdentityError("forbidden-character")
