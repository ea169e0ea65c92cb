"""The small cadastro of tests/contracts, as an authority's service tells it."""

from __future__ import annotations

from typing import Any

RAIMUNDO = {"cpf": "90000107212", "nome": "Raimundo"}
JACIRA = {"cpf": "90000101281", "nome": "Jacira"}


def inscricao(documento: str, numero: str, situacao: str, municipio: str) -> dict[str, str]:
    return {"documento": documento, "uf": "AM", "numero": numero, "situacao": situacao, "municipio": municipio}


def contribuintes() -> dict[str, dict[str, Any]]:
    return {
        "99990001": {
            "documento": "99990001",
            "nome": "Açaí Ltda",
            "estabelecimentos": [
                {"documento": "99990001000198", "matriz": True},
                {"documento": "99990001000279", "matriz": False},
            ],
            "inscricoes": [
                inscricao("99990001000198", "049000012", "ATIVA", "Manaus"),
                inscricao("99990001000279", "049000039", "BAIXADA", "Manacapuru"),
            ],
            "representantes": [dict(RAIMUNDO), dict(JACIRA)],
        },
        "99990002": {
            "documento": "99990002",
            "nome": "Castanha Ltda",
            "estabelecimentos": [{"documento": "99990002000132", "matriz": True}],
            "inscricoes": [inscricao("99990002000132", "049000063", "ATIVA", "Lábrea")],
            "representantes": [dict(RAIMUNDO)],
        },
        "12ABC345": {
            "documento": "12ABC345",
            "nome": "Estaleiro Ltda",
            "estabelecimentos": [{"documento": "12ABC34501DE35", "matriz": True}],
            "inscricoes": [inscricao("12ABC34501DE35", "049000071", "ATIVA", "Iranduba")],
            "representantes": [],
        },
        "90000108294": {
            "documento": "90000108294",
            "nome": "Tereza",
            "inscricoes": [inscricao("90000108294", "049000101", "ATIVA", "Tabatinga")],
        },
    }
