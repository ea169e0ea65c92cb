"""The bundle, the judgement of each CA, and the compiled list as a file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from idp.certificate.trust import PINS, TrustList, compile_bundle, read_bundle
from idp.errors import TrustError
from tests.certificate.conftest import World, pins
from tests.certificate.openssl_pki import A3, NOW


def _reasons(world: World, trust: TrustList) -> dict[str, tuple[str, ...]]:
    return {issuer.name: issuer.reasons for issuer in trust.issuers}


def _compiled(world: World, *extra: bytes, crls: tuple[bytes, ...] = (), at: datetime = NOW) -> TrustList:
    bundle = [world.root.der, world.ca.der, *extra]
    return compile_bundle(bundle, pins=pins(world.root), realm="sandbox", at=at, crls=crls)


def test_the_pins_are_the_published_fingerprints() -> None:
    assert dict(PINS) == {
        "caa53fc6091c6951887c976e378f6ef89aa6377c55d97b6475422b71ed7e9b17": "ICP-Brasil v5",
        "d8478e37ce19c690cf657381e68fe600e4e1a042536830f06847e03e554c4b01": "ICP-Brasil v12",
    }


@pytest.mark.parametrize(
    ("name", "options", "reasons"),
    [
        ("AC Sem CA", {"basic": "critical,CA:FALSE"}, ("not-a-ca",)),
        ("AC Sem Assinatura", {"usage": "critical,cRLSign"}, ("key-usage",)),
        ("AC Velha", {"end": "20260101000000Z"}, ("expired",)),
        ("AC Futura", {"start": "20270101000000Z"}, ("not-yet-valid",)),
        ("AC Fraca", {"digest": "sha1"}, ("weak-signature",)),
        ("AC Nomes", {"extra": ("nameConstraints=permitted;email:.example",)}, ("constrained",)),
        ("AC Politicas", {"extra": ("policyConstraints=requireExplicitPolicy:0",)}, ("constrained",)),
        ("AC Servidores", {"extra": ("extendedKeyUsage=serverAuth",)}, ("extended-key-usage",)),
        ("AC Exemplo SSL v5", {}, ("purpose-site",)),
        ("AC Exemplo SSLv1", {}, ("purpose-site",)),
        ("AC Exemplo CODESIGNING", {}, ("purpose-code",)),
        ("AC Exemplo CodeSigning", {}, ("purpose-code",)),
        ("AC Exemplo TIMESTAMPING v5", {}, ("purpose-timestamp",)),
        ("AC Exemplo Tempo G2", {}, ("purpose-timestamp",)),
        ("AC Primeiro Nivel", {"policies": ("2.16.76.1.1.5",)}, ("no-login-policy",)),
        ("AC OM-BR", {"policies": ("2.16.76.1.2.550.1",)}, ("no-login-policy",)),
        ("AC Sem Politica", {"policies": ()}, ("no-login-policy",)),
    ],
)
def test_each_reason_why_a_ca_may_not(world: World, name: str, options: dict, reasons: tuple[str, ...]) -> None:
    ca = world.pki.ca(name, world.root, **options)
    assert _reasons(world, _compiled(world, ca.der))[name] == reasons


@pytest.mark.parametrize("name", ["AC TEMPORAL", "AC ASSLER", "AC CONTEMPO"])
def test_words_that_only_contain_a_purpose_are_none(world: World, name: str) -> None:
    assert _reasons(world, _compiled(world, world.pki.ca(name, world.root).der))[name] == ()


@pytest.mark.parametrize(
    "flaw",
    [
        {"basic": "critical,CA:FALSE"},
        {"usage": "critical,cRLSign"},
        {"extra": ("1.3.6.1.4.1.99999.4=critical,DER:0500",)},
    ],
)
def test_a_flaw_above_a_ca_breaks_its_path(world: World, flaw: dict) -> None:
    """RFC 5280 §6.1.4 (k), (n) and (o): what only path validation sees."""
    middle = world.pki.ca("AC do Meio", world.root, **flaw)
    below = world.pki.ca("AC Abaixo do Meio", middle)
    reasons = _reasons(world, _compiled(world, middle.der, below.der))
    assert reasons["AC Abaixo do Meio"] == ("path-invalid",)


@pytest.mark.attack("ATK-048")
def test_a_ca_with_a_weak_key_may_not(world: World) -> None:
    ca = world.pki.ca("AC Curta", world.root, key=world.pki.key("rsa:1024", "short"))
    assert _reasons(world, _compiled(world, ca.der))["AC Curta"] == ("key-not-allowed",)


def test_basic_constraints_may_be_non_critical(world: World) -> None:
    """Nine live ICP-Brasil CAs have them so; of RFC 5280 §4.2.1.9 only the criticality is relaxed."""
    ca = world.pki.ca("AC Branda", world.root, basic="CA:TRUE")
    assert _reasons(world, _compiled(world, ca.der))["AC Branda"] == ()


@pytest.mark.attack("ATK-052")
def test_an_issuer_name_of_another_string_type_still_chains(world: World) -> None:
    twin = world.pki.ca("AC de Teste", world.root, key=world.ca.key, mask="default")
    below = world.pki.ca("AC Abaixo", twin)
    issuer = next(i for i in _compiled(world, below.der).issuers if i.name == "AC Abaixo")
    assert (issuer.reasons, issuer.root) == ((), "Raiz de Teste")


def test_a_path_length_counts_for_the_leaf_still_to_come(world: World) -> None:
    """RFC 5280 §4.2.1.9: with pathlen:0 above it, a CA certifies nobody, though its own path may validate."""
    narrow = world.pki.ca("AC Curta", world.root, basic="critical,CA:TRUE,pathlen:0")
    below = world.pki.ca("AC Abaixo", narrow)
    reasons = _reasons(world, _compiled(world, narrow.der, below.der))
    assert (reasons["AC Curta"], reasons["AC Abaixo"]) == ((), ("path-length",))


@pytest.mark.attack("ATK-030")
def test_a_root_counts_only_if_pinned(world: World) -> None:
    """A look-alike has every word of the root's name and none of its key."""
    imitation = world.pki.ca("Raiz de Teste", policies=())
    below = world.pki.ca("AC Falsa", imitation)
    trust = _compiled(world, imitation.der, below.der)
    assert _reasons(world, trust)["AC Falsa"] == ("not-anchored",)
    assert [root.sha256 for root in trust.anchors] == list(pins(world.root))


def test_a_ca_without_its_parent_is_not_anchored(world: World) -> None:
    absent = world.pki.ca("AC Ausente", world.root)
    orphan = world.pki.ca("AC Orfa", absent)
    assert _reasons(world, _compiled(world, orphan.der))["AC Orfa"] == ("not-anchored",)


@pytest.mark.attack("ATK-053")
def test_what_no_library_reads_is_counted_and_listed(world: World) -> None:
    trust = _compiled(world, b"\x30\x03\x02\x01\x00")
    assert [(u.name, u.reason.split(":")[0]) for u in trust.unreadable] == [("", "unparseable")]


@pytest.mark.attack("ATK-035")
def test_many_certificates_of_one_name_are_refused_at_once(world: World) -> None:
    """Path builders search without end among CAs of equal subject; ours counts them first."""
    key = world.pki.key(owner="many")
    many = [world.pki.ca("AC Muitas", world.root, key=key, serial=0x5000 + n).der for n in range(9)]
    with pytest.raises(TrustError, match="name AC Muitas"):
        _compiled(world, *many)


@pytest.mark.attack("ATK-035")
def test_cas_that_certify_each_other_do_not_loop(world: World) -> None:
    one, two = world.pki.ca("AC Um"), world.pki.ca("AC Dois")
    crossed = [world.pki.ca("AC Um", two, key=one.key), world.pki.ca("AC Dois", one, key=two.key)]
    reasons = _reasons(world, _compiled(world, *(ca.der for ca in crossed)))
    assert reasons["AC Um"] == reasons["AC Dois"] == ("not-anchored",)


@pytest.mark.attack("ATK-055")
def test_a_ca_revoked_by_its_parents_crl_may_not(world: World) -> None:
    revoked = world.pki.ca("AC Revogada", world.root, serial=0x7777)
    below = world.pki.ca("AC Abaixo da Revogada", revoked)
    crls = (world.pki.crl(world.root, [("7777", "CACompromise")]), world.pki.crl(revoked))
    trust = _compiled(world, revoked.der, below.der, crls=crls)
    reasons = _reasons(world, trust)
    assert (reasons["AC Revogada"], reasons["AC Abaixo da Revogada"]) == (("revoked",), ("revoked",))
    assert reasons["AC de Teste"] == ()


def test_the_ca_crl_is_judged_apart(world: World) -> None:
    def state(*crls: bytes) -> tuple[str, tuple[str, ...]]:
        issuer = _compiled(world, crls=crls).issuers[0]
        return issuer.crl, issuer.reasons

    stale = world.pki.crl(world.root, last="20260101000000Z", until="20260201000000Z")
    assert state() == ("absent", ())
    assert state(world.pki.crl(world.root)) == ("fresh", ())
    assert state(stale) == ("stale", ())
    assert state(world.pki.crl(world.pki.ca("Raiz de Teste"))) == ("absent", ())


@pytest.mark.parametrize("bundle", ["nothing", "foreign"])
def test_a_bundle_without_a_pinned_root_is_refused(world: World, bundle: str) -> None:
    certificates = [] if bundle == "nothing" else [world.pki.ca("Outra Raiz").der]
    with pytest.raises(TrustError, match="pinned"):
        compile_bundle(certificates, pins=pins(world.root), realm="sandbox", at=NOW)


def test_a_bundle_of_roots_alone_is_refused(world: World) -> None:
    with pytest.raises(TrustError, match="no CA"):
        compile_bundle([world.root.der], pins=pins(world.root), realm="sandbox", at=NOW)


# -- reading a bundle


def _write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zip_a_directory_and_a_file_are_the_same_bundle(world: World, tmp_path: Path) -> None:
    pem = {f"{ca.name}.crt": ca.certificate.read_bytes() for ca in (world.root, world.ca)}
    archive = _write_zip(tmp_path / "bundle.zip", {**pem, "readme.txt": b"hello"})
    directory = tmp_path / "directory"
    directory.mkdir()
    (directory / "root.pem").write_bytes(world.root.certificate.read_bytes())
    (directory / "ca.der").write_bytes(world.ca.der)
    together = tmp_path / "both.pem"
    together.write_bytes(b"".join(pem.values()))
    expected = {world.root.der, world.ca.der}
    assert set(read_bundle(archive)) == set(read_bundle(directory)) == set(read_bundle(together)) == expected


@pytest.mark.parametrize("kind", ["missing", "empty", "empty zip", "cut zip", "cut pem", "text", "empty directory"])
def test_what_is_no_bundle_is_refused(world: World, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bundle"
    pem = world.ca.certificate.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "empty zip":
        _write_zip(path, {})
    elif kind == "cut zip":
        whole = _write_zip(tmp_path / "whole.zip", {f"{n}.crt": pem for n in range(5)}).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "cut pem":
        path.write_bytes(pem + pem[: len(pem) // 2])
    elif kind == "text":
        path.write_text("<html>502 Bad Gateway</html>")
    elif kind == "empty directory":
        path.mkdir()
    with pytest.raises(TrustError):
        read_bundle(path)


@pytest.mark.attack("ATK-047")
def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = _write_zip(tmp_path / "bomb.zip", {"a.crt": b"-----BEGIN" + bytes(1 << 26)})
    with pytest.raises(TrustError, match="larger"):
        read_bundle(bomb)


# -- the compiled list


def test_a_saved_list_is_loaded_equal(world: World, tmp_path: Path) -> None:
    path = tmp_path / "trust" / "issuers.json"
    world.trust.save(path)
    assert TrustList.load(path, "sandbox") == world.trust
    assert [p.name for p in path.parent.iterdir()] == ["issuers.json"]


def test_a_failed_save_leaves_the_old_list(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "issuers.json"
    world.trust.save(path)
    before = path.read_bytes()

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        world.trust.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["issuers.json"]


@pytest.mark.attack("ATK-030")
@pytest.mark.parametrize(
    "damage", ["missing", "empty", "cut", "format", "no cas", "refused cas", "not base64", "array"]
)
def test_a_list_that_cannot_be_used_is_refused(world: World, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "issuers.json"
    world.trust.save(path)
    text = path.read_text()
    document = json.loads(text)
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_text(text[: len(text) // 2])
    elif damage == "array":
        path.write_text("[]")
    else:
        if damage == "format":
            document["format"] = "portaria-trust/0"
        elif damage == "no cas":
            document["issuers"] = []
        elif damage == "refused cas":
            document["issuers"][0]["reasons"] = ["revoked"]
        else:
            document["issuers"][0]["certificate"] = "AAAA"
        path.write_text(json.dumps(document))
    with pytest.raises(TrustError):
        TrustList.load(path, "sandbox")


def test_a_list_belongs_to_one_realm(world: World, tmp_path: Path) -> None:
    path = tmp_path / "issuers.json"
    world.trust.save(path)
    with pytest.raises(TrustError, match="realm 'sandbox'"):
        TrustList.load(path, "icp-brasil")


@pytest.mark.attack("ATK-054")
def test_a_list_that_only_says_icp_brasil_is_not_believed(world: World, tmp_path: Path) -> None:
    path = tmp_path / "issuers.json"
    world.trust.save(path)
    path.write_text(path.read_text().replace('"realm": "sandbox"', '"realm": "icp-brasil"'))
    with pytest.raises(TrustError, match="not pinned"):
        TrustList.load(path, "icp-brasil")


def test_find_prefers_the_eligible_among_certificates_of_one_key(world: World) -> None:
    """A CA renewed with its old key has two certificates; the expired one must not speak for it."""
    renewed = world.pki.ca("AC Renovada", world.root)
    expired = world.pki.ca("AC Renovada", world.root, key=renewed.key, end="20260101000000Z")
    trust = _compiled(world, expired.der, renewed.der)
    leaf = x509.load_der_x509_certificate(world.pki.leaf(renewed))
    for issuers in (trust.issuers, trust.issuers[::-1]):
        found = replace(trust, issuers=issuers).find(leaf)
        assert found is not None
        assert (found.eligible, found.not_after) == (True, datetime(2035, 1, 1, tzinfo=UTC))


def test_policies_of_a_ca_are_its_own(world: World) -> None:
    assert A3 in world.trust.issuers[0].login_policies
    assert "2.16.76.1.2.401.77" not in world.trust.issuers[0].login_policies
