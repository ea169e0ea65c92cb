"""Whatever the cadastro and the procurações say, nobody whom they do not name is ever representable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId, SituacaoCadastral
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procuracao import TODOS, EstadoProcuracao, Procuracao, TipoEscopo, Vigencia
from idp.domain.representation import Demanda, Fatos, Modo, Motivo, Regras, represent
from idp.errors import InvalidProcuracao, NotRepresentable
from tests.domain.samples import (
    ADA,
    ALFA,
    AM1,
    AM2,
    AM3,
    BRUCE,
    DAY,
    ESTABELECIMENTO,
    EVA,
    FILIAL,
    FIRMA,
    FIRMA_FILIAL,
    MATRIZ,
    RAIZ,
    T0,
    inscricao,
    procuracao,
    so,
)

CPFS = st.sampled_from([ADA, BRUCE, EVA])
CNPJS = st.sampled_from([MATRIZ, FILIAL, ALFA, FIRMA, FIRMA_FILIAL])
ANYBODY = st.one_of(CPFS, CNPJS)
IDS = st.sampled_from([AM1, AM2, AM3])


def mostly(usual: Any, otherwise: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Chaos alone never meets a lawful case: three times in four the lawful value."""
    return st.integers(0, 3).flatmap(lambda n: otherwise if n == 3 else st.just(usual))


@st.composite
def chains(draw: st.DrawFn, owner: CNPJ | CPF, id: InscricaoId, outorgado: CNPJ | CPF) -> tuple[Procuracao, ...]:
    length = draw(st.integers(0, 3))
    return tuple(
        procuracao(
            id=f"p{n}",
            outorgante=draw(mostly(owner, ANYBODY)),
            outorgado=draw(mostly(outorgado, ANYBODY)) if n == 0 else draw(ANYBODY),
            pai=draw(mostly(f"p{n + 1}" if n < length - 1 else None, st.sampled_from([None, "p0", "p1"]))),
            poderes=draw(mostly(frozenset({TODOS}), st.frozensets(st.sampled_from("ab"), min_size=1))),
            escopo=draw(st.one_of(st.sampled_from([RAIZ, ESTABELECIMENTO, so(id)]), IDS.map(so))),
            vigencia=draw(mostly(Vigencia(T0, T0 + DAY), st.sampled_from([PAST, FUTURE, LONG]))),
            estado=draw(mostly(EstadoProcuracao.ATIVA, st.sampled_from(EstadoProcuracao))),
            substabelecivel=draw(mostly(True, st.booleans())),
            nivel_minimo=draw(mostly(None, st.just(Nivel.A3))),
        )
        for n in range(length)
    )


PAST, FUTURE, LONG = Vigencia(T0 - DAY, T0), Vigencia(T0 + DAY / 24, T0 + DAY), Vigencia(T0 - DAY, T0 + 9 * DAY)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Holder, Modo, Fatos]:
    """A holder, a basis and facts that were lawful for somebody before chance went through them."""
    owner, id = draw(mostly(MATRIZ, ANYBODY)), draw(IDS)
    modo = draw(st.sampled_from(Modo))
    who = draw(mostly(owner, ANYBODY) if modo is Modo.TITULAR else ANYBODY)
    holder: Holder = (
        PessoaFisica(who, "PF")
        if isinstance(who, CPF)
        else PessoaJuridica(who, "PJ", draw(st.none() | CPFS.map(lambda cpf: PessoaFisica(cpf, "PF"))))
    )
    try:
        cadeia = draw(chains(owner, id, who))
    except InvalidProcuracao:  # chance made somebody grant to himself
        cadeia = ()
    representantes = frozenset({who}) if isinstance(who, CPF) else frozenset()
    fatos = Fatos(
        inscricao(id, owner, draw(mostly(SituacaoCadastral.ATIVA, st.sampled_from(SituacaoCadastral)))),
        draw(mostly(representantes, st.frozensets(CPFS, max_size=2))),
        draw(mostly(frozenset(), st.frozensets(CPFS, max_size=2))),
        cadeia,
    )
    return holder, modo, fatos


REGRAS = st.builds(Regras, st.booleans(), st.booleans())
DEMANDAS = st.builds(Demanda, mostly(None, st.sampled_from("ac")), mostly(None, st.just(Nivel.A3)))


def company(documento: CNPJ | CPF) -> str:
    return str(documento)[:8] if isinstance(documento, CNPJ) else str(documento)


@given(situations(), st.sampled_from(Nivel), DEMANDAS, REGRAS)
@settings(max_examples=300)
@pytest.mark.attack("ATK-120")
def test_no_stranger_is_ever_representable(situation, nivel, demanda, regras) -> None:
    """Whatever the facts: whoever gets a Representation is the company, answers for it, or holds its procuração."""
    holder, modo, fatos = situation
    try:
        made = represent(holder, modo, fatos, nivel=nivel, demanda=demanda, regras=regras, at=T0)
    except NotRepresentable as refused:
        Motivo(refused.motivo)
        return
    owner = fatos.inscricao.contribuinte
    assert made.inscricao == fatos.inscricao
    assert made.modo is modo
    assert fatos.inscricao.situacao is SituacaoCadastral.ATIVA
    if modo is Modo.TITULAR:
        assert company(holder.documento) == company(owner)
        assert regras.raiz or holder.documento == owner
    elif modo is Modo.REPRESENTANTE_LEGAL:
        assert isinstance(holder, PessoaFisica)
        assert holder.cpf in fatos.representantes
        assert isinstance(owner, CNPJ)
    else:
        assert company(fatos.cadeia[0].outorgado) == company(holder.documento)
        assert fatos.cadeia[-1].pai is None
        for link in fatos.cadeia:
            assert company(link.outorgante) == company(owner)
            assert link.estado is EstadoProcuracao.ATIVA
            assert link.vigencia.inicio <= T0 < link.vigencia.fim
            assert demanda.poder is None or {demanda.poder, TODOS} & link.poderes
            assert link.escopo.tipo is not TipoEscopo.INSCRICOES or made.inscricao.id in link.escopo.inscricoes
            assert link.escopo.tipo is not TipoEscopo.ESTABELECIMENTO or link.outorgante == owner
            assert made.ate is not None
            assert T0 < made.ate <= link.vigencia.fim
        assert made.procuracao == fatos.cadeia[0]
    if isinstance(holder, PessoaJuridica) and holder.responsavel and regras.responsavel_confere:
        assert not fatos.representantes_titular or holder.responsavel.cpf in fatos.representantes_titular


@given(situations())
def test_a_holder_whom_no_fact_names_is_always_without_a_link(situation) -> None:
    holder, modo, fatos = situation
    owner = fatos.inscricao.contribuinte
    named = (
        company(holder.documento) == company(owner)
        or holder.documento in fatos.representantes
        or any(company(link.outorgado) == company(holder.documento) for link in fatos.cadeia)
    )
    if not named:
        with pytest.raises(NotRepresentable) as refused:
            represent(holder, modo, fatos, nivel=Nivel.A4, demanda=Demanda(), regras=Regras(), at=T0)
        assert refused.value.motivo is Motivo.SEM_VINCULO
