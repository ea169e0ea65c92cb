"""Identifiers and secrets."""

from __future__ import annotations

import pytest

from idp.flow.secret import new_id


def test_an_identifier_can_be_typed_on_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter(("-w3Qm2cPz0v", "w-3Qm2cPz0v"))
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: next(values))
    assert new_id() == "w-3Qm2cPz0v"
