"""Which address a browser is sent to, by what this deployment has."""

from __future__ import annotations

import re
from dataclasses import replace
from unittest.mock import Mock

import pytest

from idp import app
from idp.settings import load
from idp.web.certificate_host import CertificateHost
from tests.web import people
from tests.web.gallery import SITE, gallery, make_screens
from tests.web.html import Tree, problems

FIRST, SECOND = "https://certificado.id.sefaz.example", "https://certificado.id.sefaz.example:8446"
ENTER = f"/entrar?ticket={'T' * 22}.{'K' * 43}"
TX = people.transaction()


def test_with_one_address_there_is_no_other() -> None:
    host = CertificateHost(FIRST)
    assert host.entrance(TX) == host.another(TX) == FIRST + ENTER
    assert host.compatible(TX) is None
    assert "até ser fechado" in host.how_to_switch[0]


def test_without_wildcard_another_certificate_is_asked_for_at_the_second_address() -> None:
    host = CertificateHost(FIRST, SECOND)
    assert host.entrance(TX) == FIRST + ENTER
    assert host.another(TX) == host.compatible(TX) == SECOND + ENTER


def test_with_wildcard_every_link_is_a_new_name() -> None:
    """Also for the same Transaction: "no certificate" is remembered for a name as well."""
    host = CertificateHost(FIRST, SECOND, wildcard=True)
    links = [link for _ in range(50) for link in (host.entrance(TX), host.another(TX), host.compatible(TX))]
    assert len(set(links)) == 150
    name = re.compile(r"https://[0-9a-f]{16}\.certificado\.id\.sefaz\.example(:8446)?/entrar\?ticket=T{22}\.K{43}")
    assert all(name.fullmatch(str(link)) for link in links)
    assert [":8446/" in str(link) for link in links] == [False, False, True] * 50
    assert "pergunta de novo" in host.how_to_switch[0]


@pytest.mark.parametrize("wildcard", [False, True])
def test_the_login_page_leads_on_and_to_the_second_address(wildcard: bool) -> None:
    screens = make_screens(replace(SITE, certificate_second_origin=SECOND, certificate_wildcard=wildcard))
    client = gallery(screens).test_client()
    text = client.get("/login").text
    assert problems(text) == []
    links = {a.text: a.attributes["href"] for a in Tree(text).all("a")}
    assert (":8446/" in links["Continuar"], ":8446/" in links["Tente por este endereço"]) == (False, True)
    elsewhere = links.get("Quero escolher outro certificado")
    assert elsewhere == (None if wildcard else f"/login?tx={people.TX}&trocar=1")
    switching = {a.text: a.attributes["href"] for a in Tree(client.get("/login-trocar").text).all("a")}
    assert (":8446/" in switching["Continuar"]) is not wildcard


def test_where_no_certificate_came_the_second_address_is_offered() -> None:
    screens = make_screens(replace(SITE, certificate_second_origin=SECOND))
    client = gallery(screens).test_client()
    text = client.get("/cert-01").text
    assert problems(text) == []
    assert "Usa cartão ou token e nada aconteceu?" in text
    links = {a.text: a.attributes["href"] for a in Tree(text).all("a")}
    assert links["Tente por este endereço"] == SECOND + ENTER
    assert "Tente por este endereço" not in client.get("/cert-02").text
    assert "Tente por este endereço" not in gallery().test_client().get("/cert-01").text


def test_a_page_shown_twice_names_two_addresses() -> None:
    screens = make_screens(replace(SITE, certificate_wildcard=True))
    client = gallery(screens).test_client()
    for page in ("/login", "/cert-01", "/cert-04"):
        first, again = (
            next(
                a.attributes["href"] for a in Tree(client.get(page).text).all("a") if "/entrar?" in a.attributes["href"]
            )
            for _ in range(2)
        )
        assert first != again


@pytest.mark.parametrize("wildcard", [False, True])
def test_a_browser_keeps_no_hsts_entry_for_each_fresh_name(monkeypatch: pytest.MonkeyPatch, wildcard: bool) -> None:
    monkeypatch.setattr(app, "Parts", lambda settings: Mock(site=SITE, clock=people.FixedClock()))
    monkeypatch.setattr(app.logs, "configure", Mock())
    gateway = app.create_gateway(load(certificate_origin=FIRST, certificate_wildcard=wildcard))
    response = gateway.test_client().get("/", base_url=f"https://0123456789abcdef.{FIRST.removeprefix('https://')}")
    assert response.status_code == 404
    assert ("Strict-Transport-Security" in response.headers) is not wildcard
