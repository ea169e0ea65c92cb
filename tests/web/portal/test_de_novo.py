"""Asking again by a procuração received: the form comes filled in, and says no more than its reader may know."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from idp.domain.documents import CPF
from tests.web import people
from tests.web.html import Tree
from tests.web.portal import stage as staged
from tests.web.portal.stage import Stage
from tests.web.portal.stage import sent as filled
from tests.web.portal.test_forms import options, sent

BACK = f"/consentimento?tx={people.TX}"
TEREZA = CPF("90000108294")


def form(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 303
    at = answer.headers["Location"]
    assert at.startswith("/portal/pedir/")
    return at


def test_what_was_given_is_asked_for_again_and_what_the_service_wants(stage: Stage, contadora: FlaskClient) -> None:
    few = replace(staged.P_REVOGADA, poderes=frozenset({"dte.consultar"}))
    stage.outorga.carteiras["recebidas"] = (few,)
    at = form(contadora, "/portal/procuracoes/prc-madeiras/pedir?poder=nfe.consultar&poder=nowhere.known")
    page = contadora.get(at).text
    marked = [poder for poder, is_marked in options(page, "poderes").items() if is_marked]
    assert marked == ["dte.consultar", "nfe.consultar"]
    assert options(page, "escopo_tipo") == {"raiz": True, "estabelecimento": False, "inscricoes": False}
    assert "MADEIRAS SOLIMOES LTDA" in page
    assert "CNPJ 99.990.003/0001-87" in page
    given = {
        "em_nome_de": next(value for value, chosen in options(page, "em_nome_de").items() if chosen),
        "poderes": ["dte.consultar"],
        "escopo_tipo": "raiz",
        "inicio": "2026-11-22",
        "fim": "2027-11-21",
        "outorgante": "99.990.002/0001-32",
    }
    answer = sent(contadora, at, given)
    assert answer.headers["Location"] == "/portal/pedidos/ped-feito?feito=pedir"
    assert stage.outorga.feitos == [("pedir", "99990003000187")], "whom it is for is not what a form says"


@pytest.mark.attack("ATK-131")
def test_only_who_received_it_gets_that_far(contadora: FlaskClient, empresa: FlaskClient) -> None:
    """The outorgante, somebody else and everybody who makes one up are told the same."""
    answers = [
        empresa.get("/portal/procuracoes/prc-dada/pedir"),
        empresa.get("/portal/procuracoes/prc-madeiras/pedir"),
        empresa.get("/portal/procuracoes/prc-inventada/pedir"),
        contadora.get("/portal/procuracoes/prc-filha/pedir"),
    ]
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.attack("ATK-131")
def test_a_persons_cpf_is_in_no_page_and_no_address(stage: Stage, contadora: FlaskClient) -> None:
    tereza = replace(staged.P_REVOGADA, id="prc-tereza", outorgante=TEREZA, outorgante_nome="TEREZA KAMBEBA")
    stage.outorga.carteiras["recebidas"] = (tereza,)
    at = form(contadora, "/portal/procuracoes/prc-tereza/pedir")
    page = contadora.get(at).text
    assert "CPF ***.001.082-**" in page
    assert TEREZA.numero not in page + at
    assert TEREZA.formatado not in page
    assert not [one for one in Tree(page).all("input") if one.attributes.get("name") == "outorgante"]


def came_from_a_service(stage: Stage) -> None:
    """A request of the DT-e waits in the browser of :meth:`Stage.browser`."""
    stage.transactions.put(people.transaction(browser=hashlib.sha256(b"B" * 43).hexdigest()))


def asked(browser: FlaskClient, begun: str) -> str:
    """Send the form that begins at ``begun``; the address of what came of it."""
    given = {
        "outorgante": "99.990.003/0001-87",
        "poderes": ["dte.consultar"],
        "escopo_tipo": "raiz",
        "inicio": "2026-11-22",
        "fim": "2027-11-21",
    }
    return str(filled(browser, form(browser, begun), given).headers["Location"])


@pytest.mark.parametrize("begun", ["/portal/pedir", "/portal/procuracoes/prc-madeiras/pedir"])
def test_who_came_from_a_service_finds_the_way_back_to_it(stage: Stage, contadora: FlaskClient, begun: str) -> None:
    stage.outorga.carteiras["recebidas"] = (staged.P_REVOGADA,)
    came_from_a_service(stage)
    begun += f"?tx={people.TX}"
    assert f'href="{BACK}">Cancelar' in contadora.get(form(contadora, begun)).text
    done = asked(contadora, begun)
    assert done == f"/portal/pedidos/ped-feito?feito=pedir&tx={people.TX}"
    assert f'href="{BACK}"><span>Voltar a <bdi>Domicílio Tributário Eletrônico' in contadora.get(done).text
    stage.clock.at += timedelta(minutes=15)  # the request's whole life
    later = contadora.get(done)
    assert later.status_code == 200
    assert "/consentimento" not in later.text


@pytest.mark.attack("ATK-093")
def test_no_address_leads_back_but_that_of_a_request_of_this_browser(stage: Stage, contadora: FlaskClient) -> None:
    came_from_a_service(stage)
    other = stage.browser(name="O")
    entry = people.transaction(id="E" * 22, request=replace(people.REQUEST, client_id="portaria:portal"))
    stage.transactions.put(replace(entry, browser=hashlib.sha256(b"B" * 43).hexdigest()))
    for browser, tx in (
        (other, people.TX),
        (contadora, "E" * 22),
        (contadora, "A" * 22),
        (contadora, "https://evil.example"),
        (contadora, f"{people.TX}&tx={people.TX}"),
    ):
        page = browser.get(f"/portal/pedidos/ped-feito?feito=pedir&tx={tx}")
        assert page.status_code == 200
        assert "Voltar a" not in page.text
        assert "/consentimento" not in page.text
        assert "evil.example" not in page.text
