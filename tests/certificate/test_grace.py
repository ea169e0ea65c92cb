"""A login within the grace: accepted, worth less, and on record (the authority chose the grace)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.domain.certificado import Accepted, Certificado, Verdict
from idp.flow.certificate import certificate_refusal
from idp.flow.events import login_accepted
from idp.oidc.claims import acr
from idp.storage import codec
from tests.certificate.conftest import World
from tests.certificate.openssl_pki import NOW

MakeIndex = Callable[..., CrlIndex]
UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
LATER = "20261130000000Z"


def _accepted(verdict: Verdict) -> Accepted:
    assert isinstance(verdict, Accepted), verdict
    return verdict


def _acr(certificado: Certificado) -> str:
    return acr(SimpleNamespace(grant=SimpleNamespace(certificado=certificado)))  # type: ignore[arg-type]


@pytest.mark.attack("ATK-037")
@pytest.mark.parametrize("stale", ["own", "above"])
def test_a_login_within_the_grace_has_a_lower_acr_and_says_so(world: World, make_index: MakeIndex, stale: str) -> None:
    index = make_index(grace=timedelta(hours=1))
    own = world.pki.crl(world.ca, **({} if stale == "own" else {"until": LATER}))
    above = world.pki.crl(world.root, **({"until": LATER} if stale == "own" else {}))
    index.import_crls([own, above], NOW)
    der = world.pki.leaf(world.ca)  # A3: a hardware key
    before = _accepted(judge(der, trust=world.trust, revocation=index, at=UNTIL - timedelta(seconds=1)))
    within = _accepted(judge(der, trust=world.trust, revocation=index, at=UNTIL))
    assert (before.certificado.in_grace, _acr(before.certificado)) == (False, "urn:portaria:icp:hardware")
    assert (within.certificado.in_grace, _acr(within.certificado)) == (True, "urn:portaria:icp:software")
    tx = SimpleNamespace(id="tx", request=SimpleNamespace(client_id="app"))
    assert "in_grace" not in login_accepted(NOW, tx, before).payload["certificado"]  # type: ignore[arg-type]
    assert login_accepted(NOW, tx, within).payload["certificado"]["in_grace"] is True  # type: ignore[arg-type]


def test_what_began_goes_on_within_the_grace_and_not_after(world: World, make_index: MakeIndex) -> None:
    index = make_index(grace=timedelta(hours=1))
    index.import_crls([world.pki.crl(world.ca), world.pki.crl(world.root)], NOW)
    certificado = _accepted(judge(world.pki.leaf(world.ca), trust=world.trust, revocation=index, at=NOW)).certificado
    assert certificate_refusal(certificado, index, UNTIL) is None
    assert certificate_refusal(certificado, index, UNTIL + timedelta(hours=1)) == "undetermined"


def test_a_stored_certificate_keeps_it_and_an_older_row_has_none(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    index.import_crls([world.pki.crl(world.ca), world.pki.crl(world.root)], NOW)
    certificado = _accepted(judge(world.pki.leaf(world.ca), trust=world.trust, revocation=index, at=NOW)).certificado
    within = replace(certificado, in_grace=True)
    assert codec.loads(Certificado, codec.dumps(within)) == within
    older = codec.dumps(certificado).replace(b',"in_grace":false', b"")
    assert b"in_grace" not in older
    assert codec.loads(Certificado, older) == certificado
