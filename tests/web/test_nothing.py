"""The page when there is nothing to choose: each fault by its own name, with the remedy that fits it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from idp.domain.certificado import Nivel
from idp.domain.inscricao import InscricaoId
from idp.domain.representation import Demanda, Motivo
from idp.flow.choices import Choices, Missing
from idp.web.views.missing import in_groups, missing_view
from idp.web.views.nothing import nothing
from idp.web.views.notice import Notice
from idp.web.views.offers import offers_view
from tests.web import people
from tests.web.html import Tree

PODER = Demanda(poder="nfe.consultar")
PEDIDA = Demanda(inscricao=InscricaoId("AM", "049000071"))
CASTANHA = "CASTANHA DO PURUS BENEFICIAMENTO LTDA"


def told(*absent: Missing, demanda: Demanda = Demanda()) -> Notice:  # noqa: B008 (frozen)
    return nothing(people.CONTADORA, Choices((), absent), demanda, "DT-e", "")


def test_a_power_that_is_missing_is_asked_for() -> None:
    page = told(people.missing(Motivo.PODER), demanda=PODER)
    assert (page.codigo, page.titulo) == ("INS-02", "Falta um poder na sua procuração")
    assert page.causa == (
        f"A procuração dada por {CASTANHA} não inclui o que DT-e exige: consultar notas fiscais eletrônicas.",
    )
    assert page.passos[0] == "Peça à empresa uma procuração que inclua: consultar notas fiscais eletrônicas."
    assert page.link == ("/portal/procuracoes/prc-castanha/pedir?poder=nfe.consultar", "Pedir essa procuração")


def test_a_level_that_is_missing_takes_another_certificate() -> None:
    page = told(people.missing(Motivo.NIVEL, "A4"))
    assert (page.codigo, page.titulo) == ("INS-02", "É preciso um certificado de nível mais alto")
    assert page.causa == (f"Para atuar por {CASTANHA} é preciso um certificado de nível A4 ou mais alto.",)
    assert page.link is None, "no procuração would help"


def test_a_situacao_is_the_companys_to_mend() -> None:
    page = told(people.missing(Motivo.SITUACAO))
    assert page.titulo == "A situação no cadastro não permite entrar neste serviço"
    assert page.passos[0] == "Quem regulariza a inscrição é a empresa, na Secretaria: fale com ela."
    assert page.link is None


@pytest.mark.attack("ATK-131")
@pytest.mark.parametrize(
    ("demanda", "title", "asked"),
    [
        (
            PEDIDA,
            "Você não pode atuar pela inscrição pedida neste serviço",
            "DT-e pediu a inscrição estadual 049000071 (AM), e não",
        ),
        (
            PODER,
            "Falta a procuração que este serviço pede",
            "DT-e pediu o poder de consultar notas fiscais eletrônicas, e não",
        ),
        (
            Demanda(nivel_minimo=Nivel.A3),
            "Nenhuma inscrição pode ser usada neste serviço",
            "DT-e pediu um certificado de nível A3 ou mais alto, e não",
        ),
        (
            replace(PEDIDA, poder="nfe.consultar"),
            "Você não pode atuar pela inscrição pedida neste serviço",
            "049000071 (AM) e o poder de consultar notas fiscais eletrônicas, e não",
        ),
    ],
    ids=["inscricao", "poder", "nivel", "both"],
)
def test_what_was_asked_is_named_and_nothing_of_what_exists(demanda: Demanda, title: str, asked: str) -> None:
    page = told(demanda=demanda)
    assert (page.codigo, page.titulo) == ("INS-02", title)
    assert asked in page.causa[0]
    assert page.link == ("/portal/pedir", "Pedir uma procuração")


def test_several_reasons_are_told_one_by_one(pages: FlaskClient) -> None:
    page = told(people.missing(Motivo.NIVEL, "A4"), people.missing(Motivo.PODER), demanda=PODER)
    assert page.titulo == "Nenhuma inscrição pode ser usada neste serviço"
    assert page.link == ("/portal/pedir", "Pedir uma procuração")
    tree = Tree(pages.get("/nada-misto").text)
    assert [one.text for one in tree.all("h3")] == [
        "Procurações sem o poder que o serviço exige",
        "Situação no cadastro que o serviço não aceita",
        "Exigem outro certificado",
    ]


def test_what_ended_is_asked_for_anew() -> None:
    for motivo in (Motivo.EXPIRADA, Motivo.REVOGADA, Motivo.RENUNCIADA, Motivo.RECUSADA, Motivo.EXTINTA):
        page = told(people.missing(motivo))
        assert page.link == ("/portal/procuracoes/prc-castanha/pedir", "Pedir essa procuração"), motivo
    for motivo in (Motivo.SUSPENSA, Motivo.FUTURA, Motivo.CEDIDA):
        assert told(people.missing(motivo)).link is None, motivo


def test_who_received_it_for_another_does_not_ask_for_it() -> None:
    """A procuração given to the firm: its employee could not open that page."""
    firm = people.missing(Motivo.EXPIRADA, outorgado=people.ACAI, outorgado_nome=people.ACAI_NOME)
    (line,) = missing_view((firm,), Demanda(), "DT-e", people.CONTADORA)
    assert line.pedir == ""
    (line,) = missing_view((firm,), Demanda(), "DT-e", people.EMPRESA)
    assert line.pedir == "/portal/procuracoes/prc-castanha/pedir"


OFFERED = (
    f"{CASTANHA} ofereceu a você uma procuração: Consultar o Domicílio Tributário Eletrônico, "
    "de 14/08/2026 a 22/09/2027. Ela ainda não vale."
)


def test_what_waits_comes_first() -> None:
    pending = (people.P_PENDENTE, replace(people.P_PENDENTE, id="prc-2"))
    for waits, said, address in (
        (pending[:1], OFFERED, f"/consentimento?tx={people.TX}&procuracao=prc-castanha"),
        (pending, "2 procurações esperam a sua decisão.", f"/consentimento?tx={people.TX}&pendentes=1"),
        (pending * 11, "Mais de 20 procurações esperam a sua decisão.", f"/consentimento?tx={people.TX}&pendentes=1"),
    ):
        view = offers_view(waits, people.TX)
        choices = Choices((), (), pending=waits)
        page = nothing(people.CONTADORA, choices, Demanda(), "DT-e", "", view)
        assert (page.codigo, page.causa[0]) == ("PRC-03", said)
        assert page.link == (address, "Ver e decidir")


def test_a_list_of_what_is_missing_is_in_groups_each_reason_once() -> None:
    lines = missing_view((*people.MISSING, *people.MISSING), PODER, "DT-e", people.CONTADORA)
    assert [(titulo, len(members)) for titulo, members in in_groups(lines)] == [
        ("Procurações que terminaram", 1),
        ("Procurações sem o poder que o serviço exige", 1),
        ("Procurações que deixaram de valer", 1),
        ("Procurações que ainda não valem", 1),
        ("Situação no cadastro que o serviço não aceita", 1),
        ("Exigem outro certificado", 1),
    ]
