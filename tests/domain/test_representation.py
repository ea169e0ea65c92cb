"""represent(): the one rule between a stranger and a company, on each basis and for each refusal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procuracao import TODOS, EstadoProcuracao, Procuracao, Vigencia
from idp.domain.representation import (
    MAX_CADEIA,
    Demanda,
    Fatos,
    Modo,
    Motivo,
    Regras,
    Representation,
    RepresentationRef,
    represent,
)
from idp.errors import NotRepresentable
from tests.domain.samples import (
    ADA,
    ALFA,
    AM1,
    AM2,
    BRUCE,
    DAY,
    ESTABELECIMENTO,
    EVA,
    FILIAL,
    FILIAL_ALFA,
    FIRMA,
    FIRMA_FILIAL,
    MATRIZ,
    T0,
    ada,
    bruce,
    eva,
    filha,
    firma,
    inscricao,
    procuracao,
    selo,
    so,
    wayne,
)

TITULAR, REPRESENTANTE, PROCURACAO = Modo.TITULAR, Modo.REPRESENTANTE_LEGAL, Modo.PROCURACAO


def judge(holder: Holder, modo: Modo, fatos: Fatos, **changes: Any) -> Representation:
    """represent() with an A3 certificate, a client that demands nothing, the default rules and T0, but for changes."""
    asked = {"nivel": Nivel.A3, "demanda": Demanda(), "regras": Regras(), "at": T0} | changes
    return represent(holder, modo, fatos, **asked)


def refusal(holder: Holder, modo: Modo, fatos: Fatos, **changes: Any) -> Motivo:
    with pytest.raises(NotRepresentable) as refused:
        judge(holder, modo, fatos, **changes)
    return Motivo(refused.value.motivo)


def by_procuracao(*cadeia: Procuracao, of: CNPJ | CPF = MATRIZ, **facts: Any) -> Fatos:
    return Fatos(inscricao(contribuinte=of), cadeia=cadeia or (procuracao(),), **facts)


# --- Titular -------------------------------------------------------------------------------------------------------


def test_an_e_cnpj_acts_for_itself() -> None:
    made = judge(wayne, TITULAR, Fatos(inscricao()))
    assert made == Representation(inscricao(), TITULAR)
    assert made.ref == RepresentationRef(AM1, TITULAR)
    assert made.ate is None


def test_an_e_cpf_acts_for_its_own_rural_inscricao() -> None:
    assert judge(ada, TITULAR, Fatos(inscricao(contribuinte=ADA))).modo is TITULAR


@pytest.mark.parametrize("establishment", [MATRIZ, FILIAL, FILIAL_ALFA])
@pytest.mark.parametrize("certified", [MATRIZ, FILIAL, FILIAL_ALFA])
@pytest.mark.attack("ATK-129")
def test_an_e_cnpj_acts_for_its_whole_root_unless_the_authority_narrows_it(
    certified: CNPJ, establishment: CNPJ
) -> None:
    holder = PessoaJuridica(certified, "WAYNE ENTERPRISES INC.")
    fatos = Fatos(inscricao(contribuinte=establishment))
    assert judge(holder, TITULAR, fatos, regras=Regras(raiz=True)).inscricao.contribuinte == establishment
    if certified == establishment:
        judge(holder, TITULAR, fatos, regras=Regras(raiz=False))
    else:
        assert refusal(holder, TITULAR, fatos, regras=Regras(raiz=False)) is Motivo.SEM_VINCULO


@pytest.mark.parametrize("of", [ALFA, FIRMA, ADA, BRUCE])
def test_an_e_cnpj_is_nobody_else(of: CNPJ | CPF) -> None:
    """Not another company, nor its own responsável."""
    assert refusal(wayne, TITULAR, Fatos(inscricao(contribuinte=of))) is Motivo.SEM_VINCULO


def test_the_responsavel_is_not_the_company_by_being_named_in_its_certificate() -> None:
    assert refusal(bruce, TITULAR, Fatos(inscricao())) is Motivo.SEM_VINCULO


# --- CERT-10: the responsável is no longer the company's representative ---------------------------------------------


def test_cert_10_for_the_titular() -> None:
    """IN RFB 2.066/2022: the certificate still names an administrator who has left."""
    fatos = Fatos(inscricao(), representantes_titular=frozenset({ADA}))
    assert refusal(wayne, TITULAR, fatos) is Motivo.RESPONSAVEL_DIVERGENTE
    assert judge(wayne, TITULAR, replace(fatos, representantes_titular=frozenset({ADA, BRUCE})))
    assert judge(wayne, TITULAR, fatos, regras=Regras(responsavel_confere=False))


def test_cert_10_for_a_firm_that_acts_by_procuracao() -> None:
    """The firm's own representatives count, not those of the company that gave the procuração."""
    fatos = by_procuracao(procuracao(outorgado=FIRMA), representantes=frozenset({ADA}))
    assert judge(firma, PROCURACAO, fatos)
    assert judge(firma, PROCURACAO, replace(fatos, representantes_titular=frozenset({ADA})))
    left = replace(fatos, representantes_titular=frozenset({EVA}))
    assert refusal(firma, PROCURACAO, left) is Motivo.RESPONSAVEL_DIVERGENTE
    assert judge(firma, PROCURACAO, left, regras=Regras(responsavel_confere=False))


def test_cert_10_asks_only_where_both_sides_say_something() -> None:
    listed = frozenset({ADA})
    assert judge(wayne, TITULAR, Fatos(inscricao())), "the cadastro lists nobody"
    assert judge(selo, TITULAR, Fatos(inscricao(), representantes_titular=listed)), "a Selo names nobody"
    assert judge(ada, TITULAR, Fatos(inscricao(contribuinte=ADA), representantes_titular=frozenset({EVA})))


def test_cert_10_tells_a_stranger_nothing() -> None:
    fatos = Fatos(inscricao(contribuinte=ALFA), representantes_titular=frozenset({ADA}))
    assert refusal(wayne, TITULAR, fatos) is Motivo.SEM_VINCULO


# --- Representante legal -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [MATRIZ, FILIAL, ALFA])
def test_a_legal_representative_acts_for_the_company(of: CNPJ) -> None:
    fatos = Fatos(inscricao(contribuinte=of), representantes=frozenset({ADA, BRUCE}))
    assert judge(ada, REPRESENTANTE, fatos).ref == RepresentationRef(AM1, REPRESENTANTE)


@pytest.mark.parametrize(
    ("holder", "fatos"),
    [
        pytest.param(eva, Fatos(inscricao(), representantes=frozenset({ADA, BRUCE})), id="not listed"),
        pytest.param(ada, Fatos(inscricao()), id="nobody listed"),
        pytest.param(ada, Fatos(inscricao(), representantes_titular=frozenset({ADA})), id="the wrong list"),
        pytest.param(ada, Fatos(inscricao(contribuinte=EVA), representantes=frozenset({ADA})), id="of a person"),
        pytest.param(
            wayne, Fatos(inscricao(contribuinte=ALFA), representantes=frozenset({BRUCE})), id="by the responsavel"
        ),
        pytest.param(wayne, Fatos(inscricao(), representantes=frozenset({BRUCE})), id="a company, even of itself"),
    ],
)
def test_nobody_else_is_a_legal_representative(holder: Holder, fatos: Fatos) -> None:
    assert refusal(holder, REPRESENTANTE, fatos) is Motivo.SEM_VINCULO


# --- Procuração ----------------------------------------------------------------------------------------------------


def test_an_accountant_acts_by_procuracao_until_it_ends() -> None:
    made = judge(ada, PROCURACAO, by_procuracao())
    assert made.ref == RepresentationRef(AM1, PROCURACAO, "prc_1")
    assert made.procuracao == procuracao()
    assert made.cadeia == ()
    assert made.ate == T0 + 30 * DAY


@pytest.mark.parametrize(
    ("estado", "motivo"),
    [
        ("PENDENTE", Motivo.PENDENTE),
        ("SUSPENSA", Motivo.SUSPENSA),
        ("RECUSADA", Motivo.RECUSADA),
        ("REVOGADA", Motivo.REVOGADA),
        ("RENUNCIADA", Motivo.RENUNCIADA),
        ("EXPIRADA", Motivo.EXPIRADA),
        ("EXTINTA", Motivo.EXTINTA),
    ],
)
def test_each_state_but_active_is_a_reason_of_its_own(estado: str, motivo: Motivo) -> None:
    assert refusal(ada, PROCURACAO, by_procuracao(procuracao(estado=EstadoProcuracao(estado)))) is motivo


@pytest.mark.parametrize(
    ("at", "motivo"),
    [
        (T0 - 30 * DAY - timedelta(microseconds=1), Motivo.FUTURA),
        (T0 - 30 * DAY, None),
        (T0 + 30 * DAY - timedelta(microseconds=1), None),
        (T0 + 30 * DAY, Motivo.EXPIRADA),
    ],
)
@pytest.mark.attack("ATK-123")
def test_a_procuracao_holds_from_its_first_moment_to_just_before_its_end(at, motivo) -> None:
    if motivo is None:
        assert judge(ada, PROCURACAO, by_procuracao(), at=at)
    else:
        assert refusal(ada, PROCURACAO, by_procuracao(), at=at) is motivo


@pytest.mark.parametrize(
    ("holder", "fatos"),
    [
        pytest.param(eva, by_procuracao(), id="somebody else's"),
        pytest.param(ada, Fatos(inscricao()), id="none at all"),
        pytest.param(ada, by_procuracao(of=ALFA), id="from another company"),
        pytest.param(ada, by_procuracao(procuracao(escopo=so(AM2))), id="for another inscricao"),
        pytest.param(ada, by_procuracao(procuracao(escopo=ESTABELECIMENTO), of=FILIAL), id="for another branch"),
        pytest.param(firma, by_procuracao(), id="the firm of the person"),
        pytest.param(ada, by_procuracao(procuracao(outorgado=FIRMA)), id="the person of the firm"),
        pytest.param(wayne, by_procuracao(), id="the outorgante"),
    ],
)
def test_a_procuracao_serves_its_outorgado_for_what_it_reaches(holder: Holder, fatos: Fatos) -> None:
    assert refusal(holder, PROCURACAO, fatos) is Motivo.SEM_VINCULO


@pytest.mark.attack("ATK-131")
def test_a_stranger_learns_nothing_of_a_procuracao_or_a_situacao() -> None:
    """Whatever is wrong with it, the answer to anybody but its outorgado is the same."""
    for estado in EstadoProcuracao:
        assert refusal(eva, PROCURACAO, by_procuracao(procuracao(estado=estado))) is Motivo.SEM_VINCULO
    for situacao in SituacaoCadastral:
        fatos = Fatos(inscricao(situacao=situacao), representantes=frozenset({ADA}), cadeia=(procuracao(),))
        for modo in Modo:
            assert refusal(eva, modo, fatos, nivel=Nivel.A1, demanda=Demanda(nivel_minimo=Nivel.A4)) is (
                Motivo.SEM_VINCULO
            )


@pytest.mark.attack("ATK-129")
def test_a_firm_s_branch_uses_its_procuracao_only_where_roots_count() -> None:
    branch = PessoaJuridica(FIRMA_FILIAL, "CONTABILIDADE EXEMPLO LTDA")
    fatos = by_procuracao(procuracao(outorgado=FIRMA))
    assert judge(branch, PROCURACAO, fatos, regras=Regras(raiz=True))
    assert refusal(branch, PROCURACAO, fatos, regras=Regras(raiz=False)) is Motivo.SEM_VINCULO


@pytest.mark.attack("ATK-126")
def test_the_power_the_client_demands_must_be_in_every_link() -> None:
    demanda = Demanda(poder="nfe.emitir")
    assert refusal(ada, PROCURACAO, by_procuracao(), demanda=demanda) is Motivo.PODER
    assert judge(ada, PROCURACAO, by_procuracao(procuracao(poderes=frozenset({TODOS}))), demanda=demanda)
    assert judge(ada, PROCURACAO, by_procuracao(), demanda=Demanda(poder="dte.consultar"))
    pai = procuracao(poderes=frozenset({"nfe.emitir", "dte.consultar"}))
    narrow = filha(pai, poderes=frozenset({"dte.consultar"}))
    assert refusal(eva, PROCURACAO, by_procuracao(narrow, pai), demanda=demanda) is Motivo.PODER


def test_the_titular_and_the_legal_representative_need_no_power() -> None:
    demanda = Demanda(poder="nfe.emitir")
    assert judge(wayne, TITULAR, Fatos(inscricao()), demanda=demanda)
    assert judge(ada, REPRESENTANTE, Fatos(inscricao(), representantes=frozenset({ADA})), demanda=demanda)


# --- Chains --------------------------------------------------------------------------------------------------------


def test_a_substabelecimento_acts_through_its_whole_chain_until_the_first_end() -> None:
    pai = procuracao()
    child = filha(pai, vigencia=Vigencia(T0, T0 + 3 * DAY))
    made = judge(eva, PROCURACAO, by_procuracao(child, pai))
    assert made.ref == RepresentationRef(AM1, PROCURACAO, "prc_1_sub")
    assert made.cadeia == ("prc_1",)
    assert made.ate == T0 + 3 * DAY


@pytest.mark.parametrize(
    ("estado", "motivo"),
    [(EstadoProcuracao.REVOGADA, Motivo.REVOGADA), (EstadoProcuracao.SUSPENSA, Motivo.SUSPENSA)],
)
def test_a_child_dies_with_its_parent(estado: EstadoProcuracao, motivo: Motivo) -> None:
    assert refusal(eva, PROCURACAO, by_procuracao(filha(), procuracao(estado=estado))) is motivo


def test_a_parent_s_level_binds_the_child() -> None:
    pai = procuracao(nivel_minimo=Nivel.A3)
    fatos = by_procuracao(filha(pai, nivel_minimo=None), pai)
    assert judge(eva, PROCURACAO, fatos)
    assert refusal(eva, PROCURACAO, fatos, nivel=Nivel.A1) is Motivo.NIVEL


@pytest.mark.parametrize(
    "child",
    [
        {"poderes": frozenset({TODOS})},
        {"vigencia": Vigencia(T0 - DAY, T0 + 31 * DAY)},
        {"outorgante": FILIAL},
        {"pai": "prc_other"},
    ],
)
@pytest.mark.attack("ATK-125")
def test_a_child_that_holds_more_than_its_parent_gave_is_nothing(child: dict[str, Any]) -> None:
    assert refusal(eva, PROCURACAO, by_procuracao(filha(procuracao(), **child), procuracao())) is Motivo.CADEIA


@pytest.mark.attack("ATK-124")
def test_a_chain_must_reach_its_first_procuracao() -> None:
    """Whoever reads the facts may stop early; a child without its parents is not a procuração of its own."""
    assert refusal(eva, PROCURACAO, by_procuracao(filha())) is Motivo.CADEIA


@pytest.mark.attack("ATK-124")
def test_a_loop_is_refused() -> None:
    one = procuracao(id="a", pai="b", outorgado=ADA)
    two = procuracao(id="b", pai="a", outorgado=EVA)
    assert refusal(ada, PROCURACAO, by_procuracao(one, two)) is Motivo.CADEIA
    assert refusal(ada, PROCURACAO, by_procuracao(one, two, one)) is Motivo.CADEIA
    itself = procuracao(id="a", pai="a")
    assert refusal(ada, PROCURACAO, by_procuracao(*[itself] * 2)) is Motivo.CADEIA


def chain(length: int) -> tuple[Procuracao, ...]:
    """A lawful chain that ends with a procuração for EVA; its parents are all passed on once more."""
    links = [procuracao()]
    while len(links) < length:
        links.insert(0, filha(links[0], id=f"prc_{len(links) + 1}", substabelecivel=True))
    return tuple(links)


@pytest.mark.attack("ATK-124")
def test_a_chain_is_read_to_a_stated_depth_and_no_further() -> None:
    assert MAX_CADEIA == 8
    assert judge(eva, PROCURACAO, by_procuracao(*chain(8))).cadeia[-1] == "prc_1"
    assert refusal(eva, PROCURACAO, by_procuracao(*chain(9))) is Motivo.CADEIA


def test_the_same_outorgado_higher_up_does_not_shorten_the_chain() -> None:
    pai = procuracao(estado=EstadoProcuracao.REVOGADA)
    assert refusal(ada, PROCURACAO, by_procuracao(filha(pai, outorgado=ADA), pai)) is Motivo.REVOGADA


# --- Bases never chain ---------------------------------------------------------------------------------------------


def test_bases_never_chain() -> None:
    """A partner's e-CPF does not reach what was given to his firm, nor the firm what was given to him."""
    given_to_firm = procuracao(outorgado=FIRMA)
    partner = Fatos(inscricao(), frozenset(), frozenset({ADA}), (given_to_firm,))
    for modo in Modo:
        assert refusal(ada, modo, partner) is Motivo.SEM_VINCULO
    given_to_him = Fatos(inscricao(), frozenset({ADA}), frozenset({ADA}), (procuracao(),))
    for modo in Modo:
        assert refusal(firma, modo, given_to_him) is Motivo.SEM_VINCULO
    # The legal representative of the outorgado company of a substabelecimento is a stranger, too.
    child = filha(given_to_firm, outorgado=ALFA)
    assert refusal(ada, PROCURACAO, by_procuracao(child, given_to_firm)) is Motivo.SEM_VINCULO


def test_one_basis_does_not_lend_itself_to_another() -> None:
    everything = Fatos(inscricao(), frozenset({BRUCE}), frozenset({BRUCE}), (procuracao(),))
    assert judge(wayne, TITULAR, everything).modo is TITULAR
    assert judge(bruce, REPRESENTANTE, everything).modo is REPRESENTANTE
    assert judge(ada, PROCURACAO, everything).modo is PROCURACAO
    for holder, modo in ((wayne, REPRESENTANTE), (wayne, PROCURACAO), (bruce, TITULAR), (bruce, PROCURACAO)):
        assert refusal(holder, modo, everything) is Motivo.SEM_VINCULO
    for modo in (TITULAR, REPRESENTANTE):
        assert refusal(ada, modo, everything) is Motivo.SEM_VINCULO


# --- Situação and level --------------------------------------------------------------------------------------------

EVERY_BASIS = [
    pytest.param(wayne, TITULAR, id="titular"),
    pytest.param(bruce, REPRESENTANTE, id="representante"),
    pytest.param(ada, PROCURACAO, id="procuracao"),
]


def all_bases(situacao: SituacaoCadastral = SituacaoCadastral.ATIVA) -> Fatos:
    return Fatos(inscricao(situacao=situacao), frozenset({BRUCE}), frozenset({BRUCE}), (procuracao(),))


@pytest.mark.parametrize(("holder", "modo"), EVERY_BASIS)
@pytest.mark.parametrize("situacao", list(SituacaoCadastral))
def test_only_accepted_situacoes_by_default_active_alone(holder: Holder, modo: Modo, situacao) -> None:
    fatos = all_bases(situacao)
    if situacao is SituacaoCadastral.ATIVA:
        assert judge(holder, modo, fatos)
    else:
        assert refusal(holder, modo, fatos) is Motivo.SITUACAO
        assert judge(holder, modo, fatos, demanda=Demanda(situacoes=frozenset({situacao})))


ORDER = [{Nivel.SE_S, Nivel.SE_H, Nivel.A1}, {Nivel.A2}, {Nivel.A3}, {Nivel.A4}]


@pytest.mark.parametrize(("holder", "modo"), EVERY_BASIS)
@pytest.mark.parametrize("demanded", list(Nivel))
@pytest.mark.parametrize("shown", list(Nivel))
def test_levels_are_ranked_software_below_hardware(holder: Holder, modo: Modo, shown: Nivel, demanded: Nivel) -> None:
    def rank(nivel: Nivel) -> int:
        return next(i for i, same in enumerate(ORDER) if nivel in same)

    asked = {"nivel": shown, "demanda": Demanda(nivel_minimo=demanded)}
    if rank(shown) >= rank(demanded):
        assert judge(holder, modo, all_bases(), **asked)
    else:
        assert refusal(holder, modo, all_bases(), **asked) is Motivo.NIVEL


@pytest.mark.parametrize(("shown", "enough"), [(n, n in (Nivel.A3, Nivel.A4)) for n in Nivel])
def test_a_procuracao_may_demand_a_level_of_its_own(shown: Nivel, enough: bool) -> None:
    fatos = by_procuracao(procuracao(nivel_minimo=Nivel.A3))
    if enough:
        assert judge(ada, PROCURACAO, fatos, nivel=shown)
    else:
        assert refusal(ada, PROCURACAO, fatos, nivel=shown) is Motivo.NIVEL


def test_hardware_is_a_card_a_token_or_an_hsm() -> None:
    assert {n for n in Nivel if n.hardware} == {Nivel.A3, Nivel.A4, Nivel.SE_H}


# --- References ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("AM:040000010/titular", RepresentationRef(AM1, TITULAR)),
        ("AM:040000010/representante_legal", RepresentationRef(AM1, REPRESENTANTE)),
        ("AM:040000010/procuracao/prc_1", RepresentationRef(AM1, PROCURACAO, "prc_1")),
    ],
)
def test_a_reference_is_written_and_read_back(text: str, ref: RepresentationRef) -> None:
    assert str(ref) == text
    assert RepresentationRef.parse(text) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "AM:040000010",
        "AM:040000010/",
        "AM:040000010/dono",
        "AM:040000010/TITULAR",
        "AM:040000010/titular/prc_1",
        "AM:040000010/titular/",
        "AM:040000010/procuracao",
        "AM:040000010/procuracao/",
        "AM:040000010/procuracao/prc_1/x",
        "AM:040000010/procuracao/prc_1\x00",
        "AM:040000010/procuracao/prc 1",
        "AM:040000010/procuracao/" + "x" * 65,
        "AM:040000010/procuracao/prç",
        "040000010/titular",
        "\udcff:040000010/titular",
    ],
)
@pytest.mark.attack("ATK-120")
def test_a_posted_reference_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - InscricaoId's, Modo's and its own
        RepresentationRef.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        RepresentationRef.parse(text)
