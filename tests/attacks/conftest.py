"""The worlds of other tests, for attacks on them."""

from __future__ import annotations

from tests.certificate.conftest import world
from tests.fetch.conftest import web
from tests.fetch.test_crls import here
from tests.server.conftest import pki

__all__ = ["here", "pki", "web", "world"]
