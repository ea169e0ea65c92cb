"""``idp trust`` and ``idp crl`` with the network: what an operator types."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.certificate.trust import compile_bundle
from idp.cli import main
from tests.certificate.conftest import pins
from tests.certificate.openssl_pki import NOW, Ca
from tests.worker.conftest import Installation, Web, World

AT = ("--at", NOW.isoformat())


@pytest.fixture
def settings(here: Installation, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installation as the environment names it; its trust directory."""
    monkeypatch.setenv("IDP_REALM", "icp-brasil")
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{here.directory}/portaria.sqlite")
    monkeypatch.setenv("IDP_TRUST_DIR", str(here.directory / "trust"))
    return here.directory / "trust"


def _run(*arguments: object, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


def _publish(web: Web, *cas: Ca) -> str:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number, ca in enumerate(cas):
            archive.writestr(f"{number}.crt", ca.certificate.read_bytes())
    web.pages["/b.zip"] = data.getvalue()
    web.pages["/b.zip.sha512"] = hashlib.sha512(data.getvalue()).hexdigest().encode()
    return web.url("/b.zip")


def test_a_bundle_by_url_with_what_it_changes_first(world: World, here: Installation, settings: Path, web: Web) -> None:
    url = _publish(web, world.root, world.ca)
    assert "1 of 1 CAs may certify a login" in _run("trust", "import", url, *AT).output
    assert json.loads(_run("trust", "diff", url, *AT, "--json").stdout) == {
        "may_now": [], "no_longer": [], "added": [], "removed": []
    }  # fmt: skip
    before = (settings / "issuers.json").read_bytes()
    _publish(web, world.root, world.ca, world.pki.ca("AC Nova", world.root))
    assert "may now: AC Nova" in _run("trust", "diff", url, *AT, exit_code=1).output
    assert (settings / "issuers.json").read_bytes() == before
    _run("trust", "import", url, *AT)
    web.pages["/b.zip.sha512"] = b"0" * 128
    assert "hash-differs" in _run("trust", "diff", url, *AT, exit_code=2).output
    assert "the previous list stays" in _run("trust", "import", url, *AT, exit_code=2).output
    rows = here.audit()
    assert [kind for kind, _ in rows] == ["trust.imported", "trust.imported"]
    assert rows[1][1]["source"] == url
    assert rows[1][1]["difference"]["may_now"] == ["AC Nova"]


def test_without_a_database_a_bundle_is_taken_in_with_a_remark(
    world: World, settings: Path, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite")
    result = _run("trust", "import", _publish(web, world.root, world.ca), *AT, "--json")
    assert "not recorded in the audit" in result.stderr
    assert json.loads(result.stdout)["eligible"] == 1
    assert not (tmp_path / "none.sqlite").exists()


@pytest.fixture
def published(world: World, settings: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> Ca:
    """A CA whose own list the operator names, below a root whose list the CA's certificate names."""
    where = web.url("/root.crl")
    ca = world.pki.ca("AC Publicada", world.root, extra=(f"crlDistributionPoints=URI:{where}",))
    trust = compile_bundle([world.root.der, ca.der], pins=pins(world.root), realm="icp-brasil", at=NOW)
    trust.save(settings / "issuers.json")
    monkeypatch.setenv("IDP_CRL_EXTRA_URLS", json.dumps([where, web.url("/people.crl")]))
    web.pages["/root.crl"] = world.pki.crl(world.root)
    web.pages["/people.crl"] = world.pki.crl(ca, [("1F00", "keyCompromise")])
    return ca


def test_lists_from_the_network(world: World, here: Installation, published: Ca, web: Web) -> None:
    synced = json.loads(_run("crl", "sync", *AT, "--json").stdout)
    assert [(one["url"], one["outcome"]) for one in synced] == [
        (web.url("/root.crl"), "imported"),
        (web.url("/people.crl"), "imported"),
    ]
    assert [kind for kind, _ in here.audit()] == ["crl.imported"]
    root, people = json.loads(_run("crl", "status", *AT, "--json").stdout)
    assert (root["state"], root["age_seconds"], root["urls"]) == ("fresh", 43200, [web.url("/root.crl")])
    assert (people["issuer"], people["entries"], people["urls"]) == ("AC Publicada", 1, [web.url("/people.crl")])
    assert people["fetched_at"] == NOW.isoformat()
    assert people["last_error"] is None
    web.pages["/people.crl"] = b"<html>"
    assert "refused" in _run("crl", "sync", *AT, exit_code=1).output
    text = _run("crl", "status", *AT).output
    assert "12 h old, 1 entries" in text
    assert "not a CRL" in text
    error = json.loads(_run("crl", "status", *AT, "--json").stdout)[1]["last_error"]
    assert (error["detail"], error["url"]) == ("unreadable", web.url("/people.crl"))


def test_what_no_address_is_known_for_is_said(published: Ca, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_CRL_EXTRA_URLS", json.dumps([web.url("/root.crl")]))
    result = _run("crl", "sync", *AT, exit_code=1)
    assert "1 CAs have no list and no known address" in result.stderr
    assert _run("crl", "status", *AT, exit_code=1)


def test_where_the_lists_are(world: World, published: Ca, web: Web, tmp_path: Path) -> None:
    urls = {one["issuer"]: one["urls"] for one in json.loads(_run("crl", "addresses", "--json").stdout)}
    assert urls == {"Raiz de Teste": [web.url("/root.crl")], "AC Publicada": []}
    _run("crl", "sync", *AT)
    urls = {one["issuer"]: one["urls"] for one in json.loads(_run("crl", "addresses", "--json").stdout)}
    assert urls["AC Publicada"] == [web.url("/people.crl")]
    where = ("crlDistributionPoints=URI:http://lcr.example/um.crl,URI:ldap://lcr.example/um",)
    file = tmp_path / "leaf.der"
    file.write_bytes(world.pki.leaf(published, extra=where))
    [one] = json.loads(_run("crl", "addresses", file, "--json").stdout)
    assert (one["issuer"], one["urls"]) == ("AC Publicada", ["http://lcr.example/um.crl"])
    file.write_bytes(world.pki.leaf(world.pki.ca("AC Publicada"), extra=where))  # of that name, and not by that CA
    _run("crl", "addresses", file, exit_code=2)


def test_one_certificate_or_serial_number(world: World, published: Ca, tmp_path: Path) -> None:
    _run("crl", "sync", *AT)
    revoked, good = tmp_path / "revoked.der", tmp_path / "good.der"
    revoked.write_bytes(world.pki.leaf(published, serial=0x1F00))
    good.write_bytes(world.pki.leaf(published, serial=0x1F01))
    found = json.loads(_run("crl", "lookup", revoked, *AT, "--json", exit_code=1).stdout)
    assert (found["state"], found["reason"], found["serial"]) == ("revoked", "keyCompromise", "1f00")
    assert found["revoked_at"] == "2026-11-01T00:00:00+00:00"
    assert json.loads(_run("crl", "lookup", good, *AT, "--json").stdout)["state"] == "good"
    for issuer in ("AC Publicada", found["issuer_key"][:12]):
        assert "revoked" in _run("crl", "lookup", "00:1F:00", "--issuer", issuer, *AT, exit_code=1).output
    assert _run("crl", "lookup", "1f01", "--issuer", "ac publicada", *AT)
    later = ("--at", "2026-11-24T00:00:00Z")
    assert "stale" in _run("crl", "lookup", good, *later, exit_code=1).output
    stranger = tmp_path / "stranger.der"
    stranger.write_bytes(world.pki.leaf(world.pki.ca("AC Estranha")))
    for arguments in ((stranger,), ("zz",), ("1f00",), ("1f00", "--issuer", "AC Nenhuma"), (__file__,)):
        _run("crl", "lookup", *arguments, *AT, exit_code=2)


def test_the_sandbox_has_nothing_to_fetch(world: World, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_REALM", "sandbox")
    world.trust.save(settings / "issuers.json")
    assert "--from DIR" in _run("crl", "sync", exit_code=2).output
