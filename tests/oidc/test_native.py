"""Native applications at a loopback address, whose port is the system's to give (RFC 8252 §7.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oidc.world import Browser, World, answer

REGISTERED = ("http://127.0.0.1/retorno?a=1", "http://[::1]:9000/retorno")
ANY_PORT = (
    "http://127.0.0.1:49152/retorno?a=1",
    "http://127.0.0.1:1/retorno?a=1",
    "http://127.0.0.1:65535/retorno?a=1",
    "http://[::1]:49152/retorno",
    "http://[::1]/retorno",
)
NOT_THESE = (
    "http://127.0.0.1:49152/retorno",
    "http://127.0.0.1:49152/retorno?a=1&b=2",
    "http://127.0.0.1:49152/retorno?a=1#",
    "http://127.0.0.1:49152/retorno/?a=1",
    "http://127.0.0.1:49152/x/../retorno?a=1",
    "http://127.0.0.1:49152/Retorno?a=1",
    "http://127.0.0.1:/retorno?a=1",
    "http://127.0.0.1:0/retorno?a=1",
    "http://127.0.0.1:00080/retorno?a=1",
    "http://127.0.0.1:65536/retorno?a=1",
    "http://127.0.0.1:99999/retorno?a=1",
    "http://127.0.0.1:+80/retorno?a=1",
    "http://127.0.0.1:80:80/retorno?a=1",
    "http://127.0.0.1:80@evil.example/retorno?a=1",
    "http://127.0.0.1@evil.example/retorno?a=1",
    "http://user@127.0.0.1:80/retorno?a=1",
    "http://127.0.0.1.evil.example:80/retorno?a=1",
    "http://127.0.0.1:80.evil.example/retorno?a=1",
    "http://127.0.0.1:80\\@evil.example/retorno?a=1",
    "http://127.0.0.2:80/retorno?a=1",
    "http://127.1:80/retorno?a=1",
    "http://2130706433:80/retorno?a=1",
    "http://0x7f.0.0.1:80/retorno?a=1",
    "http://localhost:80/retorno?a=1",
    "http://[::1]:80/retorno?a=1",
    "http://[0:0:0:0:0:0:0:1]:80/retorno",
    "http://[::ffff:127.0.0.1]:80/retorno",
    "https://127.0.0.1:80/retorno?a=1",
    "HTTP://127.0.0.1:80/retorno?a=1",
    "http:127.0.0.1:80/retorno?a=1",
    "//127.0.0.1:80/retorno?a=1",
)


def native(world: World, **changes: object) -> None:
    settled = {"client_id": "native", "redirect_uris": REGISTERED, "application_type": "native", **changes}
    world.register(replace(world.clients.get("public"), **settled))


@pytest.mark.parametrize("uri", ANY_PORT)
def test_the_port_is_the_applications(world: World, browser: Browser, uri: str) -> None:
    """ "The authorization server MUST allow any port to be specified at the time of the request" (§7.3); the code is
    bound to the URI with its port."""
    native(world)
    for redeemed, status in ((uri, 200), (f"http://127.0.0.1:8/{uri.rpartition('/')[2]}", 400)):
        told = browser.log_in(client_id="native", redirect_uri=uri)
        answered = browser.redeem(told["code"], None, client_id="native", redirect_uri=redeemed)
        assert answered.status_code == status, answered.get_json()


@pytest.mark.attack("ATK-080")
def test_nothing_but_the_port_may_differ(world: World, browser: Browser) -> None:
    native(world)
    for uri in NOT_THESE:
        response = browser.authorize(client_id="native", redirect_uri=uri)
        assert "Location" not in response.headers, uri
        assert response.status_code == 400, uri


@pytest.mark.attack("ATK-080")
def test_a_web_applications_port_is_as_registered(world: World, browser: Browser) -> None:
    native(world, application_type="web", sector="nativos")
    assert "Location" not in browser.authorize(client_id="native", redirect_uri=ANY_PORT[0]).headers
    assert answer(browser.authorize(client_id="native", redirect_uri=REGISTERED[0]))
