"""``idp trust``, ``idp cert`` and ``idp crl`` as an operator uses them."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.certificate.trust import TrustList
from idp.cli import main
from tests.certificate.conftest import World, pins
from tests.certificate.openssl_pki import CNPJ, CPF, E_CNPJ, NOW, openssl

AT = ("--at", NOW.isoformat())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IDP_TRUST_DIR", str(tmp_path / "trust"))
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{tmp_path}/portaria.sqlite")
    monkeypatch.setenv("IDP_REALM", "icp-brasil")
    return tmp_path


@pytest.fixture
def pinned(world: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The world's root in the place of the real ones, and its bundle as a directory."""
    for module in ("idp.cli.trust", "idp.certificate.trust.issuers"):
        monkeypatch.setattr(f"{module}.PINS", pins(world.root))
    monkeypatch.setattr("idp.certificate.trust.issuers._REALM_PINS", {"icp-brasil": pins(world.root)})
    bundle = home / "bundle"
    bundle.mkdir()
    for number, ca in enumerate((world.root, world.ca)):
        (bundle / f"{number}.crt").write_bytes(ca.certificate.read_bytes())
    return bundle


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _inspect(home: Path, der: bytes, *options: str) -> Result:
    file = home / "leaf.der"
    file.write_bytes(der)
    return _run("cert", "inspect", file, *AT, *options)


def test_from_a_bundle_to_an_accepted_certificate(world: World, home: Path, pinned: Path) -> None:
    imported = _run("trust", "import", pinned, *AT)
    assert imported.exit_code == 0, imported.output
    assert "1 of 1 CAs may certify a login" in imported.output
    assert "idp crl sync" in imported.output
    der = world.pki.leaf(world.ca)
    assert json.loads(_inspect(home, der, "--json").output)["detail"] == "crl-absent"
    lists = home / "lists"
    lists.mkdir()
    (lists / "ca.crl").write_bytes(world.pki.crl(world.ca))
    (lists / "root.crl").write_bytes(world.pki.crl(world.root))
    assert _run("crl", "status", *AT).exit_code == 1
    assert _run("crl", "sync", "--from", lists, *AT).exit_code == 0
    assert _run("crl", "status", *AT).exit_code == 0
    assert _run("trust", "status", *AT).exit_code == 0
    accepted = _inspect(home, der, "--json")
    assert accepted.exit_code == 0
    verdict = json.loads(accepted.output)
    assert verdict["holder"] == {"tipo": "PF", "cpf": CPF, "nome": "MARIA DA SILVA"}
    assert (verdict["verdict"], verdict["reason"], verdict["reasons"]) == ("accepted", None, [])
    assert _inspect(home, der).output.startswith("accepted  e-CPF A3, issued by AC de Teste")


def test_a_refused_certificate_says_all_and_holds_no_holder(world: World, home: Path, pinned: Path) -> None:
    _run("trust", "import", pinned, *AT)
    company = {"cn": f"EMPRESA SA:{CNPJ}", "san": E_CNPJ, "end": "20260201000000Z"}
    refused = _inspect(home, world.pki.leaf(world.ca, **company), "--json")
    assert refused.exit_code == 1
    verdict = json.loads(refused.output)
    assert "holder" not in verdict
    assert "certificado" not in verdict
    assert (verdict["verdict"], verdict["reason"], verdict["detail"]) == ("refused", "CERT-02", "expired")
    assert verdict["reasons"][0] == {"reason": "CERT-02", "detail": "expired", "at": "2026-02-01T00:00:00+00:00"}
    assert verdict["claimed"]["documento"] == CNPJ
    assert verdict["claimed"]["responsavel"] == "JOAO DA SILVA"


def test_pem_and_der_are_the_same(world: World, home: Path, pinned: Path) -> None:
    _run("trust", "import", pinned, *AT)
    der = world.pki.leaf(world.ca, end="20260201000000Z")
    pem = home / "leaf.pem"
    pem.write_bytes(openssl("x509", "-inform", "DER", data=der))
    assert _run("cert", "inspect", pem, *AT, "--json").output == _inspect(home, der, "--json").output


@pytest.mark.parametrize("content", [None, b"", b"hello", b"-----BEGIN CERTIFICATE-----\nMII"])
def test_unusable_input_is_exit_code_2(home: Path, pinned: Path, content: bytes | None) -> None:
    _run("trust", "import", pinned, *AT)
    file = home / "file"
    if content is not None:
        file.write_bytes(content)
    result = _run("cert", "inspect", file, "--json")
    assert result.exit_code == 2
    assert "no certificate to judge" in json.loads(result.stderr)["error"]
    assert result.stdout == ""


def test_without_a_list_inspect_says_how_to_make_one(world: World, home: Path) -> None:
    result = _inspect(home, world.pki.leaf(world.ca))
    assert result.exit_code == 2
    assert "idp trust import" in result.output


def test_another_list_may_be_named(world: World, home: Path) -> None:
    """A list and its CRL index lie together."""
    world.trust.save(home / "other" / "issuers.json")
    result = _inspect(home, world.pki.leaf(world.ca), "--json", "--trust", str(home / "other" / "issuers.json"))
    assert json.loads(result.output)["trust"]["realm"] == "sandbox"
    assert json.loads(result.output)["detail"] == "crl-absent"


def test_hostile_text_does_not_reach_the_terminal(world: World, home: Path, pinned: Path) -> None:
    _run("trust", "import", pinned, *AT)
    der = world.pki.leaf(world.ca, cn="MARIA XXXXXX SILVA")
    hostile = world.pki.resigned(der, b"XXXXXX", b"\x1b[2J\r\n", world.ca.key)
    output = _inspect(home, hostile).output
    assert "\x1b" not in output
    assert "\\x1b[2J\\r\\n" in output


@pytest.mark.attack("ATK-054")
@pytest.mark.parametrize("bundle", ["foreign", "empty", "cut", "shrunk"])
def test_a_bad_bundle_leaves_the_old_list(world: World, home: Path, pinned: Path, bundle: str) -> None:
    extra = [world.pki.ca(f"AC {n}", world.root) for n in range(4)]
    for number, ca in enumerate(extra):
        (pinned / f"x{number}.crt").write_bytes(ca.certificate.read_bytes())
    assert _run("trust", "import", pinned, *AT).exit_code == 0
    path = home / "trust" / "issuers.json"
    before = path.read_bytes()
    bad = home / "bad"
    bad.mkdir()
    if bundle == "foreign":
        (bad / "a.crt").write_bytes(world.pki.ca("Outra Raiz").certificate.read_bytes())
    elif bundle == "cut":
        (bad / "a.crt").write_bytes(world.root.certificate.read_bytes()[:-40])
    elif bundle == "shrunk":
        for ca in (world.root, world.ca):
            (bad / f"{ca.name}.crt").write_bytes(ca.certificate.read_bytes())
    result = _run("trust", "import", bad, *AT)
    assert result.exit_code == 2
    assert "the previous list stays" in result.output
    assert path.read_bytes() == before
    if bundle == "shrunk":
        agreed = _run("trust", "import", bad, *AT, "--allow-shrink", "--json")
        assert (agreed.exit_code, json.loads(agreed.stdout)["missing"]) == (0, [])


def test_import_tells_what_changed(world: World, home: Path, pinned: Path) -> None:
    _run("trust", "import", pinned, *AT)
    (pinned / "new.crt").write_bytes(world.pki.ca("AC Nova", world.root).certificate.read_bytes())
    (pinned / "ssl.crt").write_bytes(world.pki.ca("AC SSL", world.root).certificate.read_bytes())
    changed = json.loads(_run("trust", "import", pinned, *AT, "--json").stdout)["difference"]
    assert changed == {"may_now": ["AC Nova"], "no_longer": [], "added": ["AC SSL"], "removed": []}


@pytest.mark.attack("ATK-054")
def test_status_names_what_is_missing_of_what_was_agreed_to(world: World, home: Path, pinned: Path) -> None:
    for number in range(6):
        ca = world.pki.ca(f"AC {number}", world.root)
        (pinned / f"x{number}.crt").write_bytes(ca.certificate.read_bytes())
    _run("trust", "import", pinned, *AT)
    (pinned / "x5.crt").unlink()
    assert json.loads(_run("trust", "import", pinned, *AT, "--json").stdout)["missing"] == ["AC 5"]
    assert "missing of what was agreed to: AC 5" in _run("trust", "status", *AT).stdout
    (pinned / "x4.crt").unlink()
    refused = _run("trust", "import", pinned, *AT)
    assert (refused.exit_code, "2 of the 7 CAs" in refused.output) == (2, True)


def test_a_list_of_another_realm_is_not_replaced(world: World, home: Path, pinned: Path) -> None:
    world.trust.save(home / "trust" / "issuers.json")
    assert _run("trust", "import", pinned, *AT).exit_code == 2
    assert TrustList.load(home / "trust" / "issuers.json", "sandbox") == world.trust


def test_the_sandbox_imports_no_real_bundle(home: Path, pinned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_REALM", "sandbox")
    assert _run("trust", "import", pinned, *AT).exit_code == 3


def test_list_and_show(world: World, home: Path, pinned: Path) -> None:
    (pinned / "ssl.crt").write_bytes(world.pki.ca("AC SSL", world.root).certificate.read_bytes())
    _run("trust", "import", pinned, *AT)
    assert "AC SSL" not in _run("trust", "list").output
    assert "purpose-site" in _run("trust", "list", "--all").output
    shown = json.loads(_run("trust", "show", "ac de teste", "--json").output)
    assert [(ca["name"], ca["eligible"], ca["ca_crl"]) for ca in shown] == [("AC de Teste", True, "absent")]
    assert "certifies sites" in _run("trust", "show", "AC SSL").output
    assert _run("trust", "show", "AC Nenhuma").exit_code == 1


def test_names_for_a_proxy_are_pem_of_the_roots(world: World, home: Path, pinned: Path) -> None:
    assert _run("trust", "names").exit_code == 3, "there is no list yet"
    assert _run("trust", "import", pinned).exit_code == 0
    assert subjects(_run("trust", "names").stdout) == ["CN=Raiz de Teste"]
    assert subjects(_run("trust", "names", "--all").stdout) == ["CN=Raiz de Teste", "CN=AC de Teste"]
    (root,) = json.loads(_run("trust", "names", "--json").stdout)
    assert (root["name"], root["sha256"]) == ("Raiz de Teste", hashlib.sha256(world.root.der).hexdigest())
    assert root["pem"] == _run("trust", "names").stdout


def subjects(pem: str) -> list[str]:
    """What openssl reads in a file of several certificates, the last attribute of each name."""
    argv = ["openssl", "storeutl", "-certs", "-text", "-noout", "/dev/stdin"]
    said = subprocess.run(argv, input=pem, capture_output=True, text=True, check=True).stdout
    return [
        line.rpartition(", ")[2].strip().removeprefix("Subject: ") for line in said.splitlines() if "Subject: " in line
    ]


def test_sync_tells_refused_lists_from_those_of_strangers(world: World, home: Path, pinned: Path) -> None:
    _run("trust", "import", pinned, *AT)
    stranger, broken = home / "stranger.crl", home / "broken.crl"
    stranger.write_bytes(world.pki.crl(world.pki.ca("AC Estranha")))
    broken.write_bytes(world.pki.crl(world.ca)[:-1])
    assert _run("crl", "sync", "--from", stranger, *AT).exit_code == 0
    result = _run("crl", "sync", "--from", broken, "--json", *AT)
    assert (result.exit_code, json.loads(result.output)[0]["detail"]) == (1, "unreadable")
    assert _run("crl", "sync", "--from", home / "nowhere", *AT).exit_code == 2
    (home / "void").mkdir()
    assert _run("crl", "sync", "--from", home / "void", *AT).exit_code == 2


def test_a_moment_must_be_one(home: Path) -> None:
    assert _run("crl", "status", "--at", "yesterday").exit_code == 2
