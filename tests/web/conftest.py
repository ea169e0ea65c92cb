"""The gallery as a client, and the step blueprints around a journey that answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from idp.web.consent import consent_blueprint
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.security import protect
from tests.web.doubles import ScriptedJourney, written
from tests.web.gallery import gallery, make_screens


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[dict[str, Any]]]:
    """The log lines of the test, before masking and rendering."""
    with structlog.testing.capture_logs() as captured:
        yield captured  # type: ignore[misc]


@pytest.fixture(scope="session")
def pages() -> FlaskClient:
    return gallery().test_client()


@pytest.fixture
def journey() -> ScriptedJourney:
    return ScriptedJourney()


@pytest.fixture
def issuer(journey: ScriptedJourney) -> Flask:
    app = Flask("issuer", static_folder=None)
    screens = make_screens()
    respond = make_responder(screens, written, lambda granted: {"code": granted.code})
    protect(app, hsts=True)
    screens.pages.handle_errors(app)
    app.register_blueprint(login_blueprint(journey, screens, respond))  # type: ignore[arg-type]
    app.register_blueprint(consent_blueprint(journey, screens, respond))  # type: ignore[arg-type]
    return app


@pytest.fixture
def browser(issuer: Flask) -> FlaskClient:
    """A browser that began the Transaction: it has the cookie."""
    client = issuer.test_client()
    client.set_cookie("__Host-portaria-browser", "B" * 43, domain="localhost", secure=True, path="/")
    client.environ_base["wsgi.url_scheme"] = "https"
    return client
