"""Throw-away client certificates of the kinds that people come with and that must reach the application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """``certificate`` and ``key`` are PEM files; None for who has none."""

    kind: str
    certificate: Path | None = None
    key: Path | None = None


NOBODY = Visitor("no certificate")


@dataclass(frozen=True, slots=True)
class Visitors:
    self_signed: Visitor
    expired: Visitor
    unknown_ca: Visitor
    nobody: Visitor = NOBODY

    def all(self) -> tuple[Visitor, ...]:
        return (self.nobody, self.self_signed, self.unknown_ca, self.expired)


def make_visitors(directory: Path, at: datetime) -> Visitors:
    """Make their files in ``directory``, which is the caller's to remove. None of them could log in anywhere."""
    ca = ec.generate_private_key(ec.SECP256R1())

    def made(kind: str, since: datetime, until: datetime, issuer: ec.EllipticCurvePrivateKey | None = None) -> Visitor:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"idp doctor: {kind}")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name("idp doctor: a CA nobody knows") if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .sign(issuer or key, hashes.SHA256())
        )
        files = directory / f"{kind}.pem", directory / f"{kind}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Visitor(kind, *files)

    return Visitors(
        self_signed=made("self-signed", at - _DAY, at + _DAY),
        expired=made("expired", at - 800 * _DAY, at - 400 * _DAY),
        unknown_ca=made("unknown CA", at - _DAY, at + _DAY, ca),
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
