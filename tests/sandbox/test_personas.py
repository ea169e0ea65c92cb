"""The provider's reader and the sandbox's writer, which share no code, agree on what each persona is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from idp.certificate import leaf
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import TrustList, compile_bundle, read_bundle
from idp.domain.certificado import Accepted, Refused
from idp.sandbox import pki
from idp.sandbox.personas import PERSONAS, persona
from tests.sandbox.conftest import NOW


@pytest.fixture(scope="module")
def trust(made: pki.Pki) -> TrustList:
    crls = [path.read_bytes() for path in made.crls.glob("*.crl")]
    return compile_bundle(read_bundle(made.bundle), pins=made.pins, realm="sandbox", at=NOW, crls=crls)


@pytest.fixture(scope="module")
def revocation(made: pki.Pki, trust: TrustList, tmp_path_factory: pytest.TempPathFactory) -> CrlIndex:
    index = CrlIndex(tmp_path_factory.mktemp("index"), trust)
    report = index.import_crls(made.crls, NOW)
    assert (report.count("imported"), report.count("refused")) == (6, 2)  # the look-alike root and its CA are strangers
    return index


def test_every_issuing_ca_of_the_bundle_may_certify_a_login(trust: TrustList) -> None:
    assert {(issuer.name, issuer.reasons, issuer.crl) for issuer in trust.issuers} == {
        ("AC FICTICIA RFB v5", (), "fresh"),
        ("AC FICTICIA MULTIPLA v5", (), "fresh"),
        ("AC FICTICIA FINAL v12", (), "fresh"),
        ("AC FICTICIA SELO v12", (), "fresh"),
    }


@pytest.mark.parametrize(
    ("slug", "verdict"),
    [
        ("empresa", "PJ 99990001000198 90000101281 e-CNPJ A1"),
        ("contadora", "PF 90000102253 - e-CPF A3"),
        ("funcionario", "PF 90000103225 - e-CPF A1"),
        ("socio", "PF 90000107212 - e-CPF A3"),
        ("produtora", "PF 90000108294 - e-CPF A3"),
        ("selo", "PJ 12ABC34501DE35 - SE SE-S"),
        ("cidada", "PF 90000104205 - e-CPF A3"),
        ("ex-administrador", "PJ 99990003000187 90000105279 e-CNPJ A1"),
        ("vencido", "CERT-02"),
        ("futuro", "CERT-03"),
        ("revogado", "CERT-04"),
        ("ac-desconhecida", "CERT-05"),
        ("site", "CERT-07"),
        ("fora-da-icp", "CERT-08"),
        ("divergente", "CERT-09"),
    ],
)
def test_a_certificate_says_what_its_persona_promises(
    made: pki.Pki, trust: TrustList, revocation: CrlIndex, slug: str, verdict: str
) -> None:
    found = leaf.judge(der(made.certificate(slug)), trust=trust, revocation=revocation, at=NOW)
    assert described(found) == verdict
    if verdict.startswith("CERT-"):
        assert persona(slug).expected.code == verdict


def test_no_persona_is_left_out_above() -> None:
    assert len(PERSONAS) == 18
    assert len({p.slug for p in PERSONAS}) == 18


def described(verdict: Accepted | Refused) -> str:
    if isinstance(verdict, Refused):
        return verdict.first.code.value
    holder, certificado = verdict.holder, verdict.certificado
    responsavel = getattr(holder, "responsavel", None)
    kind = "PJ" if hasattr(holder, "cnpj") else "PF"
    cpf = responsavel.cpf if responsavel else "-"
    return f"{kind} {holder.documento} {cpf} {certificado.tipo} {certificado.nivel}"


def der(path: Path) -> bytes:
    return subprocess.run(["openssl", "x509", "-in", path, "-outform", "DER"], capture_output=True, check=True).stdout
