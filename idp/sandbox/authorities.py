"""The fake ICP-Brasil's authorities: two roots, two issuing CAs under each, their CRLs, and the unrelated web CA.

Shapes follow certificates of the real hierarchy (DOC-ICP-04; the bundle that ITI publishes): CA certificates list the
policies they may issue under, have http CRL distribution points and no AIA, and some mark basicConstraints
non-critical against RFC 5280, as nine live CAs do. Names say that they are fictitious.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CRL_DAYS = 30
WEB_HOSTS = (
    "localhost",
    "portaria.test",
    "id.portaria.test",
    "certificado.portaria.test",
    "*.certificado.portaria.test",
    "mtls.portaria.test",
    "app.portaria.test",
)
_WEB_ADDRESSES = ("127.0.0.1", "::1")
_OU = "Sandbox Portaria - sem validade juridica"


@dataclass(frozen=True, slots=True)
class Root:
    slug: str
    nome: str
    years: tuple[int, int]
    """Years before and after the day it is made."""
    recognised: bool = True
    """Whether it goes into the bundle; the look-alike does not."""


@dataclass(frozen=True, slots=True)
class IssuingCa:
    slug: str
    root: str
    nome: str
    policies: tuple[str, ...]
    """``<type>.<n>`` under 2.16.76.1.2, as the CA's own certificate lists them."""
    basic_constraints_critical: bool = True

    def policy(self, level: str) -> str:
        """The policy of that type (1 = A1, 3 = A3, 201 = SE-S ...) with this CA's own number."""
        return next(f"2.16.76.1.2.{policy}" for policy in self.policies if policy.startswith(f"{level}."))


ROOTS = (
    Root("raiz-v5", "Autoridade Certificadora Raiz Ficticia v5", (10, 3)),
    Root("raiz-v12", "Autoridade Certificadora Raiz Ficticia v12", (2, 11)),
    Root("raiz-desconhecida", "Autoridade Certificadora Raiz Imitada v5", (10, 3), recognised=False),
)
ISSUING = (
    IssuingCa("rfb-v5", "raiz-v5", "AC FICTICIA RFB v5", ("1.901", "3.901")),
    IssuingCa("multipla-v5", "raiz-v5", "AC FICTICIA MULTIPLA v5", ("1.902", "3.902", "401.902"), False),
    IssuingCa("final-v12", "raiz-v12", "AC FICTICIA FINAL v12", ("3.903", "4.903")),
    IssuingCa("selo-v12", "raiz-v12", "AC FICTICIA SELO v12", ("3.904", "201.904", "202.904"), False),
    IssuingCa("desconhecida", "raiz-desconhecida", "AC IMITADA v5", ("1.905", "3.905")),
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA's certificate and private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def crl_url(slug: str) -> str:
    """Where a certificate says its issuer's CRL is. Nothing answers there: logins make no outbound connection."""
    return f"http://lcr.portaria.test/{slug}.crl"


def distribution_point(slug: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(crl_url(slug))
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


def key_usage(*names: str) -> x509.KeyUsage:
    known = ("digital_signature", "content_commitment", "key_encipherment", "key_cert_sign", "crl_sign")
    unused = dict.fromkeys(("data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{name: name in names for name in known}, **unused)


def policies(*oids: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids])


def make_root(root: Root, now: datetime) -> Authority:
    """A self-signed root with the real roots' extensions."""
    key = new_key()
    subject = _ca_name("Instituto Ficticio de Tecnologia da Informacao", root.nome)
    begin, end = (timedelta(days=365 * years) for years in root.years)
    certificate = (
        _ca_builder(subject, subject, key, key, now - begin, now + end, critical=True)
        .add_extension(policies("2.16.76.1.1.0"), critical=False)
        .add_extension(distribution_point(root.slug), critical=False)
        .sign(key, hashes.SHA512())
    )
    return Authority(certificate, key)


def make_issuing(ca: IssuingCa, root: Authority, now: datetime) -> Authority:
    """A CA that certifies people, under ``root`` and valid as long as it."""
    key = new_key()
    root_certificate = root.certificate
    organization = root_certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    subject = _ca_name(str(organization), ca.nome)
    certificate = (
        _ca_builder(
            subject,
            root_certificate.subject,
            key,
            root.key,
            now - timedelta(days=700),
            root_certificate.not_valid_after_utc,
            critical=ca.basic_constraints_critical,
        )
        .add_extension(policies(*(f"2.16.76.1.2.{p}" for p in ca.policies)), critical=False)
        .add_extension(distribution_point(ca.root), critical=False)
        .sign(root.key, hashes.SHA512())
    )
    return Authority(certificate, key)


def make_crl(
    issuer: Authority, now: datetime, number: int, revoked: list[x509.RevokedCertificate]
) -> x509.CertificateRevocationList:
    """A complete CRL signed now, good for :data:`CRL_DAYS` days."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=CRL_DAYS))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256())


def make_web_ca(now: datetime) -> Authority:
    """The CA of the sandbox's own HTTPS. It can only ever certify loopback names and portaria.test, which RFC 6761
    reserves, so that trusting it in a browser opens nothing else."""
    key = new_key()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Portaria sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Portaria sandbox web CA"),
        ]
    )
    permitted: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("portaria.test")]
    permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in _WEB_ADDRESSES]
    certificate = (
        _ca_builder(subject, subject, key, key, now - timedelta(days=1), now + timedelta(days=3650), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def make_server(web_ca: Authority, now: datetime) -> Authority:
    """The server certificate of all sandbox hosts. It ends just before the first of the personas' certificates does."""
    key = new_key()
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in WEB_HOSTS]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _WEB_ADDRESSES]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .issuer_name(web_ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=330))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature", "key_encipherment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(web_ca.key.public_key()),
            critical=False,
        )
        .sign(web_ca.key, hashes.SHA256())
    )
    return Authority(certificate, key)


def _ca_name(unit: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ICP-Brasil"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _OU),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _ca_builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    begin: datetime,
    end: datetime,
    *,
    critical: bool,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=critical)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
