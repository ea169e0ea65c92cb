"""One CRL, verified whole before anything of it is believed (RFC 5280 §5; ATK-033, ATK-036)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509

from idp.certificate import crl_entries, names, signatures
from idp.certificate import der as encoding
from idp.certificate.crl_entries import CrlRefused, Entry

__all__ = ["MAX_BYTES", "CrlIssuer", "CrlRefused", "VerifiedCrl", "verify"]

MAX_BYTES = 64 * 1024 * 1024
_SKEW = timedelta(minutes=5)
_MAX_SERIAL_BITS = 160
_KNOWN = (x509.AuthorityKeyIdentifier, x509.CRLNumber)


class CrlIssuer(Protocol):
    """A CA as this module sees it; ``idp.certificate.trust.issuers.Authority`` is one."""

    @property
    def certificate(self) -> x509.Certificate: ...
    @property
    def canonical(self) -> names.Canonical: ...
    @property
    def public_key(self) -> object: ...
    @property
    def key(self) -> str: ...
    @property
    def key_identifier(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class VerifiedCrl:
    """A complete CRL, signed by the CA whose SPKI SHA-256 is ``issuer_key``."""

    issuer_key: str
    number: int
    this_update: datetime
    next_update: datetime
    count: int
    der: bytes

    def entries(self) -> Iterator[Entry]:
        """Each revoked certificate. Raises CrlRefused at one that cannot be understood: none may be passed over."""
        return crl_entries.read(self.der)


def verify(der: bytes, authorities: Iterable[CrlIssuer], at: datetime) -> VerifiedCrl:
    """The CRL in ``der``, if one of ``authorities`` made it and it is complete. Raises CrlRefused."""
    if len(der) > MAX_BYTES:
        raise CrlRefused("too-large")
    try:
        crl = x509.load_der_x509_crl(der)
        version = encoding.crl_version(der)
        issuer, extensions = names.canonical(crl.issuer), list(crl.extensions)
        this_update, next_update = crl.last_update_utc, crl.next_update_utc
        count = len(crl)
    except Exception as error:
        raise CrlRefused("unreadable") from error
    if version != 2:
        raise CrlRefused("version")
    _check_scope(extensions)
    number, key_identifier = _number(extensions), _key_identifier(extensions)
    if next_update is None:
        raise CrlRefused("no-next-update")
    if this_update > at + _SKEW:
        raise CrlRefused("from-the-future")
    if not signatures.signature_strong(crl):
        raise CrlRefused("weak-signature")
    signer = _signer(crl, [a for a in authorities if a.canonical == issuer], key_identifier)
    return VerifiedCrl(signer.key, number, this_update, next_update, count, der)


def _signer(crl: x509.CertificateRevocationList, namesakes: list[CrlIssuer], key_identifier: bytes | None) -> CrlIssuer:
    if not namesakes:
        raise CrlRefused("unknown-issuer")
    if key_identifier is not None:
        namesakes = [a for a in namesakes if a.key_identifier in (None, key_identifier)]
    signers = [a for a in namesakes if _signs(a, crl)]
    if not signers:
        raise CrlRefused("bad-signature")
    for signer in signers:
        if _may_sign_crls(signer):
            return signer
    raise CrlRefused("crl-sign")


def _signs(authority: CrlIssuer, crl: x509.CertificateRevocationList) -> bool:
    try:
        return crl.is_signature_valid(authority.public_key)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _may_sign_crls(authority: CrlIssuer) -> bool:
    try:
        return authority.certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return False


def _check_scope(extensions: list[x509.Extension[x509.ExtensionType]]) -> None:
    """Only a list of everything the CA revoked will do: a login asks by serial number and has no second list."""
    for extension in extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            raise CrlRefused("delta")
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            raise CrlRefused("indirect" if extension.value.indirect_crl else "partial")
        if extension.critical and not isinstance(extension.value, _KNOWN):
            raise CrlRefused("critical-extension")


def _number(extensions: list[x509.Extension[x509.ExtensionType]]) -> int:
    for extension in extensions:
        if isinstance(extension.value, x509.CRLNumber) and 0 <= extension.value.crl_number < 1 << _MAX_SERIAL_BITS:
            return extension.value.crl_number
    raise CrlRefused("no-number")


def _key_identifier(extensions: list[x509.Extension[x509.ExtensionType]]) -> bytes | None:
    for extension in extensions:
        if isinstance(extension.value, x509.AuthorityKeyIdentifier):
            return extension.value.key_identifier
    raise CrlRefused("no-key-identifier")
