"""The registry of clients, and the reading of it that requests use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.domain.certificado import Nivel
from idp.domain.client import AuthMethod, Client, GrantType
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.representation import Demanda
from idp.errors import InvalidClient, NotFound
from idp.storage.sql import SqlStore
from idp.storage.sql.clients import CachedClients
from tests.contracts.data import BINDING, GRANT, NOW, TITULAR

CLIENT = Client(
    "rp",
    "Aplicação",
    ("https://rp.test/cb",),
    ("https://rp.test/bye",),
    AuthMethod.PRIVATE_KEY_JWT,
    jwks={"keys": [{"kty": "EC", "x": "é"}]},
    grant_types=frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
    scopes=frozenset({"openid", "cpf"}),
    sector="rp.test",
    demanda=Demanda("dte.consultar", Nivel.A3, frozenset({SituacaoCadastral.ATIVA, SituacaoCadastral.BAIXADA})),
)
SECRET = Client("s", "Segredo", ("https://s.test/cb",), secret_digest="00" * 32)


def kinds(store: SqlStore) -> list[str]:
    with store.engine.begin() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT kind FROM audit ORDER BY id")]


def test_a_client_comes_back_as_it_went_and_each_act_is_audited(store: SqlStore) -> None:
    registry = store.registry()
    registry.add(CLIENT, NOW, "ana")
    registry.add(SECRET, NOW, "ana")
    assert registry.get("rp") == CLIENT
    assert list(registry.list()) == [CLIENT, SECRET]
    changed = replace(CLIENT, name="Outro", enabled=False)
    registry.update(changed, NOW, "ana")
    assert registry.get("rp") == changed
    registry.update(replace(SECRET, secret_digest="11" * 32), NOW, "ana")
    registry.delete("rp", NOW, "ana")
    assert [client.client_id for client in registry.list()] == ["s"]
    assert kinds(store) == ["client.created"] * 2 + ["client.updated", "client.secret_rotated", "client.deleted"]


def test_what_is_not_there_is_said_so_and_leaves_no_trace(store: SqlStore) -> None:
    registry = store.registry()
    for act in (
        lambda: registry.get("rp"),
        lambda: registry.update(CLIENT, NOW, "ana"),
        lambda: registry.delete("rp", NOW, "ana"),
    ):
        with pytest.raises(NotFound):
            act()
    assert kinds(store) == []


def test_a_client_id_is_taken_once(store: SqlStore) -> None:
    store.registry().add(CLIENT, NOW, "ana")
    with pytest.raises(InvalidClient) as refused:
        store.registry().add(replace(CLIENT, name="Imitação"), NOW, "ana")
    assert refused.value.field == "client_id"
    assert store.registry().get("rp") == CLIENT
    assert kinds(store) == ["client.created"]


def test_a_deleted_client_leaves_no_consent_and_no_family_in_force(store: SqlStore) -> None:
    store.registry().add(CLIENT, NOW, "ana")
    with store.begin() as uow:
        uow.grants.add(GRANT, "code", BINDING, "tx")
        uow.consents.remember("sub", "rp", TITULAR, frozenset({"openid"}), NOW, GRANT.expires_at)
    store.registry().delete("rp", NOW, "ana")
    with store.reading() as uow:
        assert uow.grants.get("g1") == replace(GRANT, revoked_at=NOW)
        assert uow.consents.granted("sub", "rp", TITULAR, NOW) == frozenset()


class Seconds:
    def __init__(self) -> None:
        self.value = 100.0

    def __call__(self) -> float:
        return self.value


def test_a_cached_client_is_at_most_so_old(store: SqlStore) -> None:
    seconds = Seconds()
    clients = CachedClients(store.reader, 1.0, seconds)
    assert clients.get("rp") is None
    store.registry().add(CLIENT, NOW, "ana")
    first = clients.get("rp")
    assert first == CLIENT
    store.registry().update(replace(CLIENT, enabled=False), NOW, "ana")
    seconds.value += 0.999
    assert clients.get("rp") is first
    seconds.value += 0.001
    assert clients.get("rp") == replace(CLIENT, enabled=False)
    store.registry().delete("rp", NOW, "ana")
    seconds.value += 1
    assert clients.get("rp") is None


def test_an_unchanged_registry_keeps_its_objects(store: SqlStore) -> None:
    seconds = Seconds()
    clients = CachedClients(store.reader, 1.0, seconds)
    store.registry().add(CLIENT, NOW, "ana")
    first = clients.get("rp")
    seconds.value += 60
    assert clients.get("rp") is first


@pytest.mark.parametrize("client_id", ["", "\x00", "rp\x00", "\ud800", "x" * 70_000])
def test_what_nobody_is_registered_as(store: SqlStore, client_id: str) -> None:
    assert store.clients(1).get(client_id) is None


def test_zero_seconds_always_asks(store: SqlStore) -> None:
    clients = CachedClients(store.reader, 0, Seconds())
    store.registry().add(CLIENT, NOW, "ana")
    assert clients.get("rp") == CLIENT
    # At one and the same moment, by the same person: the version must differ all the same.
    store.registry().update(replace(CLIENT, name="B"), NOW, "ana")
    assert clients.get("rp") == replace(CLIENT, name="B")
    store.registry().update(replace(CLIENT, name="C"), NOW, "ana")
    assert clients.get("rp") == replace(CLIENT, name="C")


def test_origins_of_applications_in_browsers(store: SqlStore) -> None:
    """As browsers write them: no default port, no path. Of public, enabled web applications alone."""
    clients, registry = CachedClients(store.reader, 0, Seconds()), store.registry()
    registry.add(CLIENT, NOW, "ana")
    assert clients.browser_origins() == frozenset()
    uris = ("https://SPA.example:443/cb?x=1", "http://[::1]:9000/", "https://spa.example:8443/cb")
    spa = Client("spa", "SPA", uris, auth_method=AuthMethod.NONE, sector="spa.example")
    registry.add(spa, NOW, "ana")
    assert clients.browser_origins() == {"https://spa.example", "http://[::1]:9000", "https://spa.example:8443"}
    for shut in (replace(spa, application_type="native"), replace(spa, enabled=False)):
        registry.update(shut, NOW, "ana")
        assert clients.browser_origins() == frozenset()
        registry.update(spa, NOW, "ana")
    registry.delete("spa", NOW, "ana")
    assert clients.browser_origins() == frozenset()
