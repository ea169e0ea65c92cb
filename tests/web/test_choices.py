"""The list of "Em nome de quem?": order, groups, search, pages."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from idp.domain.documents import CPF
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.representation import Modo, Representation
from idp.web.views.choices import ChoicesView, choices_view
from tests.web import people


def view(q: str = "", page: int = 1) -> ChoicesView:
    return choices_view(people.CONTADORA, people.ACCOUNTANT_CHOICES, q=q, page=page)


def numbers(shown: ChoicesView) -> list[str]:
    return [o.inscricao for g in shown.groups for b in g.blocks for o in b.options]


def test_groups_in_their_order() -> None:
    assert [(g.titulo, [b.titulo for b in g.blocks]) for g in view().groups] == [
        ("Suas inscrições", ["FRANCISCA CHAGAS DO NASCIMENTO"]),
        ("Empresas que você representa", ["CHAGAS CONTABILIDADE LTDA"]),
        (
            "Procurações que você recebeu",
            ["ACAI DO RIO NEGRO ALIMENTOS LTDA", "ESTALEIRO ENCONTRO DAS AGUAS LTDA"],
        ),
    ]


def test_a_company_sees_its_establishments() -> None:
    shown = choices_view(people.EMPRESA, people.COMPANY_CHOICES)
    assert [(g.titulo, [(b.documento, len(b.options)) for b in g.blocks]) for g in shown.groups] == [
        ("Suas inscrições", [("Matriz, CNPJ 99.990.001/0001-98", 2)]),
        (
            "Outros estabelecimentos da sua empresa",
            [("Filial, CNPJ 99.990.001/0002-79", 2), ("Filial, CNPJ 99.990.001/0003-50", 1)],
        ),
    ]


def test_a_procuracao_tells_its_powers_and_its_last_day() -> None:
    block = view().groups[2].blocks[0]
    assert block.poderes == [
        "consultar o Domicílio Tributário Eletrônico",
        "tomar ciência de intimações no Domicílio Tributário Eletrônico",
        "consultar notas fiscais eletrônicas",
    ]
    assert block.prazo == "até 22/09/2027"  # it ends at midnight in Brasília, 03:00 UTC of the 23rd
    assert view().groups[2].blocks[1].poderes == ["todos os poderes, os atuais e os que forem criados"]


def test_what_is_not_ativa_says_so() -> None:
    suspended = replace(people.ACAI_INSCRICOES[0], situacao=SituacaoCadastral.SUSPENSA)
    both = tuple(Representation(one, Modo.TITULAR) for one in (suspended, people.ACAI_INSCRICOES[1]))
    shown = choices_view(people.EMPRESA, both).groups[0].blocks[0].options
    assert [option.detalhe for option in shown] == ["Manaus, situação SUSPENSA", "Manaus"]


def test_a_substabelecimento_says_so() -> None:
    inherited = replace(people.ACCOUNTANT_CHOICES[-1], cadeia=("prc-1",))
    shown = choices_view(people.CONTADORA, (inherited,))
    assert shown.groups[0].blocks[0].prazo == "até 22/09/2027, por substabelecimento"


def test_an_unknown_power_keeps_its_name() -> None:
    link = people.procuracao("p", people.ACAI, people.ACAI_NOME, "itcd.declarar")
    shown = choices_view(people.CONTADORA, (people.by_procuracao(people.ACAI_INSCRICOES[0], link),))
    assert shown.groups[0].blocks[0].poderes == ["“itcd.declarar”"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("estaleiro", ["AM:049000071"]),
        ("ÁGUAS", ["AM:049000071"]),
        ("gabriel", ["AM:049000071"]),
        ("  encontro   aguas ", ["AM:049000071"]),
        ("são gabriel", ["AM:049000071"]),
        ("12.ABC.345/01DE-35", ["AM:049000071"]),
        ("12abc34501de35", ["AM:049000071"]),
        ("99.990.001/0003-50", ["AM:049000055"]),
        ("049.000.055", ["AM:049000055"]),
        ("04.900.005-5", ["AM:049000055"]),
        ("acai parintins", ["AM:049000055"]),
        ("tefé", ["AM:049000101"]),
        ("900.001.022-53", ["AM:049000101"]),
        ("padaria", []),
        ("acai padaria", []),
        ("%", []),
        ("(", []),
    ],
)
def test_search(q: str, expected: list[str]) -> None:
    assert numbers(view(q)) == expected


def test_search_does_not_complete_a_cpf() -> None:
    """A person's number is found when it is known, not guessed digit by digit."""
    own = inscricao_of(CPF("90000108294"))
    assert numbers(choices_view(people.CONTADORA, (own,), q="90000108")) == []
    assert numbers(choices_view(people.CONTADORA, (own,), q="90000108294")) == ["AM:049000055"]


def inscricao_of(cpf: CPF) -> Representation:
    return Representation(people.inscricao("049000055", cpf, "TEREZA KAMBEBA", "Tefé"), Modo.TITULAR)


def test_the_only_choice_is_chosen() -> None:
    (only,) = choices_view(people.CONTADORA, people.ACCOUNTANT_CHOICES[-1:]).groups[0].blocks[0].options
    assert only.checked
    assert not any(o.checked for g in view().groups for b in g.blocks for o in b.options)
    found_alone = view("estaleiro").groups[0].blocks[0].options[0]
    assert not found_alone.checked  # a search narrows what is seen; it does not choose


def test_long_lists_come_in_pages() -> None:
    many = people.many(250)
    first, last = (choices_view(people.CONTADORA, many, page=page) for page in (1, 3))
    assert (first.first, first.last, first.pages, first.total) == (1, 100, 3, 250)
    assert (last.first, last.last) == (201, 250)
    assert numbers(first)[0] == "AM:050000000"
    assert len(numbers(last)) == 50
    assert choices_view(people.CONTADORA, many, page=99).page == 3
    assert choices_view(people.CONTADORA, many, q="padaria").first == 0


def test_five_thousand_choices_are_searched_in_a_blink() -> None:
    many = people.many(5000)
    began = time.process_time()
    shown = choices_view(people.CONTADORA, many, q="numero 4321")
    assert time.process_time() - began < 1.0
    assert numbers(shown) == ["AM:050004321"]


def test_ids_are_of_one_option_each() -> None:
    ids = [o.id for g in view().groups for b in g.blocks for o in b.options]
    assert len(set(ids)) == len(ids) == 8
