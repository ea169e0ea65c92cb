"""The demonstration notices whatever does not end as its persona says."""

from __future__ import annotations

from typing import Any

import pytest

from idp.sandbox.demo import describe, differences
from idp.sandbox.driver import Arrived
from idp.sandbox.personas import persona

SEVEN = tuple(f"AM:04900000{n}" for n in range(7))


def arrived(
    offered: tuple[str, ...] = SEVEN, acr: str = "urn:x:icp:hardware", code: str = "", **claims: Any
) -> Arrived:
    common = {
        "sub": "s-12345678",
        "inscricao": {"uf": "AM", "numero": "049000071", "cnpj": "12ABC34501DE35"},
        "representacao": {"modo": "procuracao"},
    } | claims
    titular = claims.get("titular", {"nome": "FRANCISCA CHAGAS DO NASCIMENTO"})
    return Arrived(code, "", offered, common | {"acr": acr}, common | {"titular": titular})


def test_a_journey_as_expected_differs_in_nothing() -> None:
    assert list(differences(persona("contadora"), arrived())) == []
    assert list(differences(persona("revogado"), Arrived("CERT-04", "Certificado revogado"))) == []


@pytest.mark.parametrize(
    "ended",
    [
        arrived(code="CERT-06"),
        arrived(offered=SEVEN[:6]),
        arrived(acr="urn:x:icp:software"),
        arrived(inscricao={"uf": "AM", "numero": "049000063"}),
        arrived(representacao={"modo": "titular"}),
        arrived(titular={"nome": "OUTRA PESSOA"}),
    ],
)
def test_any_other_end_is_a_difference(ended: Arrived) -> None:
    assert list(differences(persona("contadora"), ended)) != []


def test_a_login_where_a_refusal_was_due_is_a_difference() -> None:
    assert list(differences(persona("revogado"), arrived())) == ["expected CERT-04, got a login"]
    assert list(differences(persona("revogado"), Arrived("CERT-06"))) == ["expected CERT-04, got CERT-06"]


def test_a_line_says_who_for_whom_by_what_right() -> None:
    procuracao = {"outorgante": {"nome": "ESTALEIRO"}, "poderes": ["todos"]}
    line = describe(arrived(representacao={"modo": "procuracao", "procuracao": procuracao}))
    for part in ("FRANCISCA", "AM 049000071 12ABC34501DE35", "procuracao of ESTALEIRO (todos)", "hardware", "1 of 7"):
        assert part in line
