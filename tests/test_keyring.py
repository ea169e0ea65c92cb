"""The key ring on disk: what it publishes, how it rotates, and when it refuses."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from idp.domain.client import Client
from idp.domain.documents import CNPJ, CPF
from idp.domain.person import PessoaFisica, PessoaJuridica
from idp.errors import ConfigurationError
from idp.keyring import KeyInfo, KeyRing, State
from idp.keyring.signer import Signer, thumbprint

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CLIENT = Client("app", "App", ("https://app.example.com/cb",), secret_digest="0" * 64)
ADA = PessoaFisica(CPF("18162247238"), "ADA")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ring") / "signing"
    KeyRing.create(directory, "sandbox", AT)
    return directory


@pytest.fixture
def directory(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "signing"))


def listed(ring: KeyRing) -> tuple[KeyInfo, ...]:
    return ring.keys()


def test_everything_private_is_0600(template: Path) -> None:
    assert stat.S_IMODE(template.stat().st_mode) == 0o700
    files = [path for path in template.iterdir() if path.is_file()]
    assert len([path for path in files if path.suffix == ".pem"]) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_openssl_command_reads_the_keys_and_they_are_as_promised(template: Path) -> None:
    said = {}
    for path in template.glob("*.pem"):
        command = ["openssl", "pkey", "-in", str(path), "-noout", "-text"]
        said[path.stem] = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ring = KeyRing.open(template, "sandbox")
    for key in listed(ring):
        assert ("2048 bit" if key.alg == "RS256" else "prime256v1") in said[key.kid]


def test_kid_is_the_thumbprint_of_rfc_7638() -> None:
    """The RFC's own example, §3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
        "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu"
        "6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8"
        "awapJzKnqDKgw"
    )
    key = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_signature_verifies_with_another_library(template: Path, alg: str) -> None:
    ring = KeyRing.open(template, "sandbox")
    keys = jwt.PyJWKSet.from_dict(json.loads(ring.jwks()[0]))
    for number in range(20):
        token = ring.sign_jwt({"n": number, "nome": "São João"}, alg, "at+jwt")
        header = jwt.get_unverified_header(token)
        assert {name: header[name] for name in ("alg", "typ")} == {"alg": alg, "typ": "at+jwt"}
        claims = jwt.decode(token, keys[header["kid"]].key, algorithms=[alg])
        assert claims == {"n": number, "nome": "São João"}


def test_rotation_moves_each_key_one_state_on(directory: Path) -> None:
    ring = KeyRing.open(directory, "sandbox")
    before = {(key.alg, key.state): key.kid for key in listed(ring)}
    token = ring.sign_jwt({}, "RS256", "JWT")
    later = AT + timedelta(days=90)
    activated = ring.rotate("RS256", later)
    after = {(key.alg, key.state): key for key in listed(ring)}
    assert activated.kid == before["RS256", State.NEXT] == after["RS256", State.ACTIVE].kid
    assert after["RS256", State.RETIRED].kid == before["RS256", State.ACTIVE]
    assert after["RS256", State.RETIRED].retired_at == later
    assert after["RS256", State.NEXT].kid not in before.values()
    assert {kid for (alg, _), kid in before.items() if alg == "ES256"} == {
        key.kid for key in listed(ring) if key.alg == "ES256"
    }
    published = {key["kid"] for key in json.loads(ring.jwks()[0])["keys"]}
    assert published == {key.kid for key in listed(ring)}
    assert len(published) == 5
    assert jwt.get_unverified_header(token)["kid"] in published
    assert jwt.get_unverified_header(ring.sign_jwt({}, "RS256", "JWT"))["kid"] == activated.kid


def test_pruning_withdraws_what_was_retired_long_ago(directory: Path) -> None:
    ring = KeyRing.open(directory, "sandbox")
    retired = next(key.kid for key in listed(ring) if key.alg == "ES256" and key.state is State.ACTIVE)
    ring.rotate("ES256", AT)
    assert ring.prune(AT + timedelta(days=30)) == []
    assert [key.kid for key in ring.prune(AT + timedelta(days=30, seconds=1))] == [retired]
    assert ring.public_jwk(retired) is None
    assert not (directory / f"{retired}.pem").exists()
    assert len(KeyRing.open(directory, "sandbox").keys()) == 4


def test_another_process_notices_a_rotation_within_a_second(directory: Path) -> None:
    now = [100.0]
    worker = KeyRing.open(directory, "sandbox", monotonic=lambda: now[0])
    before, etag = worker.jwks()
    activated = KeyRing.open(directory, "sandbox").rotate("RS256", AT)
    now[0] += 0.9
    assert worker.jwks() == (before, etag)
    now[0] += 0.2
    assert worker.jwks()[1] != etag
    assert jwt.get_unverified_header(worker.sign_jwt({}, "RS256", "JWT"))["kid"] == activated.kid


def test_a_directory_that_breaks_under_a_running_process_stops_nothing(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    worker = KeyRing.open(directory, "sandbox", monotonic=lambda: now[0])
    (directory / "manifest.json").write_text("{")
    now[0] += 2
    assert worker.sign_jwt({}, "ES256", "JWT")
    assert "could not be read again" in caplog.text


def test_rotations_at_once_each_count(directory: Path) -> None:
    rings = [KeyRing.open(directory, "sandbox") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        activated = list(pool.map(lambda ring: ring.rotate("ES256", AT), rings))
    assert len({key.kid for key in activated}) == 4
    keys = [key for key in listed(KeyRing.open(directory, "sandbox")) if key.alg == "ES256"]
    assert [key.state for key in keys].count(State.ACTIVE) == 1
    assert [key.state for key in keys].count(State.NEXT) == 1
    assert len(keys) == 6


# -- refusals ----------------------------------------------------------------------------------------------------------


def refusal(directory: Path, realm: str = "sandbox") -> str:
    with pytest.raises(ConfigurationError) as caught:
        KeyRing.open(directory, realm)
    assert caught.value.remedy
    return caught.value.problem


def test_another_realm(directory: Path) -> None:
    assert "'sandbox', not 'icp-brasil'" in refusal(directory, "icp-brasil")


@pytest.mark.parametrize("name", ["pairwise.key", "refresh.key", "audit.key", "realm"])
def test_a_lost_secret(directory: Path, name: str) -> None:
    (directory / name).unlink()
    assert name in refusal(directory)


def test_an_exchanged_pairwise_key(directory: Path) -> None:
    (directory / "pairwise.key").write_bytes(bytes(32))
    assert "pairwise.key is not the one" in refusal(directory)


def test_a_lost_or_exchanged_signing_key(directory: Path) -> None:
    first, second = sorted(directory.glob("*.pem"))[:2]
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    assert refusal(directory)
    first.write_bytes(b"nonsense")
    assert "damaged" in refusal(directory)
    first.write_bytes(kept)
    second.unlink()
    assert second.name in refusal(directory)


def test_files_open_to_everybody(directory: Path) -> None:
    (directory / "pairwise.key").chmod(0o644)
    assert "open to every user" in refusal(directory)


def test_nothing_there_and_something_there(tmp_path: Path, directory: Path) -> None:
    assert "holds no keys" in refusal(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="already holds keys"):
        KeyRing.create(directory, "sandbox", AT)


def test_a_creation_cut_short_keeps_the_secrets_it_had_made(directory: Path) -> None:
    before = KeyRing.open(directory, "sandbox").subject(ADA, CLIENT)
    (directory / "manifest.json").unlink()
    assert KeyRing.create(directory, "sandbox", AT).subject(ADA, CLIENT) == before


# -- derivations -------------------------------------------------------------------------------------------------------


def test_subjects_with_a_known_key(directory: Path) -> None:
    """Computed once with: printf 'PF\\0...' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00… over a key of zeros."""
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "pairwise.key").write_bytes(bytes(32))
    manifest["secrets"]["pairwise.key"] = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
    (directory / "manifest.json").write_text(json.dumps(manifest))
    ring = KeyRing.open(directory, "sandbox")
    assert ring.subject(ADA, CLIENT) == "SzOjzU1LxPtM-ckM5BSHE-kEwxXkq7p97GUjd76iaHQ"
    company = PessoaJuridica(CNPJ("34785515000166"), "WAYNE")
    assert ring.subject(company, CLIENT) == "LtK1bYZ8GlpQyGftyCGzPYuuDO4T3aTo6kujqV2tYCA"


def test_refresh_values_are_keyed_and_distinct(template: Path) -> None:
    ring = KeyRing.open(template, "sandbox")
    values = {ring.refresh_mac(grant, generation) for grant in ("a", "a1", "b") for generation in (0, 1, 10)}
    assert len(values) == 9
    assert {len(value) for value in values} == {43}
    assert values == {KeyRing.open(template, "sandbox").refresh_mac(g, n) for g in ("a", "a1", "b") for n in (0, 1, 10)}


def test_checkpoints(template: Path) -> None:
    ring = KeyRing.open(template, "sandbox")
    signature = ring.sign_checkpoint(b"head")
    assert ring.check_checkpoint(signature, b"head")
    assert not ring.check_checkpoint(signature, b"other head")
    assert not ring.check_checkpoint(bytes(64), b"head")


def test_a_kid_can_be_typed_on_a_command_line(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, generate, unlucky = (
        KeyRing.open(directory, "sandbox"),
        Signer.generate,
        ["-9A1EOugNaa8ESyo", "--w3Qm2cPz0vA1E"],
    )

    def generated(alg: str) -> Signer:
        signer = generate(alg)
        signer.kid = unlucky.pop() if unlucky else signer.kid
        return signer

    monkeypatch.setattr(Signer, "generate", generated)
    kid = ring.rotate("ES256", AT).kid
    assert not unlucky
    assert (directory / f"{kid}.pem").is_file()
