"""Forms of the portal, sent by somebody else, from elsewhere, twice, too late or altered. The flow's own answers are
tested beside it; here it is what reaches the flow at all, and what a refusal gives away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from idp.domain.politica import Impedimento, NotEntitled
from tests.web import people
from tests.web.html import Tree
from tests.web.portal.stage import GOOD, NOW, OWN, SELO, Stage, begin, post, sent, token

EVENTS = [
    ("/portal/procuracoes/prc-castanha/aceitar", {}),
    ("/portal/procuracoes/prc-castanha/recusar", {"motivo": "não"}),
    ("/portal/procuracoes/prc-acai/renunciar", {"motivo": ""}),
    ("/portal/pedidos/ped-feito", {"acao": "desistir"}),
    ("/portal/equipe/des-joao/encerrar", {}),
    ("/portal/equipe/des-minha/renunciar", {}),
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://id.sefaz.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
]


def codigo(text: str) -> str | None:
    return Tree(text).one("main").attributes.get("data-codigo")


@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_each_event_reaches_the_flow_once_and_answers_with_a_page(
    stage: Stage, contadora: FlaskClient, path: str, data: dict[str, str]
) -> None:
    page = contadora.get(path)
    assert stage.outorga.feitos == [], "looking changes nothing"
    answer = post(contadora, path, {"token": token(page), **data})
    assert answer.status_code == 303
    assert len(stage.outorga.feitos) == 1
    assert contadora.get(answer.headers["Location"]).status_code == 200


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_from_elsewhere(
    stage: Stage, contadora: FlaskClient, path: str, data: dict[str, str], headers: dict[str, str]
) -> None:
    good = token(contadora.get(path))
    answer = post(contadora, path, {"token": good, **data}, **headers)
    assert (answer.status_code, codigo(answer.text)) == (403, "SES-07")
    assert stage.outorga.feitos == []


@pytest.mark.attack("ATK-093")
@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_with_no_token_another_s_or_two(stage: Stage, contadora: FlaskClient, path: str, data: dict[str, str]) -> None:
    mine = token(contadora.get(path))
    another = stage.browser(people.EMPRESA, "E")
    theirs = token(another.get("/portal/procuracoes/prc-dada/revogar"))
    same_person_elsewhere = token(stage.browser(people.CONTADORA, "Z").get(path))
    for given in ([], [""], [theirs], [same_person_elsewhere], [mine, mine], [mine[:-1] + "0g"], [mine.upper()]):
        answer = post(contadora, path, {"token": given, **data})
        assert (answer.status_code, codigo(answer.text)) == (400, "SES-06"), given
    assert stage.outorga.feitos == []


@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_a_page_of_the_session_before(stage: Stage, contadora: FlaskClient, path: str, data: dict[str, str]) -> None:
    """Another person has logged in meanwhile in the same browser: the old page does nothing."""
    old = token(contadora.get(path))
    stage.log_in(contadora, people.EMPRESA)
    answer = post(contadora, path, {"token": old, **data})
    assert (answer.status_code, codigo(answer.text)) == (400, "SES-06")
    assert stage.outorga.feitos == []


def test_a_page_from_before_the_certificate_was_shown_again_stays_good(stage: Stage, contadora: FlaskClient) -> None:
    path = "/portal/procuracoes/prc-castanha/aceitar"
    old = token(contadora.get(path))
    stage.log_in(contadora, people.CONTADORA, again=1)
    assert post(contadora, path, {"token": old}).status_code == 303


@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_without_a_session_nothing_is_done(stage: Stage, path: str, data: dict[str, str]) -> None:
    stranger = stage.browser(None)
    for answer in (stranger.get(path), post(stranger, path, {"token": "0" * 64, **data})):
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login?tx=")
    assert stage.outorga.feitos == []


def test_the_certificate_step_leads_back_to_the_page(stage: Stage) -> None:
    stranger = stage.browser(None)
    page = stranger.get(stranger.get("/portal/procuracoes/prc-castanha/aceitar").headers["Location"]).text
    assert "Portaria: suas procurações" in page
    (tx,) = stage.transactions.kept.values()
    assert tx.request.redirect_uri == "/portal/procuracoes/prc-castanha/aceitar"
    cancel = post(stranger, "/login", {"tx": tx.id, "csrf": tx.csrf, "decisao": "cancelar"})
    assert cancel.headers["Location"] == "/portal"
    assert stranger.get("/portal").status_code == 200


@pytest.mark.attack("ATK-131")
@pytest.mark.parametrize(
    "path",
    [
        "/portal/procuracoes/{}",
        "/portal/procuracoes/{}/aceitar",
        "/portal/procuracoes/{}/revogar",
        "/portal/procuracoes/{}/substabelecer",
        "/portal/procuracoes/{}/pronta",
        "/portal/pedidos/{}",
        "/portal/equipe/{}/encerrar",
        "/portal/equipe/{}/renunciar",
    ],
)
def test_another_s_is_answered_like_none(stage: Stage, path: str) -> None:
    stranger = stage.browser(people.PessoaFisica(people.CPF("90000104205"), "MARIA DO SOCORRO LIMA"), "M")
    answers = []
    for id in ("prc-castanha", "ped-feito", "des-joao", "none-of-them"):
        answer = stranger.get(path.format(id))
        assert (answer.status_code, codigo(answer.text)) == (404, "PRC-05")
        shown = Tree(answer.text)
        answers.append([one.text for one in shown.all("h1", "p", "li") if "Código de atendimento" not in one.text])
    assert all(one == answers[0] for one in answers)


@pytest.mark.attack("ATK-131")
def test_another_s_is_not_changed_by_posting(stage: Stage, contadora: FlaskClient, empresa: FlaskClient) -> None:
    good = token(empresa.get("/portal/procuracoes/prc-dada/revogar"))
    for path in ("/portal/procuracoes/prc-castanha/aceitar", "/portal/procuracoes/prc-castanha/recusar"):
        answer = post(empresa, path, {"token": good})
        assert (answer.status_code, codigo(answer.text)) == (404, "PRC-05")
    answer = post(empresa, "/portal/pedidos/ped-recebido", {"token": good, "acao": "desistir"})
    assert (answer.status_code, codigo(answer.text)) == (404, "PRC-05")
    assert stage.outorga.feitos == []


@pytest.mark.parametrize(("path", "data"), EVENTS)
def test_get_is_never_the_act(stage: Stage, contadora: FlaskClient, path: str, data: dict[str, str]) -> None:
    good = token(contadora.get(path))
    contadora.get(path, query_string={"token": good, **data})
    contadora.head(path, query_string={"token": good, **data})
    assert stage.outorga.feitos == []
    for method in ("put", "delete", "patch"):
        assert getattr(contadora, method)(path, headers=OWN).status_code == 405


def test_a_second_press_is_told_that_it_is_done(stage: Stage, contadora: FlaskClient) -> None:
    path = "/portal/procuracoes/prc-castanha/aceitar"
    good = token(contadora.get(path))
    post(contadora, path, {"token": good})
    again = post(contadora, path, {"token": good})
    assert (again.status_code, codigo(again.text)) == (409, "PRC-08")
    assert len(stage.outorga.feitos) == 1


@pytest.mark.parametrize(
    ("impedimento", "expected"),
    [
        (Impedimento.SELO, "PRC-04"),
        (Impedimento.SEM_RESPONSAVEL, "PRC-04"),
        (Impedimento.CARENCIA, "PRC-04"),
        (Impedimento.RESPONSAVEL_DIVERGENTE, "CERT-10"),
    ],
)
def test_a_certificate_that_will_not_do(stage: Stage, impedimento: Impedimento, expected: str) -> None:
    selo = stage.browser(SELO, "L")
    stage.outorga.raised = NotEntitled(impedimento)
    answer = selo.get("/portal/conceder")
    assert (answer.status_code, codigo(answer.text)) == (403, expected)


# -- The long forms --------------------------------------------------------------------------------------------------


def drafted(stage: Stage, empresa: FlaskClient) -> str:
    """A form filled in and read, and the certificate shown for it: all but the last button."""
    at = begin(empresa, "/portal/conceder")
    assert sent(empresa, at, GOOD).headers["Location"] == f"{at}/revisar"
    return at


def test_giving_needs_the_certificate_after_the_text(stage: Stage, empresa: FlaskClient) -> None:
    stage.clock.at = NOW + timedelta(minutes=1)  # the session began before the draft
    at = drafted(stage, empresa)
    page = empresa.get(f"{at}/revisar")
    assert "Confirmar com o certificado" in page.text
    for acao in ("certificado", "conceder"):
        answer = post(empresa, f"{at}/revisar", {"token": token(page), "acao": acao})
        assert answer.headers["Location"].startswith("/login?tx=")
    assert {tx.request.redirect_uri for tx in stage.transactions.kept.values()} == {f"{at}/revisar"}
    assert stage.outorga.feitos == []
    stage.log_in(empresa, people.EMPRESA, "E", again=1)
    page = empresa.get(f"{at}/revisar")
    assert "Conceder a procuração" in page.text
    done = post(empresa, f"{at}/revisar", {"token": token(page), "acao": "conceder"})
    assert done.headers["Location"] == "/portal/procuracoes/prc-nova-0/pronta"
    assert stage.outorga.feitos == [("conceder", "prc-nova-0")]


def test_a_spent_form_gives_nothing_more(stage: Stage, empresa: FlaskClient) -> None:
    at = drafted(stage, empresa)
    good = token(empresa.get(f"{at}/revisar"))
    once = post(empresa, f"{at}/revisar", {"token": good, "acao": "conceder"})
    for path in (at, f"{at}/revisar"):
        assert empresa.get(path).headers["Location"] == once.headers["Location"]
        answer = post(empresa, path, {"token": good, **GOOD, "acao": "conceder"})
        assert answer.headers["Location"] == once.headers["Location"]
    assert len(stage.outorga.feitos) == 1


def test_another_person_s_another_browser_s_form(stage: Stage, empresa: FlaskClient) -> None:
    at = drafted(stage, empresa)
    elsewhere = stage.browser(people.EMPRESA, "F")
    stranger = stage.browser(people.CONTADORA, "B")
    stage.log_in(empresa, people.CONTADORA, "E")  # in the same browser, after the certificate of another
    for client in (elsewhere, stranger, empresa):
        good = token(
            client.get("/portal/procuracoes/prc-dada/revogar" if client is elsewhere else "/portal/pedidos/ped-feito")
        )
        for path in (at, f"{at}/revisar"):
            seen = client.get(path)
            did = post(client, path, {"token": good, **GOOD, "acao": "conceder"})
            for answer in (seen, did):
                assert (answer.status_code, codigo(answer.text)) == (403, "PRC-07")
                assert "Francisca" not in answer.text
    assert stage.outorga.feitos == []


def test_what_was_typed_survives_errors_reloads_and_the_end_of_the_session(stage: Stage, empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    wrong = sent(empresa, at, {**GOOD, "outorgado": "900.001.022-54"})
    assert wrong.headers["Location"] == f"{at}#erros"
    for _ in range(2):
        page = empresa.get(at)
        assert page.status_code == 422
        assert 'value="900.001.022-54"' in page.text
        assert "Os dígitos verificadores não conferem" in page.text
    stage.clock.at = NOW + timedelta(hours=5)
    answer = post(empresa, at, {"token": token(page), **GOOD, "outorgado_nome": "Francisca das Chagas"})
    assert answer.headers["Location"].startswith("/login?tx=")
    assert stage.outorga.rascunhos == {}
    stage.log_in(empresa, people.EMPRESA, "E", again=1)
    assert 'value="Francisca das Chagas"' in empresa.get(at).text


def test_a_foreign_post_does_not_fill_in_the_form_of_a_session_that_ended(stage: Stage, empresa: FlaskClient) -> None:
    at = begin(empresa, "/portal/conceder")
    good = token(empresa.get(at))
    stage.clock.at = NOW + timedelta(hours=5)
    post(empresa, at, {"token": good, **GOOD}, Origin="https://evil.example")
    post(empresa, at, {"token": "0" * 64, **GOOD})
    stage.log_in(empresa, people.EMPRESA, "E", again=1)
    assert "900.001.022-53" not in empresa.get(at).text


@pytest.mark.parametrize("tipo", ["conceder", "pedir", "lote", "designar"])
def test_fields_are_once_short_and_known(stage: Stage, contadora: FlaskClient, tipo: str) -> None:
    at = begin(contadora, f"/portal/{tipo}")
    good = token(contadora.get(at))
    twice = post(contadora, at, {"token": good, "inicio": ["2026-11-22", "2026-11-23"]})
    assert (twice.status_code, codigo(twice.text)) == (400, "HTTP-400")
    long = dict.fromkeys(("outorgado", "outorgante", "pessoa", "mensagem", "em_nome_de", "escopo_tipo"), "A" * 9000)
    assert post(contadora, at, {"token": good, **long, "apelido": "x", "fim": "\x00\x07"}).status_code == 303
    page = contadora.get(at)
    assert page.status_code == 422
    assert "A" * 501 not in page.text
    assert stage.outorga.feitos == []


@pytest.mark.parametrize("tipo", ["conceder", "pedir", "lote", "designar"])
@pytest.mark.parametrize("pid", ["A" * 22, "x", "%00", "..", "A" * 65, "é"])
def test_a_form_that_is_none(contadora: FlaskClient, tipo: str, pid: str) -> None:
    assert contadora.get(f"/portal/{tipo}/{pid}").status_code == 404


def test_a_form_of_one_kind_is_none_of_another(contadora: FlaskClient) -> None:
    pid = begin(contadora, "/portal/pedir").rpartition("/")[2]
    assert contadora.get(f"/portal/conceder/{pid}").status_code == 404


@pytest.mark.parametrize("path", ["//evil.example", "/portal//evil.example", "/portal/%2e%2e/login", "/portal/@evil"])
def test_no_address_leads_elsewhere(stage: Stage, path: str) -> None:
    answer = stage.browser(None).get(path)
    assert answer.status_code in (404, 308)
    assert stage.transactions.kept == {}


@pytest.mark.parametrize(
    "query",
    [
        "q=%00%FF",
        "pagina=0",
        "pagina=-1",
        "pagina=999999",
        "situacao=x",
        "papel=%00",
        "q=a&q=b",
        "ordem=x",
        "busca=a&busca=b",
    ],
)
def test_lists_make_the_best_of_anything(contadora: FlaskClient, query: str) -> None:
    for path in ("/portal/recebidas", "/portal/concedidas", "/portal/pedidos"):
        assert contadora.get(f"{path}?{query}").status_code == 200


def test_nothing_of_what_is_typed_is_logged(
    stage: Stage, contadora: FlaskClient, lines: list[dict[str, object]]
) -> None:
    at = begin(contadora, "/portal/conceder")
    sent(contadora, at, GOOD)
    contadora.get(f"{at}/revisar")
    assert "Francisca" not in str(lines)
    assert "90000102253" not in str(lines).replace(".", "").replace("-", "")
