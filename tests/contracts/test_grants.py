"""Token families and the codes that open them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId
from idp.domain.procura import Procura
from idp.domain.representation import MAX_CADEIA, Demanda, Modo, RepresentationRef
from idp.errors import AlreadySpent
from idp.storage.sql import SqlStore
from tests.contracts.data import (
    ACAI,
    BINDING,
    EMPRESA_ACAI,
    EMPRESA_CASTANHA,
    ESTALEIRO,
    FRANCISCA,
    GRANT,
    JOAO,
    MINUTE,
    NOW,
    TEREZA,
    at_once,
    grant,
)

SECOND = timedelta(seconds=1)


def issue(store: SqlStore, id: str = "g1", code: str = "code-1", tx: str = "tx-1", **changes: object) -> None:
    with store.begin() as uow:
        uow.grants.add(grant(id, **changes), code, BINDING, tx)


def test_a_grant_comes_back_as_it_went(store: SqlStore) -> None:
    choice = RepresentationRef(ACAI, Modo.PROCURACAO, "p-raiz")
    full = grant("g1", holder=EMPRESA_ACAI, choice=choice, nonce=None, generation=3, rotated_at=NOW, revoked_at=NOW)
    with store.begin() as uow:
        uow.grants.add(full, "code-1", BINDING, "tx-1")
        assert uow.grants.get("g1") == full
        assert uow.grants.get("g1", lock=True) == full
        assert uow.grants.get("g2") is None


def test_what_is_not_committed_is_not_there(store: SqlStore) -> None:
    def fail_late() -> None:
        with store.begin() as uow:
            uow.grants.add(GRANT, "code-1", BINDING, "tx-1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    with store.reading() as uow:
        assert uow.grants.get("g1") is None


def test_a_transaction_issues_one_code(store: SqlStore) -> None:
    issue(store)
    with pytest.raises(AlreadySpent):
        issue(store, "g2", "code-2", "tx-1")
    issue(store, "g3", "code-3", "tx-2")


def test_another_choice_ends_the_others_of_its_session_at_its_client(store: SqlStore) -> None:
    """Those on both sides of its own ``sid`` in their order; not the same choice, another client's, another session's,
    one that has ended or one that has expired."""
    others = {"before": {"sid": "a"}, "after": {"sid": "c"}}
    kept = {
        "same": {},
        "client": {"sid": "a", "client_id": "other"},
        "session": {"sid": "a", "session_id": "other"},
        "ended": {"sid": "a", "revoked_at": NOW - MINUTE},
        "expired": {"sid": "a", "expires_at": NOW},
    }
    for id, changes in {**others, **kept}.items():
        issue(store, id, f"code-{id}", f"tx-{id}", **{"sid": "b", **changes})
    chosen = grant("chosen", sid="b")
    with store.begin() as uow:
        uow.grants.add(chosen, "code-chosen", BINDING, "tx-chosen")
        assert {one.id for one in uow.grants.revoke_others(chosen, NOW)} == {"before", "after"}
        assert uow.grants.revoke_others(chosen, NOW) == []
    with store.reading() as uow:
        assert uow.grants.get("chosen") == chosen
        assert {id for id in kept if (found := uow.grants.get(id)) and found.revoked_at == NOW} == set()


def test_a_code_is_taken_once_with_what_it_is_bound_to(store: SqlStore) -> None:
    issue(store)
    with store.begin() as uow:
        assert uow.grants.replayed("code-1", "rp") is None
        assert uow.grants.take_code("code-1", "rp", NOW) == (GRANT, BINDING)
        assert uow.grants.take_code("code-1", "rp", NOW) is None
        assert uow.grants.replayed("code-1", "rp") == "g1"
        assert uow.grants.replayed("code-1", "other") is None
        assert uow.grants.replayed("code-9", "rp") is None


def test_a_code_is_nothing_to_another_client_nor_spent_by_it(store: SqlStore) -> None:
    issue(store)
    with store.begin() as uow:
        assert uow.grants.take_code("code-1", "other", NOW) is None
        assert uow.grants.take_code("code-1", "rp", NOW) is not None


def test_a_code_ends_at_its_moment_and_with_its_family(store: SqlStore) -> None:
    issue(store)
    issue(store, "g2", "code-2", "tx-2")
    with store.begin() as uow:
        assert uow.grants.take_code("code-1", "rp", BINDING.expires_at) is None
        assert uow.grants.take_code("code-1", "rp", BINDING.expires_at - SECOND) is not None
        uow.grants.revoke("g2", NOW)
        assert uow.grants.take_code("code-2", "rp", NOW) is None


@pytest.mark.attack("ATK-122")
def test_of_sixteen_redeemers_of_one_code_one_succeeds(store: SqlStore) -> None:
    issue(store)

    def redeem() -> bool:
        with store.begin() as uow:
            return uow.grants.take_code("code-1", "rp", NOW) is not None

    assert sum(at_once(16, redeem)) == 1


def test_of_sixteen_issues_of_one_transaction_one_succeeds(store: SqlStore) -> None:
    numbers = iter(range(16))

    def add() -> bool:
        number = next(numbers)
        try:
            issue(store, f"g{number}", f"code-{number}", "tx")
        except AlreadySpent:
            return False
        return True

    assert sum(at_once(16, add)) == 1


def test_rotation_moves_one_generation_on(store: SqlStore) -> None:
    issue(store)
    with store.begin() as uow:
        moved = uow.grants.rotate("g1", "rp", 0, NOW + SECOND)
        assert moved == grant("g1", generation=1, rotated_at=NOW + SECOND)
        assert uow.grants.rotate("g1", "rp", 0, NOW) is None
        assert uow.grants.rotate("g1", "rp", 2, NOW) is None
        assert uow.grants.rotate("g1", "other", 1, NOW) is None
        assert uow.grants.rotate("g9", "rp", 1, NOW) is None
        assert uow.grants.rotate("g1", "rp", 1, GRANT.expires_at) is None
        uow.grants.revoke("g1", NOW)
        assert uow.grants.rotate("g1", "rp", 1, NOW) is None


def test_of_sixteen_rotations_of_one_generation_one_succeeds(store: SqlStore) -> None:
    issue(store)

    def rotate() -> bool:
        with store.begin() as uow:
            return uow.grants.rotate("g1", "rp", 0, NOW) is not None

    assert sum(at_once(16, rotate)) == 1
    with store.reading() as uow:
        current = uow.grants.get("g1")
    assert current is not None
    assert current.generation == 1


def test_revocation_says_whether_it_changed_anything(store: SqlStore) -> None:
    issue(store)
    with store.begin() as uow:
        assert uow.grants.revoke("g1", NOW) is True
        assert uow.grants.revoke("g1", NOW + SECOND) is False
        assert uow.grants.revoke("g9", NOW) is False
        assert uow.grants.get("g1") == grant("g1", revoked_at=NOW)


def test_a_session_ends_with_all_its_grants(store: SqlStore) -> None:
    issue(store, "g1", "c1", "t1")
    issue(store, "g2", "c2", "t2", client_id="rp2")
    issue(store, "g3", "c3", "t3", session_id="session-2")
    issue(store, "g4", "c4", "t4", revoked_at=NOW)
    with store.begin() as uow:
        assert {ended.id for ended in uow.grants.revoke_session("session-1", NOW)} == {"g1", "g2"}
        assert uow.grants.revoke_session("session-1", NOW) == []
        assert uow.grants.get("g3") == grant("g3", session_id="session-2")


def test_the_newest_grant_of_a_sid(store: SqlStore) -> None:
    issue(store, "g1", "c1", "t1")
    issue(store, "g2", "c2", "t2", created_at=NOW + MINUTE)
    issue(store, "g3", "c3", "t3", created_at=NOW + 2 * MINUTE, client_id="rp2")
    with store.reading() as uow:
        found = uow.grants.by_sid("sid-1", "rp")
        assert found is not None
        assert found.id == "g2"
        assert uow.grants.by_sid("sid-9", "rp") is None


def test_in_use_brings_the_facts_of_today(store: SqlStore) -> None:
    issue(store)
    chosen = RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho")
    issue(store, "g2", "c2", "t2", holder=JOAO, choice=chosen, revoked_at=NOW)
    own = RepresentationRef(InscricaoId("AM", "049000012"), Modo.TITULAR)
    issue(store, "g3", "c3", "t3", holder=EMPRESA_ACAI, choice=own)
    with store.reading() as uow:
        found = uow.grants.in_use("g1")
        assert found is not None
        assert found[0] == GRANT
        assert found[1].inscricao.razao_social == "Tereza"
        assert (found[1].representantes, found[1].cadeia) == (frozenset(), ())

        found = uow.grants.in_use("g2")
        assert found is not None
        assert found[0].revoked_at == NOW
        assert [link.id for link in found[1].cadeia] == ["p-filho", "p-raiz"]
        both = {CPF("90000107212"), CPF("90000101281")}
        assert (found[1].representantes, found[1].representantes_titular) == (both, frozenset())

        found = uow.grants.in_use("g3")
        assert found is not None
        assert found[1].representantes_titular == both
        assert uow.grants.in_use("g9") is None


def test_in_use_agrees_with_facts(store: SqlStore) -> None:
    choices = [
        (JOAO, RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho")),
        (EMPRESA_CASTANHA, RepresentationRef(ESTALEIRO, Modo.PROCURACAO, "p-firma")),
        (EMPRESA_ACAI, RepresentationRef(ACAI, Modo.TITULAR)),
    ]
    for number, (holder, choice) in enumerate(choices):
        issue(store, f"g{number}", f"c{number}", f"t{number}", holder=holder, choice=choice)
        with store.begin() as uow:
            found = uow.grants.in_use(f"g{number}")
            assert found is not None
            assert found[1] == uow.cadastro.facts(holder, choice, lock=False)
            assert found[1] == uow.cadastro.facts(holder, choice, lock=True)


@pytest.mark.attack("ATK-124")
def test_a_circle_of_procuracoes_ends(store: SqlStore) -> None:
    with store.engine.begin() as connection:
        on = " ON procuracoes" if store.engine.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER procuracoes_pai_fixed{on}")
        connection.exec_driver_sql("UPDATE procuracoes SET pai = 'p-filho' WHERE id = 'p-raiz'")
    choice = RepresentationRef(ACAI, Modo.PROCURACAO, "p-filho")
    issue(store, holder=JOAO, choice=choice)
    with store.begin() as uow:
        found = uow.grants.in_use("g1")
        assert found is not None
        assert len(found[1].cadeia) == MAX_CADEIA + 1
        for lock in (True, False):
            facts = uow.cadastro.facts(JOAO, choice, lock=lock)
            assert facts is not None
            assert len(facts.cadeia) > MAX_CADEIA
        listed = uow.vinculos.page(JOAO, Procura(Demanda(), Nivel.A4, NOW), limit=9)
        assert {len(fatos.cadeia) for _, fatos in listed} == {MAX_CADEIA + 1}


def test_what_lives_is_found_by_its_person(store: SqlStore) -> None:
    """Of a company by its root: whose certificate it was is the flow's to say."""
    later = NOW + MINUTE
    for one in (
        grant("g1"),
        grant("g2", created_at=later),
        grant("revoked"),
        grant("ended", expires_at=NOW),
        grant("firm", holder=EMPRESA_ACAI),
    ):
        with store.begin() as uow:
            uow.grants.add(one, f"code-{one.id}", BINDING, f"tx-{one.id}")
    with store.begin() as uow:
        uow.grants.revoke("revoked", NOW)
        assert [one.id for one in uow.grants.live(TEREZA.documento, NOW)] == ["g2", "g1"]
        assert [one.id for one in uow.grants.live(CNPJ("99990001000198"), NOW)] == ["firm"]
        assert uow.grants.live(FRANCISCA.documento, NOW) == []
        assert uow.grants.live(TEREZA.documento, NOW + timedelta(hours=8)) == []
