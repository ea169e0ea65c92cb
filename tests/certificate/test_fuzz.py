"""Whatever the bytes: one clean answer, never an exception (ATK-046)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.certificate import san
from idp.certificate.crl import CrlRefused, verify
from idp.domain.certificado import Accepted, Refused
from tests.certificate.conftest import World
from tests.certificate.openssl_pki import E_CNPJ, NOW

pytestmark = pytest.mark.attack("ATK-046")
_WORLD = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

mutations = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6)


def _mutated(data: bytes, changes: list[tuple[float, int]], cut: int) -> bytes:
    changed = bytearray(data)
    for place, value in changes:
        changed[int(place * len(changed))] = value
    return bytes(changed[: len(changed) - cut])


@pytest.fixture(scope="module")
def seeds(world: World) -> list[bytes]:
    return [world.pki.leaf(world.ca), world.pki.leaf(world.ca, san=E_CNPJ, cn="X"), world.ca.der]


@pytest.fixture(scope="module")
def crl(world: World) -> bytes:
    return world.pki.crl(world.ca, [("1F00", "keyCompromise")])


@_WORLD
@given(data=st.binary(max_size=300))
def test_random_bytes(world: World, data: bytes) -> None:
    assert isinstance(world.judge(data), Refused)


@_WORLD
@given(changes=mutations, cut=st.sampled_from([0, 0, 0, 1, 40]), seed=st.integers(0, 2))
def test_mutated_certificates(
    world: World, seeds: list[bytes], changes: list[tuple[float, int]], cut: int, seed: int
) -> None:
    """Nobody holds the CA's key here, so that a mutation is either the original or refused."""
    data = _mutated(seeds[seed], changes, cut)
    verdict = world.judge(data)
    assert isinstance(verdict, Accepted if data == seeds[0] else Refused)


@_WORLD
@given(changes=mutations, cut=st.sampled_from([0, 0, 0, 1, 40]))
def test_mutated_crls(world: World, crl: bytes, changes: list[tuple[float, int]], cut: int) -> None:
    data = _mutated(crl, changes, cut)
    try:
        verify(data, world.trust.authorities(), NOW)
    except CrlRefused:
        return
    assert data == crl


@given(value=st.binary(max_size=200))
def test_random_other_names(value: bytes) -> None:
    for reading in (san.dados_pessoais, san.cnpj_field, san.free_text):
        try:
            reading(value)
        except san.IdentityError:
            continue


@given(tag=st.sampled_from([0x04, 0x0C, 0x13, 0x14, 0x16, 0x1E]), content=st.binary(max_size=60))
def test_random_contents_of_accepted_types(tag: int, content: bytes) -> None:
    for reading in (san.dados_pessoais, san.cnpj_field, san.free_text):
        try:
            reading(bytes([tag, len(content)]) + content)
        except san.IdentityError:
            continue
