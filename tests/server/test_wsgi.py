"""The three applications as attributes of a module, for other servers."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import idp.wsgi


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the applications that a stand-in for ``idp.app`` was asked to make."""
    names: list[str] = []
    stand_in = ModuleType("idp.app")
    for name in ("create_issuer", "create_gateway", "create_mtls"):
        setattr(stand_in, name, lambda settings, name=name: names.append(name) or name)
    monkeypatch.setitem(sys.modules, "idp.app", stand_in)
    monkeypatch.setattr(idp, "app", stand_in, raising=False)
    idp.wsgi.__getattr__.cache_clear()
    return names


def test_each_application_is_made_alone_and_once(made: list[str]) -> None:
    import wsgi

    assert wsgi.gateway == "create_gateway"
    assert idp.wsgi.gateway == "create_gateway"
    assert made == ["create_gateway"]
    assert (wsgi.issuer, wsgi.mtls) == ("create_issuer", "create_mtls")
    assert made == ["create_gateway", "create_issuer", "create_mtls"]


def test_nothing_else_is_made_up(made: list[str]) -> None:
    with pytest.raises(AttributeError):
        idp.wsgi.create_issuer  # noqa: B018
    assert made == []
