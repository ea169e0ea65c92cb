"""CRLs from a web server into the index."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from idp.certificate.revocation import CrlIndex
from idp.certificate.trust import TrustList, compile_bundle
from idp.certificate.trust.distribution import crl_urls
from idp.fetch import apart
from idp.fetch.crls import Crls
from idp.fetch.http import Limits
from idp.fetch.journal import FILE, Attempt, Journal
from tests.certificate.conftest import pins
from tests.certificate.openssl_pki import NOW, Ca
from tests.fetch.conftest import Web, World, answer

MINUTE = timedelta(minutes=1)


class Setting:
    """The world's root with a CA below it whose certificate says where the root's list is: two addresses on ``web``."""

    def __init__(self, world: World, web: Web, directory: Path) -> None:
        self.world, self.web, self.directory = world, web, directory
        self.first, self.second = web.url("/root.crl"), web.url("/copy.crl")
        where = f"crlDistributionPoints=URI:{self.first},URI:{self.second}"
        self.ca: Ca = world.pki.ca("AC Publicada", world.root, extra=(where,))
        self.trust: TrustList = compile_bundle(
            [world.root.der, self.ca.der], pins=pins(world.root), realm="sandbox", at=NOW
        )
        self.root_key = self.trust.anchors[0].key
        self.ca_key = self.trust.issuers[0].key

    def crls(self, *named: str, **options: object) -> Crls:
        return Crls(self.trust, self.directory, NOW, [self.first, self.second, *named], **options)  # type: ignore[arg-type]

    def sync(self, *named: str, at: datetime = NOW, **options: object) -> list[str]:
        """``path outcome detail`` of each attempt."""
        crls = self.crls(*named)
        return [
            " ".join(filter(None, (f.url.removeprefix(self.web.origin), f.attempt.outcome, f.attempt.detail)))
            for f in crls.sync(crls.sources, at, **options)  # type: ignore[arg-type]
        ]

    def state(self, serial: str = "1f00", at: datetime = NOW) -> str:
        return CrlIndex(self.directory, self.trust).status(self.root_key, serial, at).state

    def crl(self, *revoked: str, **options: object) -> bytes:
        return self.world.pki.crl(self.world.root, [(serial, "superseded") for serial in revoked], **options)  # type: ignore[arg-type]


@pytest.fixture
def here(world: World, web: Web, tmp_path: Path) -> Setting:
    return Setting(world, web, tmp_path / "crl")


def test_the_bundle_says_where_the_lists_of_the_cas_above_are(here: Setting) -> None:
    assert crl_urls(here.trust) == {here.root_key: (here.first, here.second)}
    assert [(s.name, s.urls) for s in here.crls().sources] == [("Raiz de Teste", (here.first, here.second))]


def test_a_certificate_without_a_path_to_a_pinned_root_names_no_address(world: World, here: Setting) -> None:
    """Whoever slips a certificate into the bundle must not choose whom we ask."""
    other = world.pki.ca("Outra Raiz", extra=("crlDistributionPoints=URI:http://a.example/1.crl",))
    below = world.pki.ca("AC Outra", other, extra=("crlDistributionPoints=URI:http://a.example/2.crl",))
    bundle = [world.root.der, here.ca.der, other.der, below.der]
    trust = compile_bundle(bundle, pins=pins(world.root), realm="sandbox", at=NOW)
    assert len(trust.issuers) == 2
    assert crl_urls(trust) == {here.root_key: (here.first, here.second)}


def test_a_list_comes_into_the_index(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = here.crl("1F00")
    assert here.sync() == ["/root.crl imported"]
    assert here.state() == "revoked"
    assert here.state("1f01") == "good"
    assert web.paths() == ["/root.crl"]  # the second address is for when the first does not serve


def test_pem_is_as_good_as_der(here: Setting, web: Web) -> None:
    pem = subprocess.run(["openssl", "crl", "-inform", "DER"], input=here.crl("1F00"), capture_output=True, check=True)
    web.pages["/root.crl"] = pem.stdout
    assert here.sync() == ["/root.crl imported"]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (lambda h: answer(h, b"", 503), "failed http-status"),
        (lambda h: answer(h, b"", 302, Location="http://evil.example/"), "failed redirect"),
        (lambda h: answer(h, b"<html>Em obras</html>", Content_Type="text/html"), "refused unreadable"),
        (lambda h: answer(h, b""), "refused unreadable"),
        (lambda h: answer(h, gzip.compress(b"x")), "refused unreadable"),
    ],
    ids=["503", "redirect", "page", "empty", "gzip"],
)  # fmt: skip
def test_the_second_address_is_tried_when_the_first_does_not_serve(
    here: Setting, web: Web, first: Callable[[BaseHTTPRequestHandler], None], said: str
) -> None:
    web.pages["/root.crl"] = first
    web.pages["/copy.crl"] = here.crl("1F00")
    assert here.sync() == [f"/root.crl {said}", "/copy.crl imported"]
    assert here.state() == "revoked"


def test_the_second_address_is_tried_when_the_first_has_an_old_list(here: Setting, web: Web) -> None:
    later = NOW + timedelta(days=2)
    web.pages["/root.crl"] = here.crl("1F00")
    web.pages["/copy.crl"] = here.crl("1F00", number=2, last="20261124000000Z", until="20261125000000Z")
    assert here.sync(at=later) == ["/root.crl imported", "/copy.crl imported"]
    assert here.state("1f01", later) == "good"


def _cut(der: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + der[:-20])

    return page


@pytest.mark.attack("ATK-033")
@pytest.mark.parametrize("what", ["flipped", "cut", "other ca", "older", "delta", "shrunk", "future"])
def test_what_must_not_be_used_leaves_the_old_list(world: World, here: Setting, web: Web, what: str) -> None:
    many = [f"{0x1F00 + n:X}" for n in range(10)]
    web.pages["/root.crl"] = here.crl(*many, number=5, last="20261122060000Z")
    here.sync()
    newer = {"number": 6, "last": "20261122070000Z"}
    good = here.crl(*many, **newer)
    pages: dict[str, tuple[object, str]] = {
        "flipped": (good.replace(b"\x02\x02\x1f\x00", b"\x02\x02\x1f\x77"), "refused bad-signature"),
        "cut": (_cut(good), "refused unreadable"),
        "other ca": (world.pki.crl(here.ca, **newer), "refused unknown-issuer"),  # type: ignore[arg-type]
        "older": (here.crl(number=4, last="20261122070000Z"), "refused older"),
        "delta": (here.crl(*many, extra=("2.5.29.27=critical,DER:020101",), **newer), "refused delta"),
        "shrunk": (here.crl(*many[1:6], **newer), "refused shrunk"),
        "future": (here.crl(*many, number=6, last="20261122130000Z"), "refused from-the-future"),
    }
    web.pages["/root.crl"], said = pages[what]  # type: ignore[assignment]
    assert here.sync() == [f"/root.crl {said}", "/copy.crl failed http-status"]
    assert here.state("1f00") == "revoked"
    assert here.state("1f77") == "good"
    attempt = Journal(here.directory)[here.first]
    assert attempt is not None
    assert (attempt.outcome, attempt.detail) == tuple(said.split())


def test_a_list_that_lost_a_fifth_is_taken_when_somebody_says_so(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = here.crl(*(f"{0x1F00 + n:X}" for n in range(10)))
    here.sync()
    web.pages["/root.crl"] = here.crl(number=2, last="20261122010000Z")
    assert here.sync()[0] == "/root.crl refused shrunk"
    assert here.sync(allow_shrink=True) == ["/root.crl imported"]
    assert here.state("1f00") == "good"


def test_the_operators_address_may_hold_any_cas_list(world: World, here: Setting, web: Web) -> None:
    """Where a CA that certifies people has its list, the bundle does not say."""
    web.pages["/root.crl"] = here.crl()
    web.pages["/people.crl"] = world.pki.crl(here.ca, [("1F00", "superseded")])
    assert here.sync(web.url("/people.crl")) == ["/root.crl imported", "/people.crl imported"]
    index = CrlIndex(here.directory, here.trust)
    assert index.status(here.ca_key, "1f00", NOW).state == "revoked"
    assert index.status(here.root_key, "1f00", NOW).state == "good"


def test_an_unchanged_list_is_neither_sent_nor_parsed_again(
    here: Setting, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    crl = here.crl("1F00")

    def page(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers["If-None-Match"] == '"1"'
        answer(handler, b"" if known else crl, 304 if known else 200, ETag='"1"')

    web.pages["/root.crl"] = page
    assert here.sync() == ["/root.crl imported"]
    monkeypatch.setattr(apart, "call", lambda *_, **__: pytest.fail("parsed again"))
    assert here.sync() == ["/root.crl unchanged"]
    web.pages["/root.crl"] = crl  # a server without validators sends the same bytes
    assert here.sync() == ["/root.crl unchanged"]


def test_unchanged_is_not_believed_where_the_index_has_no_list(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = lambda h: answer(
        h, b"", 304
    ) if "If-None-Match" in h.headers else answer(h, here.crl("1F00"), ETag='"1"')  # fmt: skip
    here.sync()
    (here.directory / f"{here.root_key}.crl-index").unlink()
    assert here.sync() == ["/root.crl imported"]


@pytest.mark.attack("ATK-036")
def test_a_list_larger_than_the_limit_is_not_taken(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = b"\x30" * 100_001
    crls = here.crls(limits=Limits(size=100_000))
    assert [f.attempt.detail for f in crls.sync(crls.sources, NOW)] == ["too-large", "http-status"]


@pytest.mark.attack("ATK-036")
def test_a_parser_that_is_killed_takes_nobody_with_it(here: Setting, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pages["/root.crl"] = here.crl("1F00")
    call = apart.call
    monkeypatch.setattr(apart, "call", lambda task, **arguments: call(task, seconds=0.0, **arguments))
    assert here.sync() == ["/root.crl failed parser-died", "/copy.crl failed http-status"]
    assert here.state() == "absent"


@pytest.mark.attack("ATK-036")
def test_a_parser_has_a_gibibyte_and_no_more() -> None:
    code = "from idp.fetch import tasks; tasks._limit(); bytearray({} << 20)"
    for mebibytes, ends in ((600, 0), (1100, 1)):
        done = subprocess.run([sys.executable, "-c", code.format(mebibytes)], capture_output=True, text=True)
        assert done.returncode == ends, done.stderr
    assert done.stderr.rstrip().endswith("MemoryError")


def test_a_parser_knows_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql://secret@db/")
    seen: list[dict[str, str]] = []
    popen = subprocess.Popen

    def spy(*arguments: object, **options: object) -> object:
        seen.append(options["env"])  # type: ignore[arg-type]
        return popen(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", spy)
    apart.call("trust", bundle=str(tmp_path), into=str(tmp_path / "x"), pins={}, realm="sandbox", at=NOW.isoformat())
    assert seen == [{"MALLOC_ARENA_MAX": "1"}]


def test_a_process_that_ends_does_not_wait_for_a_download(here: Setting, web: Web, tmp_path: Path) -> None:
    def silent(handler: BaseHTTPRequestHandler) -> None:
        web.stopping.wait(120)

    web.pages["/slow.crl"] = silent
    here.trust.save(tmp_path / "issuers.json")
    code = f"""if True:
        import threading
        from datetime import UTC, datetime
        from pathlib import Path
        from idp.certificate.trust import TrustList
        from idp.fetch.crls import Crls
        now = datetime.now(UTC)
        trust = TrustList.load(Path({str(tmp_path / "issuers.json")!r}), "sandbox")
        crls = Crls(trust, Path({str(here.directory)!r}), now, [{web.url("/slow.crl")!r}])
        asking = threading.Thread(target=lambda: list(crls.sync(crls.sources[-1:], now)), daemon=True)
        asking.start()
        asking.join(0.5)
        print("asking" if asking.is_alive() else "done")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=90)
    assert (done.stdout.strip(), done.returncode) == ("asking", 0), done.stderr


# --- When ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def even(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)


def _due(here: Setting, at: datetime) -> bool:
    return bool(here.crls().due(at))


@pytest.mark.usefixtures("even")
def test_a_fetched_list_is_asked_for_again_after_half_an_hour(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = here.crl(until="20261201000000Z")
    assert _due(here, NOW)
    here.sync()
    assert not _due(here, NOW + 29 * MINUTE)
    assert _due(here, NOW + 30 * MINUTE)


@pytest.mark.usefixtures("even")
def test_without_a_fresh_list_a_failure_is_repeated_soon(here: Setting, web: Web) -> None:
    here.sync()
    assert not _due(here, NOW + 4 * MINUTE)
    assert _due(here, NOW + 5 * MINUTE)
    web.pages["/root.crl"] = here.crl(until="20261201000000Z")
    here.sync()
    del web.pages["/root.crl"]
    here.sync(at=NOW + 30 * MINUTE)
    assert not _due(here, NOW + 59 * MINUTE)


@pytest.mark.usefixtures("even")
def test_a_second_address_that_serves_is_good_enough(here: Setting, web: Web) -> None:
    web.pages["/copy.crl"] = here.crl(until="20261201000000Z")
    assert here.sync() == ["/root.crl failed http-status", "/copy.crl imported"]
    assert not _due(here, NOW + 29 * MINUTE)
    assert _due(here, NOW + 30 * MINUTE)


@pytest.mark.usefixtures("even")
def test_the_middle_of_a_lists_life_is_a_moment_to_ask(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = here.crl(last="20261122120000Z", until="20261122124000Z")
    here.sync()
    assert not _due(here, NOW + 19 * MINUTE)
    assert _due(here, NOW + 20 * MINUTE)
    here.sync(at=NOW + 20 * MINUTE)
    assert not _due(here, NOW + 21 * MINUTE)


def test_not_all_at_once(here: Setting, web: Web) -> None:
    web.pages["/root.crl"] = here.crl()
    moments = set()
    for _ in range(5):
        here.sync()
        attempt = Journal(here.directory)[here.first]
        assert attempt is not None
        assert attempt.again is not None
        assert 22 * MINUTE < attempt.again - NOW < 38 * MINUTE
        moments.add(attempt.again)
    assert len(moments) == 5


# --- The journal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"at": "yesterday"}}', '{"a": {"x": 1}}'])
def test_a_damaged_journal_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    journal = Journal(tmp_path)
    assert journal["a"] is None
    journal.record({"a": Attempt(NOW, "failed", "timeout")})
    assert Journal(tmp_path)["a"] == Attempt(NOW, "failed", "timeout")


def test_two_journals_keep_each_others_lines(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    one.record({"a": Attempt(NOW, "imported", again=NOW + MINUTE, etag='"1"')})
    two.record({"b": Attempt(NOW, "failed", "timeout", "120 s")})
    assert set(json.loads((tmp_path / FILE).read_text())) == {"a", "b"}
    assert Journal(tmp_path)["a"] == Attempt(NOW, "imported", again=NOW + MINUTE, etag='"1"')


def test_an_index_that_cannot_be_written_is_said(here: Setting, web: Web, tmp_path: Path) -> None:
    web.pages["/root.crl"] = here.crl()
    (tmp_path / "file").write_text("")
    crls = Crls(here.trust, tmp_path / "file" / "crl", NOW, [here.first])
    with pytest.raises(OSError, match=os.strerror(20)):
        list(crls.sync(crls.sources, NOW))
