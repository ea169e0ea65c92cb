"""A procuração that waits, within a request for access; and what may not be chosen, searched where it is told."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from idp.domain.politica import Impedimento, NotEntitled
from idp.errors import IllegalTransition, NotFound
from tests.web import people
from tests.web.doubles import FORM, ScriptedJourney
from tests.web.html import Tree
from tests.web.test_steps import BROWSER, codigo, post


def test_a_procuracao_that_waits_is_answered_on_its_own_page(browser: FlaskClient, journey: ScriptedJourney) -> None:
    """All of it, what follows, then two buttons; the list only leads there."""
    journey.outcome = people.ask_consent(pending=(people.P_PENDENTE,))
    listed = Tree(browser.get(f"/consentimento?tx={people.TX}").text)
    address = f"/consentimento?tx={people.TX}&procuracao=prc-castanha"
    assert [one.attributes["href"] for one in listed.all("a") if one.text == "Ver e decidir"] == [address]
    assert not {"aceitar", "recusar"} & {one.attributes.get("value") for one in listed.all("button")}
    journey.outcome = people.ask_offered(people.P_PENDENTE)
    page = browser.get(address)
    tree = Tree(page.text)
    assert codigo(page) == "PRC-03"
    for said in (
        "CASTANHA DO PURUS BENEFICIAMENTO LTDA",
        "CNPJ 99.990.002/0001-32",
        "Consultar o Domicílio Tributário Eletrônico",
        "Toda a empresa: a matriz e todas as filiais, as atuais e as futuras",
        "de 14/08/2026 até o fim do dia 22/09/2027",
        "O que você fizer com eles vale como feito por CASTANHA",
        "Isto não pode ser desfeito",
    ):
        assert said in page.text, said
    answers = [one.text for one in tree.all("button", "a") if one.attributes.get("class", "").startswith("button")]
    assert answers == ["Aceitar a procuração", "Recusar a procuração", "Voltar sem decidir"]
    assert journey.calls[-1] == ("offered", (people.TX, "prc-castanha"), {"browser": BROWSER, "session_key": None})


@pytest.mark.parametrize("event", ["aceitar", "recusar"])
def test_an_answer_leads_back_to_the_list_which_says_it(
    browser: FlaskClient, journey: ScriptedJourney, event: str
) -> None:
    journey.outcome = people.ask_consent()
    answer = post(browser, "/consentimento", {**FORM, "decisao": event, "procuracao": "prc-castanha"})
    assert answer.headers["Location"] == f"/consentimento?tx={people.TX}&respondida=prc-castanha"
    assert journey.calls[0][:2] == ("answer", (people.TX, event, "prc-castanha"))


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (NotFound("procuracao"), "não está mais à espera do seu aceite"),
        (IllegalTransition("procuracao", "REVOGADA", "aceitar"), "não está mais à espera do seu aceite"),
        (NotEntitled(Impedimento.SELO), "não serve para aceitar nem recusar"),
    ],
    ids=["not his", "gone", "barred"],
)
def test_what_cannot_be_answered_leads_back_to_the_list_with_the_reason(
    browser: FlaskClient, journey: ScriptedJourney, refusal: Exception, said: str
) -> None:
    journey.outcome = people.ask_consent()
    journey.raises = {"offered": refusal, "answer": refusal}
    for answer in (
        browser.get(f"/consentimento?tx={people.TX}&procuracao=prc-castanha"),
        post(browser, "/consentimento", {**FORM, "decisao": "aceitar", "procuracao": "prc-castanha"}),
    ):
        assert answer.status_code == 200
        assert said in answer.text


def test_what_is_missing_is_searched_where_it_is(browser: FlaskClient, journey: ScriptedJourney) -> None:
    journey.outcome = people.ask_consent()
    for pressed in ("procurar", "ver_todas"):
        form = {**FORM, "decisao": pressed, "q": "padaria", "faltam": "1"}
        location = post(browser, "/consentimento", form).headers["Location"]
        assert location == f"/consentimento?tx={people.TX}&faltam=1#busca"
    assert [call[1] for call in journey.calls] == [(people.TX, "padaria"), (people.TX, "")]
