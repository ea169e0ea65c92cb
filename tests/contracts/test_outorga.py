"""The ports of giving power: designações, requests, acts, parties, lists, and what is revoked together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from idp.domain.ato import AtoRegistrado
from idp.domain.designacao import Designacao
from idp.domain.documents import CNPJ, CPF
from idp.domain.pedido import Pedido
from idp.domain.procuracao import Escopo, TipoEscopo, Vigencia
from idp.domain.proposta import Proposta, Rascunho
from idp.domain.representation import Modo, RepresentationRef
from idp.errors import AlreadySpent, NotFound
from idp.ports import Ephemeral
from idp.ports.outorga import Alvo, Consulta
from idp.storage.ephemeral import EphemeralRascunhos
from idp.storage.sql import SqlStore
from tests.contracts.data import (
    ACAI,
    BINDING,
    CERTIFICADO,
    EMPRESA_CASTANHA,
    ESTALEIRO,
    JOAO,
    MINUTE,
    NOW,
    RAIMUNDO,
    FixedClock,
    grant,
)
from tests.contracts.test_procuracoes import WHOLE

DAY = timedelta(days=1)
YEAR = Vigencia(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
NAMED = Designacao(
    id="d1",
    empresa=CNPJ("99990002000132"),
    empresa_nome="Castanha Ltda",
    pessoa=JOAO.cpf,
    pessoa_nome="João",
    poderes=frozenset({"dte.consultar", "nfe.consultar"}),
    vigencia=YEAR,
    clientes=frozenset({"12ABC345", "99990001"}),
)
ASKED = Pedido(
    id="q1",
    outorgante=CNPJ("99990001000198"),
    outorgado=JOAO.cpf,
    outorgado_nome="João",
    poderes=frozenset({"dte.consultar"}),
    escopo=Escopo(TipoEscopo.INSCRICOES, frozenset({ACAI})),
    vigencia=YEAR,
    criado_em=NOW,
    expira_em=NOW + 30 * DAY,
    mensagem="Por favor, à vontade.",
    lote="l1",
    rotulo="Açaí da Esquina",
)
BY_FIRMA = RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma")
ALL = Consulta(NOW)


# --- Designações ---------------------------------------------------------------------------------------------------


def test_a_designacao_comes_back_as_it_went_and_is_found_by_both(store: SqlStore) -> None:
    bare = replace(NAMED, id="d2", clientes=frozenset(), estado_em=NOW)
    with store.begin() as uow:
        uow.designacoes.add(NAMED)
        uow.designacoes.add(bare)
        for lock in (True, False):
            assert uow.designacoes.get("d1", lock=lock) == NAMED
            assert uow.designacoes.get("none", lock=lock) is None
        assert uow.designacoes.get("\x00", lock=False) is None
        assert uow.designacoes.by_company(Alvo("99990002")) == [NAMED, bare]
        assert uow.designacoes.by_company(Alvo("99990002", "99990002000213")) == []
        assert uow.designacoes.of_person(JOAO.cpf) == [NAMED, bare]
        assert uow.designacoes.of_person(RAIMUNDO.cpf) == []
        ended = NAMED.after("encerrar", NOW)
        uow.designacoes.update(replace(ended, poderes=frozenset({"todos"})))
        assert uow.designacoes.get("d1", lock=False) == ended
        with pytest.raises(NotFound):
            uow.designacoes.update(replace(NAMED, id="none"))
    with pytest.raises(AlreadySpent), store.begin() as uow:
        uow.designacoes.add(NAMED)


def test_facts_hold_the_designacoes_of_the_outorgado_for_this_person(store: SqlStore) -> None:
    other = replace(NAMED, id="d3", empresa=CNPJ("99990001000198"))
    with store.begin() as uow:
        for one in (
            NAMED,
            replace(NAMED, id="d2").after("encerrar", NOW),
            other,
            replace(NAMED, id="d4", pessoa=RAIMUNDO.cpf),
        ):
            uow.designacoes.add(one)
        uow.grants.add(grant("g1", holder=JOAO, choice=BY_FIRMA), "code-1", BINDING, "tx-1")
        for lock in (True, False):
            fatos = uow.cadastro.facts(JOAO, BY_FIRMA, lock=lock)
            assert fatos is not None
            assert [one.id for one in fatos.designacoes] == ["d1", "d2"]
            assert fatos.designacoes[0] == NAMED
            company = uow.cadastro.facts(EMPRESA_CASTANHA, BY_FIRMA, lock=lock)
            assert company is not None
            assert company.designacoes == ()
        found = uow.grants.in_use("g1")
        assert found is not None
        assert [one.id for one in sorted(found[1].designacoes, key=lambda one: one.id)] == ["d1", "d2"]
        assert [link.id for link in found[1].cadeia] == ["p-firma"]


# --- Requests ------------------------------------------------------------------------------------------------------


def test_a_request_comes_back_as_it_went(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.pedidos.add(ASKED)
        assert uow.pedidos.get("q1", lock=True) == uow.pedidos.get("q1", lock=False) == ASKED
        assert uow.pedidos.get("none", lock=False) is None
        closed = ASKED.after("aprovar", NOW, "p-raiz")
        uow.pedidos.update(closed)
        assert uow.pedidos.get("q1", lock=False) == closed
        with pytest.raises(NotFound):
            uow.pedidos.update(replace(ASKED, id="none"))


def test_requests_are_listed_and_end(store: SqlStore) -> None:
    late = replace(ASKED, id="q2", criado_em=NOW - 31 * DAY, expira_em=NOW - DAY, outorgante=CNPJ("99990002000132"))
    mine, theirs = [Alvo(JOAO.cpf.numero)], [Alvo("99990001")]
    with store.begin() as uow:
        for one in (ASKED, late, replace(ASKED, id="q3").after("negar", NOW)):
            uow.pedidos.add(one)
        assert [one.id for one in uow.pedidos.made(mine, ALL)[0]] == ["q1", "q3", "q2"]
        assert uow.pedidos.made(mine, replace(ALL, limit=1, offset=1))[0][0].id == "q3"
        assert uow.pedidos.made(mine, replace(ALL, situacao="vigentes")) == ([ASKED], 1)
        assert uow.pedidos.made(mine, replace(ALL, situacao="encerradas"))[1] == 2
        assert uow.pedidos.made(mine, replace(ALL, q="99.990.002"))[0] == [late]
        assert uow.pedidos.received(theirs, replace(ALL, q="900.001.032-25"))[1] == 2
        assert uow.pedidos.received(theirs, replace(ALL, q="900001032"))[1] == 0, "a part of a CPF finds nobody"
        assert uow.pedidos.received(theirs, replace(ALL, q="jo%"))[1] == 0
        assert uow.pedidos.received([], ALL) == ([], 0)
        assert uow.pedidos.open_with(mine[0], NOW) == ["99990001"]
        assert uow.pedidos.denied(mine[0], NOW - DAY) == {"99990001": NOW}
        assert uow.pedidos.denied(mine[0], NOW) == uow.pedidos.denied(theirs[0], NOW - DAY) == {}
        assert uow.pedidos.of_lote(mine[0], "l1") == {"99990001", "99990002"}
        assert uow.pedidos.of_lote(mine[0], "l2") == uow.pedidos.of_lote(theirs[0], "l1") == frozenset()
        assert uow.pedidos.made(mine, replace(ALL, q="esquina"))[1] == 3
        assert uow.pedidos.received(theirs, replace(ALL, q="esquina"))[1] == 0
        assert uow.pedidos.due(NOW, 10) == [late]
        assert uow.pedidos.due(NOW, 0) == []


# --- Acts ----------------------------------------------------------------------------------------------------------


def test_an_act_comes_back_as_it_went(store: SqlStore) -> None:
    full = AtoRegistrado(
        id="a1",
        evento="outorgar",
        em=NOW,
        por="90000107212",
        por_nome="Raimundo",
        qualidade="e-cnpj",
        procuracao="p-raiz",
        pessoa=RAIMUNDO.cpf,
        certificado=CERTIFICADO,
        texto="PROCURAÇÃO\n\nà vista",
        texto_sha256="0" * 64,
        motivo="porque sim",
    )
    later = AtoRegistrado("a0", "suspender", NOW + MINUTE, "ana", "ana", "orgao", procuracao="p-raiz")
    team = AtoRegistrado("a2", "designar", NOW, "12ABC34501DE35", "Firma", "e-cnpj", designacao="d1")
    with store.begin() as uow:
        uow.designacoes.add(NAMED)
        for one in (later, full, team):
            uow.atos.add(one)
        assert uow.atos.of_procuracao("p-raiz") == [full, later]
        assert uow.atos.of_procuracao("p-filho") == []
        assert set(uow.partes.nomes(RAIMUNDO.cpf)) == {"Raimundo"}


# --- Parties -------------------------------------------------------------------------------------------------------


def test_what_the_cadastro_says_of_parties(store: SqlStore) -> None:
    acai, filial, unknown = CNPJ("99990001000198"), CNPJ("99990001000279"), CNPJ("11222333000181")
    tereza, nobody = CPF("90000108294"), CPF("90000104205")
    with store.begin() as uow:
        for lock in (True, False):
            said = uow.partes.of([acai, filial, unknown, tereza, nobody], lock=lock)
            assert (
                said[acai].representantes
                == said[filial].representantes
                == {
                    CPF("90000107212"): "Raimundo",
                    CPF("90000101281"): "Jacira",
                }
            )
            assert (said[acai].nome, said[acai].conhecido) == ("Açaí Ltda", True)
            assert (said[unknown].nome, said[unknown].conhecido, said[unknown].representantes) == (None, False, {})
            assert (said[tereza].nome, said[tereza].representantes) == ("Tereza", {})
            assert said[nobody].nome is None
        made_up = CNPJ("99990001000350")
        assert not uow.partes.of([made_up], lock=False)[made_up].conhecido
        assert [str(one.documento) for one in uow.partes.empresas(RAIMUNDO.cpf)] == ["99990001000198", "99990002000132"]
        assert uow.partes.empresas(nobody) == []
        assert uow.partes.inscricoes([ACAI, RepresentationRef.parse("AM:999/titular").inscricao]) == {ACAI: acai}
        assert uow.partes.inscricoes([]) == {}
        assert uow.partes.nomes(tereza) == ["Tereza"]
        assert uow.partes.nomes(nobody) == []


# --- Lists of procurações -------------------------------------------------------------------------------------------


def ids(found: tuple[object, int]) -> list[str]:
    return [one.id for one in found[0]]  # type: ignore[attr-defined]


def test_given_and_received(store: SqlStore) -> None:
    with store.begin() as uow:
        p = uow.procuracoes
        assert sorted(ids(p.given([Alvo("99990001")], ALL))) == ["p-filho", "p-raiz"]
        assert ids(p.given([Alvo("90000102253")], ALL)) == ["p-filho"], "passed on"
        assert p.given([Alvo("99990001", "99990001000279")], ALL) == ([], 0)
        assert ids(p.received([Alvo("99990002")], (), ALL)) == ["p-firma"]
        assert ids(p.received([], (NAMED,), ALL)) == ["p-firma"]
        assert p.received([], (replace(NAMED, clientes=frozenset({"99990001"})),), ALL) == ([], 0)
        assert ids(p.received([], (replace(NAMED, clientes=frozenset()),), ALL)) == ["p-firma"]
        for situacao, many in (("vigentes", 1), ("pendentes", 0), ("encerradas", 0), ("todas", 1)):
            assert p.received([Alvo("99990002")], (), replace(ALL, situacao=situacao))[1] == many
        late = replace(ALL, at=YEAR.fim, situacao="encerradas")
        assert p.received([Alvo("99990002")], (), late)[1] == 1
        assert p.outorgantes(Alvo("99990002")) == {"12ABC345"}
        assert p.outorgantes(Alvo("99990002", "99990002000213")) == frozenset()


def test_above_children_and_without_reserve(store: SqlStore) -> None:
    with store.begin() as uow:
        p = uow.procuracoes
        for lock in (True, False):
            assert [one.id for one in p.above("p-filho", lock=lock)] == ["p-raiz"]
            assert p.above("p-raiz", lock=lock) == []
        assert [one.id for one in p.children("p-raiz")] == ["p-filho"]
        p.add(replace(WHOLE, sem_reserva=True, cedida_a="p-other", estado_em=NOW))
        found = p.get("p-nova", lock=False)
        assert found is not None
        assert (found.sem_reserva, found.cedida_a) == (True, "p-other")
        p.update(replace(found, cedida_a="p-third", sem_reserva=False))
        again = p.get("p-nova", lock=False)
        assert again is not None
        assert (again.sem_reserva, again.cedida_a) == (True, "p-third")
    with pytest.raises(AlreadySpent), store.begin() as uow:
        uow.procuracoes.add(WHOLE)


def test_what_time_has_ended(store: SqlStore) -> None:
    waiting = replace(WHOLE, id="p-waits", pai=None, estado_em=NOW - 30 * DAY)
    fresh = replace(waiting, id="p-fresh", estado_em=NOW)
    with store.begin() as uow:
        uow.procuracoes.add(waiting)
        uow.procuracoes.add(fresh)
        assert [one.id for one in uow.procuracoes.due(NOW, NOW - 30 * DAY, 10)] == ["p-waits"]
        late = [one.id for one in uow.procuracoes.due(YEAR.fim, NOW, 10)]
        assert sorted(late) == ["p-filho", "p-firma", "p-fresh", "p-raiz", "p-waits"]
        assert len(uow.procuracoes.due(YEAR.fim, NOW, 2)) == 2


@pytest.mark.attack("ATK-124")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE procuracoes SET pai = 'p-filho' WHERE id = 'p-raiz'",
        "UPDATE procuracoes SET pai = 'p-firma' WHERE id = 'p-filho'",
        "UPDATE procuracoes SET pai = NULL WHERE id = 'p-filho'",
        "UPDATE procuracoes SET pai = id WHERE id = 'p-firma'",
        "UPDATE procuracoes SET id = 'p-x' WHERE id = 'p-filho'",
    ],
)
def test_a_chain_is_written_once(store: SqlStore, statement: str) -> None:
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.attack("ATK-124")
def test_nothing_descends_from_itself_or_from_what_is_not_there(store: SqlStore) -> None:
    for pai in (WHOLE.id, "p-none"):
        with pytest.raises(IntegrityError), store.begin() as uow:
            uow.procuracoes.add(replace(WHOLE, pai=pai))


# --- What is revoked together ---------------------------------------------------------------------------------------


def test_with_a_procuracao_goes_what_rests_on_it_and_below(store: SqlStore) -> None:
    def resting(id: str, procuracao: str, **changes: object) -> None:
        choice = RepresentationRef(ACAI, Modo.PROCURACAO, procuracao)
        uow.grants.add(grant(id, holder=JOAO, choice=choice, **changes), f"code-{id}", BINDING, f"tx-{id}")

    with store.begin() as uow:
        for id, procuracao in (("g1", "p-raiz"), ("g2", "p-filho"), ("g3", "p-firma"), ("g5", "p-raiz")):
            resting(id, procuracao)
        uow.grants.add(grant("g4"), "code-g4", BINDING, "tx-g4")
        uow.grants.revoke("g5", NOW - MINUTE)
        alone = uow.grants.revoke_by_procuracao("p-raiz", NOW, descendants=False)
        assert [(one.id, one.revoked_at) for one in alone] == [("g1", NOW)]
        assert [one.id for one in uow.grants.revoke_by_procuracao("p-raiz", NOW)] == ["g2"]
        assert uow.grants.revoke_by_procuracao("p-raiz", NOW) == []
        assert [uow.grants.get(id).revoked_at for id in ("g3", "g4", "g5")] == [None, None, NOW - MINUTE]  # type: ignore[union-attr]


def test_with_a_designacao_goes_what_the_person_has_by_the_company(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.designacoes.add(NAMED)
        for id, holder, choice in (
            ("g1", JOAO, BY_FIRMA),
            ("g2", EMPRESA_CASTANHA, BY_FIRMA),
            ("g3", JOAO, RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho")),
        ):
            uow.grants.add(grant(id, holder=holder, choice=choice), f"code-{id}", BINDING, f"tx-{id}")
        assert [one.id for one in uow.grants.revoke_by_designacao(NAMED, NOW)] == ["g1"]


# --- Drafts --------------------------------------------------------------------------------------------------------


def test_a_draft_comes_back_as_it_went_and_goes(ephemeral: Ephemeral, clock: FixedClock) -> None:
    drafts = EphemeralRascunhos(ephemeral, clock)
    at = clock.now()
    proposta = Proposta(
        em_nome_de=WHOLE.outorgante,
        outorgado="900",
        outorgado_nome="João",
        poderes=WHOLE.poderes,
        escopo_tipo=TipoEscopo.INSCRICOES,
        inicio=at.date(),
        fim=at.date() + DAY,
        inscricoes=frozenset({"AM:1"}),
    )
    kept = Rascunho("r1", "s1", proposta, WHOLE, "texto à vista", "0" * 64, at, at + 15 * MINUTE, ("raiz",), "q1")
    named = replace(kept, id="r2", resultado=NAMED, pedido=None)
    for one in (kept, named):
        drafts.put(one)
    assert (drafts.get("r1"), drafts.get("r2")) == (kept, named)
    for unknown in ("r3", "", "\x00", "a:b"):
        assert drafts.get(unknown) is None
    drafts.delete("r2")
    assert drafts.get("r2") is None
    clock.advance(15 * MINUTE)
    assert drafts.get("r1") is None


def test_attempts_are_counted_by_session(ephemeral: Ephemeral, clock: FixedClock) -> None:
    drafts = EphemeralRascunhos(ephemeral, clock)
    assert [drafts.attempt("s1", 3, 10 * MINUTE) for _ in range(5)] == [True, True, True, False, False]
    assert drafts.attempt("s2", 3, 10 * MINUTE)
