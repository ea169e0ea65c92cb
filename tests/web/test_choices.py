"""The list of "Em nome de quem?": groups, what stands above, words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.representation import Modo, Representation
from idp.flow.choices import Choices, Look
from idp.web.views.choices import ChoicesView, choices_view
from idp.web.views.destaque import Destaque
from tests.web import people


def view(**more: Any) -> ChoicesView:
    return choices_view(people.CONTADORA, Choices(people.ACCOUNTANT_CHOICES, (), **more))


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
    shown = choices_view(people.EMPRESA, Choices(people.COMPANY_CHOICES, ()))
    assert [(g.titulo, [(b.tipo, b.documento, len(b.options)) for b in g.blocks]) for g in shown.groups] == [
        ("Suas inscrições", [("Matriz, CNPJ", "99.990.001/0001-98", 2)]),
        (
            "Outros estabelecimentos da sua empresa",
            [("Filial, CNPJ", "99.990.001/0002-79", 2), ("Filial, CNPJ", "99.990.001/0003-50", 1)],
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
    shown = choices_view(people.EMPRESA, Choices(both, ())).groups[0].blocks[0].options
    assert [option.lugar for option in shown] == ["Manaus, situação SUSPENSA", "Manaus"]


def test_a_substabelecimento_says_so() -> None:
    inherited = replace(people.ACCOUNTANT_CHOICES[-1], cadeia=("prc-1",))
    shown = choices_view(people.CONTADORA, Choices((inherited,), ()))
    assert shown.groups[0].blocks[0].prazo == "até 22/09/2027, por substabelecimento"


def test_an_unknown_power_keeps_its_name() -> None:
    link = people.procuracao("p", people.ACAI, people.ACAI_NOME, "itcd.declarar")
    shown = choices_view(people.CONTADORA, Choices((people.by_procuracao(people.ACAI_INSCRICOES[0], link),), ()))
    assert shown.groups[0].blocks[0].poderes == ["“itcd.declarar”"]


def test_the_only_choice_is_a_card_and_no_list() -> None:
    only = choices_view(people.CONTADORA, Choices(people.ACCOUNTANT_CHOICES[-1:], ())).only
    assert only is not None
    assert [option.inscricao for option in only.options] == ["AM:049000071"]
    assert view().only is None


@pytest.mark.parametrize("more", [{"look": Look("estaleiro")}, {"look": Look(page=2)}, {"last": False}])
def test_what_is_alone_on_a_page_is_not_the_only_choice(more: dict[str, Any]) -> None:
    """A search narrows what is seen; it does not choose."""
    assert choices_view(people.CONTADORA, Choices(people.ACCOUNTANT_CHOICES[-1:], (), **more)).only is None


def test_what_is_kept_and_what_was_used_stand_above_and_once() -> None:
    many = people.many(6)
    top = {"pinned": many[4:5], "recent": many[2:3], "kept": frozenset({many[4].ref})}
    shown = choices_view(people.CONTADORA, Choices(many, (), **top, found=1001, last=False))
    assert [(g.titulo, [o.inscricao[-1] for b in g.blocks for o in b.options]) for g in shown.groups] == [
        ("Fixadas por você", ["4"]),
        ("Usadas recentemente", ["2"]),
        ("Procurações que você recebeu", ["0", "1", "3", "5"]),
    ]
    assert [o.pinned for g in shown.groups for b in g.blocks for o in b.options] == [True, *[False] * 5]


def test_what_is_kept_can_be_let_go_where_a_search_finds_it() -> None:
    many = people.many(3)
    shown = choices_view(
        people.CONTADORA, Choices(many, (), kept=frozenset({many[1].ref}), found=3, look=Look("comercio"))
    )
    assert [o.pinned for g in shown.groups for b in g.blocks for o in b.options] == [False, True, False]


@pytest.mark.parametrize(
    ("found", "q", "words"),
    [
        (1, "", "1 inscrição"),
        (250, "", "250 inscrições"),
        (300, "", "300 inscrições"),
        (301, "", "Mais de 300 inscrições"),
        (1, "acai", "1 inscrição encontrada"),
        (7, "acai", "7 inscrições encontradas"),
    ],
)
def test_how_many_in_words(found: int, q: str, words: str) -> None:
    assert view(found=found, look=Look(q)).contagem == words


def test_powers_that_all_share_are_told_once() -> None:
    """Fifteen procurações of one power; then one that differs."""
    (group,) = choices_view(people.CONTADORA, Choices(people.many(3), ())).groups
    assert group.poderes == ["consultar o Domicílio Tributário Eletrônico"]
    assert view().groups[2].poderes == []
    (alone,) = choices_view(people.CONTADORA, Choices(people.many(1), ())).groups
    assert alone.poderes == [], "of one procuração they stand with it"


def test_what_is_found_comes_in_one_group_in_the_order_of_the_search() -> None:
    """The best match may be of any kind, so each says by what right."""
    both = (people.ACCOUNTANT_CHOICES[-1], people.ACCOUNTANT_CHOICES[0])
    (group,) = choices_view(people.CONTADORA, Choices(both, (), look=Look("a"))).groups
    assert (group.titulo, group.mixed) == ("Encontradas", True)
    assert "começam com o que você digitou" in group.explicacao
    assert [(b.titulo, b.base) for b in group.blocks] == [
        ("ESTALEIRO ENCONTRO DAS AGUAS LTDA", "Procuração até 22/09/2027"),
        ("FRANCISCA CHAGAS DO NASCIMENTO", "Do seu certificado"),
    ]


@pytest.mark.parametrize(
    ("found", "page", "said"),
    [(40, 2, "Página 2 de 3"), (45, 3, "Página 3 de 3"), (301, 2, "Página 2")],
)
def test_which_page_of_how_many(found: int, page: int, said: str) -> None:
    assert view(found=found, look=Look(page=page)).pagina == said


@pytest.mark.parametrize(
    ("q", "text", "marked"),
    [
        ("acai", "AÇAÍ DO RIO", "[AÇAÍ] DO RIO"),
        ("rio neg", "ACAI DO RIO NEGRO", "ACAI DO [RIO] [NEG]RO"),
        ("do", "CONDOMINIO DO LAGO", "CONDOMINIO [DO] LAGO"),
        ("100%", "ESTALEIRO 100% ÁGUAS", "ESTALEIRO [100%] ÁGUAS"),
        ("nada", "ACAI", "ACAI"),
        ("", "ACAI", "ACAI"),
        ("ss", "STRAßE", "STRA[ß]E"),
    ],
)
def test_what_was_searched_is_marked_in_a_name(q: str, text: str, marked: str) -> None:
    assert "".join(f"[{part}]" if on else part for part, on in Destaque(q).nome(text)) == marked


@pytest.mark.parametrize(
    ("q", "marked"),
    [
        ("99990001", "[99.990.001]/0001-98"),
        ("9999000100", "[99.990.001/00]01-98"),
        ("0001-98", "99.990.001/[0001-98]"),
        ("990", "99.[990].001/0001-98"),
        ("10001", "99.990.001/0001-98"),  # never across root and branch
        ("98", "99.990.001/0001-98"),
    ],
)
def test_what_was_searched_is_marked_in_a_cnpj_as_it_is_found(q: str, marked: str) -> None:
    parts = Destaque(q).numero("99.990.001/0001-98")
    assert "".join(f"[{part}]" if on else part for part, on in parts) == marked


def test_a_short_list_needs_no_search() -> None:
    assert not choices_view(people.CONTADORA, Choices(people.ACCOUNTANT_CHOICES[:5], ())).searchable
    assert view().searchable


def test_whoever_was_named_by_a_firm_reads_its_name() -> None:
    named = Designacao(
        "d",
        CNPJ("99990004000121"),
        "CHAGAS CONTABILIDADE LTDA",
        people.CONTADORA.cpf,
        people.CONTADORA.nome,
        frozenset({"todos"}),
        people.P_ACAI.vigencia,
    )
    (group,) = choices_view(
        people.CONTADORA, Choices((replace(people.ACCOUNTANT_CHOICES[-1], designacao=named),), ())
    ).groups
    assert group.titulo == "Procurações da empresa em que você atua"
    assert group.blocks[0].prazo == "até 22/09/2027, por designação de CHAGAS CONTABILIDADE LTDA"


def test_ids_are_of_one_option_each() -> None:
    ids = [o.id for g in view().groups for b in g.blocks for o in b.options]
    assert len(set(ids)) == len(ids) == 8
