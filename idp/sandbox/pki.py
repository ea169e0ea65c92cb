"""The sandbox's certificates on disk.

Layout of the directory (``Pki`` names each part)::

    bundle.zip            the recognised CAs as .crt files, as ITI's ACcompactado.zip has them
    pins.txt              the recognised roots, one a line: SHA-256 in lower-case hex, a space, the name
    crl/<ca>.crl          CRLs (DER) of all CAs, roots included
    ca/<ca>.pem|.key      the CAs themselves, to sign CRLs again
    web/ca.pem            trust anchor of the sandbox's own HTTPS
    web/server.pem|.key   its server certificate (chain) and key
    personas/<slug>.p12   key, certificate and chain, password ``portaria``
    personas/<slug>.pem|.key|-chain.pem   the same as PEM
"""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from idp.sandbox.authorities import (
    ISSUING,
    ROOTS,
    Authority,
    make_crl,
    make_issuing,
    make_root,
    make_server,
    make_web_ca,
    new_key,
)
from idp.sandbox.leaves import make_leaf
from idp.sandbox.personas import P12_PASSWORD, PERSONAS, Persona, Profile


@dataclass(frozen=True, slots=True)
class Pki:
    """Where everything lies under one directory."""

    directory: Path

    @property
    def bundle(self) -> Path:
        return self.directory / "bundle.zip"

    @property
    def crls(self) -> Path:
        return self.directory / "crl"

    @property
    def web_ca(self) -> Path:
        return self.directory / "web" / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        return self.directory / "web" / "server.pem"

    @property
    def server_key(self) -> Path:
        return self.directory / "web" / "server.key"

    @property
    def pins(self) -> dict[str, str]:
        """The recognised roots: SHA-256 in lower-case hex and name."""
        lines = (self.directory / "pins.txt").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def p12(self, slug: str) -> Path:
        return self.directory / "personas" / f"{slug}.p12"

    def certificate(self, slug: str) -> Path:
        return self.directory / "personas" / f"{slug}.pem"

    def chain(self, slug: str) -> Path:
        """Leaf, issuing CA and root, in that order."""
        return self.directory / "personas" / f"{slug}-chain.pem"

    def key(self, slug: str) -> Path:
        return self.directory / "personas" / f"{slug}.key"


def create(directory: Path, now: datetime) -> None:
    """Make the whole PKI under ``directory``, which must not exist; it appears at once or not at all.

    ``now`` (with a time zone) is the moment all validities count from.
    """
    now = now.replace(microsecond=0)
    partial = directory.with_name(f"{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for part in ("crl", "ca", "web", "personas"):
        (partial / part).mkdir(parents=True)
    authorities = {root.slug: make_root(root, now) for root in ROOTS}
    for ca in ISSUING:
        authorities[ca.slug] = make_issuing(ca, authorities[ca.root], now)
    for slug, authority in authorities.items():
        _write_certificates(partial / "ca" / f"{slug}.pem", authority.certificate)
        _write_key(partial / "ca" / f"{slug}.key", authority.key)
    _write_bundle(partial, authorities)
    revoked = _write_personas(partial / "personas", authorities, now)
    for slug, authority in authorities.items():
        _write_crl(partial / "crl" / f"{slug}.crl", make_crl(authority, now, 1, revoked.get(slug, [])))
    web_ca = make_web_ca(now)
    server = make_server(web_ca, now)
    _write_certificates(partial / "web" / "ca.pem", web_ca.certificate)
    _write_certificates(partial / "web" / "server.pem", server.certificate, web_ca.certificate)
    _write_key(partial / "web" / "server.key", server.key)
    partial.rename(directory)


def expired(pki: Pki, now: datetime) -> bool:
    """Whether the server certificate has ended, and with it soon the personas' own."""
    return x509.load_pem_x509_certificate(pki.server_certificate.read_bytes()).not_valid_after_utc <= now


def refresh_crls(directory: Path, now: datetime) -> None:
    """Sign every CA's CRL again from ``now``: same entries, next number. Raises OSError if there is no PKI there."""
    now = now.replace(microsecond=0)
    for certificate_file in sorted((directory / "ca").glob("*.pem")):
        _sign_again(directory, certificate_file.stem, now)


def revoke(pki: Pki, persona: Persona, now: datetime) -> Path:
    """Revoke the persona's certificate in its CA's CRL, signed again from ``now``. Returns the CRL's file."""
    now = now.replace(microsecond=0)
    serial = x509.load_pem_x509_certificate(pki.certificate(persona.slug).read_bytes()).serial_number
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
    return _sign_again(pki.directory, persona.spec.issuer, now, entry.build())


def renew(pki: Pki, persona: Persona, now: datetime) -> Path:
    """Give the persona a certificate with another key and serial number; the old one stays as good or bad as it is.
    Returns the new .p12 file."""
    ca = next(ca for ca in ISSUING if ca.slug == persona.spec.issuer)
    key, issuer = new_key(), _authority(pki.directory, ca.slug)
    leaf = make_leaf(persona, key, issuer, ca, now.replace(microsecond=0))
    root = x509.load_pem_x509_certificate((pki.directory / "ca" / f"{ca.root}.pem").read_bytes())
    for file in (pki.key(persona.slug), pki.p12(persona.slug)):
        file.unlink()
    _write_persona(pki.directory / "personas", persona, key, leaf, [issuer.certificate, root])
    return pki.p12(persona.slug)


def _sign_again(directory: Path, slug: str, now: datetime, *more: x509.RevokedCertificate) -> Path:
    path = directory / "crl" / f"{slug}.crl"
    previous = x509.load_der_x509_crl(path.read_bytes())
    number = previous.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    _write_crl(path, make_crl(_authority(directory, slug), now, number + 1, [*previous, *more]))
    return path


def _authority(directory: Path, slug: str) -> Authority:
    file = directory / "ca" / f"{slug}.pem"
    key = load_pem_private_key(file.with_suffix(".key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Authority(x509.load_pem_x509_certificate(file.read_bytes()), key)


def _write_personas(
    directory: Path, authorities: dict[str, Authority], now: datetime
) -> dict[str, list[x509.RevokedCertificate]]:
    """Personas' files; returns the CRL entries of each CA."""
    issuing = {ca.slug: ca for ca in ISSUING}
    revoked: dict[str, list[x509.RevokedCertificate]] = {}
    for persona in PERSONAS:
        if persona.spec.profile is Profile.NENHUM:
            continue
        ca = issuing.get(persona.spec.issuer)
        issuer = authorities[ca.slug] if ca else None
        key = new_key()
        leaf = make_leaf(persona, key, issuer, ca, now)
        above = [issuer.certificate, authorities[ca.root].certificate] if issuer and ca else []
        _write_persona(directory, persona, key, leaf, above)
        if persona.spec.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial_number)
            entry = entry.revocation_date(now - timedelta(days=3))
            reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
            entries = revoked.setdefault(persona.spec.issuer, [])
            entries.append(entry.add_extension(reason, critical=False).build())
    return revoked


def _write_persona(
    directory: Path, persona: Persona, key: rsa.RSAPrivateKey, leaf: x509.Certificate, above: list[x509.Certificate]
) -> None:
    _write_certificates(directory / f"{persona.slug}.pem", leaf)
    _write_certificates(directory / f"{persona.slug}-chain.pem", leaf, *above)
    _write_key(directory / f"{persona.slug}.key", key)
    password = BestAvailableEncryption(P12_PASSWORD.encode())
    friendly = f"{persona.slug} (sandbox)".encode()
    _write_private(
        directory / f"{persona.slug}.p12",
        pkcs12.serialize_key_and_certificates(friendly, key, leaf, above or None, password),
    )


def _write_bundle(directory: Path, authorities: dict[str, Authority]) -> None:
    roots = {root.slug: root for root in ROOTS if root.recognised}
    listed = [*roots, *(e.slug for e in ISSUING if e.root in roots)]
    with zipfile.ZipFile(directory / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        for slug in listed:
            bundle.writestr(f"{slug}.crt", authorities[slug].certificate.public_bytes(Encoding.PEM))
    pins = ((authorities[slug].certificate.fingerprint(hashes.SHA256()).hex(), roots[slug].nome) for slug in roots)
    (directory / "pins.txt").write_text("".join(f"{fingerprint} {name}\n" for fingerprint, name in pins))


def _write_certificates(path: Path, *certificates: x509.Certificate) -> None:
    path.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))


def _write_crl(path: Path, crl: x509.CertificateRevocationList) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(crl.public_bytes(Encoding.DER))
    partial.replace(path)


def _write_key(path: Path, key: rsa.RSAPrivateKey) -> None:
    _write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _write_private(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
