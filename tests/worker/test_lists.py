"""The worker's lists: CRLs and the bundle, over real HTTP, into a real installation."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import TrustList, compile_bundle
from idp.certificate.trust.current import CurrentTrust
from idp.errors import ConfigurationError
from idp.fetch.bundle import hash_url
from idp.fetch.journal import Journal
from idp.worker.crls import CrlRefresh
from idp.worker.process import network_jobs
from idp.worker.trust import TrustUpdate
from tests.certificate.conftest import pins
from tests.certificate.openssl_pki import NOW, Ca
from tests.worker.conftest import Installation, Web, World

DAY = timedelta(days=1)


def _zip(*cas: Ca) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number, ca in enumerate(cas):
            archive.writestr(f"{number}.crt", ca.certificate.read_bytes())
    return data.getvalue()


def _publish(web: Web, bundle: bytes, digest: str | None = None) -> str:
    web.pages["/ac/ACcompactado.zip"] = bundle
    text = f"{digest or hashlib.sha512(bundle).hexdigest()}  ACcompactado.zip\n"
    web.pages["/ac/hashsha512.txt"] = text.encode()
    return web.url("/ac/ACcompactado.zip")


def _names(path: Path) -> list[str]:
    return [issuer.name for issuer in TrustList.load(path, "icp-brasil").eligible]


# --- The bundle ------------------------------------------------------------------------------------------------------


def test_the_hash_is_where_the_authority_puts_it() -> None:
    where = "http://acraiz.example/credenciadas/CertificadosAC-ICP-Brasil/"
    assert hash_url(f"{where}ACcompactado.zip") == f"{where}hashsha512.txt"
    assert hash_url(f"{where}ACcompactadox.zip") == f"{where}hashsha512x.txt"
    assert hash_url("https://mirror.example/icp.zip") == "https://mirror.example/icp.zip.sha512"


@pytest.mark.attack("ATK-054")
def test_a_changed_bundle_is_applied_with_its_difference_on_record(world: World, here: Installation, web: Web) -> None:
    url = _publish(web, _zip(world.root, world.ca))
    update = TrustUpdate(here.settings(trust_bundle_url=url), here.store)
    update(NOW)
    path = here.directory / "trust" / "issuers.json"
    assert _names(path) == ["AC de Teste"]
    first = path.read_bytes()
    update(NOW + timedelta(hours=17))
    assert len(web.asked) == 2  # not before its time
    update(NOW + 2 * DAY)
    assert path.read_bytes() == first  # the same bundle is the same list
    _publish(web, _zip(world.root, world.ca, world.pki.ca("AC Nova", world.root), world.pki.ca("AC SSL", world.root)))
    update(NOW + 4 * DAY)
    assert _names(path) == ["AC Nova", "AC de Teste"]
    changes = {"may_now": ["AC Nova"], "no_longer": [], "added": ["AC SSL"], "removed": []}
    common = {"actor": "worker", "source": url}
    assert here.audit() == [
        ("trust.imported", {**common, "eligible": 1, "cas": 1, "difference": None}),
        ("trust.imported", {**common, "eligible": 2, "cas": 3, "difference": changes}),
    ]


@pytest.mark.attack("ATK-054")
@pytest.mark.parametrize(
    ("bad", "token"),
    [
        ("gone", "http-status"),
        ("hash", "hash-differs"),
        ("no hash", "hash-unreadable"),
        ("cut", "bundle-refused"),
        ("empty", "bundle-refused"),
        ("foreign", "bundle-refused"),
        ("shrunk", "bundle-refused"),
    ],
)
def test_a_bad_bundle_leaves_the_list_and_says_why(
    world: World, here: Installation, web: Web, bad: str, token: str
) -> None:
    whole = _zip(world.root, world.ca, *(world.pki.ca(f"AC {n}", world.root) for n in range(4)))
    url = _publish(web, whole)
    update = TrustUpdate(here.settings(trust_bundle_url=url), here.store)
    update(NOW)
    path = here.directory / "trust" / "issuers.json"
    before = path.read_bytes()
    bundles = {
        "cut": whole[:-100],
        "empty": _zip(),
        "foreign": _zip(world.pki.ca("Outra Raiz")),
        "shrunk": _zip(world.root, world.ca),
    }
    if bad in bundles:
        _publish(web, bundles[bad])
    elif bad == "gone":
        del web.pages["/ac/ACcompactado.zip"]
    elif bad == "hash":
        _publish(web, whole, "0" * 128)
    else:
        web.pages["/ac/hashsha512.txt"] = b"soon"
    with capture_logs() as lines:
        update(NOW + 2 * DAY)
    assert path.read_bytes() == before
    assert [(line["event"], line["detail"]) for line in lines] == [("trust_list_kept", token)]
    last = Journal(here.directory / "trust")[url]
    assert last is not None
    assert (last.outcome, last.detail) == ("failed", token)
    assert len(here.audit()) == 1
    asked = len(web.asked)
    update(NOW + 2 * DAY + timedelta(hours=2))
    assert len(web.asked) > asked  # a failure is tried again within hours


def test_a_list_that_cannot_be_written_leaves_no_row(world: World, here: Installation, web: Web) -> None:
    (here.directory / "trust").mkdir()
    (here.directory / "trust" / "issuers.json").mkdir()
    update = TrustUpdate(here.settings(trust_bundle_url=_publish(web, _zip(world.root, world.ca))), here.store)
    with pytest.raises(OSError, match=r"issuers\.json"):
        update(NOW)
    assert here.audit() == []


# --- CRLs ------------------------------------------------------------------------------------------------------------


def test_the_index_is_kept_fresh_and_recorded(world: World, here: Installation, web: Web) -> None:
    where = web.url("/root.crl")
    ca = world.pki.ca("AC Publicada", world.root, extra=(f"crlDistributionPoints=URI:{where}",))
    trust = compile_bundle([world.root.der, ca.der], pins=pins(world.root), realm="icp-brasil", at=NOW)
    path = here.directory / "trust" / "issuers.json"
    trust.save(path)
    web.pages["/root.crl"] = world.pki.crl(world.root, until="20261130000000Z")
    web.pages["/people.crl"] = world.pki.crl(ca, until="20261130000000Z")
    urls = (where, web.url("/people.crl"))  # the first so that it may be on loopback
    refresh = CrlRefresh(here.settings(crl_extra_urls=urls), here.store, CurrentTrust(path, "icp-brasil"), Event())
    refresh(NOW)
    refresh(NOW + timedelta(minutes=1))  # nothing is due
    assert len(web.asked) == 2
    index = CrlIndex(here.directory / "trust" / "crl", trust)
    assert {s.authority.name: s.state for s in index.states(NOW)} == {"Raiz de Teste": "fresh", "AC Publicada": "fresh"}
    [(kind, payload)] = here.audit()
    assert (kind, payload["actor"]) == ("crl.imported", "worker")
    assert [one["source"] for one in payload["lists"]] == list(urls)
    web.pages["/root.crl"] = b"<html>"
    with capture_logs() as lines:
        refresh(NOW + timedelta(hours=1))
    kept = [(line["event"], line["detail"], line["log_level"]) for line in lines]
    assert kept == [("crl_kept", "unreadable", "warning")]
    assert len(here.audit()) == 1


def test_a_list_that_lost_much_is_an_alarm(world: World, here: Installation, web: Web) -> None:
    trust = compile_bundle([world.root.der, world.ca.der], pins=pins(world.root), realm="icp-brasil", at=NOW)
    path = here.directory / "trust" / "issuers.json"
    trust.save(path)
    settings = here.settings(crl_extra_urls=(web.url("/people.crl"),))
    refresh = CrlRefresh(settings, here.store, CurrentTrust(path, "icp-brasil"), Event())
    revoked = [(f"{0x1F00 + n:X}", "superseded") for n in range(9)]
    web.pages["/people.crl"] = world.pki.crl(world.ca, revoked)
    refresh(NOW)
    web.pages["/people.crl"] = world.pki.crl(world.ca, number=2, last="20261122010000Z")
    with capture_logs() as lines:
        refresh(NOW + timedelta(hours=1))
    assert [(line["event"], line["detail"], line["log_level"]) for line in lines] == [("crl_kept", "shrunk", "error")]


# --- Which jobs ------------------------------------------------------------------------------------------------------


def test_the_sandbox_asks_nobody(here: Installation) -> None:
    assert (
        network_jobs(here.settings(realm="sandbox", trust_bundle_url="http://a.example/b"), here.store, Event()) == ()
    )


def test_without_a_trust_list_there_is_nothing_to_keep_fresh(here: Installation) -> None:
    with pytest.raises(ConfigurationError, match="there is no trust list"):
        network_jobs(here.settings(), here.store, Event())


def test_the_bundle_is_fetched_only_where_its_address_is_set(world: World, here: Installation) -> None:
    world.trust.__class__(
        "icp-brasil", NOW, world.trust.roots, world.trust.issuers
    ).save(here.directory / "trust" / "issuers.json")  # fmt: skip
    without = network_jobs(here.settings(), here.store, Event())
    with_url = network_jobs(here.settings(trust_bundle_url="http://a.example/b.zip"), here.store, Event())
    assert [job.name for job in without] == ["crl.refresh"]
    assert [job.name for job in with_url] == ["trust.update", "crl.refresh"]
