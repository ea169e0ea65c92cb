"""authorization_details (RFC 9396) of the type sefaz_representacao."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from idp.domain.certificado import Nivel
from idp.domain.inscricao import InscricaoId
from idp.domain.transaction import Wanted
from tests.oidc.world import ADA_CHOICE, Browser, answer

TYPE = "sefaz_representacao"
INSCRICAO = {"uf": "AM", "numero": "040000028"}
FULL = {"type": TYPE, "inscricao": INSCRICAO, "actions": ["dte.consultar"], "nivel_minimo": "A3"}


def wanted(browser: Browser, detail: Any, **changes: Any) -> Wanted:
    return browser.transaction(browser.authorize(authorization_details=json.dumps([detail]), **changes)).request.wanted


def test_it_becomes_what_the_request_wants(browser: Browser) -> None:
    assert wanted(browser, FULL) == Wanted(
        InscricaoId("AM", "040000028"), frozenset({"dte.consultar"}), Nivel.A3, detailed=True
    )
    assert wanted(browser, {"type": TYPE}) == Wanted(detailed=True)
    same = json.dumps({"id_token": {"inscricao": {"value": INSCRICAO}}})
    assert wanted(browser, {"type": TYPE}, claims=same).inscricao == InscricaoId("AM", "040000028")


def test_the_answer_says_what_was_granted(browser: Browser) -> None:
    """RFC 9396 §7: the token response; §9.1: the access token; both anew at each refresh."""
    asked = json.dumps([FULL])
    scope = "openid inscricao offline_access"
    tokens = browser.tokens(b"ada", ADA_CHOICE, scope=scope, authorization_details=asked)
    expected = [
        {
            **FULL,
            "representacao": {
                "modo": "procuracao",
                "procuracao": {
                    "id": "prc-1",
                    "poderes": ["dte.consultar", "dte.dar_ciencia"],
                    "inicio": "2026-03-01",
                    "fim": "2027-02-28",
                    "substabelecida": False,
                },
            },
        }
    ]
    assert tokens["authorization_details"] == expected
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["authorization_details"] == expected
    renewed = browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).get_json()
    assert renewed["authorization_details"] == expected


def test_nobody_hears_of_it_who_did_not_ask(browser: Browser) -> None:
    tokens = browser.tokens(b"ada", ADA_CHOICE)
    assert "authorization_details" not in tokens
    assert "authorization_details" not in jwt.decode(tokens["access_token"], options={"verify_signature": False})


REFUSED: list[Any] = [
    "x",
    "{}",
    "[]",
    "null",
    "[1]",
    '[{"type":"sefaz_representacao"}],"x":[1]',
    '[{"type":"sefaz_representacao","type":"sefaz_representacao"}]',
    [{"type": "payment_initiation"}],
    [{}],
    [{"type": [TYPE]}],
    [{"type": TYPE}, {"type": TYPE}],
    [{"type": TYPE, "locations": ["https://x.example"]}],
    [{"type": TYPE, "inscricao": "AM:040000028"}],
    [{"type": TYPE, "inscricao": None}],
    [{"type": TYPE, "inscricao": {"uf": "AM"}}],
    [{"type": TYPE, "inscricao": {"uf": "AMA", "numero": "1"}}],
    [{"type": TYPE, "actions": "dte.consultar"}],
    [{"type": TYPE, "actions": [1]}],
    [{"type": TYPE, "actions": ["a|b"]}],
    [{"type": TYPE, "actions": ["x"] * 33}],
    [{"type": TYPE, "nivel_minimo": "SE-H"}],
    [{"type": TYPE, "nivel_minimo": ["A3"]}],
    [{"type": TYPE, "nivel_minimo": 3}],
]


@pytest.mark.parametrize("details", REFUSED, ids=str)
def test_what_is_not_understood_is_an_error(browser: Browser, details: Any) -> None:
    text = details if isinstance(details, str) else json.dumps(details)
    told = answer(browser.authorize(authorization_details=text))
    assert told["error"] == "invalid_authorization_details"
    assert told["state"] == "st"


def test_two_inscricoes_are_a_contradiction(browser: Browser) -> None:
    other = json.dumps({"id_token": {"inscricao": {"value": {"uf": "AM", "numero": "040000010"}}}})
    told = answer(browser.authorize(authorization_details=json.dumps([FULL]), claims=other))
    assert told["error"] == "invalid_authorization_details"


def test_it_goes_with_the_scope_that_the_person_consents_to(browser: Browser) -> None:
    """What the answer tells is told only where the scope inscricao is asked for, and the client's."""
    asked = json.dumps([FULL])
    told = answer(browser.authorize(authorization_details=asked, scope="openid"))
    assert told["error"] == "invalid_authorization_details"
    told = answer(browser.authorize(client_id="narrow", authorization_details=asked, scope="openid inscricao"))
    assert told["error"] == "invalid_authorization_details"
