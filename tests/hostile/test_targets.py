"""The fuzzer's targets on what is right, on what was found once, and on a fault put there to be found."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from idp.certificate.handshake import presented_certificate
from idp.certificate.trust import compile_bundle, read_bundle
from idp.errors import TrustError
from tests.certificate.openssl_pki import NOW
from tests.hostile import fuzz
from tests.hostile.seeds import World
from tests.hostile.targets import HEADERS, SECRET, Targets

pytestmark = pytest.mark.attack("ATK-046")


@pytest.fixture
def targets(hostile: World, tmp_path: Path) -> Targets:
    return hostile.targets(tmp_path)


def test_every_target_has_seeds_and_takes_them(hostile: World, targets: Targets) -> None:
    seeds, by_name = hostile.seeds(), targets.by_name()
    assert seeds.keys() == by_name.keys()
    for name, inputs in seeds.items():
        for data in (*inputs, b"", b"\0", b"garbage" * 9):
            by_name[name](data)


@pytest.mark.parametrize("source", HEADERS)
def test_a_headers_seeds_are_read_whole(hostile: World, source: str) -> None:
    """So that the fuzzer begins behind the first refusal."""
    for data, leaf in zip(hostile.seeds()[source], hostile.leaves.values(), strict=True):
        environ = {"HTTP_X_PORTARIA_PROXY": SECRET, HEADERS[source]: data.decode()}
        assert presented_certificate(environ, source, SECRET) == leaf


def test_an_archive_with_an_undecodable_name_is_refused(hostile: World, tmp_path: Path) -> None:
    """Its flags say UTF-8: zipfile raises UnicodeDecodeError."""
    data = bytearray(hostile.seeds()["bundle"][0])
    entry = data.index(b"PK\x01\x02")
    data[entry + 9] |= 0x08
    data[entry + 46] = 0xA2
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    with pytest.raises(TrustError):
        read_bundle(path)


def test_a_ca_whose_issuers_name_cannot_be_read_is_listed(hostile: World) -> None:
    broken = hostile.ca.der.replace(b"Raiz de Teste", b"\xff\xfeiz de Teste")
    assert broken != hostile.ca.der
    bundle = [hostile.root.der, hostile.ca.der, broken]
    trust = compile_bundle(bundle, pins=hostile.pins, realm="sandbox", at=NOW)
    assert [each.reason for each in trust.unreadable] == ["unparseable: ValueError"]
    assert len(trust.eligible) == 1


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this platform")
def test_the_fuzzer_finds_what_is_there_to_be_found(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.hostile.fuzz", "--seconds", "20", "--findings", str(tmp_path), fuzz.CANARY]
    done = subprocess.run(argv, cwd=fuzz.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "LookupError: the canary's fault" in done.stdout
    (found,) = tmp_path.iterdir()
    assert (
        subprocess.run([*argv, "--replay", str(found)], cwd=fuzz.ROOT, capture_output=True, check=False).returncode == 1
    )
