"""The pages about oneself on real tables: what is seen and by whom, and that each form ends what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from idp.flow.issue import consenting
from idp.storage.sql import open_store
from tests.contracts.conftest import database_url, sqlite_template
from tests.flow.fakes import FakeIdentifiers
from tests.outorga.world import CLIENT, PEOPLE, T0, World
from tests.web.portal.living import Living
from tests.web.portal.stage import post, token

__all__ = ["database_url", "sqlite_template"]


@pytest.fixture
def living(database_url: str, tmp_path: Path) -> Iterator[Living]:
    store = open_store(database_url)
    yield Living(World.seeded(store), tmp_path)
    store.close()


def press(client: FlaskClient, path: str, **data: str) -> int:
    """The form at ``path``, sent as it is shown."""
    return post(client, path, {"token": token(client.get(path)), **data}).status_code


def test_who_used_it_is_seen_and_revoked_on_the_spot(living: Living) -> None:
    given = living.world.give()
    grant = living.use("contadora", given.id)
    living.sealed()
    owner = living.browser("acai")
    page = owner.get("/portal/usos").text
    assert "FRANCISCA CHAGAS DO NASCIMENTO" in page
    assert "DT-e" in page
    assert "e-CPF A1" in page
    assert "900.001.022-53" not in page
    (revoke,) = set(re.findall(r'href="(/portal/procuracoes/[^"]+/revogar)"', page))
    assert living.world.live(grant)
    assert press(owner, revoke) == 303
    assert not living.world.live(grant)
    after = owner.get("/portal/usos").text
    assert "FRANCISCA" in after
    assert "/revogar" not in after, "there is nothing left to revoke"


@pytest.mark.attack("ATK-125")
def test_strangers_see_nothing_and_cannot_tell(living: Living) -> None:
    given = living.world.give()
    living.use("contadora", given.id)
    living.sealed()
    (act,) = living.store.trail().uses_of([given.id])
    for name in ("estranha", "castanha"):
        stranger = living.browser(name)
        assert "FRANCISCA" not in stranger.get("/portal/usos").text
        for query in (f"procuracao={given.id}", f"pessoa={act.id}", f"antes={act.id}", "por=" + "0" * 24):
            answer = stranger.get(f"/portal/usos?{query}")
            missing = stranger.get("/portal/usos?procuracao=nothing")
            assert (answer.status_code, _plain(answer.text)) == (404, _plain(missing.text)), query
    assert living.browser("socia").get(f"/portal/usos?procuracao={given.id}").status_code == 200


def test_narrowed_and_page_by_page(living: Living) -> None:
    given = living.world.give()
    for n in range(70):
        living.clock.tick(timedelta(minutes=1))
        living.use("contadora" if n % 7 else "joao", given.id)
    living.sealed()
    owner, seen, at = living.browser("acai"), 0, "/portal/usos"
    pages = 0
    while at:
        page = owner.get(at).text
        seen, pages = seen + page.count('<p class="tag ok">Entrou'), pages + 1
        found = re.search(r'href="([^"]+)" rel="next"', page)
        at = found[1].replace("&amp;", "&") if found else ""
    assert (seen, pages) == (70, 3)
    joao = re.search(r'<option value="(\d+)">JOAO PEDRO', owner.get("/portal/usos").text)
    assert joao is not None
    assert owner.get(f"/portal/usos?pessoa={joao[1]}").text.count('<p class="tag ok">Entrou') == 10
    assert "Nenhum acesso" in owner.get("/portal/usos?ate=2020-01-01").text
    assert "Nenhum acesso" in owner.get("/portal/usos?aplicacao=another").text


def test_withdrawing_ends_what_the_application_holds_and_forgets_what_was_agreed(living: Living) -> None:
    owner, holder = living.browser("acai"), PEOPLE["acai"]
    grant = living.own("acai", session="s-acai".ljust(22, "_"))
    others = living.own("ex", session="x")  # the same company by another responsável
    sub = consenting(holder, FakeIdentifiers().subject(holder, CLIENT))
    with living.store.begin() as uow:
        uow.consents.remember(sub, "dte", grant.choice, frozenset({"openid", "email"}), T0, T0 + timedelta(days=9))
    page = owner.get("/portal/aplicacoes").text
    assert "DT-e" in page
    assert "Açaí Ltda, inscrição 049000012 (AM)" in page
    assert living.browser("estranha").get("/portal/aplicacoes/retirar?aplicacao=dte").status_code == 404
    assert press(owner, "/portal/aplicacoes/retirar?aplicacao=dte") == 303
    assert not living.world.live(grant)
    assert living.world.live(others)
    with living.store.reading() as uow:
        assert uow.consents.remembered([sub], T0) == []
    assert living.world.audited()[-2:] == ["grant.revoked", "consent.forgotten"]
    assert living.world.told() == 1
    assert "Nenhum serviço" in owner.get("/portal/aplicacoes").text


@pytest.mark.attack("ATK-093")
def test_ending_sessions(living: Living) -> None:
    mine, phone, third = (living.browser("acai", id) for id in ("laptop", "phone", "third"))
    stranger, _ = living.session("estranha", "stranger")
    held = {id: living.own("acai", session=id.ljust(22, "_")) for id in ("laptop", "phone", "third", "long-gone")}
    good = {"token": token(mine.get("/portal/sessoes/outras"))}
    assert mine.get("/portal/sessoes").text.count("/encerrar") == 2
    for id in (stranger.id, "laptop".ljust(22, "_"), "nothing"):
        assert post(mine, f"/portal/sessoes/{id}/encerrar", good).status_code == 404
    assert post(mine, f"/portal/sessoes/{'phone'.ljust(22, '_')}/encerrar", {}).status_code == 400
    mine.get(f"/portal/sessoes/{'phone'.ljust(22, '_')}/encerrar")
    assert phone.get("/portal/sessoes").status_code == 200
    assert press(mine, f"/portal/sessoes/{'phone'.ljust(22, '_')}/encerrar") == 303
    assert phone.get("/portal/sessoes").headers["Location"].startswith("/login?")
    assert third.get("/portal/sessoes").status_code == 200
    assert press(mine, "/portal/sessoes/outras") == 303
    assert third.get("/portal/sessoes").headers["Location"].startswith("/login?")
    assert mine.get("/portal/sessoes").status_code == 200
    assert [id for id, one in held.items() if living.world.live(one)] == ["laptop"]
    assert living.sessions.get(stranger.key) == stranger


FORMS = ("/portal/aplicacoes/retirar?aplicacao=dte", "/portal/sessoes/outras", "/portal/dados/apagar")
FORMS += ("/portal/dados/copia",)


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize("path", FORMS)
def test_nothing_is_done_for_another_token_origin_or_method(living: Living, path: str) -> None:
    owner = living.browser("acai")
    living.own("acai", session="s-acai".ljust(22, "_"))
    good = token(owner.get(path))
    theirs = token(living.browser("castanha").get("/portal/sessoes/outras"))
    before = living.world.audited()
    for given in ({}, {"token": theirs}, {"token": "0" * 64}):
        assert post(owner, path, given).status_code == 400
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert post(owner, path, {"token": good}, **elsewhere).status_code == 403
    sign = "&" if "?" in path else "?"
    assert owner.get(f"{path}{sign}token={good}").status_code == 200
    assert living.world.audited() == before


def test_what_one_tells_is_kept_corrected_and_erased(living: Living) -> None:
    person = living.browser("contadora")
    at = person.get("/portal/dados/editar").headers["Location"]
    wrong = {"email": "x", "phone_number": "9", "picture": "javascript:alert(1)", "website": "http://x", "locale": "xx"}
    assert press(person, at, **wrong) == 303
    page = person.get(at)
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 5
    right = {"email": "francisca@contas.example", "phone_number": "(92) 99999-0000", "birthdate": "31/12/1980"}
    assert press(person, at, **right, locality="Manaus", region="AM") == 303
    with living.store.reading() as uow:
        kept = uow.perfis.get(PEOPLE["contadora"])
    assert kept is not None
    assert (kept.email, kept.phone_number, kept.birthdate) == (
        "francisca@contas.example",
        "+5592999990000",
        "1980-12-31",
    )
    assert (kept.email_verified, kept.phone_number_verified) == (False, False)
    assert kept.address is not None
    assert kept.address.full == "Manaus AM"
    shown = person.get("/portal/dados").text
    assert "francisca@contas.example (não confirmado)" in shown
    assert "francisca@contas.example" not in living.browser("estranha").get("/portal/dados").text
    assert press(person, "/portal/dados/apagar") == 303
    with living.store.reading() as uow:
        assert uow.perfis.get(PEOPLE["contadora"]) is None
    assert living.world.audited()[-2:] == ["perfil.changed", "perfil.changed"]


def test_a_branch_is_told_nothing_of_the_company_where_it_acts_for_itself_alone(living: Living) -> None:
    """What a company tells is one for all its establishments: here nobody tells it, reads it or takes it away."""
    branch = living.browser("acai")
    at = branch.get("/portal/dados/editar").headers["Location"]
    assert press(branch, at, email="contato@acai.example") == 303
    assert "contato@acai.example" in branch.get("/portal/dados").text
    living.world.outorga.regras = replace(living.world.outorga.regras, raiz=False)
    page = branch.get("/portal/dados").text
    assert "contato@acai.example" not in page
    assert "/portal/dados/editar" not in page
    assert branch.get("/portal/dados/editar").headers["Location"] == "/portal/dados"
    assert press(branch, "/portal/dados/apagar") == 403
    copied = post(branch, "/portal/dados/copia", {"token": token(branch.get("/portal/dados/copia"))}).text
    assert json.loads(copied)["tables"]["representantes"] == []
    assert "contato@acai.example" not in copied
    person = living.browser("contadora")
    assert "/portal/dados/editar" in person.get("/portal/dados").text


def test_a_copy_of_everything_needs_the_certificate_just_now_and_is_recorded(living: Living) -> None:
    given = living.world.give()
    person = living.browser("contadora")
    answer = post(person, "/portal/dados/copia", {"token": token(person.get("/portal/dados/copia"))})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="meus-dados.json"'
    told = json.loads(answer.text)
    assert [one["id"] for one in told["tables"]["procuracoes"]] == [given.id]
    assert living.world.audited()[-1] == "audit.read"
    living.clock.tick(timedelta(minutes=11))
    before = living.world.audited()
    late = post(person, "/portal/dados/copia", {"token": token(person.get("/portal/dados/copia"))})
    assert late.status_code == 303
    assert late.headers["Location"].startswith("/login?")
    assert living.world.audited() == before
    seal = living.browser("selo")
    assert post(seal, "/portal/dados/copia", {"token": token(seal.get("/portal/dados/copia"))}).status_code == 403


def _plain(text: str) -> str:
    """Without what names the request."""
    return re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{4}", "", text)
