"""The fake ICP-Brasil, judged by the openssl command, which shares nothing with what made it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.sandbox import pki
from idp.sandbox.authorities import make_web_ca
from tests.sandbox.conftest import NOW

AT = str(int(NOW.timestamp()))
LOGINS = ("empresa", "contadora", "funcionario", "socio", "produtora", "selo", "cidada", "ex-administrador")
BAD = ("vencido", "futuro", "revogado", "ac-desconhecida", "site", "fora-da-icp", "divergente")


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def trust(made: pki.Pki, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Roots, CAs and CRLs as openssl wants them: PEM files, taken from the bundle and not from the makers' folder."""
    where = tmp_path_factory.mktemp("trust")
    files = {name: where / f"{name}.pem" for name in ("roots", "issuing", "crls")}
    with zipfile.ZipFile(made.bundle) as bundle:
        for name in bundle.namelist():
            kind = "roots" if name.startswith("raiz-") else "issuing"
            with files[kind].open("ab") as file:
                file.write(bundle.read(name))
    for crl in made.crls.glob("*.crl"):
        with files["crls"].open("a") as file:
            file.write(openssl("crl", "-inform", "DER", "-in", crl).stdout)
    return files


def verify(trust: dict[str, Path], certificate: Path, *more: str) -> str:
    """What openssl says of a certificate: "OK", or its first error."""
    result = openssl(
        *("verify", "-attime", AT, "-crl_check_all", "-CAfile", trust["roots"], "-untrusted", trust["issuing"]),
        *("-CRLfile", trust["crls"], *more, certificate),
    )
    if result.returncode == 0:
        return "OK"
    return next(line for line in result.stderr.splitlines() if line.startswith("error ")).partition(": ")[2]


@pytest.mark.parametrize(
    ("slug", "verdict"),
    [
        *((slug, "OK") for slug in LOGINS),
        ("site", "OK"),
        ("divergente", "OK"),
        ("vencido", "certificate has expired"),
        ("futuro", "certificate is not yet valid"),
        ("revogado", "certificate revoked"),
        ("ac-desconhecida", "unable to get local issuer certificate"),
        ("fora-da-icp", "self-signed certificate"),
    ],
)
def test_each_certificate_is_as_good_or_bad_as_its_persona_says(
    made: pki.Pki, trust: dict[str, Path], slug: str, verdict: str
) -> None:
    assert verify(trust, made.certificate(slug)) == verdict


def test_two_issuing_cas_are_as_lax_as_nine_live_ones(made: pki.Pki, trust: dict[str, Path]) -> None:
    """RFC 5280 4.2.1.9 wants basicConstraints critical in a CA; X509_STRICT refuses the chain without it."""
    lax = {slug for slug in LOGINS if verify(trust, made.certificate(slug), "-x509_strict") != "OK"}
    assert lax == {"socio", "produtora", "selo"}


@pytest.mark.parametrize(
    ("slug", "der"),
    [
        # OID 2.16.76.1.3.n (06 05 60 4C 01 03 nn), [0] EXPLICIT, OCTET STRING: as the profiles lay identities out
        ("empresa", b"\x06\x05\x60\x4c\x01\x03\x03\xa0\x10\x04\x0e99990001000198"),
        ("empresa", b"\x06\x05\x60\x4c\x01\x03\x02\xa0\x19\x04\x17JACIRA BATISTA DE SOUZA"),
        ("empresa", b"\x06\x05\x60\x4c\x01\x03\x04\xa0\x2f\x04\x2d1403197990000101281" + b"0" * 26),
        ("empresa", b"\x06\x05\x60\x4c\x01\x03\x07\xa0\x0e\x04\x0c000000000000"),
        ("contadora", b"\x06\x05\x60\x4c\x01\x03\x01\xa0\x2f\x04\x2d0209198490000102253" + b"0" * 26),
        ("contadora", b"\x06\x03\x55\x04\x05\x13\x0b90000102253"),
        ("selo", b"\x06\x03\x55\x04\x05\x13\x0e12ABC34501DE35"),
        ("divergente", b"\x06\x05\x60\x4c\x01\x03\x01\xa0\x34\x04\x320101198590000115231" + b"0" * 26 + b"SSPAM"),
        ("divergente", b"LUCIANA REIS ALENCAR:90000116203"),
    ],
)
def test_identities_lie_where_the_profiles_put_them(made: pki.Pki, slug: str, der: bytes) -> None:
    result = subprocess.run(
        ["openssl", "x509", "-in", made.certificate(slug), "-outform", "DER"], capture_output=True, check=True
    )
    assert der in result.stdout


def test_p12_opens_with_the_printed_password_only(made: pki.Pki) -> None:
    for slug in LOGINS + BAD:
        opened = openssl("pkcs12", "-in", made.p12(slug), "-passin", "pass:portaria", "-nodes")
        assert opened.returncode == 0
        assert "BEGIN PRIVATE KEY" in opened.stdout
        assert openssl("pkcs12", "-in", made.p12(slug), "-passin", "pass:", "-nodes").returncode != 0


def test_pins_are_the_roots_of_the_bundle(made: pki.Pki) -> None:
    with zipfile.ZipFile(made.bundle) as bundle:
        assert len(bundle.namelist()) == 6
        roots = [bundle.read(name) for name in bundle.namelist() if name.startswith("raiz-")]
    ders = [
        subprocess.run(["openssl", "x509", "-outform", "DER"], input=root, capture_output=True, check=True).stdout
        for root in roots
    ]
    assert [hashlib.sha256(der).hexdigest() for der in ders] == list(made.pins)
    assert len(ders) == 2


def test_the_server_certificate_serves_every_sandbox_host(made: pki.Pki) -> None:
    for host in ("localhost", "id.portaria.test", "certificado.portaria.test", "mtls.portaria.test"):
        assert web_verify(made.web_ca, made.server_certificate, "-verify_hostname", host) == "OK"
    for address in ("127.0.0.1", "::1"):
        assert web_verify(made.web_ca, made.server_certificate, "-verify_ip", address) == "OK"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("DNS:app.portaria.test", "OK"),
        ("DNS:www.example.com", "permitted subtree violation"),
        ("DNS:portaria.test.example.com", "permitted subtree violation"),
        ("IP:192.0.2.1", "permitted subtree violation"),
    ],
)
def test_the_web_ca_cannot_certify_other_names(tmp_path: Path, name: str, verdict: str) -> None:
    """RFC 5280 4.2.1.10: whoever trusts this CA in a browser opens loopback and portaria.test, nothing else."""
    web_ca = make_web_ca(NOW)
    ca, ca_key, key, request, leaf, extensions = (
        tmp_path / part for part in ("ca.pem", "ca.key", "key", "csr", "leaf.pem", "cnf")
    )
    ca.write_bytes(web_ca.certificate.public_bytes(Encoding.PEM))
    ca_key.write_bytes(web_ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    extensions.write_text(f"subjectAltName={name}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/O=x", "-out", request)
    openssl(
        *("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", "3650"),
        *("-extfile", extensions, "-out", leaf),
    )
    assert web_verify(ca, leaf) == verdict


def test_the_web_ca_key_is_not_kept(made: pki.Pki) -> None:
    assert not [
        path for path in (made.directory / "web").iterdir() if path.name.startswith("ca") and path != made.web_ca
    ]


def test_private_keys_are_readable_by_their_owner_only(made: pki.Pki) -> None:
    private = [*made.directory.rglob("*.key"), *made.directory.rglob("*.p12")]
    assert len(private) > 30
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_refreshed_crls_are_newer_and_still_revoke(made: pki.Pki, tmp_path: Path) -> None:
    copy = pki.Pki(tmp_path / "pki")
    shutil.copytree(made.directory, copy.directory)
    pki.refresh_crls(copy.directory, NOW + timedelta(days=40))
    shown = openssl("crl", "-inform", "DER", "-in", copy.crls / "rfb-v5.crl", "-noout", "-text").stdout
    assert "Last Update: Jan  1 12:00:00 2027 GMT" in shown
    assert "Next Update: Jan 31 12:00:00 2027 GMT" in shown
    assert shown.count("Serial Number:") == 1
    assert "Key Compromise" in shown
    number = openssl("crl", "-inform", "DER", "-in", copy.crls / "rfb-v5.crl", "-noout", "-crlnumber").stdout
    assert number.strip() in ("crlNumber=02", "crlNumber=0x02")


def test_an_interrupted_first_start_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pki, "make_web_ca", broken)
        with pytest.raises(KeyboardInterrupt):
            pki.create(tmp_path / "pki", NOW)
    assert not (tmp_path / "pki").exists()
    pki.create(tmp_path / "pki", NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["pki"]


def web_verify(ca: Path, certificate: Path, *more: str) -> str:
    result = openssl("verify", "-x509_strict", "-no_check_time", "-CAfile", ca, *more, certificate)
    if result.returncode == 0:
        return "OK"
    return next(line for line in result.stderr.splitlines() if line.startswith("error ")).partition(": ")[2]
