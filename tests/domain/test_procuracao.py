"""Procuração: its states, its time, what it reaches, and what may descend from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.domain.procuracao import TODOS, Escopo, EstadoProcuracao, TipoEscopo, Vigencia
from idp.errors import IllegalTransition, InvalidProcuracao
from tests.domain.samples import (
    ADA,
    ALFA,
    AM1,
    AM2,
    AM3,
    DAY,
    ESTABELECIMENTO,
    EVA,
    FILIAL,
    FILIAL_ALFA,
    MATRIZ,
    RAIZ,
    T0,
    filha,
    inscricao,
    procuracao,
    so,
)

EVENTS = ("aceitar", "recusar", "revogar", "renunciar", "suspender", "reativar", "expirar", "extinguir")
# The table of design.md §4, written out once more by hand.
LAWFUL = {
    ("PENDENTE", "aceitar"): "ATIVA",
    ("PENDENTE", "recusar"): "RECUSADA",
    ("PENDENTE", "revogar"): "REVOGADA",
    ("PENDENTE", "expirar"): "EXPIRADA",
    ("PENDENTE", "extinguir"): "EXTINTA",
    ("ATIVA", "suspender"): "SUSPENSA",
    ("ATIVA", "revogar"): "REVOGADA",
    ("ATIVA", "renunciar"): "RENUNCIADA",
    ("ATIVA", "expirar"): "EXPIRADA",
    ("ATIVA", "extinguir"): "EXTINTA",
    ("SUSPENSA", "reativar"): "ATIVA",
    ("SUSPENSA", "revogar"): "REVOGADA",
    ("SUSPENSA", "renunciar"): "RENUNCIADA",
    ("SUSPENSA", "expirar"): "EXPIRADA",
    ("SUSPENSA", "extinguir"): "EXTINTA",
}


@pytest.mark.parametrize(("estado", "event"), list(product([e.value for e in EstadoProcuracao], EVENTS)))
def test_every_state_takes_exactly_the_events_of_the_table(estado: str, event: str) -> None:
    before = procuracao(estado=EstadoProcuracao(estado))
    if (estado, event) in LAWFUL:
        after = before.after(event, T0)
        assert after.estado == LAWFUL[estado, event]
        assert after.estado_em == T0
        assert after.id == before.id
        assert before.estado == estado
    else:
        with pytest.raises(IllegalTransition) as refused:
            before.after(event, T0)
        assert (refused.value.state, refused.value.event) == (estado, event)


def test_an_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(IllegalTransition):
        procuracao().after("ressuscitar", T0)


@given(st.lists(st.sampled_from(EVENTS)))
def test_what_has_ended_never_comes_back(happened: list[str]) -> None:
    ended = {"RECUSADA", "REVOGADA", "RENUNCIADA", "EXPIRADA", "EXTINTA"}
    one = procuracao(estado=EstadoProcuracao.PENDENTE)
    for event in happened:
        was = one.estado
        try:
            one = one.after(event, T0)
        except IllegalTransition:
            continue
        assert was not in ended


@pytest.mark.attack("ATK-123")
def test_vigencia_is_half_open() -> None:
    tick = timedelta(microseconds=1)
    vigencia = Vigencia(T0, T0 + DAY)
    assert not vigencia.contains(T0 - tick)
    assert vigencia.contains(T0)
    assert vigencia.contains(T0 + DAY - tick)
    assert not vigencia.contains(T0 + DAY)


@pytest.mark.parametrize(
    ("inicio", "fim", "dias"),
    [
        ("2026-03-01T03:00Z", "2027-03-01T03:00Z", ("2026-03-01", "2027-02-28")),  # as the portal makes them
        ("2026-03-01T00:00Z", "2027-03-01T00:00Z", ("2026-02-28", "2027-02-28")),  # midnight in Greenwich
        ("2026-03-01T12:00Z", "2026-03-01T12:00:00.000001Z", ("2026-03-01", "2026-03-01")),
        ("2018-11-04T03:00Z", "2018-11-05T02:00Z", ("2018-11-04", "2018-11-04")),  # a day without midnight
    ],
)
def test_days_are_those_of_the_authority_and_both_belong_to_it(inicio: str, fim: str, dias: tuple[str, str]) -> None:
    vigencia = Vigencia(datetime.fromisoformat(inicio), datetime.fromisoformat(fim))
    first, last = vigencia.dias(ZoneInfo("America/Sao_Paulo"))
    assert (first.isoformat(), last.isoformat()) == dias


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.timezones()))
@pytest.mark.attack("ATK-123")
def test_at_most_one_of_two_adjoining_periods_holds_whatever_the_time_zone(at: datetime) -> None:
    """A boundary belongs to the second period only, and a wall clock put back changes nothing."""
    middle = datetime(2026, 2, 22, 3, 0, tzinfo=UTC)
    earlier, later = (
        Vigencia(datetime(2019, 1, 1, tzinfo=UTC), middle),
        Vigencia(middle, datetime(2036, 1, 1, tzinfo=UTC)),
    )
    assert earlier.contains(at) is (at.astimezone(UTC) < middle)
    assert later.contains(at) is not earlier.contains(at)


def test_the_same_moment_in_another_time_zone_is_the_same_moment() -> None:
    manaus = timezone(timedelta(hours=-4))
    vigencia = Vigencia(datetime(2026, 3, 1, tzinfo=manaus), datetime(2027, 3, 1, tzinfo=manaus))
    assert not vigencia.contains(datetime(2026, 3, 1, 3, 59, 59, tzinfo=UTC))
    assert vigencia.contains(datetime(2026, 3, 1, 4, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("inicio", "fim"),
    [(T0, T0), (T0 + DAY, T0), (T0.replace(tzinfo=None), T0 + DAY), (T0, (T0 + DAY).replace(tzinfo=None))],
)
def test_a_period_that_is_none_is_refused(inicio: datetime, fim: datetime) -> None:
    with pytest.raises(InvalidProcuracao):
        Vigencia(inicio, fim)


@pytest.mark.attack("ATK-127")
def test_nobody_grants_to_himself_and_nothing_is_not_a_power() -> None:
    with pytest.raises(InvalidProcuracao, match="same person"):
        procuracao(outorgado=MATRIZ)
    with pytest.raises(InvalidProcuracao, match="poder"):
        procuracao(poderes=frozenset())


@pytest.mark.parametrize(
    ("estado", "at", "vigente"),
    [
        ("ATIVA", T0, True),
        ("ATIVA", T0 - 31 * DAY, False),
        ("ATIVA", T0 + 30 * DAY, False),
        *((estado.value, T0, False) for estado in EstadoProcuracao if estado is not EstadoProcuracao.ATIVA),
    ],
)
def test_in_force_means_active_and_in_its_time(estado: str, at: datetime, vigente: bool) -> None:
    assert procuracao(estado=EstadoProcuracao(estado)).vigente(at) is vigente


def test_powers_are_those_named_or_all() -> None:
    narrow, wide = procuracao(poderes=frozenset({"dte.consultar"})), procuracao(poderes=frozenset({TODOS}))
    assert narrow.permits(None)
    assert narrow.permits("dte.consultar")
    assert not narrow.permits("dte")
    assert not narrow.permits("nfe.emitir")
    assert not narrow.permits(TODOS)
    assert wide.permits("um.poder.que.ainda.nao.existe")


# --- Scope ---------------------------------------------------------------------------------------------------------

SAME_COMPANY = (MATRIZ, FILIAL, FILIAL_ALFA)


@pytest.mark.parametrize("contribuinte", SAME_COMPANY)
@pytest.mark.attack("ATK-129")
def test_root_scope_reaches_every_establishment(contribuinte) -> None:
    assert RAIZ.reaches(MATRIZ, inscricao(contribuinte=contribuinte))
    assert RAIZ.reaches(FILIAL, inscricao(contribuinte=contribuinte))


@pytest.mark.attack("ATK-129")
def test_establishment_scope_reaches_that_one_only() -> None:
    assert ESTABELECIMENTO.reaches(FILIAL, inscricao(contribuinte=FILIAL))
    assert not ESTABELECIMENTO.reaches(FILIAL, inscricao(contribuinte=MATRIZ))
    assert not ESTABELECIMENTO.reaches(MATRIZ, inscricao(contribuinte=FILIAL_ALFA))


def test_named_inscricoes_are_reached_and_no_other() -> None:
    scope = so(AM1, AM2)
    assert scope.reaches(MATRIZ, inscricao(AM1))
    assert scope.reaches(MATRIZ, inscricao(AM2, FILIAL))
    assert not scope.reaches(MATRIZ, inscricao(AM3))


def test_a_named_inscricao_that_now_belongs_to_another_company_is_not_reached() -> None:
    assert not so(AM1).reaches(MATRIZ, inscricao(AM1, ALFA))


@pytest.mark.parametrize("scope", [RAIZ, ESTABELECIMENTO, so(AM1)])
@pytest.mark.parametrize(("outorgante", "contribuinte"), [(MATRIZ, ALFA), (ADA, MATRIZ), (MATRIZ, ADA), (ADA, EVA)])
def test_no_scope_reaches_another_person(scope: Escopo, outorgante, contribuinte) -> None:
    assert not scope.reaches(outorgante, inscricao(AM1, contribuinte))


@pytest.mark.parametrize("scope", [ESTABELECIMENTO, so(AM1)])
def test_a_natural_person_s_own_inscricao_is_reached(scope: Escopo) -> None:
    assert scope.reaches(ADA, inscricao(AM1, ADA))


def test_a_scope_names_inscricoes_exactly_when_it_is_of_that_type() -> None:
    with pytest.raises(InvalidProcuracao):
        Escopo(TipoEscopo.INSCRICOES)
    with pytest.raises(InvalidProcuracao):
        Escopo(TipoEscopo.RAIZ, frozenset({AM1}))


# --- Substabelecimento ---------------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


def test_a_lawful_substabelecimento_descends() -> None:
    assert filha().descends_from(procuracao())
    assert filha(poderes=frozenset({"dte.consultar"}), escopo=so(AM1)).descends_from(procuracao())
    assert filha(procuracao(escopo=so(AM1, AM2)), escopo=so(AM2)).descends_from(procuracao(escopo=so(AM1, AM2)))
    everything = procuracao(poderes=frozenset({TODOS}))
    assert filha(everything, poderes=frozenset({"nfe.emitir"})).descends_from(everything)


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        pytest.param({}, {"poderes": frozenset({"dte.consultar", "nfe.emitir"})}, id="a power more"),
        pytest.param({}, {"poderes": frozenset({TODOS})}, id="all powers from some"),
        pytest.param({"escopo": ESTABELECIMENTO}, {"escopo": RAIZ}, id="root from establishment"),
        pytest.param({"escopo": so(AM1)}, {"escopo": RAIZ}, id="root from one inscricao"),
        pytest.param({"escopo": so(AM1)}, {"escopo": ESTABELECIMENTO}, id="establishment from one inscricao"),
        pytest.param({"escopo": so(AM1)}, {"escopo": so(AM1, AM2)}, id="an inscricao more"),
        pytest.param({"escopo": so(AM1)}, {"escopo": so(AM2)}, id="another inscricao"),
        pytest.param({}, {"vigencia": Vigencia(T0 - 30 * DAY, T0 + 30 * DAY + SECOND)}, id="ends later"),
        pytest.param({}, {"vigencia": Vigencia(T0 - 30 * DAY - SECOND, T0 + 30 * DAY)}, id="begins earlier"),
        pytest.param({"substabelecivel": False}, {}, id="not allowed by the outorgante"),
        pytest.param({}, {"pai": "prc_2"}, id="another parent"),
        pytest.param({}, {"pai": None}, id="no parent"),
        pytest.param({}, {"outorgante": ALFA}, id="another outorgante"),
        pytest.param({}, {"outorgante": FILIAL}, id="another establishment as outorgante"),
    ],
)
@pytest.mark.attack("ATK-125")
def test_nobody_passes_on_more_than_he_holds(parent: dict, child: dict) -> None:
    pai = procuracao(**parent)
    assert not filha(pai, **child).descends_from(pai)


PODERES = st.frozensets(st.sampled_from(["a", "b", "c", TODOS]), min_size=1)
ESCOPOS = st.one_of(
    st.sampled_from([RAIZ, ESTABELECIMENTO]),
    st.frozensets(st.sampled_from([AM1, AM2, AM3]), min_size=1).map(lambda ids: so(*ids)),
)
PERIODOS = st.tuples(st.integers(-5, 5), st.integers(1, 5)).map(
    lambda p: Vigencia(T0 + p[0] * DAY, T0 + (p[0] + p[1]) * DAY)
)


@given(PODERES, PODERES, ESCOPOS, ESCOPOS, PERIODOS, PERIODOS)
@pytest.mark.attack("ATK-125")
def test_whatever_a_child_permits_its_parent_permits(p1, p2, e1, e2, v1, v2) -> None:
    """Said by effect, not by structure: no (power, inscrição, moment) opens through the child and not the parent."""
    pai = procuracao(poderes=p1, escopo=e1, vigencia=v1)
    child = filha(pai, poderes=p2, escopo=e2, vigencia=v2)
    if not child.descends_from(pai):
        return
    for poder in ("a", "b", "c", "d", TODOS):
        assert not child.permits(poder) or pai.permits(poder)
    for id, contribuinte in product((AM1, AM2, AM3), (MATRIZ, FILIAL, ALFA)):
        one = inscricao(id, contribuinte)
        assert not child.escopo.reaches(MATRIZ, one) or pai.escopo.reaches(MATRIZ, one)
    for hours in range(-6 * 24, 11 * 24, 12):
        at = T0 + timedelta(hours=hours)
        assert not child.vigencia.contains(at) or pai.vigencia.contains(at)
