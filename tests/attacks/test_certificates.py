"""What an attacker would try with certificates: what is believed, what is kept, what a grace allows."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from idp.certificate.leaf import judge
from idp.certificate.trust import PINS, TrustList, compile_bundle, read_bundle
from idp.domain.certificado import RevocationStatus
from idp.errors import TrustError
from tests.certificate.openssl_pki import OpensslPki
from tests.oidc.world import World
from tests.support.corpora import corpus


class Nobody:
    """A trust list in which the stranger's issuer is not, and an index that is never asked."""

    def find(self, leaf: x509.Certificate) -> None:
        return None

    def named(self, name: x509.Name) -> tuple[()]:
        return ()

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return RevocationStatus("good")


def strangers_certificate() -> bytes:
    """Self-made, under 16 KiB, its names as long as that allows."""
    key = ec.generate_private_key(ec.SECP256R1())

    def attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
        return x509.NameAttribute(oid, value, _ASN1Type.UTF8String, _validate=False)

    subject = [attribute(NameOID.COMMON_NAME, "A"), attribute(NameOID.SERIAL_NUMBER, "\x01" * 7500)]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(x509.Name([attribute(NameOID.COMMON_NAME, "\x02" * 7500)]))
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2027, 1, 1))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.mark.attack("ATK-045")
@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_a_refused_certificate_leaves_little_behind(tmp_path: Path) -> None:
    world, nobody = World(tmp_path), Nobody()
    world.gateway.judge = lambda der, at: judge(der, trust=nobody, revocation=nobody, at=at)  # type: ignore[arg-type]
    person = world.browser()
    person.present(person.authorize(), strangers_certificate())
    with world.store.engine.connect() as connection:
        sizes = [
            connection.exec_driver_sql(f"SELECT max(length({column})) FROM {table}").scalar()
            for table, column in (("return_codes", "verdict"), ("audit", "payload"))
        ]
    world.close()
    assert max(sizes) < 4096


@pytest.mark.attack("ATK-054")
def test_a_ca_written_into_a_compiled_list_is_not_believed(tmp_path: Path) -> None:
    """The real list, untouched but for one more entry: the sandbox's CA, "eligible", under nobody."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    real = compile_bundle(read_bundle(corpus("icp-brasil")), pins=PINS, realm="icp-brasil", at=at)
    file = tmp_path / "issuers.json"
    real.save(file)
    pki = OpensslPki(tmp_path)
    fake = pki.ca("AC SAFEWEB RFB v5")
    document = json.loads(file.read_bytes())
    entry = next(one for one in document["issuers"] if not one["reasons"])
    document["issuers"].append({**entry, "certificate": base64.b64encode(fake.der).decode()})
    file.write_text(json.dumps(document))
    try:
        loaded = TrustList.load(file, "icp-brasil")
    except TrustError:
        return
    issuer = loaded.find(x509.load_der_x509_certificate(pki.leaf(fake)))
    assert issuer is None or not issuer.eligible
