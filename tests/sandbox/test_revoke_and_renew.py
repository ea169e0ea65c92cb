"""A persona's certificate revoked and renewed, as the openssl command sees it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from idp.sandbox import pki
from idp.sandbox.personas import persona
from tests.sandbox.conftest import NOW
from tests.sandbox.test_sandbox import idp


@pytest.fixture
def own(made: pki.Pki, tmp_path: Path) -> pki.Pki:
    return pki.Pki(Path(shutil.copytree(made.directory, tmp_path / "pki")))


def openssl(*arguments: object) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def serial(certificate: Path) -> str:
    return openssl("x509", "-in", certificate, "-noout", "-serial").strip().removeprefix("serial=")


def test_a_revoked_certificate_joins_those_that_its_ca_revoked_before(own: pki.Pki) -> None:
    before = openssl("crl", "-inform", "DER", "-in", own.crls / "multipla-v5.crl", "-noout", "-text")
    crl = pki.revoke(own, persona("produtora"), NOW + timedelta(hours=1))
    assert crl == own.crls / "multipla-v5.crl"
    after = openssl("crl", "-inform", "DER", "-in", crl, "-noout", "-text")
    assert f"Serial Number: {serial(own.certificate('produtora'))}" in after
    assert after.count("Serial Number:") == before.count("Serial Number:") + 1
    assert "Nov 22 13:00:00 2026 GMT" in after
    said = openssl("crl", "-inform", "DER", "-in", crl, "-noout", "-CAfile", own.directory / "ca" / "multipla-v5.pem")
    assert "verify OK" in said
    pki.refresh_crls(own.directory, NOW + timedelta(hours=2))
    kept = openssl("crl", "-inform", "DER", "-in", crl, "-noout", "-text")
    assert f"Serial Number: {serial(own.certificate('produtora'))}" in kept


def test_a_renewed_certificate_is_another_one_of_the_same_person(own: pki.Pki) -> None:
    old = openssl("x509", "-in", own.certificate("produtora"), "-noout", "-subject", "-pubkey")
    old_serial = serial(own.certificate("produtora"))
    p12 = pki.renew(own, persona("produtora"), NOW)
    new = openssl("x509", "-in", own.certificate("produtora"), "-noout", "-subject", "-pubkey")
    assert new.splitlines()[0] == old.splitlines()[0]
    assert new.splitlines()[1:] != old.splitlines()[1:]
    assert serial(own.certificate("produtora")) != old_serial
    ca, root = (own.directory / "ca" / f"{slug}.pem" for slug in ("multipla-v5", "raiz-v5"))
    at = ("-attime", int(NOW.timestamp()))
    openssl("verify", "-CAfile", root, "-untrusted", ca, *at, own.certificate("produtora"))
    inside = openssl("pkcs12", "-in", p12, "-passin", "pass:portaria", "-nodes")
    assert inside.count("BEGIN CERTIFICATE") == 3
    assert inside.count("BEGIN PRIVATE KEY") == 1
    assert own.key("produtora").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    for command in (("revoke", "--as", "produtora"), ("renew", "--as", "produtora")):
        refused = idp(*command, cwd=tmp_path)
        assert (refused.returncode, "idp sandbox run" in refused.stderr) == (3, True)
    assert idp("revoke", "--as", "fora-da-icp", cwd=tmp_path).returncode == 2
    assert "--real-names" in idp("run", "--wildcard", cwd=tmp_path).stderr
    assert list(tmp_path.iterdir()) == []
