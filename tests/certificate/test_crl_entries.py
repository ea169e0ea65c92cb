"""The entries of a CRL, as another parser reads them too; and lists of more entries than are sorted at once."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from idp.certificate import crl_entries, crl_file
from idp.certificate.crl import verify
from tests.certificate.conftest import World
from tests.certificate.openssl_pki import NOW, openssl
from tests.support.corpora import corpus

REASONS = ["unspecified", "keyCompromise", "CACompromise", "affiliationChanged", "superseded", "cessationOfOperation"]


def _by_the_library(der: bytes) -> list[tuple[int, datetime, str | None]]:
    found = []
    for entry in x509.load_der_x509_crl(der):
        reasons = [e.value.reason.value for e in entry.extensions if isinstance(e.value, x509.CRLReason)]
        found.append((entry.serial_number, entry.revocation_date_utc, reasons[0] if reasons else None))
    return found


def _here(der: bytes) -> list[tuple[int, datetime, str | None]]:
    return [(e.serial, datetime.fromtimestamp(e.revoked_at, NOW.tzinfo), e.reason) for e in crl_entries.read(der)]


def test_all_reasons_and_none(world: World) -> None:
    revoked = [(f"{n + 1:02X}" * 16, reason) for n, reason in enumerate([*REASONS, "certificateHold"])]
    der = world.pki.crl(world.ca, revoked)
    assert [reason for _, _, reason in _here(der)][1:3] == ["keyCompromise", "cACompromise"]
    assert _here(der) == _by_the_library(der)
    empty = world.pki.crl(world.ca)
    assert _here(empty) == []


@pytest.mark.parametrize(
    ("written", "patched", "at"),
    [
        ("170d3236313130313030303030305a", "170d3530303130313030303030305a", "1950-01-01T00:00:00+00:00"),
        ("170d3236313130313030303030305a", "170d3439313233313233353935395a", "2049-12-31T23:59:59+00:00"),
    ],
)
def test_a_two_digit_year_is_of_1950_to_2049(world: World, written: str, patched: str, at: str) -> None:
    """RFC 5280 §4.1.2.5.1."""
    der = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    dated = world.pki.resigned(der, bytes.fromhex(written), bytes.fromhex(patched), world.ca.key)
    assert [moment.isoformat() for _, moment, _ in _here(dated)] == [at]
    assert _here(dated) == _by_the_library(dated)


def test_every_public_list_reads_the_same() -> None:
    files = sorted((corpus("pkits") / "crls").glob("*.crl"))
    same = 0
    for file in files:
        der = file.read_bytes()
        try:
            expected = _by_the_library(der)
            found = _here(der)
        except (ValueError, crl_entries.CrlRefused):
            continue
        assert found == expected, file.name
        same += 1
    assert same > 150


def test_a_list_of_many_runs_is_in_order_and_names_each_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crl_file, "_RUN", 7)
    serials = [0x1000 + n * 7919 % 1009 for n in range(200)]
    der = world.pki.crl(world.ca, [(f"{serial:X}", "superseded") for serial in serials])
    twice = world.pki.resigned(  # openssl writes no serial twice
        der, b"\x02\x02" + serials[7].to_bytes(2, "big"), b"\x02\x02" + serials[150].to_bytes(2, "big"), world.ca.key
    )
    del serials[7]
    crl = verify(twice, world.trust.authorities(), NOW)
    assert crl.count == 200
    path = tmp_path / "x"
    path.write_bytes(crl_file.encode(crl))
    compiled = crl_file.CompiledCrl(path)
    assert compiled.count == 199
    found = {serial for serial in range(0x0F00, 0x1500) if compiled.find(f"{serial:x}")}
    assert found == set(serials)
    key = openssl("pkey", "-in", world.ca.key, "-pubout", "-outform", "DER")
    assert compiled.issuer_key == hashlib.sha256(key).hexdigest()
