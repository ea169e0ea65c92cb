"""Remembered consents."""

from __future__ import annotations

from datetime import timedelta

from idp.domain.representation import Modo, RepresentationRef
from idp.ports import Remembered
from idp.storage.sql import SqlStore
from tests.contracts.data import ACAI, NOW, TITULAR

DAY = timedelta(days=1)
OTHER = RepresentationRef(ACAI, Modo.PROCURACAO, "p-raiz")


def test_a_consent_holds_for_sub_client_and_representation_until_its_end(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.consents.remember("sub", "rp", TITULAR, frozenset({"openid", "cpf"}), NOW, NOW + DAY)
        assert uow.consents.granted("sub", "rp", TITULAR, NOW) == {"openid", "cpf"}
        assert uow.consents.granted("sub", "rp", OTHER, NOW) == frozenset()
        assert uow.consents.granted("sub", "rp2", TITULAR, NOW) == frozenset()
        assert uow.consents.granted("sub2", "rp", TITULAR, NOW) == frozenset()
        assert uow.consents.granted("sub", "rp", TITULAR, NOW + DAY) == frozenset()


def test_agreeing_again_adds_and_renews(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.consents.remember("sub", "rp", TITULAR, frozenset({"openid", "cpf"}), NOW, NOW + DAY)
        uow.consents.remember("sub", "rp", TITULAR, frozenset({"openid", "profile"}), NOW, NOW + 3 * DAY)
        assert uow.consents.granted("sub", "rp", TITULAR, NOW) == {"openid", "cpf", "profile"}
        assert uow.consents.granted("sub", "rp", TITULAR, NOW + 2 * DAY) == {"openid", "profile"}


def test_forgetting_is_for_all_representations_of_one_client(store: SqlStore) -> None:
    with store.begin() as uow:
        for client in ("rp", "rp2"):
            uow.consents.remember("sub", client, TITULAR, frozenset({"openid"}), NOW, NOW + DAY)
        uow.consents.remember("sub", "rp", OTHER, frozenset({"openid"}), NOW, NOW + DAY)
        uow.consents.forget("sub", "rp")
        assert uow.consents.granted("sub", "rp", TITULAR, NOW) == frozenset()
        assert uow.consents.granted("sub", "rp", OTHER, NOW) == frozenset()
        assert uow.consents.granted("sub", "rp2", TITULAR, NOW) == {"openid"}


def test_agreeing_to_nothing_remembers_nothing(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.consents.remember("sub", "rp", TITULAR, frozenset(), NOW, NOW + DAY)
        assert uow.consents.granted("sub", "rp", TITULAR, NOW) == frozenset()


def test_what_is_remembered_is_told_by_client(store: SqlStore) -> None:
    with store.begin() as uow:
        uow.consents.remember("sub", "rp2", TITULAR, frozenset({"openid"}), NOW, NOW + DAY)
        uow.consents.remember("sub.r", "rp", TITULAR, frozenset({"openid", "cpf"}), NOW, NOW + DAY)
        uow.consents.remember("sub.r", "rp", OTHER, frozenset({"openid"}), NOW + 2 * DAY / 24, NOW + 3 * DAY)
        uow.consents.remember("stranger", "rp", TITULAR, frozenset({"openid"}), NOW, NOW + DAY)
        assert uow.consents.remembered({"sub", "sub.r", "unknown"}, NOW) == [
            Remembered("rp", frozenset({"openid", "cpf"}), (OTHER, TITULAR), NOW, NOW + 3 * DAY),
            Remembered("rp2", frozenset({"openid"}), (TITULAR,), NOW, NOW + DAY),
        ]
        assert [one.scopes for one in uow.consents.remembered(["sub.r"], NOW + DAY)] == [{"openid"}]
        assert uow.consents.remembered([], NOW) == []
        many = [f"sub-{n}" for n in range(1200)] + ["sub"]
        assert [one.client_id for one in uow.consents.remembered(many, NOW)] == ["rp2"]
