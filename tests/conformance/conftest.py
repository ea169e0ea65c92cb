"""One provider and one web server of relying parties for all modules; the table of plans says for which variants each
test is run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.conformance.browser import Browser
from tests.conformance.plans import Variant, modules, name_of_test, variants
from tests.conformance.provider import Provider
from tests.conformance.relying_party import RelyingParty, SigningKey
from tests.support.https import HttpsServer

MODULES = {name_of_test(module): module for module in modules()}
Register = Callable[..., RelyingParty]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = MODULES.get(metafunc.function.__name__)
    if module is None or "variant" not in metafunc.fixturenames:
        return
    cases = [
        pytest.param(variant, id=str(variant), marks=() if daily else pytest.mark.deep)
        for variant, daily in variants(module).items()
    ]
    metafunc.parametrize("variant", cases)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    """Where relying parties publish keys and request objects, and are told of logouts."""
    server = HttpsServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The relying parties' key."""
    return SigningKey()


@pytest.fixture(scope="session")
def provider(lab: HttpsServer, key: SigningKey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    provider = Provider(tmp_path_factory.mktemp("conformance"), lab)
    for client in (one for clients in provider.static.values() for one in clients):
        lab.pages[f"/{client['client_id']}/jwks"] = json.dumps({"keys": [key.public]}).encode()
        lab.pages[f"/{client['client_id']}/backchannel"] = b""
    yield provider
    provider.process.stop(30)


@pytest.fixture
def browser(provider: Provider) -> Browser:
    """A browser without cookies; the persona is in front of it."""
    return Browser(provider)


@pytest.fixture
def register(provider: Provider, variant: Variant, key: SigningKey) -> Register:
    """A relying party of the variant: each call another one. ``more`` is what a dynamic registration says besides;
    the static ones have it all."""
    taken: dict[str, int] = {}

    def make(auth: str = variant.auth, **more: Any) -> RelyingParty:
        if variant.registration == "static":
            taken[auth] = taken.get(auth, -1) + 1
            return RelyingParty(provider, variant, key, provider.static[auth][taken[auth]])
        answer = provider.http.post(
            provider.metadata["registration_endpoint"],
            json=registration(provider, variant, key, token_endpoint_auth_method=auth, **more),
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        return RelyingParty(provider, variant, key, answer.json())

    return make


@pytest.fixture
def rp(register: Register) -> RelyingParty:
    return register()


def registration(provider: Provider, variant: Variant, key: SigningKey, **more: Any) -> dict[str, Any]:
    """A registration request (OIDC Registration §2)."""
    grants = {"code": ["authorization_code", "refresh_token"], "id_token": ["implicit"], "token": ["implicit"]}
    usual = {
        "redirect_uris": [provider.lab.url(f"/{uuid4().hex}/callback")],
        "response_types": [variant.response_type],
        "grant_types": sorted({grant for kind in variant.kinds for grant in grants[kind]}),
        "token_endpoint_auth_method": variant.auth,
        "client_name": "Modelo",
        "contacts": ["modelo@exemplo.test"],
        "jwks": {"keys": [key.public]},
    }
    return {name: value for name, value in {**usual, **more}.items() if value is not None}
