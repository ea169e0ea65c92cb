"""Distinguished names, compared as RFC 5280 §7.1 wants: by meaning, not by bytes.

AC SAFEWEB CD V12 names its issuer in PrintableString where the issuer's own certificate says UTF8String; a comparison
of bytes would lock its customers out.
"""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

from cryptography import x509
from cryptography.x509.oid import NameOID

Canonical: TypeAlias = tuple[frozenset[tuple[str, str | bytes]], ...]


def canonical(name: x509.Name) -> Canonical:
    """A hashable form, equal for names that RFC 5280 §7.1 calls equal: case, inner spaces and string type ignored."""
    return tuple(frozenset((a.oid.dotted_string, _prepared(a.value)) for a in rdn) for rdn in name.rdns)


def _prepared(value: str | bytes) -> str | bytes:
    if isinstance(value, bytes):
        return value
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def first(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    """The first textual value of that attribute."""
    for attribute in name.get_attributes_for_oid(oid):
        if isinstance(attribute.value, str):
            return attribute.value
    return None


def common_name(name: x509.Name) -> str:
    """The common name, or the whole name in RFC 4514 form when there is none."""
    return first(name, NameOID.COMMON_NAME) or name.rfc4514_string()


def says_icp_brasil(name: x509.Name) -> bool:
    """Whether the name claims the ICP-Brasil: every CA of it has O=ICP-Brasil (DOC-ICP-04 §7.1.4)."""
    organizations = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(_prepared(o.value) == "icp-brasil" for o in organizations)
