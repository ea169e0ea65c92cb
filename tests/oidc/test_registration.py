"""Applications that register themselves (RFC 7591) and manage that (RFC 7592)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.domain.client_document import KNOWN
from idp.domain.registration import Ceiling, InitialToken
from idp.domain.representation import Demanda
from idp.errors import TooMany
from idp.fetch.documents import ClientDocuments
from idp.flow.allowance import Allowance
from idp.oidc.endpoints.registration import registration_blueprint
from idp.oidc.metadata import Paths, metadata
from idp.oidc.registration import Registrar
from idp.storage.ephemeral.sql import SqlEphemeral
from tests.oidc.world import ISSUER, START, VERIFIER, World, digest
from tests.support.https import HttpsServer

OPEN = Ceiling(frozenset({"openid", "profile", "email", "offline_access"}))
GOOD = {"redirect_uris": ["https://rp.example/cb"], "client_name": "Aplicação"}
EC = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "k1",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}  # RFC 7515 appendix A.3.1


@dataclass
class Registration:
    """The endpoint of one world, as its user sees it."""

    world: World
    http: FlaskClient

    def post(self, document: Any, token: str | None = None) -> Any:
        return self.http.post("/register", json=document, headers=_bearer(token), base_url=ISSUER)

    def made(self, token: str | None = None, **document: Any) -> dict[str, Any]:
        response = self.post(GOOD | document, token)
        assert response.status_code == 201, response.get_data(as_text=True)
        return dict(response.get_json())

    def refused(self, token: str | None = None, **document: Any) -> str:
        response = self.post(GOOD | document, token)
        assert response.status_code == 400, response.get_data(as_text=True)
        description = response.get_json()["error_description"]
        assert description.isascii()
        assert not set(description) & set('"\\')
        return str(response.get_json()["error"])

    def at(self, method: str, made: dict[str, Any], token: str | None = None, document: Any = None) -> Any:
        path = made["registration_client_uri"].removeprefix(ISSUER)
        headers = _bearer(token or made["registration_access_token"])
        return self.http.open(path, method=method, json=document, headers=headers, base_url=ISSUER)

    def kinds(self) -> list[tuple[str, str]]:
        with self.world.store.engine.begin() as connection:
            rows = connection.exec_driver_sql("SELECT kind, payload FROM audit WHERE kind LIKE 'client.%' ORDER BY id")
            return [(kind, json.loads(payload).get("actor", "")) for kind, payload in rows][-3:]


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def registration(world: World, ceiling: Ceiling | None = OPEN, documents: Any = None, per_hour: int = 100) -> Any:
    registrar = Registrar(
        endpoint=f"{ISSUER}/register",
        open_ceiling=ceiling,
        per_hour=per_hour,
        clock=world.clock,
        registrations=world.store.registrations(),
        registry=world.store.registry(),
        documents=documents or world.documents,
        managing=Allowance(SqlEphemeral(world.store.reader, world.clock), world.clock, per_hour, timedelta(hours=1)),
    )
    world.app.register_blueprint(registration_blueprint(path="/register", registrar=registrar))
    return Registration(world, world.app.test_client())


@pytest.fixture
def endpoint(world: World) -> Registration:
    return registration(world)


def initial(world: World, value: str = "initial", **changes: Any) -> str:
    """An initial access token, as ``idp client registration-token create`` makes one."""
    ceiling = Ceiling(frozenset({"openid", "profile", "cpf", "inscricao"}), frozenset({"rp.example", ".gov.example"}))
    token = InitialToken(value[:8], digest(value), "Prefeitura", ceiling, 2, START, START + timedelta(hours=1))
    world.store.registrations().add_token(replace(token, **changes), START, "ana")
    return value


def test_what_was_registered_is_told_and_stored(endpoint: Registration) -> None:
    """RFC 7591 §3.2.1: all registered metadata, the secret with its end, and where to manage it."""
    response = endpoint.post(GOOD | {"grant_types": ["authorization_code", "refresh_token"], "software_moon": 1})
    assert (response.status_code, response.headers["Cache-Control"]) == (201, "no-store")
    made = response.get_json()
    client_id, secret, token = made.pop("client_id"), made.pop("client_secret"), made.pop("registration_access_token")
    assert made == {
        "client_id_issued_at": 1795348800,
        "client_secret_expires_at": 0,
        "registration_client_uri": f"https://id.example.org/register/{client_id}",
        "client_name": "Aplicação",
        "redirect_uris": ["https://rp.example/cb"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid profile email offline_access",
        "application_type": "web",
        "subject_type": "pairwise",
        "require_signed_request_object": False,
        "id_token_signed_response_alg": "RS256",
        "require_auth_time": False,
        "backchannel_logout_session_required": False,
        "frontchannel_logout_session_required": False,
    }
    stored = endpoint.world.store.registry().get(client_id)
    assert (stored.secret_digest, stored.registration_digest) == (digest(secret), digest(token))
    assert stored.registered_with == "open"
    assert endpoint.kinds()[-1] == ("client.created", "registration open")


ACCEPTED = {
    "post_logout_redirect_uris": ["https://rp.example/bye"],
    "application_type": "web",
    "contacts": ["ti@rp.example"],
    "client_uri": "https://rp.example/",
    "logo_uri": "https://rp.example/logo.png",
    "policy_uri": "https://rp.example/policy",
    "tos_uri": "https://rp.example/tos",
    "jwks_uri": "https://rp.example/jwks",
    "request_uris": ["https://rp.example/request#abc"],
    "request_object_signing_alg": "PS256",
    "userinfo_signed_response_alg": "RS256",
    "id_token_signed_response_alg": "ES256",
    "id_token_encrypted_response_alg": "RSA-OAEP-256",
    "id_token_encrypted_response_enc": "A256GCM",
    "introspection_signed_response_alg": "RS256",
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "ES256",
    "require_signed_request_object": True,
    "default_max_age": 0,
    "require_auth_time": True,
    "default_acr_values": ["urn:a"],
    "initiate_login_uri": "https://rp.example/login",
    "backchannel_logout_uri": "https://back.rp.example/logout",
    "backchannel_logout_session_required": True,
    "frontchannel_logout_uri": "https://rp.example/front",
    "frontchannel_logout_session_required": True,
    "grant_types": ["authorization_code", "implicit"],
    "response_types": ["code", "code id_token"],
    "subject_type": "pairwise",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_member_is_echoed_and_read_back(endpoint: Registration, name: str) -> None:
    made = endpoint.made(**ACCEPTED)
    assert made[name] == ACCEPTED[name]
    assert endpoint.at("GET", made).get_json()[name] == ACCEPTED[name]
    assert "client_secret" not in made


def test_default_encryption_of_the_content(endpoint: Registration) -> None:
    made = endpoint.made(jwks={"keys": [EC]}, userinfo_encrypted_response_alg="ECDH-ES")
    assert made["userinfo_encrypted_response_enc"] == "A128CBC-HS256"


REFUSED = [
    ({"redirect_uris": ["https://rp.example/cb#x"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": "https://rp.example/cb"}, "invalid_redirect_uri"),
    ({"redirect_uris": [1]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://rp.example/" + "a" * 2048]}, "invalid_redirect_uri"),
    ({"initiate_login_uri": "http://rp.example/login"}, "invalid_client_metadata"),
    ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
    ({"tos_uri": "data:text/html,x"}, "invalid_client_metadata"),
    ({"backchannel_logout_uri": "http://rp.example/out"}, "invalid_client_metadata"),
    ({"backchannel_logout_uri": "https://rp.example/out#x"}, "invalid_client_metadata"),
    ({"frontchannel_logout_uri": "https://elsewhere.example/out"}, "invalid_client_metadata"),
    ({"jwks_uri": "http://rp.example/jwks"}, "invalid_client_metadata"),
    ({"jwks_uri": "file:///etc/passwd"}, "invalid_client_metadata"),
    ({"jwks_uri": "https://rp.example/jwks", "jwks": {"keys": [EC]}}, "invalid_client_metadata"),
    ({"jwks": {"keys": [EC | {"d": "AA"}]}}, "invalid_client_metadata"),
    ({"jwks": {"keys": []}}, "invalid_client_metadata"),
    ({"jwks": []}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
    ({"token_endpoint_auth_signing_alg": "none"}, "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    ({"userinfo_signed_response_alg": "none"}, "invalid_client_metadata"),
    ({"request_object_signing_alg": "none"}, "invalid_client_metadata"),
    ({"id_token_encrypted_response_alg": "RSA1_5", "jwks": {"keys": [EC]}}, "invalid_client_metadata"),
    ({"id_token_encrypted_response_alg": "RSA-OAEP-256", "jwks": {"keys": [EC]}}, "invalid_client_metadata"),
    ({"id_token_encrypted_response_alg": "ECDH-ES"}, "invalid_client_metadata"),
    ({"id_token_encrypted_response_enc": "A256GCM"}, "invalid_client_metadata"),
    ({"response_types": ["token"]}, "invalid_client_metadata"),
    ({"response_types": ["code code"]}, "invalid_client_metadata"),
    ({"response_types": ["id_token"], "grant_types": ["authorization_code"]}, "invalid_client_metadata"),
    ({"grant_types": ["authorization_code", "implicit"]}, "invalid_client_metadata"),
    ({"grant_types": ["password"]}, "invalid_client_metadata"),
    ({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
    ({"client_name": "\u0000"}, "invalid_client_metadata"),
    ({"client_name": 7}, "invalid_client_metadata"),
    ({"client_name": "  "}, "invalid_client_metadata"),
    ({"application_type": "desktop"}, "invalid_client_metadata"),
    ({"subject_type": "email"}, "invalid_client_metadata"),
    ({"default_max_age": -1}, "invalid_client_metadata"),
    ({"default_max_age": True}, "invalid_client_metadata"),
    ({"require_auth_time": "yes"}, "invalid_client_metadata"),
    ({"require_signed_request_object": 1, "jwks_uri": "https://rp.example/jwks"}, "invalid_client_metadata"),
    ({"require_signed_request_object": True}, "invalid_client_metadata"),
    ({"contacts": ["a@b.example"] * 51}, "invalid_client_metadata"),
    (
        {"redirect_uris": ["https://a.example/cb", "https://b.example/cb"], "subject_type": "pairwise"},
        "invalid_client_metadata",
    ),
]


@pytest.mark.parametrize(("document", "error"), REFUSED)
def test_what_cannot_be_registered(endpoint: Registration, document: dict[str, Any], error: str) -> None:
    """RFC 7591 §3.2.2, OIDC Registration §3.3."""
    before = len(list(endpoint.world.store.registry().list()))
    assert endpoint.refused(**document) == error
    assert len(list(endpoint.world.store.registry().list())) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"client_name":"\\ud800"}', b'{"jwks":{"n":1e999}}', b"[" * 60_000, b"\xff"],
)
def test_a_body_that_is_no_object(endpoint: Registration, body: bytes) -> None:
    response = endpoint.http.post("/register", data=body, content_type="application/json", base_url=ISSUER)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_client_metadata")


def test_a_form_is_no_registration(endpoint: Registration) -> None:
    assert endpoint.http.post("/register", data={"a": "b"}, base_url=ISSUER).status_code == 400


def test_implicit_is_inferred_from_the_response_types(endpoint: Registration) -> None:
    made = endpoint.made(response_types=["id_token token", "token code"])
    assert made["grant_types"] == ["authorization_code", "implicit"]
    assert made["response_types"] == ["id_token token", "code token"]


def test_null_is_as_missing(endpoint: Registration) -> None:
    assert "logo_uri" not in endpoint.made(logo_uri=None, jwks=None)


# --- What an open registration never gets, and who may register at all ---------------------------------------------


@pytest.mark.attack("ATK-141")
def test_an_open_registration_gets_no_documents_however_it_asks(endpoint: Registration) -> None:
    made = endpoint.made(
        scope="openid cpf inscricao procuracao certificado email", subject_type="public", enabled=True,
        claims=["cpf"], poder="todos", sector_identifier="banco.example", resource="https://api.example.org",
    )  # fmt: skip
    assert made["scope"] == "openid email"
    assert made["subject_type"] == "pairwise"
    stored = endpoint.world.store.registry().get(made["client_id"])
    assert (stored.claims, stored.demanda, stored.sector, stored.resource) == (None, Demanda(), "", None)


@pytest.mark.attack("ATK-141")
def test_without_a_token_nobody_registers_where_one_is_needed(world: World) -> None:
    endpoint = registration(world, ceiling=None)
    assert endpoint.post(GOOD).status_code == 401
    for wrong in ("forged", "é", ""):
        response = endpoint.http.post("/register", json=GOOD, headers={"Authorization": f"Bearer {wrong}"})
        assert response.status_code in (400, 401)
    assert endpoint.made(initial(world))["scope"] == "openid profile"


@pytest.mark.attack("ATK-141")
def test_a_wrong_token_is_not_an_open_registration(endpoint: Registration) -> None:
    response = endpoint.post(GOOD, "forged")
    assert (response.status_code, response.get_json()) == (401, {"error": "invalid_token"})
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_a_token_is_good_so_often_and_so_long(world: World) -> None:
    endpoint = registration(world, ceiling=None)
    token = initial(world)
    endpoint.made(token)
    assert endpoint.refused(token, redirect_uris=[]) == "invalid_redirect_uri"  # costs no use
    endpoint.made(token)
    assert endpoint.post(GOOD, token).status_code == 401
    late = initial(world, "late")
    world.clock.pass_(hours=1)
    assert endpoint.post(GOOD, late).status_code == 401
    revoked = initial(world, "revoked", expires_at=START + timedelta(days=1))
    world.store.registrations().revoke_token("revoked", START, "ana")
    assert endpoint.post(GOOD, revoked).status_code == 401


@pytest.mark.attack("ATK-142")
def test_nobody_rises_above_the_ceiling_of_his_token(world: World) -> None:
    endpoint = registration(world, ceiling=None)
    made = endpoint.made(initial(world), scope="openid profile cpf certificado")
    assert made["scope"] == "openid profile cpf"
    everything = GOOD | {"client_id": made["client_id"], "scope": "openid inscricao certificado procuracao"}
    assert endpoint.at("PUT", made, document=everything).get_json()["scope"] == "openid inscricao"
    world.store.registrations().revoke_token("initial", START, "ana")
    assert endpoint.at("PUT", made, document=everything).get_json()["scope"] == "openid inscricao"


@pytest.mark.attack("ATK-141")
@pytest.mark.parametrize(
    "document",
    [
        {"redirect_uris": ["https://elsewhere.example/cb"]},
        {"redirect_uris": ["https://xrp.example/cb"]},
        {"redirect_uris": ["https://gov.example/cb"]},
        {"post_logout_redirect_uris": ["https://elsewhere.example/"]},
        {"initiate_login_uri": "https://elsewhere.example/"},
    ],
)
def test_a_token_names_the_hosts_browsers_are_sent_to(world: World, document: dict[str, Any]) -> None:
    endpoint = registration(world, ceiling=None)
    endpoint.refused(initial(world), **document)
    endpoint.made("initial", redirect_uris=["https://app.gov.example/cb"])


def test_open_registrations_are_counted(world: World) -> None:
    endpoint = registration(world, per_hour=len(list(world.store.registry().list())) + 1)
    endpoint.made()
    response = endpoint.post(GOOD)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "600")
    endpoint.made(initial(world))
    world.clock.pass_(minutes=61)
    endpoint.made()


# --- Management ----------------------------------------------------------------------------------------------------


def test_a_registration_is_read_replaced_and_deleted(endpoint: Registration) -> None:
    made = endpoint.made(logo_uri="https://rp.example/logo.png")
    read = endpoint.at("GET", made)
    assert (read.status_code, read.headers["Cache-Control"]) == (200, "no-store")
    same = ("client_id", "registration_client_uri", "registration_access_token", "logo_uri")
    assert {name: read.get_json()[name] for name in same} == {name: made[name] for name in same}
    new = {**GOOD, "client_id": made["client_id"], "client_secret": made["client_secret"], "client_name": "Outro"}
    replaced = endpoint.at("PUT", made, document=new)
    assert (replaced.status_code, replaced.get_json()["client_name"]) == (200, "Outro")
    assert "logo_uri" not in replaced.get_json()  # what is left out falls back to its default
    gone = endpoint.at("DELETE", made)
    assert (gone.status_code, gone.data) == (204, b"")
    assert endpoint.at("GET", made).status_code == 401
    assert endpoint.at("DELETE", made).status_code == 401
    assert endpoint.kinds() == [
        ("client.created", "registration open"),
        ("client.updated", "client"),
        ("client.deleted", "client"),
    ]


@pytest.mark.attack("ATK-140")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_registration_token_opens_no_other_registration(endpoint: Registration, method: str) -> None:
    one, other = endpoint.made(), endpoint.made()
    token = one["registration_access_token"]
    document = {**GOOD, "client_id": other["client_id"], "client_name": "Roubado"} if method == "PUT" else None
    assert endpoint.at(method, other, token, document).status_code == 401
    assert endpoint.at("GET", other).get_json()["client_name"] == "Aplicação"
    by_hand = {"registration_client_uri": f"{ISSUER}/register/app"}  # registered by an administrator: by nobody's token
    for guess in (token, "", digest("")):
        assert endpoint.at(method, by_hand, guess or "x", document).status_code == 401


@pytest.mark.attack("ATK-140")
def test_the_client_named_inside_is_the_one_in_the_address(endpoint: Registration) -> None:
    one, other = endpoint.made(), endpoint.made()
    for client_id in (other["client_id"], None, 7):
        assert endpoint.at("PUT", one, document={**GOOD, "client_id": client_id}).status_code == 400


def test_a_wrong_secret_changes_nothing(endpoint: Registration) -> None:
    made = endpoint.made()
    document = {**GOOD, "client_id": made["client_id"], "client_secret": "chosen by me"}
    assert endpoint.at("PUT", made, document=document).status_code == 400


def test_a_client_that_takes_up_a_secret_is_given_one(endpoint: Registration) -> None:
    made = endpoint.made(token_endpoint_auth_method="none")
    assert "client_secret" not in made
    document = {**GOOD, "client_id": made["client_id"]}
    secret = endpoint.at("PUT", made, document=document).get_json()["client_secret"]
    assert endpoint.world.store.registry().get(made["client_id"]).secret_digest == digest(secret)
    assert "client_secret" not in endpoint.at("PUT", made, document=document).get_json()


def test_what_an_administrator_set_stays(endpoint: Registration) -> None:
    made = endpoint.made()
    demanda = Demanda("dte.consultar")
    endpoint.world.change(made["client_id"], demanda=demanda, claims=frozenset({"name"}), sector="s", scopes=frozenset({"openid", "cpf"}))  # fmt: skip  # noqa: E501
    document = {**GOOD, "client_id": made["client_id"], "scope": "openid cpf inscricao"}
    assert endpoint.at("PUT", made, document=document).get_json()["scope"] == "openid cpf"
    after = endpoint.world.store.registry().get(made["client_id"])
    assert (after.demanda, after.claims, after.sector) == (demanda, frozenset({"name"}), "s")


def test_a_disabled_client_does_not_manage_itself(endpoint: Registration) -> None:
    made = endpoint.made()
    endpoint.world.change(made["client_id"], enabled=False)
    assert endpoint.at("GET", made).status_code == 401
    assert endpoint.at("PUT", made, document={**GOOD, "client_id": made["client_id"]}).status_code == 401


def test_a_registered_client_logs_somebody_in(endpoint: Registration) -> None:
    made = endpoint.made()
    browser = endpoint.world.browser()
    uri = "https://rp.example/cb"
    code = browser.log_in(client_id=made["client_id"], redirect_uri=uri, scope="openid profile cpf")["code"]
    auth = (made["client_id"], made["client_secret"])
    tokens = browser.redeem(code, auth, redirect_uri=uri, code_verifier=VERIFIER).get_json()
    assert browser.userinfo(tokens["access_token"]).get_json().keys() >= {"sub", "name"}
    assert "cpf" not in browser.userinfo(tokens["access_token"]).get_json()
    endpoint.at("DELETE", made)
    assert browser.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("on", [True, False])
def test_discovery_names_the_endpoint_where_there_is_one(on: bool) -> None:
    found = json.loads(metadata(ISSUER, Paths(), by_reference=True, registering=on).body)
    assert found.get("registration_endpoint") == (f"{ISSUER}/register" if on else None)


# --- The sector's document, from a real server ---------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    server = HttpsServer(tmp_path / "rp")
    yield server
    server.stop()


@pytest.fixture
def sectors(world: World, server: HttpsServer) -> Registration:
    found: Registration = registration(world, documents=ClientDocuments([server.host], server.ca_file))
    return found


BOTH = ["https://a.example/cb", "https://b.example/cb"]


def test_a_sector_vouches_for_several_hosts(sectors: Registration, server: HttpsServer) -> None:
    """OIDC Core §8.1: the sector is the host of sector_identifier_uri."""
    server.pages["/sector"] = json.dumps([*BOTH, "https://c.example/cb"]).encode()
    made = sectors.made(redirect_uris=BOTH, sector_identifier_uri=server.url("/sector"))
    assert sectors.world.store.registry().get(made["client_id"]).sector_identifier == "127.0.0.1"
    replaced = {"client_id": made["client_id"], "redirect_uris": ["https://d.example/cb"]}
    replaced["sector_identifier_uri"] = server.url("/sector")
    assert sectors.at("PUT", made, document=replaced).status_code == 400


def test_several_hosts_without_a_sector_are_joined_with_nobody(sectors: Registration) -> None:
    """OIDC Core §8.1 wants a sector only of who asks for pairwise subjects; unasked, it is the application's own."""
    made = sectors.made(redirect_uris=BOTH)
    assert sectors.world.store.registry().get(made["client_id"]).sector_identifier == made["client_id"]


@pytest.mark.parametrize("body", [json.dumps(BOTH[:1]).encode(), b'{"a":1}', b"not json", b"[" * 60_000, b"[1]", None])
def test_a_sector_that_does_not_vouch(sectors: Registration, server: HttpsServer, body: bytes | None) -> None:
    if body is not None:
        server.pages["/sector"] = body
    error = sectors.refused(redirect_uris=BOTH, sector_identifier_uri=server.url("/sector"))
    assert error == "invalid_client_metadata"


@pytest.mark.attack("ATK-090")
def test_a_sector_inside_the_house_is_not_asked(world: World, server: HttpsServer) -> None:
    endpoint = registration(world, documents=ClientDocuments())
    server.pages["/sector"] = json.dumps(BOTH).encode()
    endpoint.refused(redirect_uris=BOTH, sector_identifier_uri=server.url("/sector"))
    endpoint.refused(redirect_uris=BOTH, sector_identifier_uri="https://169.254.169.254/latest")
    assert server.asked == []


# --- Whatever is sent, the answer is one of the specification's ----------------------------------------------------

NAMES = sorted(KNOWN | {"client_id", "client_secret", "software_statement", "client_name#pt-BR"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(
        ["code", "none", "RS256", "ECDH-ES", "openid", "https://a.example/cb", "https://[::1", "pairwise"]
    )
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=8), SCALARS, max_size=3)
MEMBERS = st.sampled_from(["kty", "n", "e", "crv", "x", "y", "kid", "use", "alg"])
KEY = st.dictionaries(MEMBERS, VALUES | st.sampled_from(["RSA", "EC", "P-256", "sig", "AQAB"]))
KEYS = st.fixed_dictionaries({"keys": st.lists(KEY, max_size=2)})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5), jwks=st.none() | KEYS)
def test_no_document_is_an_error_of_ours(endpoint: Registration, document: dict[str, Any], jwks: Any) -> None:
    try:
        response = endpoint.post(GOOD | document | ({"jwks": jwks} if jwks else {}))
    except UnicodeEncodeError:
        return  # halves of characters: the test's own client cannot send them
    assert response.status_code in (201, 400, 429)
    if response.status_code == 201:
        assert endpoint.at("GET", response.get_json()).status_code == 200
    elif response.status_code == 400:
        assert response.get_json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


# --- How often -----------------------------------------------------------------------------------------------------


@pytest.mark.attack("ATK-141")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_registration_is_managed_so_often_within_an_hour(world: World, method: str) -> None:
    """Each PUT and DELETE is a row of the audit; whoever may register may also write it full."""
    endpoint = registration(world, per_hour=3)
    world.clock.pass_(hours=1, minutes=50)
    made, other = endpoint.made(), endpoint.made()
    document = GOOD | {"client_id": made["client_id"]}
    assert [endpoint.at("PUT", made, document=document).status_code for _ in range(3)] == [200] * 3
    for _ in range(2):
        late = endpoint.at(method, made, document=document)
        assert (late.status_code, late.get_json()["error"]) == (429, "temporarily_unavailable")
        assert (late.headers["Retry-After"], late.headers["Cache-Control"]) == ("600", "no-store")
    assert endpoint.at("GET", other).status_code == 200, "another's registration has its own"
    world.clock.pass_(seconds=600)
    assert endpoint.at("GET", made).status_code == 200


@pytest.mark.attack("ATK-140")
def test_nobody_else_uses_up_what_a_registration_may(world: World) -> None:
    endpoint = registration(world, per_hour=2)
    world.clock.pass_(hours=2)
    made = endpoint.made()
    assert {endpoint.at("DELETE", made, token="guess").status_code for _ in range(5)} == {401}
    assert [endpoint.at("GET", made).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.attack("ATK-141")
def test_deleting_makes_no_room_without_end(world: World) -> None:
    """Who is deleted is no longer counted among those that came to be within the hour."""
    endpoint = registration(world, per_hour=2)
    world.clock.pass_(hours=2)
    for _ in range(2):
        assert endpoint.at("DELETE", endpoint.made()).status_code == 204
    last = endpoint.made()
    assert endpoint.at("DELETE", last).status_code == 429
    endpoint.made()
    assert endpoint.post(GOOD).status_code == 429


@pytest.mark.attack("ATK-141")
def test_asking_at_once_is_asking_as_often(world: World) -> None:
    allowance = Allowance(SqlEphemeral(world.store.reader, world.clock), world.clock, 5, timedelta(hours=1))
    stale = replace(allowance, ephemeral=_Stale(allowance.ephemeral))

    def permitted(one: Allowance) -> bool:
        try:
            one.spend("x")
        except TooMany:
            return False
        return True

    assert [permitted(stale) for _ in range(9)].count(True) <= 5
    assert [permitted(allowance) for _ in range(9)].count(True) <= 1


class _Stale:
    """Reads what was there before everybody else began."""

    def __init__(self, ephemeral: Any) -> None:
        self.add_if_absent, self.put = ephemeral.add_if_absent, ephemeral.put

    def get(self, key: str) -> None:
        return None
