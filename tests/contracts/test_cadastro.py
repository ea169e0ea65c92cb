"""What the cadastro says about a holder and about one representation."""

from __future__ import annotations

from itertools import chain

import pytest

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId, SituacaoCadastral
from idp.domain.person import Holder, PessoaJuridica
from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import EstadoProcuracao
from idp.domain.representation import Demanda, Modo, RepresentationRef
from idp.storage.sql import SqlStore
from tests.contracts.data import (
    ACAI,
    ACAI_FILIAL,
    CASTANHA,
    EMPRESA_ACAI,
    EMPRESA_CASTANHA,
    ESTALEIRO,
    FRANCISCA,
    INSCRICAO_TEREZA,
    JOAO,
    NOW,
    RAIMUNDO,
    TEREZA,
)

LISTED = frozenset({CPF("90000107212"), CPF("90000101281")})
OTHER_FILIAL = PessoaJuridica(CNPJ("99990002000213"), "Castanha Ltda", RAIMUNDO)


ANY = Demanda(situacoes=frozenset(SituacaoCadastral))


def found(store: SqlStore, holder: Holder, *, raiz: bool = True) -> list[tuple[str, str, str]]:
    with store.reading() as uow:
        rows = [uow.vinculos.page(holder, Procura(ANY, Nivel.A4, NOW, raiz, parte=parte), limit=9) for parte in Parte]
        return [
            (modo.value, str(fatos.inscricao.id), "/".join(link.id for link in fatos.cadeia))
            for modo, fatos in sorted(chain(*rows), key=lambda row: (row[0] != Modo.TITULAR, row[1].inscricao.id))
        ]


def test_a_person_finds_her_own(store: SqlStore) -> None:
    assert found(store, TEREZA) == [("titular", "AM:049000101", "")]


def test_a_company_finds_its_whole_root_or_its_establishment(store: SqlStore) -> None:
    root = [("titular", "AM:049000012", ""), ("titular", "AM:049000039", "")]
    assert found(store, EMPRESA_ACAI) == root
    assert found(store, EMPRESA_ACAI, raiz=False) == root[1:]


def test_a_representative_finds_every_company_that_lists_him_by_name(store: SqlStore) -> None:
    assert found(store, RAIMUNDO) == [
        ("representante_legal", "AM:049000012", ""),
        ("representante_legal", "AM:049000039", ""),
        ("representante_legal", "AM:049000063", ""),
    ]


def test_procuracoes_reach_what_their_scope_says_with_their_chain(store: SqlStore) -> None:
    assert found(store, FRANCISCA) == [
        ("procuracao", "AM:049000012", "p-raiz"),
        ("procuracao", "AM:049000039", "p-raiz"),
    ]
    assert found(store, JOAO) == [
        ("procuracao", "AM:049000012", "p-filho/p-raiz"),
        ("procuracao", "AM:049000039", "p-filho/p-raiz"),
    ]


def test_a_procuracao_to_a_company_in_whatever_state(store: SqlStore) -> None:
    own = ("titular", "AM:049000063", "")
    given = ("procuracao", "AM:049000071", "p-firma")
    assert found(store, EMPRESA_CASTANHA) == [own, given]
    assert found(store, OTHER_FILIAL) == [own, given]
    assert found(store, OTHER_FILIAL, raiz=False) == []


def test_nobody_finds_nothing(store: SqlStore) -> None:
    assert found(store, PessoaJuridica(CNPJ("11222333000181"), "Outra", None)) == []


@pytest.mark.parametrize("lock", [False, True])
def test_facts_of_one_inscricao(store: SqlStore, lock: bool) -> None:
    with store.begin() as uow:
        fatos = uow.cadastro.facts(RAIMUNDO, RepresentationRef(ACAI_FILIAL, Modo.REPRESENTANTE_LEGAL), lock=lock)
    assert fatos is not None
    assert fatos.inscricao.id == InscricaoId("AM", "049000039")
    assert fatos.inscricao.contribuinte == CNPJ("99990001000279")
    assert fatos.inscricao.situacao is SituacaoCadastral.BAIXADA
    assert (fatos.inscricao.matriz, fatos.inscricao.municipio) == (False, "Manacapuru")
    assert fatos.inscricao.razao_social == "Açaí Ltda"
    assert (fatos.representantes, fatos.representantes_titular, fatos.cadeia) == (LISTED, frozenset(), ())


@pytest.mark.parametrize("lock", [False, True])
def test_facts_about_the_holders_own_company(store: SqlStore, lock: bool) -> None:
    with store.begin() as uow:
        own = uow.cadastro.facts(EMPRESA_ACAI, RepresentationRef(ACAI, Modo.TITULAR), lock=lock)
        given = uow.cadastro.facts(
            EMPRESA_CASTANHA, RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma"), lock=lock
        )
    assert own is not None
    assert own.representantes == own.representantes_titular == LISTED
    assert given is not None
    assert given.inscricao.razao_social == "Estaleiro Ltda"
    assert (given.representantes, given.representantes_titular) == (frozenset(), {CPF("90000107212")})
    assert [link.estado for link in given.cadeia] == [EstadoProcuracao.SUSPENSA]


@pytest.mark.parametrize("lock", [False, True])
def test_facts_with_a_chain(store: SqlStore, lock: bool) -> None:
    with store.begin() as uow:
        fatos = uow.cadastro.facts(JOAO, RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho"), lock=lock)
    assert fatos is not None
    assert [link.id for link in fatos.cadeia] == ["p-filho", "p-raiz"]
    assert fatos.representantes == LISTED
    assert fatos.cadeia[0].descends_from(fatos.cadeia[1])


@pytest.mark.parametrize("lock", [False, True])
def test_facts_of_what_does_not_exist(store: SqlStore, lock: bool) -> None:
    unknown = InscricaoId("SP", "049000012")
    with store.begin() as uow:
        assert uow.cadastro.facts(TEREZA, RepresentationRef(unknown, Modo.TITULAR), lock=lock) is None
        assert uow.cadastro.facts(JOAO, RepresentationRef(ACAI, Modo.PROCURACAO, "p-none"), lock=lock) is None
        assert uow.cadastro.facts(JOAO, RepresentationRef(unknown, Modo.PROCURACAO, "p-raiz"), lock=lock) is None


def test_facts_say_nothing_about_who_may(store: SqlStore) -> None:
    """A stranger's facts are the same rows: refusing is for represent()."""
    with store.reading() as uow:
        fatos = uow.cadastro.facts(TEREZA, RepresentationRef(CASTANHA, Modo.TITULAR), lock=False)
        own = uow.cadastro.facts(TEREZA, RepresentationRef(INSCRICAO_TEREZA, Modo.TITULAR), lock=False)
    assert fatos is not None
    assert fatos.inscricao.id == CASTANHA
    assert own is not None
    assert own.inscricao.contribuinte == CPF("90000108294")
