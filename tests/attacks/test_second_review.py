"""What an attacker would try with fetching, listeners, logout and the compiled list."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from idp.certificate.trust import TrustList, compile_bundle
from idp.certificate.trust.current import CurrentTrust
from idp.certificate.trust.replacement import succeeding
from idp.errors import TrustError
from idp.fetch.journal import Journal
from idp.flow.outcome import AskConsent, Granted
from idp.listeners.accepting import Limits
from tests.certificate.conftest import World, pins
from tests.certificate.openssl_pki import NOW
from tests.fetch.conftest import Web, answer
from tests.fetch.test_crls import Setting
from tests.flow.world import World as Flow
from tests.oidc.world import ADA_CHOICE, SECRET
from tests.oidc.world import World as Provider
from tests.server.apps import create
from tests.server.client import connect, context, get
from tests.server.pki import Pki
from tests.server.test_limits import serving

BRUCE1 = "AM:040000010/representante_legal"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    provider = Provider(tmp_path)
    yield provider
    provider.close()


@pytest.fixture
def flow() -> Flow:
    return Flow()


# -- the worker, and whoever answers in a CRL server's place (http, so anybody on the way) -----------------------------


@pytest.mark.attack("ATK-033")
def test_one_malformed_redirect_does_not_end_the_round(here: Setting, web: Web) -> None:
    """``Location: http://[``. What comes after it in the round is not written down, so it is asked again every ten
    seconds; what did come in has no row in the audit."""

    def nowhere(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, b"", 302, Location="http://[")

    web.pages["/root.crl"] = web.pages["/copy.crl"] = nowhere
    web.pages["/other.crl"] = here.crl()
    with suppress(ValueError):
        here.sync(web.url("/other.crl"))
    attempt = Journal(here.directory)[web.url("/other.crl")]
    assert attempt is not None
    assert attempt.outcome == "imported"


# -- threads of the hosts that ask for certificates --------------------------------------------------------------------

FRAMINGS = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: 9\r\n\r\n",
    "space before the colon": b"Content-Length : 9\r\n\r\n",
    "folded": b"Content-Length:\r\n 9\r\n\r\n",
    "sign": b"Content-Length: +9\r\n\r\n",
    "the last chunk within a chunk": b"Transfer-Encoding: chunked\r\n\r\n100\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_body_that_never_comes_costs_no_thread_however_it_is_announced(pki: Pki, framing: str) -> None:
    """Eight such requests (20 s each) stop the mTLS host: 0.4 connections a second."""

    def reading(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].read()
        return create(None)(environ | {"CONTENT_LENGTH": "0"}, start_response)  # type: ignore[arg-type]

    with serving(pki, Limits(receive=60, answer=60, threads=1), reading) as port:
        with connect(port, context(pki)) as peer:
            peer.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + FRAMINGS[framing])
            begun = time.monotonic()
            assert get(port, context(pki))["path"] == "/caminho"
            assert time.monotonic() - begun < 30


# -- what leaving means --------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-101")
def test_one_applications_id_token_does_not_end_what_others_were_given(provider: Provider) -> None:
    """From a server, without any browser: the session is alive, its grants at every other application are not."""
    person = provider.browser()
    hint = person.tokens(b"ada", ADA_CHOICE)["id_token"]
    callback, auth = "https://other.example.net/cb", ("other", SECRET)
    code = person.log_in(b"ada", ADA_CHOICE, client_id="other", redirect_uri=callback, scope="openid offline_access")
    kept = person.redeem(code["code"], auth, redirect_uri=callback).get_json()
    assert provider.browser().get(f"/logout?id_token_hint={hint}").status_code == 200
    again = person.token(auth, grant_type="refresh_token", refresh_token=kept["refresh_token"])
    assert again.status_code == 200


@pytest.mark.attack("ATK-095")
def test_a_logout_that_begins_before_a_renewal_and_ends_after_it_stays_a_logout(flow: Flow) -> None:
    asked = flow.sign_in(flow.begin(), "bruce").then
    assert isinstance(asked, AskConsent)
    session = asked.tx.session
    assert session is not None
    assert isinstance(flow.choose(asked, BRUCE1), Granted)  # in another thread, after /logout has read the session
    flow.logout.end(session)
    assert not flow.sessions.kept


@pytest.mark.attack("ATK-095")
def test_two_tabs_that_consent_at_once_are_no_logout(flow: Flow) -> None:
    first = flow.sign_in(flow.begin(), "bruce").then
    assert isinstance(first, AskConsent)
    second = flow.begin(sso=True, prompt="consent", client="app")
    assert isinstance(second, AskConsent)
    through, cookie = flow.journey.advance, flow.key()

    def first_tab_first(tx: Any, **named: Any) -> Any:
        flow.journey.advance = through  # type: ignore[method-assign]
        assert isinstance(flow.choose(first, BRUCE1), Granted)
        return through(tx, **named)

    flow.journey.advance = first_tab_first  # type: ignore[method-assign]
    flow.journey.consented(second.tx.id, BRUCE1, browser=second.tx.browser, csrf=second.tx.csrf, session_key=cookie)
    assert flow.sessions.kept
    assert any(grant.revoked_at is None for grant in flow.store.rows.grants.values())


# -- the compiled list ---------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-049")
@pytest.mark.attack("ATK-054")
def test_a_persons_certificate_written_into_a_compiled_list_is_no_ca(world: World, tmp_path: Path) -> None:
    """Whoever can write the file needs no CA's key: an e-CPF of his own is signed up to the pinned root already."""
    der = world.pki.leaf(world.ca, kind="ec:P-256", serial=0x77)
    file = tmp_path / "issuers.json"
    world.trust.save(file)
    document = json.loads(file.read_bytes())
    above = document["issuers"][0]
    mine = {**above, "name": "x", "certificate": base64.b64encode(der).decode(),
            "path": [[world.trust.issuers[0].key, format(0x77, "x")], *above["path"]]}  # fmt: skip
    document["issuers"].append(mine)
    file.write_text(json.dumps(document))
    with pytest.raises(TrustError):
        TrustList.load(file, "sandbox")


@pytest.mark.attack("ATK-053")
@pytest.mark.parametrize("damage", ["root", "path"])
def test_a_damaged_list_changes_nothing_for_who_holds_one(world: World, tmp_path: Path, damage: str) -> None:
    """CurrentTrust keeps the list it holds only for a TrustError; anything else is a 500 for each login from then."""
    file = tmp_path / "issuers.json"
    world.trust.save(file)
    current = CurrentTrust(file, "sandbox")
    document = json.loads(file.read_bytes())
    if damage == "root":
        document["roots"][0]["certificate"] = base64.b64encode(b"0").decode()
    else:
        document["issuers"][0]["path"] = []
    file.write_text(json.dumps(document))
    assert current.at(NOW).eligible


@pytest.mark.attack("ATK-054")
def test_a_list_cannot_be_shrunk_to_nothing_a_fifth_at_a_time(world: World, tmp_path: Path) -> None:
    """The authority's bundle and its hash come by http; whoever stands on the way sends one less each day."""
    cas = [world.pki.ca(f"AC {n}", world.root) for n in range(10)]

    def of(count: int) -> TrustList:
        return compile_bundle(
            [world.root.der, *(ca.der for ca in cas[:count])], pins=pins(world.root), realm="sandbox", at=NOW
        )

    def stored(trust: TrustList) -> TrustList:
        """As the next day's worker reads it."""
        trust.save(tmp_path / "issuers.json")
        return TrustList.load(tmp_path / "issuers.json", "sandbox")

    current = stored(of(10))
    for count in (9, 8, 8, 9, 8):
        current = stored(succeeding(current, of(count), NOW))
    assert [one.name for one in current.missing] == ["AC 8", "AC 9"]
    with pytest.raises(TrustError, match=r"3 of the 10 CAs .*\(AC 7, AC 8, AC 9\)"):
        succeeding(current, of(7), NOW)
    assert succeeding(current, of(10), NOW).missing == (), "what came back is not missing"
    agreed = stored(of(8))  # an operator's --allow-shrink
    assert [one.name for one in succeeding(agreed, of(7), NOW).missing] == ["AC 7"]
    later = max(one.not_after for one in agreed.eligible) + timedelta(days=1)
    assert succeeding(current, of(1), later).missing == (), "who expired is no loss"
