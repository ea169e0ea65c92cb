"""What pages say before and after an act, where it must agree with what is so."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web import people
from tests.web.html import Tree
from tests.web.portal.stage import GOOD, Stage, begin, post, sent, token


def test_before_giving_it_says_whose_acts_they_will_be_and_from_when(empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    sent(empresa, at, GOOD)
    page = empresa.get(f"{at}/revisar").text
    consequence = page.index("com estes poderes vale como feito por ACAI DO RIO NEGRO")
    assert consequence < page.rindex("Só passa a valer quando") < page.index(">Conceder a procuração</button>")
    assert page.index("<details>") < page.index("SHA-256")


def test_what_is_accepted_is_read_before_the_button(contadora: FlaskClient) -> None:
    page = contadora.get("/portal/procuracoes/prc-castanha/aceitar").text
    assert (
        page.index("<dt>Poderes</dt>") < page.index("<dt>Validade</dt>") < page.index(">Aceitar a procuração</button>")
    )


def test_what_was_not_done_is_not_announced(contadora: FlaskClient) -> None:
    """The address says that it was accepted; it still waits."""
    assert "Procuração aceita." in contadora.get("/portal/procuracoes/prc-acai?feito=aceitar").text
    page = contadora.get("/portal/procuracoes/prc-castanha?feito=aceitar").text
    assert "Aguardando aceite" in page
    assert "Procuração aceita." not in page


def test_what_changed_meanwhile_is_named_and_one_press_away(contadora: FlaskClient) -> None:
    page = contadora.get("/portal/procuracoes/prc-acai/aceitar").text
    assert "A procuração de ACAI DO RIO NEGRO ALIMENTOS LTDA já foi aceita e está valendo" in page
    assert 'href="/portal/procuracoes/prc-acai"' in page


def test_a_request_s_faults_are_told_at_once_and_nothing_unsent_is_marked(contadora: FlaskClient) -> None:
    at = begin(contadora, "/portal/pedir")
    sent(contadora, at, {"outorgante": "123"})
    page = Tree(contadora.get(at).text)
    links = {one.attributes.get("href") for one in page.all("a")}
    assert {"#campo-outorgante", "#campo-poderes", "#campo-escopo_tipo", "#campo-inicio", "#campo-fim"} <= links
    scope = [one.attributes for one in page.all("input") if one.attributes.get("name") == "escopo_tipo"]
    assert len(scope) == 3
    assert not any("checked" in one for one in scope)


def test_a_bad_line_shows_what_stands_in_it(contadora: FlaskClient) -> None:
    at = begin(contadora, "/portal/lote")
    done = sent(contadora, at, {**GOOD, "linhas": "99990001000198\n<b>123</b>\n12ABC34501DE35"})
    page = contadora.get(done.headers["Location"]).text
    assert "&lt;b&gt;123&lt;/b&gt;" in page
    assert "Corrija-a e envie só ela" in page


def test_what_waits_for_acceptance_is_offered_and_not_given(contadora: FlaskClient, stage: Stage) -> None:
    page = contadora.get("/portal/procuracoes/prc-castanha").text
    assert "CASTANHA DO PURUS BENEFICIAMENTO LTDA ofereceu esta procuração a você. Ela ainda não vale." in page
    assert "O que ela vai permitir" in page
    assert "Você recebeu esta procuração" not in page
    empresa = stage.browser(people.EMPRESA, "E")
    at = begin(empresa, "/portal/conceder")
    sent(empresa, at, GOOD)
    done = post(empresa, f"{at}/revisar", {"token": token(empresa.get(f"{at}/revisar")), "acao": "conceder"})
    page = empresa.get(done.headers["Location"]).text
    assert Tree(page).one("h1").text == "Procuração enviada para aceite"
    assert "Ela ainda não vale. Francisca Chagas do Nascimento pode aceitar" in page
    seen = empresa.get(done.headers["Location"].removesuffix("/pronta")).text
    assert "Você ofereceu esta procuração a Francisca Chagas do Nascimento. Ela ainda não vale" in seen
    assert ">Cancelar a oferta</a>" in seen
    asked = empresa.get(done.headers["Location"].replace("/pronta", "/revogar")).text
    assert "não poderá mais aceitar esta procuração. Ela nunca chegou a valer." in asked
    assert "deixa de poder agir" not in asked
    listed = empresa.get("/portal/concedidas").text
    assert "Francisca Chagas do Nascimento" in listed, "what was just offered is on the list that opens first"


def test_what_needs_no_acceptance_says_so(empresa: FlaskClient) -> None:
    page = empresa.get("/portal/procuracoes/prc-dada/pronta").text
    assert Tree(page).one("h1").text == "Procuração concedida"
    assert "Ela já vale" in page


def test_a_copy_in_text_has_what_the_page_has_and_says_how_to_check_it(stage: Stage, contadora: FlaskClient) -> None:
    page = contadora.get("/portal/procuracoes/prc-acai").text
    assert "/portal/procuracoes/prc-acai/copia" in page
    answer = contadora.get("/portal/procuracoes/prc-acai/copia")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="procuracao.txt"'
    text = answer.text
    assert max(map(len, text.splitlines())) <= 90
    plain = " ".join(text.split())
    for said in (
        "Código: prc-acai",
        "Situação em 22/11/2026 às 14h30 (horário de Brasília): Em vigor",
        "Quem dá: ACAI DO RIO NEGRO ALIMENTOS LTDA, CNPJ 99.990.001/0001-98",
        "Quem recebe: FRANCISCA CHAGAS DO NASCIMENTO, CPF ***.001.022-**",
        "- Consultar notas fiscais eletrônicas.",
        "a procuração pode ter mudado depois",
        "SHA-256 do texto mostrado: ",
    ):
        assert said in plain, said
    assert "90000102253" not in text.replace(".", "").replace("-", "")
    assert stage.browser(people.EMPRESA, "E").get("/portal/procuracoes/prc-castanha/copia").status_code == 404


def test_of_oneself_only_what_reaches_one_is_asked_openly(contadora: FlaskClient) -> None:
    """The rest is folded away, with the reason why it is there at all."""
    page = contadora.get(begin(contadora, "/portal/dados/editar")).text
    before, _, after = page.partition("<summary>Outros dados</summary>")
    for name in ("email", "phone_number", "street_address", "postal_code"):
        assert f'name="{name}"' in before, name
    for name in ("given_name", "birthdate", "gender", "picture", "website"):
        assert f'name="{name}"' not in before, name
        assert f'name="{name}"' in after, name
    assert "A Secretaria não precisa destes dados e não os usa." in after


def test_whoever_is_asked_reads_what_follows_before_the_buttons(stage: Stage, contadora: FlaskClient) -> None:
    page = contadora.get("/portal/procuracoes/prc-castanha").text
    order = [page.index(text) for text in ("O que ela vai permitir", "Se você aceitar", "Se você recusar", "/aceitar")]
    assert order == sorted(order)
    assert "Se você" not in contadora.get("/portal/procuracoes/prc-acai").text
