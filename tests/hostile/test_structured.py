"""Genuine certificates spoilt in one place and signed by the CA itself: only what they say can refuse them."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.certificate import crl_entries
from idp.certificate.crl import CrlRefused, verify
from idp.certificate.leaf import judge
from idp.certificate.tokens import VERDICT
from idp.domain.certificado import Accepted, RevocationStatus, Verdict
from tests.certificate.openssl_pki import CNPJ, CPF, NOW
from tests.hostile import forge
from tests.hostile.forge import EVERY, RAW, Forge, decode
from tests.hostile.seeds import World

pytestmark = pytest.mark.attack("ATK-046")
_SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200)
LEAVES = ["e-cpf", "e-cpf-new", "e-cnpj", "selo", "bmp", "site"]
seeds = st.randoms(use_true_random=False)


class AllGood:
    def status(self, issuer_key: str, serial: str, at: object) -> RevocationStatus:
        return RevocationStatus("good")


def judged(world: World, der: bytes) -> Verdict:
    return judge(der, trust=world.trust, revocation=AllGood(), at=NOW)


def tokens(verdict: Verdict) -> list[str]:
    return [] if isinstance(verdict, Accepted) else [reason.detail for reason in verdict.reasons]


@pytest.fixture(scope="module")
def smith(hostile: World) -> Forge:
    return Forge(hostile.ca.key)


def test_the_forge_gives_back_what_it_took(hostile: World, smith: Forge) -> None:
    """Without a mutation the certificate is the same, byte for byte, and accepted: refusals below are earned."""
    for der in hostile.leaves.values():
        assert smith.signed(decode(der)) == der
    assert isinstance(judged(hostile, smith.signed(decode(hostile.leaves["e-cpf"]))), Accepted)


@_SHARED
@given(
    how=st.sampled_from(EVERY),
    which=st.sampled_from(["e-cpf", "e-cpf-new", "e-cnpj", "selo", "bmp", "site"]),
    chance=seeds,
)
def test_any_spoilt_certificate_has_one_clean_answer(
    hostile: World, smith: Forge, how: str, which: str, chance: random.Random
) -> None:
    """Accepted it names whom the genuine one named; refused it says why in documented tokens."""
    verdict = judged(hostile, smith.spoilt(hostile.leaves[which], how, chance))
    if isinstance(verdict, Accepted):
        assert verdict.holder.documento.numero in (CPF, CNPJ)
        assert how not in RAW or how == "flipped bytes"
    else:
        assert verdict.reasons
        assert set(tokens(verdict)) <= VERDICT.keys()


@_SHARED
@given(chance=seeds)
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("duplicate extension", {"duplicate-extension"}),
        ("unknown critical extension", {"critical-extension"}),
        ("serial", {"serial-number", "malformed"}),
        ("version", {"malformed"}),
        ("no name", {"identity-missing", "malformed"}),
        ("cut short", {"malformed"}),
        ("something after", {"malformed"}),
        ("noise", {"malformed"}),
        ("far too long", {"too-large"}),
        ("duplicate attribute", {"duplicate-attribute", None}),
    ],
)
def test_what_must_be_refused_is_for_that_reason(
    hostile: World, smith: Forge, how: str, expected: set[str | None], chance: random.Random
) -> None:
    """None: harmless ones are among them, as a country named twice is."""
    verdict = judged(hostile, smith.spoilt(hostile.leaves["e-cpf"], how, chance))
    assert set(tokens(verdict)) & expected or (None in expected and isinstance(verdict, Accepted))


@_SHARED
@given(position=st.integers(0, 4))
@pytest.mark.attack("ATK-039")
def test_an_identity_twice_is_nobodys_wherever_it_stands(hostile: World, smith: Forge, position: int) -> None:
    certificate = decode(hostile.leaves["e-cpf"])
    san = forge.extension(certificate, forge.SAN)
    assert san is not None
    names = decode(san.children[-1].content)
    names.children.insert(position, names.children[0])
    san.children[-1].content = names.encode()
    assert tokens(judged(hostile, smith.signed(certificate))) == ["duplicate-other-name"]


@_SHARED
@given(order=st.permutations(range(4)))
def test_the_order_of_names_means_nothing(hostile: World, smith: Forge, order: list[int]) -> None:
    certificate = decode(hostile.leaves["e-cpf"])
    san = forge.extension(certificate, forge.SAN)
    assert san is not None
    names = decode(san.children[-1].content)
    names.children = [names.children[i] for i in order]
    san.children[-1].content = names.encode()
    verdict = judged(hostile, smith.signed(certificate))
    assert isinstance(verdict, Accepted)
    assert verdict.holder.documento.numero == CPF


@pytest.mark.attack("ATK-047")
@pytest.mark.parametrize("depth", [100, 1000, 3900])
def test_depth_is_no_recursion(hostile: World, smith: Forge, depth: int) -> None:
    """As deep as 16 KiB allow, in the names themselves."""
    certificate = decode(hostile.leaves["e-cpf"])
    san = forge.extension(certificate, forge.SAN)
    assert san is not None
    san.children[-1].content = forge.nested(depth)
    assert tokens(judged(hostile, smith.signed(certificate)))


@_SHARED
@given(chance=seeds, change=st.sampled_from([forge._truncate, forge._garble, forge._retag, forge._duplicate]))
def test_a_spoilt_list_signed_by_the_ca_has_one_clean_answer(
    hostile: World, smith: Forge, chance: random.Random, change: object
) -> None:
    crl = decode(hostile.crls[0])
    signed = crl.children[0]
    entries = next(part for part in signed.children[4:] if part.tag == 0x30)
    if change is forge._duplicate:
        forge._duplicate(entries.children, chance)
    else:
        change(signed, chance)  # type: ignore[operator]
    der = smith.signed(crl)
    try:
        found = verify(der, hostile.trust.authorities(), NOW)
        serials = [entry.serial for entry in found.entries()]
    except CrlRefused:
        return
    assert len(serials) == found.count
    assert [entry.serial for entry in crl_entries.read(der)] == serials
