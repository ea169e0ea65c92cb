"""Return codes and assertion ids: each may be used once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.domain.certificado import Accepted, CertReason, Claimed, Reason, Refused
from idp.ports import Returned
from idp.storage.sql import SqlStore
from tests.contracts.data import CERTIFICADO, EMPRESA_ACAI, MINUTE, NOW, at_once

CLAIMED = Claimed(
    "AÇAÍ LTDA:99990001000198", "99990001000198", None, "AC", NOW, NOW + MINUTE, "0f", ("2.16.76.1.2.3.1",)
)
REFUSED = Refused((Reason(CertReason.VENCIDO, "expired", NOW), Reason(CertReason.LCR, "stale")), CLAIMED)
VERDICTS = [Accepted(EMPRESA_ACAI, CERTIFICADO, CLAIMED), REFUSED]


def add(store: SqlStore, digest: str, returned: Returned) -> None:
    with store.begin() as uow:
        uow.return_codes.add(digest, returned, NOW + MINUTE)


@pytest.mark.parametrize("verdict", VERDICTS, ids=["accepted", "refused"])
def test_a_return_code_brings_its_verdict_back_once(store: SqlStore, verdict: Accepted | Refused) -> None:
    returned = Returned("ticket", "tx-1", verdict)
    add(store, "digest", returned)
    with store.begin() as uow:
        assert uow.return_codes.take("digest", NOW) == returned
        assert uow.return_codes.take("digest", NOW) is None
        assert uow.return_codes.take("unknown", NOW) is None


def test_a_return_code_ends_at_its_moment(store: SqlStore) -> None:
    add(store, "digest", Returned("ticket", "tx-1", REFUSED))
    with store.begin() as uow:
        assert uow.return_codes.take("digest", NOW + MINUTE) is None
        assert uow.return_codes.take("digest", NOW + MINUTE - timedelta(microseconds=1)) is not None


def test_of_sixteen_takers_of_a_return_code_one_succeeds(store: SqlStore) -> None:
    add(store, "digest", Returned("ticket", "tx-1", REFUSED))

    def take() -> bool:
        with store.begin() as uow:
            return uow.return_codes.take("digest", NOW) is not None

    assert sum(at_once(16, take)) == 1


def test_a_verdict_of_another_version_is_gone(store: SqlStore) -> None:
    add(store, "digest", Returned("ticket", "tx-1", REFUSED))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE return_codes SET verdict = '{"@":"Refused"}'""")
    with store.begin() as uow:
        assert uow.return_codes.take("digest", NOW) is None


@pytest.mark.attack("ATK-018")
def test_a_jti_is_spent_once_for_each_client(store: SqlStore) -> None:
    with store.begin() as uow:
        assert uow.assertions.spend("rp", "jti-1", NOW) is True
        assert uow.assertions.spend("rp", "jti-1", NOW + MINUTE) is False
        assert uow.assertions.spend("other", "jti-1", NOW) is True
        assert uow.assertions.spend("rp", "j" * 100_000 + "\x00", NOW) is True


@pytest.mark.attack("ATK-018")
def test_of_sixteen_uses_of_a_jti_one_succeeds(store: SqlStore) -> None:
    def spend() -> bool:
        with store.begin() as uow:
            return uow.assertions.spend("rp", "jti-1", NOW)

    assert sum(at_once(16, spend)) == 1
