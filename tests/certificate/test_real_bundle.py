"""The real ICP-Brasil bundle of 2026-06-25 and published sample certificates, where a checkout has them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.certificate.trust import PINS, TrustList, compile_bundle, read_bundle
from idp.cli import main
from tests.support.corpora import corpus

AT = datetime(2026, 11, 22, tzinfo=UTC)
NON_CRITICAL = {
    "AC CERTIPE CD",
    "AC CERTMAIS CD",
    "AC LINK CD",
    "AC REDE IDEIA CD",
    "AC SAFETECH CD",
    "AC SAFEWEB CD",
    "AC SAFEWEB CD V12",
    "AC SAFEWEB TIMESTAMPING",
    "AC SEMPRE CD",
}


@pytest.fixture(scope="module")
def real() -> TrustList:
    return compile_bundle(read_bundle(corpus("icp-brasil")), pins=PINS, realm="icp-brasil", at=AT)


def test_all_173_have_a_verdict(real: TrustList) -> None:
    assert (len(real.roots), len(real.issuers), len(real.unreadable)) == (5, 167, 1)
    assert sorted(PINS[root.sha256] for root in real.anchors) == ["ICP-Brasil v12", "ICP-Brasil v5"]
    assert Counter((issuer.root[-3:].strip(), *issuer.reasons) for issuer in real.issuers) == {
        ("v5",): 105,
        ("v5", "no-login-policy"): 15,
        ("v5", "purpose-site"): 9,
        ("v5", "purpose-code"): 6,
        ("v5", "purpose-timestamp", "no-login-policy"): 4,
        ("v12",): 9,
        ("v12", "no-login-policy"): 7,
        ("v10", "not-anchored", "purpose-site"): 6,
        ("v10", "not-anchored", "extended-key-usage", "purpose-site"): 2,
        ("v10", "not-anchored", "purpose-site", "no-login-policy"): 1,
        ("v6", "not-anchored", "key-not-allowed", "no-login-policy"): 3,
    }


@pytest.mark.attack("ATK-053")
def test_the_root_that_no_library_reads_is_listed(real: TrustList) -> None:
    assert [(u.name, u.reason, u.root) for u in real.unreadable] == [
        ("Autoridade Certificadora Raiz Brasileira v7", "unsupported-key", True)
    ]


@pytest.mark.attack("ATK-052")
def test_eight_of_the_nine_with_non_critical_basic_constraints_may(real: TrustList) -> None:
    nine = {issuer.name: issuer.reasons for issuer in real.issuers if issuer.name in NON_CRITICAL}
    assert nine.keys() == NON_CRITICAL
    assert nine.pop("AC SAFEWEB TIMESTAMPING") == ("purpose-timestamp", "no-login-policy")
    assert set(nine.values()) == {()}


def test_after_the_end_of_v5_only_v12_is_left(real: TrustList) -> None:
    bundle = read_bundle(corpus("icp-brasil"))
    later = compile_bundle(bundle, pins=PINS, realm="icp-brasil", at=datetime(2029, 3, 3, tzinfo=UTC))
    assert {issuer.root[-3:] for issuer in later.eligible} == {"v12"}
    assert len(later.eligible) == 9


def test_import_prints_what_an_operator_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_TRUST_DIR", str(tmp_path))
    result = CliRunner().invoke(main, ["trust", "import", str(corpus("icp-brasil")), "--at", AT.isoformat()])
    assert result.exit_code == 0, result.output
    for line in (
        "173 certificates: 6 roots, 167 CAs; 1 of them unreadable",
        "ICP-Brasil v5: 105 of 139 CAs may certify a login",
        "ICP-Brasil v12: 9 of 16 CAs may certify a login",
        "unreadable: Autoridade Certificadora Raiz Brasileira v7",
        "CA-CRLs of the 114 eligible CAs: 114 absent",
        "9: purpose-site (certifies sites (SSL))",
    ):
        assert line in result.output


@pytest.mark.parametrize(
    ("sample", "reasons", "documento"),
    [
        ("06_157_250_0001_16_2024_943c4adf", ["not-icp-brasil", "identity-missing"], None),
        ("Alan_Mathison_Turing_2016_84076371", ["unknown-issuer", "expired"], "20103922300"),
        ("Alan_Mathison_Turing_2025_f9c89a90", ["not-icp-brasil"], "56072386105"),
        ("Augusta_Ada_King_2020_b98ef478", ["not-icp-brasil", "expired"], "18162247238"),
        ("Pierre_de_Fermat_2015_f91961d2", ["unknown-issuer", "expired"], "47363361886"),
        ("Pierre_de_Fermat_2022_8c837e42", ["not-icp-brasil", "expired"], "47363361886"),
        ("Wayne_Enterprises_Inc_2019_91c39497", ["not-icp-brasil", "expired"], "34785515000166"),
        (
            "lookalike-root",
            ["ca-certificate", "policy-unknown", "key-usage", "unknown-issuer", "expired", "identity-missing"],
            None,
        ),
    ],
)
def test_inspect_on_published_samples(
    real: TrustList, tmp_path: Path, sample: str, reasons: list[str], documento: str | None
) -> None:
    file = corpus("icp-brasil-samples") / f"{sample}.pem"
    real.save(tmp_path / "issuers.json")
    arguments = [
        "cert",
        "inspect",
        str(file),
        "--json",
        "--at",
        AT.isoformat(),
        "--trust",
        str(tmp_path / "issuers.json"),
    ]
    result = CliRunner().invoke(main, arguments)
    verdict = json.loads(result.output)
    assert result.exit_code == 1
    assert [reason["detail"] for reason in verdict["reasons"]] == reasons
    assert verdict["claimed"]["documento"] == documento
