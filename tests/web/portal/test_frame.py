"""What stands around every page: who is in, the menu, a way back, the mark; also where something did not work."""

from __future__ import annotations

import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.domain.pedido import EstadoPedido
from idp.errors import IllegalTransition
from tests.web import people
from tests.web.html import Tree
from tests.web.portal.stage import Stage, begin, pages, post, token


@pytest.fixture(scope="module")
def shown() -> dict[str, TestResponse]:
    with structlog.testing.capture_logs():
        return {name: client.get(path) for name, client, path in pages(Stage())}


def hrefs(page: TestResponse) -> list[str]:
    return [one.attributes.get("href", "") for one in Tree(page.text).all("a")]


FAULTS = {
    "mudou": (people.CONTADORA.nome, "A procuração de ACAI DO RIO NEGRO ALIMENTOS LTDA já foi aceita e está valendo"),
    "nao-encontrada": (people.CONTADORA.nome, "Não há nada aqui para o seu certificado"),
    "outra-pessoa": (people.EMPRESA.nome, "Continue no navegador e com o certificado em que você começou"),
    "sem-formulario": (people.CONTADORA.nome, "Este formulário não está mais guardado"),
    "selo": ("ESTALEIRO ENCONTRO DAS AGUAS", "Este certificado não permite este ato"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_who_is_in_the_menu_and_a_way_back(shown: dict[str, TestResponse], name: str) -> None:
    page, (who, title) = shown[name], FAULTS[name]
    assert page.status_code >= 400
    assert Tree(page.text).one("h1").text == title
    assert who in page.text.partition("<main")[0]
    assert {"/portal/recebidas", "/portal/pedidos", "/logout"} <= set(hrefs(page))
    button = [one for one in Tree(page.text).all("a") if one.attributes.get("class") == "button primary"]
    assert [one.attributes["href"] for one in button] == [
        "/portal/procuracoes/prc-acai" if name == "mudou" else "/portal"
    ]


def test_a_stranger_s_fault_names_nobody(stage: Stage) -> None:
    page = stage.browser(None).post("/portal/conceder/" + "A" * 22, headers={"Origin": "https://evil.example"})
    assert page.status_code == 403
    assert "/logout" not in hrefs(page)


def test_a_form_that_is_not_believed_keeps_the_menu(contadora: FlaskClient) -> None:
    page = post(contadora, begin(contadora, "/portal/pedir"), {"token": "0" * 64})
    assert page.status_code == 400
    assert "/portal/recebidas" in hrefs(page)


def test_a_request_that_was_answered_meanwhile_is_named(stage: Stage, empresa: FlaskClient) -> None:
    at = "/portal/pedidos/ped-recebido"
    page = empresa.get(at)

    def answered(*arguments: object) -> None:
        raise IllegalTransition("pedido", EstadoPedido.NEGADO, "negar")

    stage.outorga.negar = answered  # type: ignore[method-assign, assignment]
    told = post(empresa, at, {"token": token(page), "acao": "negar"})
    assert told.status_code == 409
    assert Tree(told.text).one("h1").text == "O pedido de CHAGAS CONTABILIDADE LTDA já foi negado"
    assert at in hrefs(told)


def test_the_mark_is_an_image_kept_for_ever(contadora: FlaskClient, shown: dict[str, TestResponse]) -> None:
    icons = {
        one.attributes["href"]
        for page in shown.values()
        for one in Tree(page.text).all("link")
        if one.attributes.get("rel") == "icon"
    }
    (href,) = icons
    icon = contadora.get(href)
    assert icon.content_type == "image/svg+xml; charset=utf-8"
    assert icon.text.startswith("<svg")
    assert icon.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert contadora.get("/assets/portaria.svg").status_code == 404
