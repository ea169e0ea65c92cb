"""The names that the doctor forges are those that the application refuses and that the shipped nginx empties."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idp.certificate.handshake import SpoofedHeader, presented_certificate, refuse_certificate_headers
from idp.doctor.backend import backend
from idp.doctor.deployment import deployment
from idp.doctor.hop import NAMES, OWN_HEADER
from idp.settings import load

NGINX = Path(__file__).parents[2] / "deploy/nginx/snippets/headers.conf"


@pytest.mark.parametrize("name", NAMES)
def test_the_application_refuses_it(name: str) -> None:
    with pytest.raises(SpoofedHeader):
        refuse_certificate_headers({"HTTP_" + name.upper().replace("-", "_"): "idp-doctor"})


def test_every_source_has_its_header() -> None:
    secret = "s" * 32
    for source, name in OWN_HEADER.items():
        environ = {"HTTP_X_PORTARIA_PROXY": secret, "HTTP_" + name.upper().replace("-", "_"): ""}
        assert presented_certificate(environ, source, secret) is None


def test_nginx_empties_all_of_them() -> None:
    emptied = set(re.findall(r'proxy_set_header (\S+) "";', NGINX.read_text()))
    assert set(NAMES) - emptied == {"X-SSL-Client-Cert"}  # which is left to whoever includes the file


@pytest.mark.attack("ATK-060")
def test_an_application_that_listens_on_a_network_is_a_finding() -> None:
    """Said before anything is sent there."""
    settings = load(certificate_source="nginx", proxy_secret="s" * 32)
    found = next(iter(backend(deployment(settings, {}), ("192.0.2.1", 8000))))
    assert (found.check, found.ok) == ("backend", False)
    assert "network" in found.detail
