"""What the long forms offer, and how they read what is typed."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from tests.web.html import Tree
from tests.web.portal.stage import GOOD, Stage, begin, post, sent, token


def options(text: str, name: str) -> dict[str, bool]:
    """Value → whether it is marked."""
    found = [one.attributes for one in Tree(text).all("input") if one.attributes.get("name") == name]
    return {one["value"]: "checked" in one for one in found}


def test_a_company_gives_the_whole_of_itself_only_where_it_says_so(empresa: FlaskClient) -> None:
    page = empresa.get(begin(empresa, "/portal/conceder")).text
    assert options(page, "escopo_tipo") == {"raiz": False, "estabelecimento": False, "inscricoes": False}
    assert "Ela só passa a valer depois que quem recebe aceitar, em até 30 dias." in page
    assert "Só o estabelecimento de CNPJ 99.990.001/0001-98" in page
    assert len(options(page, "em_nome_de")) == 1


def test_who_may_choose_between_a_person_and_a_company_is_offered_what_fits_either(contadora: FlaskClient) -> None:
    page = contadora.get(begin(contadora, "/portal/conceder")).text
    assert len(options(page, "em_nome_de")) == 2
    assert options(page, "escopo_tipo") == {"raiz": False, "estabelecimento": True, "inscricoes": False}


def test_inscricoes_marked_stay_marked_whatever_is_searched_for(empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    marked = {**GOOD, "escopo_tipo": "inscricoes", "inscricoes": ["AM:049000012"], "procurar": "manacapuru"}
    assert sent(empresa, at, marked).headers["Location"] == f"{at}#procurar", "Enter in the search field searches"
    page = empresa.get(at)
    assert page.status_code == 200
    assert options(page.text, "inscricoes") == {"AM:049000012": True, "AM:049000039": False, "AM:049000047": False}
    again = sent(empresa, at, {**marked, "acao": "continuar"})
    assert again.headers["Location"] == f"{at}/revisar"


def test_dates_as_browsers_and_as_people_write_them(stage: Stage, empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    assert sent(empresa, at, {**GOOD, "inicio": "01/12/2026"}).headers["Location"] == f"{at}/revisar"
    (draft,) = stage.outorga.rascunhos.values()
    assert (draft.proposta.inicio, draft.proposta.fim) == (date(2026, 12, 1), date(2027, 11, 21))
    page = Tree(empresa.get(at).text)
    shown = next(one.attributes for one in page.all("input") if one.attributes.get("id") == "campo-inicio")
    assert (shown["type"], shown["value"]) == ("text", "01/12/2026"), "a date field would show nothing"


@pytest.mark.parametrize("text", ["", "31/02/2027", "2027-13-01", "amanhã", "01/12/26x"])
def test_what_is_no_date_is_said_with_everything_else(empresa: FlaskClient, text: str) -> None:
    at = begin(empresa, "/portal/conceder")
    assert sent(empresa, at, {**GOOD, "fim": text, "outorgado": "1"}).headers["Location"] == f"{at}#erros"
    links = [one.attributes.get("href") for one in Tree(empresa.get(at).text).all("a")]
    assert "#campo-fim" in links
    assert "#campo-outorgado" in links


def test_a_choice_that_was_not_offered(stage: Stage, empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    wrong = {"em_nome_de": "0" * 24, "escopo_tipo": "tudo", "nivel_minimo": "A9"}
    assert sent(empresa, at, {**GOOD, **wrong}).headers["Location"] == f"{at}#erros"
    links = [one.attributes.get("href") for one in Tree(empresa.get(at).text).all("a")]
    assert {"#campo-em_nome_de", "#campo-escopo_tipo", "#campo-nivel_minimo"} <= set(links)


def test_without_reserve_the_form_s_own_powers_mean_nothing(stage: Stage, contadora: FlaskClient) -> None:
    at = begin(contadora, "/portal/procuracoes/prc-acai/substabelecer")
    few = {**GOOD, "outorgado": "900.001.032-25", "sem_reserva": "sim", "poderes": ["dte.consultar"], "fim": ""}
    assert sent(contadora, at, few).headers["Location"] == f"{at}/revisar"
    (draft,) = stage.outorga.rascunhos.values()
    assert draft.proposta.pai == "prc-acai"
    assert draft.proposta.sem_reserva
    assert draft.proposta.poderes == {"dte.consultar", "dte.dar_ciencia", "nfe.consultar"}
    assert draft.proposta.fim == date(2027, 9, 22)


def test_a_list_pasted_or_sent_as_a_file(stage: Stage, contadora: FlaskClient) -> None:
    for body in (
        {"linhas": "99990001000198\r\n12ABC34501DE35"},
        {"arquivo": (BytesIO(b"\xef\xbb\xbfdocumento;nome\n1;a\n"), "e.csv")},
    ):
        at = begin(contadora, "/portal/lote")
        page = contadora.get(at).text
        handle = next(iter(options(page, "em_nome_de")))
        data = {**GOOD, "token": token(page), "em_nome_de": handle, **body}
        answer = post(contadora, at, data)
        assert answer.headers["Location"] == f"{at}/feito"
        told = contadora.get(f"{at}/feito").text
        assert "2 pedidos enviados" in told
    assert stage.outorga.feitos == [
        ("pedir_lote", "documento\n99990001000198\r\n12ABC34501DE35"),
        ("pedir_lote", "documento;nome\n1;a"),
    ]


def test_lines_are_counted_as_they_were_pasted(contadora: FlaskClient) -> None:
    at = begin(contadora, "/portal/lote")
    sent(contadora, at, {**GOOD, "linhas": "99990001000198\n123"})
    (row,) = [one for one in Tree(contadora.get(f"{at}/feito").text).all("th") if one.attributes["scope"] == "row"]
    assert row.text == "2"


def test_model_file(contadora: FlaskClient) -> None:
    model = contadora.get("/portal/empresas.csv")
    assert model.content_type.startswith("text/csv")
    assert model.text.splitlines()[0] == "\ufeffdocumento;nome"
