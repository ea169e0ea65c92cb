"""CRLs into the index, and what the index answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.certificate.leaf import judge
from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import compile_bundle
from idp.domain.certificado import Accepted, Refused
from tests.certificate.conftest import World, pins
from tests.certificate.openssl_pki import NOW, Ca, openssl

MakeIndex = Callable[..., CrlIndex]
UNTIL = datetime(2026, 11, 23, tzinfo=UTC)


def _key(ca: Ca) -> str:
    return hashlib.sha256(openssl("pkey", "-in", ca.key, "-pubout", "-outform", "DER")).hexdigest()


def _import(index: CrlIndex, *crls: bytes, at: datetime = NOW) -> list[str]:
    return [o.detail or o.outcome for o in index.import_crls(crls, at).outcomes]


def _details(world: World, index: CrlIndex, der: bytes, at: datetime = NOW) -> list[str]:
    verdict = judge(der, trust=index.trust, revocation=index, at=at)
    return [f"{r.code.value} {r.detail}" for r in verdict.reasons] if isinstance(verdict, Refused) else []


def test_good_revoked_and_unlisted(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise"), ("02", "superseded"), ("FF" * 19, "unspecified")])
    assert _import(index, crl) == ["imported"]
    revoked = index.status(_key(world.ca), "1f00", NOW)
    assert (revoked.state, revoked.reason) == ("revoked", "keyCompromise")
    assert revoked.revoked_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert index.status(_key(world.ca), "2", NOW).state == "revoked"
    assert index.status(_key(world.ca), "ff" * 19, NOW).state == "revoked"
    for serial in ("1", "3", "1f01", "1eff", "ff" * 20):
        assert index.status(_key(world.ca), serial, NOW).state == "good", serial


def test_every_one_of_many_is_found_and_no_neighbour_is(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    serials = {(n * 7919) % 100_003 * 2 + 2 for n in range(1000)}
    _import(index, world.pki.crl(world.ca, [(f"{s:X}", "superseded") for s in serials]))
    key = _key(world.ca)
    for serial in serials:
        assert index.status(key, f"{serial:x}", NOW).state == "revoked"
        assert index.status(key, f"{serial + 1:x}", NOW).state == "good"


def test_a_ca_without_a_list_is_absent(world: World, make_index: MakeIndex) -> None:
    assert make_index().status(_key(world.ca), "1", NOW).state == "absent"


@pytest.mark.attack("ATK-037")
def test_past_next_update_is_stale_and_grace_says_so(world: World, make_index: MakeIndex) -> None:
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    strict = make_index()
    _import(strict, crl)
    tick = timedelta(microseconds=1)
    assert strict.status(_key(world.ca), "1", UNTIL - tick).state == "good"
    assert strict.status(_key(world.ca), "1", UNTIL).state == "stale"
    lenient = make_index(grace=timedelta(hours=1))
    within = lenient.status(_key(world.ca), "1", UNTIL + timedelta(hours=1) - tick)
    assert (within.state, within.in_grace, within.next_update) == ("good", True, UNTIL)
    assert lenient.status(_key(world.ca), "1", UNTIL + timedelta(hours=1)).state == "stale"


def test_once_revoked_stays_revoked_however_old_the_list(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    _import(index, world.pki.crl(world.ca, [("1F00", "keyCompromise")]))
    assert index.status(_key(world.ca), "1f00", UNTIL + timedelta(days=999)).state == "revoked"


def test_hold_counts_as_revoked(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    der = world.pki.leaf(world.ca, serial=0x1F01)
    _import(index, world.pki.crl(world.ca, [("1F01", "certificateHold")]), world.pki.crl(world.root))
    assert _details(world, index, der) == ["CERT-04 on-hold"]


@pytest.mark.attack("ATK-033")
def test_a_flipped_byte_is_no_list(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    position = crl.index(b"\x02\x02\x1f\x00") + 3
    assert _import(index, crl[:position] + b"\x01" + crl[position + 1 :]) == ["bad-signature"]
    assert _import(index, crl[:-1] + bytes([crl[-1] ^ 1])) == ["bad-signature"]
    assert index.status(_key(world.ca), "1f00", NOW).state == "absent"


@pytest.mark.attack("ATK-033")
def test_the_list_of_another_ca_of_the_same_name_is_no_list(world: World, make_index: MakeIndex) -> None:
    imitation = world.pki.ca("AC de Teste", world.root)
    assert _import(make_index(), world.pki.crl(imitation)) == ["bad-signature"]
    assert _import(make_index(), world.pki.crl(imitation, key_identifier=False)) == ["no-key-identifier"]


@pytest.mark.attack("ATK-033")
def test_an_older_list_never_replaces_a_newer(world: World, make_index: MakeIndex) -> None:
    """Neither the number nor the date goes back, whichever of them is newer."""
    index = make_index()
    newest = world.pki.crl(world.ca, [("1F00", "keyCompromise")], number=5, last="20261122060000Z")
    assert _import(index, newest) == ["imported"]
    older = [
        world.pki.crl(world.ca, number=4, last="20261122050000Z"),
        world.pki.crl(world.ca, number=4, last="20261122070000Z"),
        world.pki.crl(world.ca, number=6, last="20261122050000Z"),
        world.pki.crl(world.ca, number=5, last="20261122070000Z"),
    ]
    assert _import(index, *older) == ["older"] * 4
    assert index.status(_key(world.ca), "1f00", NOW).state == "revoked"
    assert _import(index, newest) == ["unchanged"]
    assert _import(index, world.pki.crl(world.ca, number=6, last="20261122070000Z")) == ["imported"]


def _serials(count: int) -> list[tuple[str, str]]:
    return [(f"{0x1F00 + n:X}", "superseded") for n in range(count)]


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [(25, 20, "imported"), (25, 19, "shrunk"), (5, 0, "shrunk"), (4, 0, "imported"), (5, 9, "imported")],
)
def test_a_list_that_lost_a_fifth_is_refused_until_somebody_allows_it(
    world: World, make_index: MakeIndex, before: int, after: int, result: str
) -> None:
    index = make_index()
    _import(index, world.pki.crl(world.ca, _serials(before), number=1))
    smaller = world.pki.crl(world.ca, _serials(after), number=2, last="20261122010000Z")
    assert _import(index, smaller) == [result]
    kept = "revoked" if result == "shrunk" or after > before else "good"
    assert index.status(_key(world.ca), f"{0x1F00 + before - 1:x}", NOW).state == kept
    allowed = index.import_crls([smaller], NOW, allow_shrink=True).outcomes[0]
    assert allowed.outcome == ("imported" if result == "shrunk" else "unchanged")


@pytest.mark.parametrize(
    ("options", "token"),
    [
        ({"extra": ("2.5.29.27=critical,DER:020101",)}, "delta"),
        ({"extra": ("issuingDistributionPoint=critical,@idp", "[idp]", "onlyuser=TRUE")}, "partial"),
        ({"extra": ("issuingDistributionPoint=critical,@idp", "[idp]", "indirectCRL=TRUE")}, "indirect"),
        (
            {"extra": ("issuingDistributionPoint=critical,@idp", "[idp]", "fullname=URI:http://lcr.example/1.crl")},
            "partial",
        ),
        ({"extra": ("1.3.6.1.4.1.99999.3=critical,DER:0500",)}, "critical-extension"),
        ({"number": None}, "no-number"),
        ({"key_identifier": False}, "no-key-identifier"),
        ({"key_identifier": False, "number": None}, "version"),
        ({"last": "20261122120501Z"}, "from-the-future"),
        ({"digest": "sha1"}, "weak-signature"),
    ],
)
def test_what_is_not_a_complete_list_of_now_is_refused(
    world: World, make_index: MakeIndex, options: dict, token: str
) -> None:
    assert _import(make_index(), world.pki.crl(world.ca, **options)) == [token]


def test_five_minutes_of_clock_skew_are_forgiven(world: World, make_index: MakeIndex) -> None:
    assert _import(make_index(), world.pki.crl(world.ca, last="20261122120500Z")) == ["imported"]


def test_remove_from_crl_is_for_deltas_only(world: World, make_index: MakeIndex) -> None:
    """RFC 5280 §5.3.1."""
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    removed = world.pki.resigned(crl, bytes.fromhex("0a0101"), bytes.fromhex("0a0108"), world.ca.key)
    assert _import(make_index(), removed) == ["entry-removed"]


def test_an_entry_with_an_unknown_critical_extension_spoils_the_list(world: World, make_index: MakeIndex) -> None:
    """RFC 5280 §5.3: the list must not be used to decide on any certificate."""
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    reason, unknown = bytes.fromhex("300a0603551d1504030a0101"), bytes.fromhex("300a0603551d630101ff0400")
    assert _import(make_index(), world.pki.resigned(crl, reason, unknown, world.ca.key)) == ["entry-extension"]


def test_a_malformed_entry_spoils_the_list(world: World, make_index: MakeIndex) -> None:
    """Signed by the CA itself, so that only reading the entry shows it: reasonCode 99 does not exist."""
    crl = world.pki.crl(world.ca, [("1F00", "keyCompromise")])
    malformed = world.pki.resigned(crl, bytes.fromhex("0a0101"), bytes.fromhex("0a0163"), world.ca.key)
    assert _import(make_index(), malformed) == ["unreadable"]


def test_a_ca_that_may_not_sign_lists_signs_none(world: World, make_index: MakeIndex) -> None:
    mute = world.pki.ca("AC Muda", world.root, usage="critical,keyCertSign")
    trust = compile_bundle([world.root.der, mute.der], pins=pins(world.root), realm="sandbox", at=NOW)
    assert _import(make_index(trust), world.pki.crl(mute)) == ["crl-sign"]


def test_lists_of_strangers_and_garbage_are_told_apart(world: World, make_index: MakeIndex) -> None:
    stranger = world.pki.ca("AC Estranha")
    assert _import(make_index(), world.pki.crl(stranger), b"garbage", b"") == [
        "unknown-issuer",
        "unreadable",
        "unreadable",
    ]


def test_a_replaced_file_is_noticed_within_a_second_of_the_callers_time(world: World, make_index: MakeIndex) -> None:
    reader, writer = make_index(), make_index()
    _import(writer, world.pki.crl(world.ca, number=1))
    assert reader.status(_key(world.ca), "1f00", NOW).state == "good"
    _import(writer, world.pki.crl(world.ca, [("1F00", "keyCompromise")], number=2, last="20261122010000Z"))
    assert reader.status(_key(world.ca), "1f00", NOW + timedelta(milliseconds=999)).state == "good"
    assert reader.status(_key(world.ca), "1f00", NOW + timedelta(seconds=1)).state == "revoked"


@pytest.mark.parametrize("damage", ["cut", "magic", "key", "number", "nextUpdate", "body", "other ca"])
def test_a_damaged_file_is_as_good_as_absent(world: World, make_index: MakeIndex, tmp_path: Path, damage: str) -> None:
    index = make_index()
    _import(index, world.pki.crl(world.ca, [("1F00", "keyCompromise")]), world.pki.crl(world.root))
    path = tmp_path / "index" / f"{_key(world.ca)}.crl-index"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[:-1]
    elif damage == "other ca":
        data = bytearray((tmp_path / "index" / f"{_key(world.root)}.crl-index").read_bytes())
    else:
        data[{"magic": 0, "key": 8, "number": 59, "nextUpdate": 72, "body": -20}[damage]] ^= 1
    path.write_bytes(data)
    assert make_index().status(_key(world.ca), "1f00", NOW).state == "absent"


def test_a_login_needs_the_lists_of_the_cas_above_too(world: World, make_index: MakeIndex) -> None:
    der = world.pki.leaf(world.ca)
    index = make_index()
    assert _details(world, index, der) == ["CERT-06 crl-absent", "CERT-06 ca-crl-absent"]
    _import(index, world.pki.crl(world.ca, until="20270101000000Z"))
    later = NOW + timedelta(seconds=1)
    assert _details(world, index, der, later) == ["CERT-06 ca-crl-absent"]
    _import(index, world.pki.crl(world.root))
    assert isinstance(judge(der, trust=world.trust, revocation=index, at=NOW + timedelta(seconds=2)), Accepted)
    assert _details(world, index, der, UNTIL) == ["CERT-06 ca-crl-stale"]
    assert _details(world, index, der, datetime(2027, 1, 1, tzinfo=UTC)) == [
        "CERT-06 crl-stale",
        "CERT-06 ca-crl-stale",
    ]


@pytest.mark.attack("ATK-055")
def test_users_of_a_ca_revoked_later_stop_at_the_next_list(world: World, make_index: MakeIndex) -> None:
    ca = world.pki.ca("AC Condenada", world.root, serial=0x6666)
    trust = compile_bundle([world.root.der, ca.der], pins=pins(world.root), realm="sandbox", at=NOW)
    index = make_index(trust)
    der = world.pki.leaf(ca)
    _import(index, world.pki.crl(ca), world.pki.crl(world.root, number=1))
    assert _details(world, index, der) == []
    _import(index, world.pki.crl(world.root, [("6666", "CACompromise")], number=2, last="20261122010000Z"))
    assert _details(world, index, der, NOW + timedelta(seconds=1)) == ["CERT-05 issuer-revoked"]


def test_the_moment_of_revocation_is_told(world: World, make_index: MakeIndex) -> None:
    index = make_index()
    _import(index, world.pki.crl(world.ca, [("1F02", "keyCompromise")]), world.pki.crl(world.root))
    der = world.pki.leaf(world.ca, serial=0x1F02)
    verdict = judge(der, trust=world.trust, revocation=index, at=NOW)
    assert isinstance(verdict, Refused)
    assert (verdict.first.code.value, verdict.first.at) == ("CERT-04", datetime(2026, 11, 1, tzinfo=UTC))


def test_a_ca_that_expired_needs_no_list(world: World, make_index: MakeIndex) -> None:
    ca = world.pki.ca("AC que Vence", world.root, end="20261122130000Z")
    trust = compile_bundle([world.root.der, world.ca.der, ca.der], pins=pins(world.root), realm="sandbox", at=NOW)
    needed = [{s.authority.name for s in make_index(trust).states(NOW + timedelta(hours=h))} for h in (1, 2)]
    assert needed == [{"Raiz de Teste", "AC de Teste", "AC que Vence"}, {"Raiz de Teste", "AC de Teste"}]


def test_states_lists_what_logins_depend_on(world: World, make_index: MakeIndex) -> None:
    site = world.pki.ca("AC Exemplo SSL", world.root)
    trust = compile_bundle([world.root.der, world.ca.der, site.der], pins=pins(world.root), realm="sandbox", at=NOW)
    index = make_index(trust)
    _import(index, world.pki.crl(world.ca, [("1F00", "keyCompromise")]))
    states = {s.authority.name: (s.state, s.entries) for s in index.states(NOW)}
    assert states == {"Raiz de Teste": ("absent", None), "AC de Teste": ("fresh", 1)}
