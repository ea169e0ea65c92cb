"""What must hold on each page of the portal."""

from __future__ import annotations

import re

import pytest
import structlog
from werkzeug.test import TestResponse

from tests.web.html import Tree, problems
from tests.web.portal.stage import Stage, pages

FULL_CPF = re.compile(r"9000010\d{4}|900\.001\.0\d{2}-\d{2}")


@pytest.fixture(scope="module")
def shown() -> dict[str, TestResponse]:
    with structlog.testing.capture_logs():
        return {name: client.get(path) for name, client, path in pages(Stage())}


def test_each_is_sound_and_named(shown: dict[str, TestResponse]) -> None:
    for name, page in shown.items():
        assert page.content_type == "text/html; charset=utf-8", name
        assert problems(page.text) == [], name
    titles = {Tree(page.text).one("title").text for page in shown.values()}
    assert len(titles) > 20


def test_statuses_and_codes(shown: dict[str, TestResponse]) -> None:
    told = {
        name: (page.status_code, Tree(page.text).one("main").attributes.get("data-codigo"))
        for name, page in shown.items()
        if page.status_code != 200
    }
    assert told == {
        "selo": (403, "PRC-04"),
        "nao-encontrada": (404, "PRC-05"),
        "sem-formulario": (404, "PRC-06"),
        "outra-pessoa": (403, "PRC-07"),
        "mudou": (409, "PRC-08"),
        "usos-de-outro": (404, "PRC-05"),
        "dados-errado": (422, None),
        "conceder-errado": (422, None),
        "pedir-errado": (422, None),
    }


@pytest.mark.attack("ATK-093")
def test_each_form_that_posts_has_the_token_and_nothing_posts_elsewhere(shown: dict[str, TestResponse]) -> None:
    for name, page in shown.items():
        tree = Tree(page.text)
        posting = [form for form in tree.all("form") if form.attributes.get("method") == "post"]
        tokens = [one for one in tree.all("input") if one.attributes.get("name") == "token"]
        assert len(tokens) == len(posting), name
        for form in tree.all("form"):
            assert form.attributes["action"].startswith("/portal/"), name


def test_no_cpf_in_full_no_document_in_an_address(shown: dict[str, TestResponse]) -> None:
    for name, page in shown.items():
        assert not FULL_CPF.search(page.text), name
        for element in Tree(page.text).elements:
            for attribute in ("href", "action"):
                assert not re.search(r"\d{11}|\d{14}", element.attributes.get(attribute, "")), name


def test_policy_of_content(shown: dict[str, TestResponse]) -> None:
    for page in shown.values():
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "form-action 'self';" in policy
        assert page.headers["Cache-Control"] == "no-store"


def test_who_is_in_is_on_every_page_of_theirs(shown: dict[str, TestResponse]) -> None:
    for name, page in shown.items():
        if page.status_code in (200, 422) and name != "frente":
            tree = Tree(page.text)
            assert "Sair" in [one.text for one in tree.all("a")], name
            assert next(one.attributes.get("aria-label") for one in tree.all("nav")) == "Minhas procurações", name


def test_what_is_wrong_stands_beside_its_field(shown: dict[str, TestResponse]) -> None:
    tree = Tree(shown["conceder-errado"].text)
    links = [one.attributes["href"] for one in tree.all("a") if one.attributes.get("href", "").startswith("#campo-")]
    assert links == [
        "#campo-outorgado",
        "#campo-outorgado_nome",
        "#campo-poderes",
        "#campo-inscricoes",
        "#campo-inicio",
        "#campo-fim",
    ]
    field = next(one for one in tree.all("input") if one.attributes.get("id") == "campo-outorgado")
    assert field.attributes["value"] == "123"
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["aria-describedby"] == "erro-outorgado dica-outorgado"
    assert tree.one("title").text.startswith("Falta corrigir")
