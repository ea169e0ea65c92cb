"""Personas' certificates: the ICP-Brasil end-user profiles, written by hand.

Layouts: DOC-ICP-04 for otherName 2.16.76.1.3.x (old profile) and Res. CG ICP-Brasil 211/2024 for the subject's
serialNumber (new profile). The reader of these certificates is elsewhere and shares nothing with this writer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from idp.sandbox.authorities import Authority, IssuingCa, distribution_point, key_usage, policies
from idp.sandbox.personas import CertificateSpec, Persona, Profile

_ARC = "2.16.76.1.3"
_CNPJ_AR = "99990006000110"
_NIVEIS = {"1": "A1", "3": "A3", "4": "A4"}


def make_leaf(
    persona: Persona, key: rsa.RSAPrivateKey, issuer: Authority | None, ca: IssuingCa | None, now: datetime
) -> x509.Certificate:
    """The persona's certificate, signed by ``issuer`` (by ``key`` itself when there is none)."""
    spec = persona.spec
    subject = x509.Name(_subject(persona))
    begin, end = (now + timedelta(days=days) for days in spec.days)
    issuer_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature", "content_commitment", "key_encipherment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_usages(spec)), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(persona)), critical=False)
    )
    if ca:
        builder = (
            builder.add_extension(policies(ca.policy(spec.policy)), critical=False)
            .add_extension(distribution_point(ca.slug), critical=False)
            .add_extension(_issuer_access(ca), critical=False)
        )
    return builder.sign(issuer_key, hashes.SHA256())


def _subject(persona: Persona) -> list[x509.NameAttribute[str]]:
    spec = persona.spec
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "BR")
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ICP-Brasil" if spec.issuer else "Nenhuma AC")
    number = spec.cn_number or spec.documento
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, f"{persona.nome}:{number}")
    if spec.profile is Profile.SITE:
        return [country, organization, x509.NameAttribute(NameOID.COMMON_NAME, "loja.portaria.test")]
    if spec.profile in (Profile.E_CPF_NOVO, Profile.SELO):
        return [country, organization, x509.NameAttribute(NameOID.SERIAL_NUMBER, spec.documento), common_name]
    e_cnpj = spec.profile is Profile.E_CNPJ_ANTIGO
    tipo = "e-CNPJ" if e_cnpj else "e-CPF"
    place = [(NameOID.STATE_OR_PROVINCE_NAME, "AM"), (NameOID.LOCALITY_NAME, "MANAUS")] if e_cnpj else []
    units = (
        "Secretaria Ficticia da Receita - RFB",
        f"RFB {tipo} {_NIVEIS[spec.policy]}",
        _CNPJ_AR,
        "AR FICTICIA",
        "videoconferencia",
    )
    # The old profile is PrintableString throughout, without accents (NBR 9611); UTF8String is the library's default.
    printable = [(NameOID.ORGANIZATION_NAME, organization.value), *place]
    printable += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    printable += [(NameOID.COMMON_NAME, common_name.value)]
    return [country, *(x509.NameAttribute(oid, str(text), _ASN1Type.PrintableString) for oid, text in printable)]


def _alternative_names(persona: Persona) -> list[x509.GeneralName]:
    spec = persona.spec
    email = x509.RFC822Name(f"{persona.slug}@portaria.test")
    match spec.profile:
        case Profile.E_CPF_ANTIGO:
            return [
                _other_name(1, _dados(spec.nascimento, spec.documento) + "SSPAM"),
                _other_name(5, "0" * 19 + "MANAUSAM"),
                _other_name(6, "0" * 12),
                email,
            ]
        case Profile.E_CPF_NOVO:
            return [_other_name(1, _dados(spec.nascimento, spec.documento)), email]
        case Profile.E_CNPJ_ANTIGO:
            return [*_company_names(spec), _other_name(7, "0" * 12), email]
        case Profile.SITE:
            return [x509.DNSName("loja.portaria.test"), _other_name(8, persona.nome), *_company_names(spec)]
        case _:
            return [email]


def _company_names(spec: CertificateSpec) -> list[x509.GeneralName]:
    cpf, nome = spec.responsavel
    return [
        _other_name(4, _dados(spec.nascimento, cpf)),
        _other_name(2, nome),
        _other_name(3, spec.documento),
    ]


def _dados(nascimento: str, cpf: str) -> str:
    """Birth date, CPF, NIS and RG: 8 + 11 + 11 + 15 characters; what is unknown is zeros."""
    return f"{nascimento}{cpf}{'0' * 11}{'0' * 15}"


def _other_name(number: int, text: str) -> x509.OtherName:
    """An otherName holding an OCTET STRING (tag 04), as every CA writes it. Short form of the length only."""
    data = text.encode("ascii")
    if len(data) > 127:
        raise ValueError("otherName text longer than 127 bytes")
    return x509.OtherName(x509.ObjectIdentifier(f"{_ARC}.{number}"), bytes((0x04, len(data))) + data)


def _usages(spec: CertificateSpec) -> list[x509.ObjectIdentifier]:
    if spec.profile is Profile.SITE:
        return [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]


def _issuer_access(ca: IssuingCa) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier(f"http://lcr.portaria.test/{ca.slug}.p7b")
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)])
