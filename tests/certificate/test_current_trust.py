"""The list as a running process holds it, and what a session asks of the path above its certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.certificate.standing import Standing
from idp.certificate.trust import TrustList, compile_bundle
from idp.certificate.trust.current import CurrentTrust
from idp.domain.certificado import Accepted, Refused
from idp.errors import TrustError
from tests.certificate.conftest import World, pins
from tests.certificate.openssl_pki import NOW, Ca

MakeIndex = Callable[..., CrlIndex]
SECOND = timedelta(seconds=1)


def _compiled(world: World, *cas: Ca, at: datetime = NOW) -> TrustList:
    return compile_bundle([world.root.der, *(ca.der for ca in cas)], pins=pins(world.root), realm="sandbox", at=at)


def _names(trust: TrustList) -> list[str]:
    return [issuer.name for issuer in trust.eligible]


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    world.trust.save(tmp_path / "issuers.json")
    return tmp_path / "issuers.json"


def test_a_replaced_list_is_noticed_within_a_second_of_the_callers_time(world: World, path: Path) -> None:
    current = CurrentTrust(path, "sandbox")
    assert _names(current.at(NOW)) == ["AC de Teste"]
    _compiled(world, world.ca, world.pki.ca("AC Nova", world.root)).save(path)
    assert _names(current.at(NOW + timedelta(milliseconds=999))) == ["AC de Teste"]
    assert _names(current.at(NOW + SECOND)) == ["AC Nova", "AC de Teste"]


def test_a_list_in_hand_does_not_change_under_a_judgement(world: World, path: Path) -> None:
    current = CurrentTrust(path, "sandbox")
    held = current.at(NOW)
    _compiled(world, world.pki.ca("AC Nova", world.root)).save(path)
    assert _names(current.at(NOW + SECOND)) == ["AC Nova"]
    assert _names(held) == ["AC de Teste"]


@pytest.mark.attack("ATK-054")
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "foreign", "no CA"])
def test_a_broken_file_keeps_the_list_and_says_so_once(world: World, path: Path, damage: str) -> None:
    said: list[str] = []
    current = CurrentTrust(path, "sandbox", said.append)
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        changed = {"realm": "icp-brasil"} if damage == "foreign" else {"issuers": ()}
        replace(world.trust, **changed).save(path)
    for second in range(3):
        assert _names(current.at(NOW + second * SECOND)) == ["AC de Teste"]
    assert len(said) == 1
    _compiled(world, world.pki.ca("AC Nova", world.root)).save(path)
    assert _names(current.at(NOW + 3 * SECOND)) == ["AC Nova"]


def test_without_a_list_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(TrustError):
        CurrentTrust(tmp_path / "issuers.json", "sandbox")


def test_a_clock_set_back_does_not_stop_the_looking(world: World, path: Path) -> None:
    current = CurrentTrust(path, "sandbox")
    current.at(NOW)
    _compiled(world, world.pki.ca("AC Nova", world.root)).save(path)
    assert _names(current.at(NOW - timedelta(hours=1))) == ["AC Nova"]


@pytest.mark.attack("ATK-055")
def test_a_ca_that_expires_after_the_list_was_compiled_certifies_nobody(world: World, make_index: MakeIndex) -> None:
    ca = world.pki.ca("AC que Vence", world.root, end="20261122130000Z")
    trust, index = _compiled(world, ca), make_index(_compiled(world, ca))
    index.import_crls([world.pki.crl(ca), world.pki.crl(world.root)], NOW)
    der = world.pki.leaf(ca)
    end = datetime(2026, 11, 22, 13, tzinfo=NOW.tzinfo)
    assert isinstance(judge(der, trust=trust, revocation=index, at=end), Accepted)
    late = judge(der, trust=trust, revocation=index, at=end + SECOND)
    assert isinstance(late, Refused)
    assert [reason.detail for reason in late.reasons] == ["issuer-not-valid-now"]


# --- During the session ----------------------------------------------------------------------------------------------


@pytest.fixture
def standing(world: World, path: Path, make_index: MakeIndex) -> Standing:
    index = make_index()
    crls = [world.pki.crl(world.ca, [("1F00", "keyCompromise")]), world.pki.crl(world.root)]
    index.import_crls(crls, NOW)
    return Standing(CurrentTrust(path, "sandbox"), index)


def _key(world: World) -> str:
    return next(issuer.key for issuer in world.trust.issuers)


def test_a_certificate_whose_path_holds_stands(world: World, standing: Standing) -> None:
    assert standing.status(_key(world), "1f01", NOW).state == "good"
    assert standing.status(_key(world), "1f00", NOW).state == "revoked"
    assert standing.status("00" * 32, "1f01", NOW).state == "absent"


@pytest.mark.attack("ATK-055")
def test_a_revoked_ca_ends_the_sessions_of_its_users(world: World, path: Path, make_index: MakeIndex) -> None:
    ca = world.pki.ca("AC Condenada", world.root, serial=0x6667)
    trust, index = _compiled(world, ca), make_index(_compiled(world, ca))
    trust.save(path)
    index.import_crls([world.pki.crl(ca), world.pki.crl(world.root)], NOW)
    standing = Standing(CurrentTrust(path, "sandbox"), index)
    key = trust.issuers[0].key
    assert standing.status(key, "1f01", NOW).state == "good"
    revoked = world.pki.crl(world.root, [("6667", "CACompromise")], number=2, last="20261122010000Z")
    index.import_crls([revoked], NOW)
    assert standing.status(key, "1f01", NOW + SECOND).state == "revoked"


@pytest.mark.attack("ATK-055")
def test_a_ca_that_left_the_list_or_expired_carries_no_session(world: World, standing: Standing, path: Path) -> None:
    _compiled(world, world.pki.ca("AC Nova", world.root)).save(path)
    assert standing.status(_key(world), "1f01", NOW + SECOND).state == "absent"
    short = replace(world.trust.issuers[0], valid_until=NOW + 2 * SECOND)
    replace(world.trust, issuers=(short,)).save(path)
    assert standing.status(_key(world), "1f01", NOW + 2 * SECOND).state == "good"
    assert standing.status(_key(world), "1f01", NOW + 3 * SECOND).state == "absent"


def test_one_of_two_certificates_of_a_ca_is_enough(world: World, standing: Standing, path: Path) -> None:
    expired = replace(world.trust.issuers[0], valid_until=NOW - SECOND)
    replace(world.trust, issuers=(expired, world.trust.issuers[0])).save(path)
    assert standing.status(_key(world), "1f01", NOW + SECOND).state == "good"


def test_a_stale_list_above_is_as_undetermined_as_ones_own(world: World, make_index: MakeIndex, path: Path) -> None:
    index = make_index(grace=timedelta(hours=1))
    index.import_crls([world.pki.crl(world.ca, until="20261130000000Z"), world.pki.crl(world.root)], NOW)
    standing = Standing(CurrentTrust(path, "sandbox"), index)
    until = datetime(2026, 11, 23, tzinfo=NOW.tzinfo)
    within = standing.status(_key(world), "1f01", until)
    assert (within.state, within.in_grace) == ("good", True)
    assert standing.status(_key(world), "1f01", until + timedelta(hours=1)).state == "stale"
