"""One leaf against its CA: type, chain, validity, and the order of the reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.certificate.leaf import judge
from idp.certificate.trust import compile_bundle
from idp.domain.certificado import Accepted, Nivel, Refused, TipoCertificado
from tests.certificate.conftest import AllGood, World, pins
from tests.certificate.openssl_pki import (
    A1,
    A3,
    AE_S,
    CNPJ,
    CPF,
    E_CNPJ,
    NOW,
    SE_S,
    octets,
    openssl,
)


def test_an_e_cpf_is_accepted_with_its_level(world: World) -> None:
    verdict = world.accepted(world.pki.leaf(world.ca, serial=0xABC))
    assert (verdict.holder.cpf.numero, verdict.holder.nome) == (CPF, "MARIA DA SILVA")
    certificado = verdict.certificado
    assert (certificado.tipo, certificado.nivel, certificado.politica) == (TipoCertificado.E_CPF, Nivel.A3, A3)
    assert (certificado.emissor, certificado.ref.serial) == ("AC de Teste", "abc")
    assert certificado.validade == datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_the_reference_names_the_key_of_the_ca(world: World) -> None:
    """RFC 5280 §4.1.2.7: the SHA-256 is over the SubjectPublicKeyInfo, as openssl prints it."""
    spki = openssl("pkey", "-in", world.ca.key, "-pubout", "-outform", "DER")
    digest = openssl("dgst", "-sha256", "-r", data=spki).split()[0].decode()
    assert world.accepted(world.pki.leaf(world.ca)).certificado.ref.issuer_key == digest


def test_the_thumbprint_is_of_the_der(world: World) -> None:
    """RFC 8705 §3.1: x5t#S256 is the base64url SHA-256 of the DER certificate."""
    der = world.pki.leaf(world.ca)
    digest = openssl("dgst", "-sha256", "-binary", data=der)
    expected = openssl("base64", "-A", data=digest).decode().translate(str.maketrans("+/", "-_")).rstrip("=")
    assert world.accepted(der).certificado.thumbprint == expected


@pytest.mark.parametrize(
    ("options", "token"),
    [
        pytest.param({"basic": "critical,CA:TRUE"}, "ca-certificate", marks=pytest.mark.attack("ATK-049")),
        ({"usage": "critical,digitalSignature,keyCertSign"}, "ca-certificate"),
        ({"san": (*E_CNPJ, "DNS:loja.example.com")}, "site"),
        ({"san": (*E_CNPJ, "IP:192.0.2.1")}, "site"),
        ({"san": (octets(8, "SERVIDOR"), *E_CNPJ)}, "equipment"),
        ({"policies": (AE_S,)}, "policy-equipment"),
        ({"policies": ("2.16.76.1.2.101.5",)}, "policy-encryption"),
        ({"policies": ("2.16.76.1.2.303.5",)}, "policy-timestamp"),
        ({"policies": ("2.16.76.1.2.500.1",)}, "policy-cfe"),
        pytest.param({"policies": ("2.16.76.1.2.550.1",)}, "policy-metrology", marks=pytest.mark.attack("ATK-050")),
        ({"policies": ()}, "policy-missing"),
        ({"policies": ("1.3.6.1.4.1.99999.1",)}, "policy-unknown"),
        ({"policies": ("2.16.76.1.1.5",)}, "policy-unknown"),
        ({"policies": (A1, A3)}, "policy-ambiguous"),
        pytest.param({"policies": ("2.16.76.1.2.3.78",)}, "policy-not-of-issuer", marks=pytest.mark.attack("ATK-050")),
        ({"usage": "critical,nonRepudiation"}, "key-usage"),
        ({"usage": None}, "key-usage"),
        pytest.param({"extended": "serverAuth"}, "extended-key-usage", marks=pytest.mark.attack("ATK-051")),
        ({"extra": ("1.3.6.1.4.1.99999.2=critical,DER:0500",)}, "critical-extension"),
        ({"extra": ("nameConstraints=critical,permitted;DNS:example.com",)}, "critical-extension"),
        pytest.param({"kind": "rsa:1024"}, "key-not-allowed", marks=pytest.mark.attack("ATK-048")),
        pytest.param({"kind": "rsa-e3"}, "key-not-allowed", marks=pytest.mark.attack("ATK-048")),
        pytest.param({"kind": "ec:prime192v1"}, "key-not-allowed", marks=pytest.mark.attack("ATK-048")),
        pytest.param({"kind": "ec:secp256k1"}, "key-not-allowed", marks=pytest.mark.attack("ATK-048")),
        ({"digest": "sha1"}, "weak-signature"),
    ],
)
def test_what_is_not_for_people_is_refused_by_name(world: World, options: dict, token: str) -> None:
    first, *_ = world.details(world.pki.leaf(world.ca, **options))
    assert first == f"CERT-07 {token}"


@pytest.mark.parametrize("kind", ["ec:P-256", "ec:P-384", "ec:P-521", "ed25519", "rsa:3072"])
def test_keys_of_today_are_accepted(world: World, kind: str) -> None:
    assert isinstance(world.judge(world.pki.leaf(world.ca, kind=kind)), Accepted)


def test_an_rsa_pss_signature_is_as_good(world: World) -> None:
    assert isinstance(world.judge(world.pki.leaf(world.ca, padding="pss")), Accepted)


def test_no_extended_key_usage_is_no_restriction(world: World) -> None:
    """RFC 5280 §4.2.1.12: absent, the key is not restricted; the policy still says what it is for."""
    assert isinstance(world.judge(world.pki.leaf(world.ca, extended=None)), Accepted)


def test_a_brcac_like_client_certificate_is_a_site(world: World) -> None:
    """Open Finance's client certificates: CNPJ in serialNumber, clientAuth, a DNS name, no otherName."""
    der = world.pki.leaf(world.ca, cn="EMPRESA SA", serial_number=[CNPJ], san=("DNS:api.example.com",), policies=(A1,))
    assert world.details(der) == ["CERT-07 site"]


def test_an_unknown_ca_of_the_icp_brasil_and_a_foreign_one_differ(world: World) -> None:
    unknown = world.pki.ca("AC Nova", world.root)
    foreign = world.pki.ca("Outra CA", organization="Outra")
    assert world.details(world.pki.leaf(unknown)) == ["CERT-05 unknown-issuer"]
    assert world.details(world.pki.leaf(foreign)) == ["CERT-08 not-icp-brasil"]


def test_a_foreign_certificate_is_not_faulted_for_lacking_what_only_the_icp_brasil_demands(world: World) -> None:
    foreign = world.pki.ca("Outra CA", organization="Outra", policies=())
    der = world.pki.leaf(foreign, policies=(), usage=None, extended=None)
    assert world.details(der) == ["CERT-08 not-icp-brasil"]


@pytest.mark.attack("ATK-030")
def test_a_ca_of_the_same_name_and_another_key_signs_nothing(world: World) -> None:
    imitation = world.pki.ca("AC de Teste", world.root)
    assert world.details(world.pki.leaf(imitation)) == ["CERT-05 bad-signature"]


@pytest.mark.attack("ATK-052")
def test_names_are_compared_by_meaning_and_not_by_string_type(world: World) -> None:
    """RFC 5280 §7.1, and AC SAFEWEB CD V12: PrintableString here, UTF8String there, another case and more spaces."""
    twin = world.pki.ca("ac  de TESTE", world.root, key=world.ca.key, mask="default")
    leaf = world.pki.leaf(twin)
    assert twin.der != world.ca.der
    assert isinstance(world.judge(leaf), Accepted)


def test_a_flipped_bit_of_the_signed_part_is_no_login(world: World) -> None:
    der = world.pki.leaf(world.ca)
    forged = der.replace(CPF.encode(), b"11144477735")
    assert "CERT-05 bad-signature" in world.details(forged)


@pytest.mark.attack("ATK-032")
def test_both_ends_of_the_validity_belong_to_it(world: World) -> None:
    """RFC 5280 §4.1.2.5: from notBefore through notAfter, inclusive."""
    der = world.pki.leaf(world.ca, start="20261001000000Z", end="20261101000000Z")
    begin, end, tick = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), timedelta(microseconds=1)
    assert isinstance(world.judge(der, begin), Accepted)
    assert isinstance(world.judge(der, end), Accepted)
    assert world.details(der, begin - tick) == ["CERT-03 not-yet-valid"]
    assert world.details(der, end + tick) == ["CERT-02 expired"]
    verdict = world.judge(der, end + tick)
    assert isinstance(verdict, Refused)
    assert verdict.first.at == end


@pytest.mark.attack("ATK-055")
def test_users_of_an_expired_ca_stop_with_it(world: World) -> None:
    short = world.pki.ca("AC Breve", world.root, end="20261201000000Z")
    trust = compile_bundle([world.root.der, short.der], pins=pins(world.root), realm="sandbox", at=NOW)
    der = world.pki.leaf(short)
    day = datetime(2026, 12, 1, tzinfo=UTC)
    assert isinstance(judge(der, trust=trust, revocation=AllGood(), at=day), Accepted)
    verdict = judge(der, trust=trust, revocation=AllGood(), at=day + timedelta(seconds=1))
    assert isinstance(verdict, Refused)
    assert [r.detail for r in verdict.reasons] == ["issuer-not-valid-now"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"name": "AC de Teste SSL"}, "CERT-07 issuer-not-for-login"),
        ({"name": "AC Final", "policies": ("2.16.76.1.2.303.1",)}, "CERT-07 issuer-not-for-login"),
        ({"name": "AC Futura", "start": "20270101000000Z"}, "CERT-05 issuer-not-valid-now"),
        ({"name": "AC Limitada", "extra": ("nameConstraints=permitted;email:.example",)}, "CERT-05 issuer-refused"),
    ],
)
def test_a_refused_ca_certifies_nobody(world: World, options: dict, expected: str) -> None:
    ca = world.pki.ca(issuer=world.root, **options)
    trust = compile_bundle([world.root.der, world.ca.der, ca.der], pins=pins(world.root), realm="sandbox", at=NOW)
    verdict = judge(world.pki.leaf(ca), trust=trust, revocation=AllGood(), at=NOW)
    assert isinstance(verdict, Refused)
    assert expected in [f"{r.code.value} {r.detail}" for r in verdict.reasons]


def test_a_ca_that_was_not_yet_valid_at_compilation_stays_refused_until_the_next(world: World) -> None:
    ca = world.pki.ca("AC Futura", world.root, start="20270101000000Z")
    trust = compile_bundle([world.root.der, world.ca.der, ca.der], pins=pins(world.root), realm="sandbox", at=NOW)
    later = datetime(2027, 6, 1, tzinfo=UTC)
    verdict = judge(world.pki.leaf(ca), trust=trust, revocation=AllGood(), at=later)
    assert isinstance(verdict, Refused)
    assert [r.detail for r in verdict.reasons] == ["issuer-refused"]


def test_a_ca_under_an_unpinned_root_certifies_nobody(world: World) -> None:
    other_root = world.pki.ca("Raiz Solta", policies=())
    loose = world.pki.ca("AC Solta", other_root)
    bundle = [world.root.der, world.ca.der, other_root.der, loose.der]
    trust = compile_bundle(bundle, pins=pins(world.root), realm="sandbox", at=NOW)
    verdict = judge(world.pki.leaf(loose), trust=trust, revocation=AllGood(), at=NOW)
    assert isinstance(verdict, Refused)
    assert [r.detail for r in verdict.reasons] == ["issuer-not-anchored"]


def test_all_reasons_are_told_in_the_order_of_the_groups(world: World) -> None:
    foreign = world.pki.ca("Outra CA", organization="Outra")
    der = world.pki.leaf(
        foreign, usage="critical,nonRepudiation", end="20260201000000Z", san=("email:a@example.com",), cn="X"
    )
    assert world.details(der) == [
        "CERT-07 key-usage",
        "CERT-08 not-icp-brasil",
        "CERT-02 expired",
        "CERT-09 identity-missing",
    ]


def test_what_the_bytes_claim_is_kept_apart_from_what_is_believed(world: World) -> None:
    verdict = world.judge(world.pki.leaf(world.pki.ca("AC Nova", world.root), serial=0xBEEF))
    assert isinstance(verdict, Refused)
    claimed = verdict.claimed
    assert (claimed.nome, claimed.documento, claimed.emissor) == ("MARIA DA SILVA", CPF, "AC Nova")
    assert (claimed.serial, claimed.politicas) == ("beef", (A3,))


def test_a_seal_needs_its_own_policy_of_the_issuer(world: World) -> None:
    der = world.pki.leaf(
        world.ca, policies=(SE_S,), serial_number=[CNPJ], cn="EMPRESA SA", san=("email:a@example.com",)
    )
    verdict = world.accepted(der)
    assert (verdict.certificado.tipo, verdict.certificado.nivel) == (TipoCertificado.SELO, Nivel.SE_S)


@pytest.mark.attack("ATK-045")
def test_the_size_is_judged_before_anything_is_parsed(world: World) -> None:
    assert world.details(b"\x30\x83\x10\x00\x00" + bytes(1 << 20)) == ["CERT-09 too-large"]


@pytest.mark.attack("ATK-038")
def test_an_extension_twice_is_unreadable(world: World) -> None:
    twice = ("1.3.6.1.4.1.99999.7=DER:0500", "1.3.6.1.4.1.99999.8=DER:0500")
    der = world.pki.leaf(world.ca, extra=twice)
    oid = bytes.fromhex("06092b06010401868d1f")
    first, second = (der[(i := der.index(oid + tail)) : i + 11] for tail in (b"\x07", b"\x08"))
    assert world.details(world.pki.resigned(der, second, first, world.ca.key)) == ["CERT-09 duplicate-extension"]


@pytest.mark.parametrize("serial", [b"\x00\x00\x00\x00", b"\xff\x34\x56\x78"])
def test_a_serial_number_is_positive(world: World, serial: bytes) -> None:
    """RFC 5280 §4.1.2.2."""
    der = world.pki.leaf(world.ca, serial=0x12345678)
    patched = world.pki.resigned(der, b"\x02\x04\x12\x34\x56\x78", b"\x02\x04" + serial, world.ca.key)
    assert world.details(patched) == ["CERT-09 serial-number"]


def test_both_statements_of_the_signature_algorithm_agree(world: World) -> None:
    """RFC 5280 §4.1.1.2: signatureAlgorithm and tbsCertificate.signature are the same."""
    der = world.pki.leaf(world.ca)
    sha256, sha384 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d01010c")
    assert der.count(sha256) == 2
    position = der.index(sha256)
    forged = der[:position] + sha384 + der[position + len(sha384) :]
    assert world.details(forged) == ["CERT-09 malformed"]


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x00", b"garbage", b"\x30\x80\x00\x00", bytes(100)])
def test_what_is_no_certificate_is_unreadable(world: World, data: bytes) -> None:
    assert world.details(data) == ["CERT-09 malformed"]
