"""The doctor on the shipped examples for HAProxy and Envoy, and on an Envoy that forwards what clients say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from idp.clock import SystemClock
from idp.doctor.deployment import deployment
from idp.doctor.examination import examine
from tests.deploy.other_proxies import Proxy, envoy, haproxy
from tests.doctor.conftest import Applications, problems

Start = Callable[[Path, Path, Path, Path], Proxy]


@pytest.mark.parametrize(("source", "start"), [("rfc9440", haproxy), ("xfcc", envoy)])
def test_nothing_is_wrong_with_the_shipped_examples(
    applications: Callable[[str], Applications], tmp_path: Path, source: str, start: Start
) -> None:
    behind = applications(source)
    proxy = start(tmp_path, behind.tls, behind.ca_names, behind.directory / "run")
    with proxy.process:
        connect = {role: ("127.0.0.1", getattr(proxy, role)) for role in ("issuer", "certificate", "mtls")}
        hosts = deployment(behind.settings(), connect, behind.sandbox.pki.web_ca)
        found = list(examine(hosts, SystemClock(), backend=str(behind.socket("gateway"))))
        hosts = deployment(behind.settings(certificate_wildcard=True), connect, behind.sandbox.pki.web_ca)
        fresh = list(examine(hosts, SystemClock()))
    assert problems(found) == {}
    assert problems(fresh) == {}
    assert {one.check for one in found} >= {"headers-believed", "headers-passed", "hop", "backend", "any-visitor"}


@pytest.mark.attack("ATK-067")
def test_an_envoy_that_appends_to_what_clients_say(
    applications: Callable[[str], Applications], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = applications("xfcc")
    shipped = (Path(__file__).parents[2] / "deploy/envoy/portaria.yaml").read_text()
    (tmp_path / "deploy/envoy").mkdir(parents=True)
    render = tmp_path / "deploy/envoy/render"
    render.write_bytes((Path(__file__).parents[2] / "deploy/envoy/render").read_bytes())
    render.chmod(0o755)
    (tmp_path / "deploy/envoy/portaria.yaml").write_text(shipped.replace("SANITIZE_SET", "APPEND_FORWARD"))
    monkeypatch.setattr("tests.deploy.other_proxies.ROOT", tmp_path)
    proxy = envoy(tmp_path, behind.tls, behind.ca_names, behind.directory / "run")
    with proxy.process:
        found = behind.examined(proxy.certificate)
    assert problems(found) == {"headers-believed": {"certificado", "mtls"}}
    assert all("SANITIZE" not in one.detail for one in found)
    assert "deploy/envoy/portaria.yaml" in next(one.remedy for one in found if not one.ok)
