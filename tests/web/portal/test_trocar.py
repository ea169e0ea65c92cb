"""Another inscrição for an application, asked for at the portal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.flow.secret import digest
from idp.storage.sql import open_store
from tests.contracts.conftest import sqlite_template
from tests.outorga.world import CLIENT, World
from tests.web.portal import living as alive
from tests.web.portal.living import Living
from tests.web.portal.stage import post, token

__all__ = ["sqlite_template"]

SWITCH = "/portal/aplicacoes/trocar?aplicacao=dte"


@pytest.fixture
def living(sqlite_template: Path, tmp_path: Path) -> Iterator[Living]:
    (tmp_path / "portaria.sqlite").write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{tmp_path}/portaria.sqlite")
    yield Living(World.seeded(store), tmp_path)
    store.close()


def test_the_next_entry_asks_again_and_the_access_there_is_stays(living: Living) -> None:
    owner = living.browser("acai", "laptop")
    grant = living.own("acai", session="laptop".ljust(22, "_"))
    page = owner.get(SWITCH)
    assert "Trocar de inscrição em DT-e?" in page.text
    assert post(owner, SWITCH, {"token": token(page)}).headers["Location"] == "/portal/aplicacoes?feito=trocar"
    assert "a lista das suas inscrições aparece de novo" in owner.get("/portal/aplicacoes?feito=trocar").text
    session = living.sessions.get(digest("laptop".ljust(43, "_")))
    assert session is not None
    assert session.asks == {"dte"}
    assert living.world.live(grant)


def test_where_the_application_says_how_it_is_entered_the_browser_goes_there(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OIDC Core §4: with the issuer, so that the application can tell who asks."""
    entered = replace(CLIENT, initiate_login_uri="https://dte.sefaz.example/entrar?de=portaria")
    monkeypatch.setitem(alive.CLIENT_NAMES, CLIENT.client_id, entered)
    owner = living.browser("acai", "laptop")
    living.own("acai", session="laptop".ljust(22, "_"))
    page = owner.get(SWITCH)
    policy = page.headers["Content-Security-Policy"]
    assert "https://dte.sefaz.example" in policy.partition("form-action")[2].partition(";")[0]
    location = post(owner, SWITCH, {"token": token(page)}).headers["Location"]
    assert location == "https://dte.sefaz.example/entrar?de=portaria&iss=https%3A%2F%2Fid.sefaz.example"


@pytest.mark.attack("ATK-093")
def test_only_of_what_one_has_and_only_by_our_form(living: Living) -> None:
    owner, stranger = living.browser("acai", "laptop"), living.browser("estranha")
    living.own("acai", session="laptop".ljust(22, "_"))
    assert stranger.get(SWITCH).status_code == 404
    assert owner.get("/portal/aplicacoes/trocar?aplicacao=other").status_code == 404
    assert owner.get("/portal/aplicacoes/trocar").headers["Location"] == "/portal/aplicacoes"
    page = owner.get(SWITCH)
    assert post(owner, SWITCH, {}).status_code == 400
    assert (
        owner.post(SWITCH, data={"token": token(page)}, headers={"Origin": "https://evil.example"}).status_code == 403
    )
    assert post(owner, "/portal/aplicacoes/trocar?aplicacao=other", {"token": token(page)}).status_code == 404
