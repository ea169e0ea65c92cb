"""A host without certificates refuses whoever brings one in a header, whatever the path."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.certificate.handshake import refuse_certificate_headers
from idp.web.hop import refuse_unless
from idp.web.pages import Pages
from tests.web import people
from tests.web.gallery import SITE


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("issuer", static_folder=None)
    pages = Pages(SITE, people.FixedClock())
    refuse_unless(app, refuse_certificate_headers, pages)
    app.add_url_rule("/jwks", view_func=lambda: "keys")
    pages.handle_errors(app)
    return app.test_client()


def test_a_request_without_such_headers_goes_on(client: FlaskClient) -> None:
    assert client.get("/jwks", headers={"Accept": "*/*", "X-Forwarded-For": "192.0.2.1"}).text == "keys"


@pytest.mark.attack("ATK-060")
@pytest.mark.attack("ATK-071")
@pytest.mark.parametrize("path", ["/jwks", "/", "/nenhures"])
@pytest.mark.parametrize("name", ["X-SSL-Client-Cert", "Client-Cert", "X-Forwarded-Client-Cert", "SSL-Client-Verify"])
def test_a_certificate_header_ends_the_request(client: FlaskClient, path: str, name: str) -> None:
    response = client.get(path, headers={name: "x", "Accept": "application/json"})
    assert (response.status_code, response.json and response.json["error"]) == (400, "SIS-02")
