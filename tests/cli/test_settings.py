"""Combinations of settings that are refused at the start."""

from __future__ import annotations

import pytest

from idp.errors import ConfigurationError
from idp.settings import load

HOST, SECOND = "https://certificado.id.example", "https://certificado.id.example:8446"


def test_a_wildcard_below_a_domain_name() -> None:
    settings = load(certificate_origin=HOST, certificate_second_origin=SECOND, certificate_wildcard=True)
    assert (settings.certificate_wildcard, settings.certificate_second_origin) == (True, SECOND)


@pytest.mark.parametrize("origin", ["https://localhost:8444", "https://127.0.0.1:8444", "https://[::1]:8444"])
@pytest.mark.parametrize("field", ["certificate_origin", "certificate_second_origin"])
def test_where_no_names_are_below_there_is_no_wildcard(field: str, origin: str) -> None:
    """They have no names below them, or none that a browser resolves."""
    with pytest.raises(ConfigurationError, match="certificate_wildcard"):
        load(**{"certificate_origin": HOST, field: origin, "certificate_wildcard": True})


@pytest.mark.parametrize("other", ["issuer", "certificate_origin", "mtls_origin"])
def test_the_second_address_is_another_one(other: str) -> None:
    with pytest.raises(ConfigurationError, match="different origins"):
        load(**{other: SECOND, "certificate_second_origin": SECOND})


def test_no_second_address_is_no_origin_and_no_address_must_be_one() -> None:
    assert load(certificate_second_origin="").certificate_second_origin == ""
    with pytest.raises(ConfigurationError, match="must be an https origin"):
        load(certificate_second_origin="http://certificado.id.example")
    with pytest.raises(ConfigurationError, match="must be an https origin"):
        load(certificate_origin="")


@pytest.mark.parametrize("name", ["Manaus", "", "GMT-4:00", "../../etc/passwd", "America/"])
def test_the_time_zone_is_one_that_exists(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"timezone: .* is not the IANA name of a time zone"):
        load(timezone=name)
    assert load(timezone="America/Manaus").timezone == "America/Manaus"


@pytest.mark.attack("ATK-141")
@pytest.mark.parametrize("scope", ["cpf", "inscricao", "procuracao", "certificado", "everything"])
def test_what_an_open_registration_may_never_get(scope: str) -> None:
    with pytest.raises(ConfigurationError, match=scope):
        load(registration="open", registration_scopes=("openid", scope))


@pytest.mark.parametrize("host", ["https://rp.example", "rp.example/jwks", "a@rp.example", "", "RP.example", "h:x"])
def test_a_host_of_clients_is_a_host(host: str) -> None:
    with pytest.raises(ConfigurationError, match="client_hosts"):
        load(client_hosts=(host,))
    assert load(client_hosts=("rp.example", "10.0.0.7:8443", "[::1]:8443")).client_hosts[0] == "rp.example"


def test_nobody_registers_himself_unless_the_settings_say_so() -> None:
    assert load().registration == "off"
