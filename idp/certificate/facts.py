"""A leaf's bytes, read once into plain values. Everything that parses hostile input on the login path is here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.certificate import der as encoding
from idp.certificate import names, signatures

MAX_BYTES = 16 * 1024
MAX_ALTERNATIVE_NAMES = 32
_CN, _SERIAL_NUMBER = NameOID.COMMON_NAME.dotted_string, NameOID.SERIAL_NUMBER.dotted_string
_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.CertificatePolicies,
    x509.SubjectAlternativeName,
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.CRLDistributionPoints,
    x509.AuthorityInformationAccess,
)


class Unreadable(ValueError):
    """Bytes that are no certificate we can judge. ``token`` is documented in docs/certificate-verdict.md."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


@dataclass(frozen=True, slots=True)
class Facts:
    """What a leaf says, believed or not."""

    der: bytes
    certificate: x509.Certificate
    serial: str
    """Lower-case hex, no leading zeros."""
    issuer: str
    """The issuer's common name."""
    not_before: datetime
    not_after: datetime
    common_names: tuple[str, ...]
    serial_numbers: tuple[str, ...]
    """Values of the subject's serialNumber attribute: where Res. CG ICP-Brasil 211/2024 puts the CPF or CNPJ."""
    other_names: tuple[tuple[str, bytes], ...]
    """(OID, DER value) of each otherName, in order."""
    names: int
    """How many alternative names there are of any kind."""
    site_names: bool
    """Whether a DNS name or an IP address is among them."""
    policies: tuple[str, ...]
    ca: bool
    digital_signature: bool | None
    """None when there is no keyUsage."""
    client_auth: bool | None
    """None when there is no extendedKeyUsage."""
    unknown_critical: bool
    key_allowed: bool
    signature_strong: bool

    def values(self, oid: str) -> tuple[bytes, ...]:
        """The DER values of the otherNames of that OID."""
        return tuple(value for name, value in self.other_names if name == oid)


def read(der: bytes) -> Facts:
    """Everything at once. Raises Unreadable, and nothing else whatever the bytes (ATK-046)."""
    if len(der) > MAX_BYTES:
        raise Unreadable("too-large")
    try:
        outer = encoding.certificate(der)
    except ValueError as error:
        raise Unreadable("malformed") from error
    _check_outer(outer)
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = list(certificate.extensions)
        return _read(der, outer, certificate, extensions)
    except x509.DuplicateExtension as error:
        raise Unreadable("duplicate-extension") from error
    except Exception as error:
        raise Unreadable("malformed") from error


def _check_outer(outer: encoding.Signed) -> None:
    if not encoding.serial_allowed(outer.serial):
        raise Unreadable("serial-number")
    if outer.version != 3 or outer.inner_algorithm != outer.outer_algorithm:
        raise Unreadable("malformed")


def _read(
    der: bytes,
    outer: encoding.Signed,
    certificate: x509.Certificate,
    extensions: Iterable[x509.Extension[x509.ExtensionType]],
) -> Facts:
    alternative: list[x509.GeneralName] = []
    policies: tuple[str, ...] = ()
    ca, unknown_critical = False, False
    digital_signature: bool | None = None
    client_auth: bool | None = None
    for extension in extensions:
        value = extension.value
        if type(value) is x509.SubjectAlternativeName:
            alternative = list(value)
        elif type(value) is x509.CertificatePolicies:
            policies = tuple(p.policy_identifier.dotted_string for p in value)
        elif type(value) is x509.BasicConstraints:
            ca = value.ca
        elif type(value) is x509.KeyUsage:
            digital_signature = value.digital_signature
            ca = ca or value.key_cert_sign
        elif type(value) is x509.ExtendedKeyUsage:
            client_auth = ExtendedKeyUsageOID.CLIENT_AUTH in value
        unknown_critical |= extension.critical and type(value) not in _UNDERSTOOD
    subject = [(a.oid.dotted_string, a.value) for a in certificate.subject]
    return Facts(
        der=der,
        certificate=certificate,
        serial=format(int.from_bytes(outer.serial, "big"), "x"),
        issuer=names.common_name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        common_names=tuple(str(value) for oid, value in subject if oid == _CN),
        serial_numbers=tuple(str(value) for oid, value in subject if oid == _SERIAL_NUMBER),
        other_names=tuple(
            (name.type_id.dotted_string, name.value) for name in alternative if isinstance(name, x509.OtherName)
        ),
        names=len(alternative),
        site_names=any(isinstance(name, x509.DNSName | x509.IPAddress) for name in alternative),
        policies=policies,
        ca=ca,
        digital_signature=digital_signature,
        client_auth=client_auth,
        unknown_critical=unknown_critical,
        key_allowed=_key_allowed(certificate),
        signature_strong=signatures.signature_strong(certificate),
    )


def _key_allowed(certificate: x509.Certificate) -> bool:
    try:
        return signatures.key_allowed(certificate.public_key())
    except (UnsupportedAlgorithm, ValueError):
        return False
