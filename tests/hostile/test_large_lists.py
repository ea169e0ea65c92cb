"""Lists larger than any CA's: refused unread above the cap, built in bounded memory below it (ATK-036)."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.certificates import synthetic, world
from idp.certificate.revocation import CrlIndex
from tests.certificate.openssl_pki import NOW
from tests.hostile.seeds import World

ROOT = Path(__file__).resolve().parents[2]
CAP = 64 * 1024 * 1024
pytestmark = pytest.mark.attack("ATK-036")


def test_a_list_above_the_cap_is_refused_and_the_old_one_stays(hostile: World, tmp_path: Path) -> None:
    index = CrlIndex(tmp_path / "index", hostile.trust)
    assert index.import_crls([hostile.crls[0]], NOW).count("imported") == 1
    padded = hostile.crls[0] + b"\0" * (CAP - len(hostile.crls[0]))
    outcomes = index.import_crls([padded + b"\0", padded], NOW).outcomes
    assert [outcome.detail for outcome in outcomes] == ["too-large", "unreadable"]
    assert index.status(hostile.trust.eligible[0].key, "1f00", NOW).state == "revoked"


def _built(directory: Path, entries: int, memory: int) -> dict[str, float]:
    """A list of ``entries`` into an index, in a process that may map ``memory`` bytes."""
    made = world.make(directory)
    source = directory / "list.crl"
    source.write_bytes(synthetic.crl(entries, made.ca.certificate, made.ca_key, 1, made.at))
    argv = [sys.executable, "-m", "benchmarks.certificates.build", *map(str, (source, made.trust_file, directory))]
    done = subprocess.run(
        argv,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_hundred_thousand_entries_are_small(tmp_path: Path) -> None:
    assert _built(tmp_path, 100_000, 1 << 30)["peak_mib"] < 100


@pytest.mark.deep
@pytest.mark.parametrize("entries", [1_000_000, 5_000_000])
def test_millions_of_entries_are_built_within_a_gibibyte(tmp_path: Path, entries: int) -> None:
    assert _built(tmp_path, entries, 1 << 30)["file_bytes"] == 112 + entries * 29
