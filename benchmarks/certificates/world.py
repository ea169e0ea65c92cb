"""The sandbox's fake ICP-Brasil, its compiled trust list, and a CA whose key is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import Issuer, TrustList, compile_bundle, read_bundle
from idp.clock import SystemClock
from idp.domain.certificado import Accepted
from idp.sandbox import pki


@dataclass(frozen=True)
class World:
    """``ca`` is the CA of ``leaf``, whose certificate a login accepts."""

    directory: Path
    at: datetime
    trust: TrustList
    trust_file: Path
    index: CrlIndex
    leaf: bytes
    ca: Issuer
    ca_key: rsa.RSAPrivateKey


def make(directory: Path) -> World:
    at = SystemClock().now().replace(microsecond=0)
    pki.create(directory / "pki", at)
    made = pki.Pki(directory / "pki")
    trust = compile_bundle(read_bundle(made.bundle), pins=made.pins, realm="sandbox", at=at)
    trust_file = directory / "trust.json"
    trust.save(trust_file)
    index = CrlIndex(directory / "index", trust)
    index.import_crls(made.crls, at)
    leaf = _accepted(made.directory / "personas", trust, index, at)
    issuer = trust.find(x509.load_der_x509_certificate(leaf))
    assert issuer is not None
    return World(directory, at, trust, trust_file, index, leaf, issuer, _key_of(made.directory / "ca", issuer))


def _accepted(personas: Path, trust: TrustList, index: CrlIndex, at: datetime) -> bytes:
    """The first persona's certificate that a login accepts."""
    for path in sorted(personas.glob("*.pem")):
        der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
        if isinstance(judge(der, trust=trust, revocation=index, at=at), Accepted):
            return der
    raise SystemExit("none of the sandbox's certificates is accepted")


def _key_of(authorities: Path, issuer: Issuer) -> rsa.RSAPrivateKey:
    for path in authorities.glob("*.pem"):
        if x509.load_pem_x509_certificate(path.read_bytes()) == issuer.certificate:
            key = load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
            assert isinstance(key, rsa.RSAPrivateKey)
            return key
    raise SystemExit(f"the key of {issuer.name} is not in {authorities}")
