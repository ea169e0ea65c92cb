"""NIST PKITS: every case through the path building, path validation and CRL reading of the trust compiler.

A case that the suite calls invalid does not hold, and one that it calls valid holds, but for the departures named here
and argued in docs/certificate-verdict.md. All but one refuse more than the suite does.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from idp.certificate import encodings
from idp.certificate.trust import Root
from idp.certificate.trust.compiler import parse
from idp.certificate.trust.hierarchy import Hierarchy
from idp.certificate.trust.paths import failure
from tests.support.corpora import DATA, ROOT, corpus

AT = datetime(2026, 11, 22, tzinfo=UTC)
_CASES = DATA / "corpora" / "pkits" / "pkits.json"
CASES: list[dict[str, Any]] = json.loads(_CASES.read_text()) if _CASES.exists() else []

_DSA = "signed with DSA"
_SERIAL = "a serial number that is not positive"
_PER_KEY = "the CRL was signed by another key of the same CA: a list speaks for the key that signed it"
_COMPLETE = "only a complete list counts: no partial, no indirect one"
DEPARTURES = {
    "40104": _DSA,
    "40105": _DSA,
    "40414": _SERIAL,
    **dict.fromkeys(("40419", "40501", "40503", "40504", "40506", "40615", "40617", "40906"), _PER_KEY),
    **dict.fromkeys(("41107", "41207", "41209", "41319"), _PER_KEY),
    **dict.fromkeys(("41401", "41404", "41405", "41407", "41413", "41418", "41419"), _COMPLETE),
    **dict.fromkeys(("41422", "41424", "41425", "41428", "41429", "41430", "41433"), _COMPLETE),
}
"""Valid for the suite, refused here."""
DELTAS = {
    "41504": False,  # revoked in the delta alone
    "41505": True,  # on hold in the complete list, released in the delta
}
"""Cases that need a delta CRL to be decided; whether the suite, which reads deltas, calls them valid."""


def _holds(case: dict[str, Any]) -> bool:
    folder = corpus("pkits")

    def read(kind: str, name: str) -> bytes:
        return (folder / kind / name).read_bytes()

    anchor = Root(encodings.certificates(read("certs", "TrustAnchorRootCertificate.crt"))[0], pin="PKITS")
    files = [read("certs", name) for name in (case["cert"], *case.get("other_certs", []))]
    below, unreadable = parse(files)
    if unreadable:
        return False
    hierarchy, target = Hierarchy([anchor], below), below[0]
    hierarchy.read_crls([read("crls", "TrustAnchorRootCRL.crl"), *(read("crls", n) for n in case.get("crls", []))], AT)
    parameters = None
    if "params" in case:
        given = dict(case["params"])
        given["user_initial_policy_set"] = frozenset(given.get("user_initial_policy_set", ["any_policy"]))
        parameters = PKIXValidationParams(**given)
    for path in hierarchy.paths(target):
        if len(path) > 1 and failure([a.der for a in path], AT, parameters) is None:
            state, revoked = hierarchy.revocation(path, AT)
            if not revoked and (state == "fresh" or case.get("revocation") is False):
                return True
    return False


@pytest.mark.skipif(not CASES, reason=f"PKITS is not at {_CASES} (IDP_TEST_DATA)")
@pytest.mark.attack("ATK-033")
@pytest.mark.parametrize("case", CASES, ids=[f"{c['id']}-{c['name']}" for c in CASES])
def test_case(case: dict[str, Any]) -> None:
    expected = "error" not in case and case["id"] not in DEPARTURES
    if case["id"] in DELTAS:
        expected = not DELTAS[case["id"]]
    assert _holds(case) is expected


@pytest.mark.skipif(not CASES, reason=f"PKITS is not at {_CASES} (IDP_TEST_DATA)")
def test_the_departures_are_those_of_the_page() -> None:
    section = (ROOT / "docs" / "certificate-verdict.md").read_text().split("## NIST PKITS")[1]
    assert set(re.findall(r"\b4[01][0-9]{3}\b", section)) == DEPARTURES.keys() | DELTAS.keys()
    as_the_suite_says = [case for case in CASES if case["id"] not in DEPARTURES.keys() | DELTAS.keys()]
    assert f"{len(CASES)} cases" in section
    assert f"{len(as_the_suite_says)} end as" in section
