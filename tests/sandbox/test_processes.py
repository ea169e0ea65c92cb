"""Ports are looked at before anything is started."""

from __future__ import annotations

import socket
from dataclasses import astuple, replace

import pytest

from idp.errors import ConfigurationError
from idp.sandbox.processes import check_ports, free_ports


def test_free_ports_are_different_ones_that_pass() -> None:
    ports = free_ports()
    assert len(set(astuple(ports))) == 6
    check_ports(ports)


@pytest.mark.parametrize("name", ["issuer", "certificate", "mtls", "relying_party", "certificate_second"])
def test_a_busy_port_is_named_with_the_option_that_changes_it(name: str) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            check_ports(replace(free_ports(), **{name: port}))
    assert f"port {port} of 127.0.0.1" in refused.value.problem
    assert f"--{name.replace('_', '-')}-port" in refused.value.remedy
