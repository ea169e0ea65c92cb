"""Searching the lists, and the files that go out for a spreadsheet."""

from __future__ import annotations

import csv
import json
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from idp.flow.outorga import Lote, Problema
from idp.web.portal.planilha import csv_text
from tests.web import people
from tests.web.html import Tree
from tests.web.portal.stage import GOOD, Stage, begin, post, recebida, search, sent, token


def titles(client: FlaskClient, at: str) -> list[str]:
    return [one.text for one in Tree(client.get(at).text).all("h3")]


@pytest.mark.attack("ATK-131")
def test_a_search_is_found_again_and_stands_in_no_address(stage: Stage, contadora: FlaskClient) -> None:
    """Its pages, a reload and the back button are GETs of an address that tells nothing."""
    stage.outorga.carteiras["recebidas"] += [
        recebida(f"prc-{n}", people.CASTANHA, f"PADARIA {n:03d} LTDA") for n in range(60)
    ]
    at = search(contadora, "/portal/recebidas", "padaria 0", situacao="vigentes", ordem="fim")
    named = parse_qs(urlsplit(at).query)
    assert (named["situacao"], named["ordem"]) == (["vigentes"], ["fim"])
    assert "padaria" not in at.lower()
    for _ in range(2):
        assert len(titles(contadora, at)) == 50
    page = contadora.get(at).text
    following = next(one for one in Tree(page).all("a") if one.attributes.get("rel") == "next").attributes["href"]
    assert "padaria" not in following.lower()
    assert titles(contadora, following)[-1].startswith("PADARIA 059")
    field = next(one for one in Tree(page).all("input") if one.attributes.get("id") == "q")
    assert field.attributes["value"] == "padaria 0"
    assert search(contadora, "/portal/recebidas", "padaria 0", situacao="vigentes", ordem="fim") == at


@pytest.mark.attack("ATK-093")
@pytest.mark.attack("ATK-131")
def test_a_search_is_its_maker_s_and_needs_the_form_s_token(stage: Stage, contadora: FlaskClient) -> None:
    at = search(contadora, "/portal/pedidos", "900.001.022-53", papel="feitos")
    assert parse_qs(urlsplit(at).query)["papel"] == ["feitos"]
    other = stage.browser(people.EMPRESA, "E")
    page = other.get(at).text
    assert "900.001.022-53" not in page
    assert "não está mais guardado" in page
    assert post(contadora, "/portal/recebidas", {"q": "x"}).status_code == 400
    elsewhere = {"q": "x", "token": token(contadora.get("/portal/recebidas"))}
    assert post(contadora, "/portal/recebidas", elsewhere, Origin="https://evil.example").status_code == 403


def test_searches_are_few_and_the_oldest_makes_room(stage: Stage, contadora: FlaskClient) -> None:
    first = search(contadora, "/portal/recebidas", "busca 0")
    for n in range(1, 21):
        last = search(contadora, "/portal/recebidas", f"busca {n}")
    (kept,) = [json.loads(value) for key, value in stage.ephemeral.kept.items() if key.startswith("portal-search:")]
    assert len(kept) == 20
    assert "não está mais guardado" in contadora.get(first).text
    assert "“busca 20”" in contadora.get(last).text
    assert "busca" not in search(contadora, "/portal/recebidas", "")


def test_the_lines_that_were_not_used_come_back_to_be_corrected(stage: Stage, contadora: FlaskClient) -> None:
    """All of them, with what the file said and why; what would be a formula is text."""
    stage.outorga.lote = Lote("l", 1, tuple((n, Problema("outorgante", "invalido", "length")) for n in range(3, 503)))
    lines = "".join(f"{n};=HYPERLINK({n});x\n" for n in range(1, 499)) + "99.990.001/0001-99;a;b\n90000102253;c;d\n"
    at = begin(contadora, "/portal/lote")
    done = sent(contadora, at, {**GOOD, "linhas": f"documento;nome;cidade\n99990001000198;Açaí;Manaus\n{lines}"})
    page = contadora.get(done.headers["Location"]).text
    assert "500 linhas não foram usadas" in page
    assert "Mostramos as primeiras 200" in page
    assert "90000102253" not in page
    answer = contadora.get(f"{at}/linhas")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.text[0] == "\ufeff"
    rows = list(csv.reader(StringIO(answer.text[1:]), delimiter=";"))
    assert rows[0] == ["documento", "nome", "cidade", "linha", "motivo"]
    assert rows[1] == [
        *("1", "'=HYPERLINK(1)", "x", "3"),
        "Confira o número: um CPF tem 11 dígitos e um CNPJ tem 14 caracteres.",
    ]
    assert [row[0] for row in rows[499:]] == ["99.990.001/0001-99", "90000102253"], "as typed, to be corrected"
    assert stage.browser(people.EMPRESA, "E").get(f"{at}/linhas").status_code == 403


def test_a_list_that_was_sent_in_part_says_so(stage: Stage, contadora: FlaskClient) -> None:
    stage.outorga.raised = RuntimeError("the machine is switched off")
    at = begin_while_well(stage, contadora)
    stage.outorga.enviado = 300
    page = contadora.get(at).text
    assert "300 pedidos desta lista já foram enviados" in page
    assert "nenhum pedido é feito duas vezes" in page
    assert "99990001000198" in page, "what was typed is still there"


def begin_while_well(stage: Stage, client: FlaskClient) -> str:
    """A list sent, and a failure in the middle of it."""
    broken, stage.outorga.raised = stage.outorga.raised, None
    at = begin(client, "/portal/lote")
    page = client.get(at)
    handle = next(one for one in Tree(page.text).all("input") if one.attributes.get("name") == "em_nome_de")
    pedir_lote = stage.outorga.pedir_lote

    def failing(*arguments: object) -> Lote:
        assert broken is not None
        raise broken

    stage.outorga.pedir_lote = failing  # type: ignore[method-assign, assignment]
    data = {**GOOD, "token": token(page), "em_nome_de": handle.attributes["value"], "linhas": "99990001000198"}
    assert post(client, at, data).status_code == 500
    stage.outorga.pedir_lote = pedir_lote  # type: ignore[method-assign]
    return at


def test_what_ends_soon_is_marked_read_and_asked_for_anew(stage: Stage, contadora: FlaskClient) -> None:
    page = contadora.get("/portal/recebidas?situacao=vencendo")
    form = {"token": token(page)}
    nothing = post(contadora, "/portal/renovar", form)
    assert "Marque pelo menos uma" in contadora.get(nothing.headers["Location"]).text
    asked = post(contadora, "/portal/renovar", {**form, "acao": "marcadas", "procuracao": "prc-estaleiro"})
    at = asked.headers["Location"]
    shown = contadora.get(at).text
    assert "ESTALEIRO ENCONTRO DAS AGUAS LTDA" in shown
    assert "Nova: de 05/12/2026 até o fim do dia 05/12/2027" in shown
    assert "Nada foi enviado ainda" in shown
    assert stage.outorga.feitos == []
    for _ in range(2):
        post(contadora, at, form)
    assert stage.outorga.feitos == [("renovar", "prc-estaleiro")], "sent once, however often it is pressed"
    assert "Já há um pedido seu a esta pessoa esperando resposta." in contadora.get(at).text
    every = post(contadora, "/portal/renovar", {**form, "acao": "todas", "todas": ["prc-estaleiro", "prc-acai"]})
    assert "Enviar os 2 pedidos" in contadora.get(every.headers["Location"]).text


@pytest.mark.attack("ATK-093")
@pytest.mark.attack("ATK-131")
def test_another_s_renewal_is_neither_seen_nor_sent(stage: Stage, contadora: FlaskClient) -> None:
    data = {"token": token(contadora.get("/portal/recebidas")), "procuracao": "prc-estaleiro"}
    assert post(contadora, "/portal/renovar", {"procuracao": "prc-estaleiro"}).status_code == 400
    at = post(contadora, "/portal/renovar", data).headers["Location"]
    other = stage.browser(people.EMPRESA, "E")
    assert other.get(at).status_code == 403
    assert post(other, at, {"token": token(other.get("/portal/recebidas"))}).status_code == 403
    stranger = {"token": token(other.get("/portal/recebidas")), "procuracao": "prc-estaleiro"}
    page = other.get(post(other, "/portal/renovar", stranger).headers["Location"]).text
    assert "ESTALEIRO" not in page
    assert stage.outorga.feitos == []


def test_the_list_as_a_file_obeys_nobody(stage: Stage, contadora: FlaskClient) -> None:
    stage.outorga.carteiras["recebidas"].append(recebida("prc-x", people.CASTANHA, "=HYPERLINK(1;2)"))
    page = contadora.get("/portal/recebidas?situacao=todas").text
    href = next(one.attributes["href"] for one in Tree(page).all("a") if "planilha" in one.attributes.get("href", ""))
    answer = contadora.get(href)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="procuracoes-recebidas.csv"'
    rows = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert [row["outorgante"] for row in rows][-1] == "'=HYPERLINK(1;2)"
    assert rows[0] == {
        "outorgante": "ACAI DO RIO NEGRO ALIMENTOS LTDA",
        "documento do outorgante": "99.990.001/0001-98",
        "outorgado": "FRANCISCA CHAGAS DO NASCIMENTO",
        "documento do outorgado": "***.001.022-**",
        "situação": "Em vigor",
        "primeiro dia": rows[0]["primeiro dia"],
        "último dia": rows[0]["último dia"],
        "poderes": rows[0]["poderes"],
        "inscrições": "todas do alcance",
        "código": "prc-acai",
    }
    found = search(contadora, "/portal/recebidas", "estaleiro", situacao="todas")
    searched = contadora.get(found.replace("/recebidas?", "/recebidas/planilha?")).text
    assert len(searched.splitlines()) == 2


def test_a_search_that_is_no_longer_kept_makes_no_file_of_everything(contadora: FlaskClient) -> None:
    forgotten = contadora.get("/portal/recebidas/planilha?situacao=todas&busca=AAAAAAAAAAAAAAAAAAAAAA")
    assert forgotten.status_code == 303
    assert "não está mais guardado" in contadora.get(forgotten.headers["Location"]).text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (row,) = csv.reader(StringIO(csv_text([[cell, "a-b"]]), newline=""), delimiter=";")
    assert row == [f"'{cell}", "a-b"]


def test_a_company_s_number_is_shown_as_typed_and_a_person_s_is_not(stage: Stage, contadora: FlaskClient) -> None:
    typed = ("99.990.001/0001-99", "12ABC34501DE35;x", "900.001.022-53", "123")
    stage.outorga.lote = Lote("l", 0, tuple((n, Problema("outorgante", "invalido", "")) for n in range(2, 6)))
    at = begin(contadora, "/portal/lote")
    page = contadora.get(sent(contadora, at, {**GOOD, "linhas": "\n".join(typed)}).headers["Location"]).text
    shown = [one.text for one in Tree(page).all("td")][::2]
    assert shown == ["99.990.001/0001-99", "12.ABC.345/01DE-35", "***.001.022-**", "123"]
