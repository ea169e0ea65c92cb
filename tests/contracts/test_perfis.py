"""What holders told of themselves."""

from __future__ import annotations

from dataclasses import replace

from idp.domain.perfil import Endereco, Perfil
from idp.storage.sql import SqlStore
from tests.contracts.data import EMPRESA_ACAI, EMPRESA_CASTANHA, JOAO, NOW
from tests.contracts.test_grants import issue

PERFIL = Perfil(
    NOW,
    email="joao@example.com.br",
    phone_number="+55 92 3000-0000",
    phone_number_verified=True,
    address=Endereco("Rua dos Barés, 1", "Manaus", "AM", "69005-020", "BR"),
)


def test_one_for_each_holder_until_it_is_forgotten(store: SqlStore) -> None:
    with store.begin() as uow:
        assert uow.perfis.get(JOAO) is None
        uow.perfis.put(JOAO, PERFIL)
        uow.perfis.put(EMPRESA_ACAI, replace(PERFIL, email="acai@example.com.br"))
    with store.begin() as uow:
        uow.perfis.put(JOAO, replace(PERFIL, email="outro@example.com.br"))
        assert uow.perfis.get(JOAO) == replace(PERFIL, email="outro@example.com.br")
        assert uow.perfis.get(EMPRESA_CASTANHA) is None
    with store.begin() as uow:
        uow.perfis.forget(JOAO)
        uow.perfis.forget(JOAO)
    with store.reading() as uow:
        assert uow.perfis.get(JOAO) is None
        company = uow.perfis.get(EMPRESA_ACAI)
        assert company is not None
        assert company.email == "acai@example.com.br"


def test_it_comes_with_the_grant_in_use(store: SqlStore) -> None:
    issue(store, holder=JOAO)
    for perfil in (None, PERFIL):
        with store.begin() as uow:
            if perfil:
                uow.perfis.put(JOAO, perfil)
            found = uow.grants.in_use("g1")
            assert found is not None
            assert found[2] == perfil
