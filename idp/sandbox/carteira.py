"""Companies that never were, as many as an office of accountants attends, each of which gave a persona a procuração:
the selector and the portal as somebody with hundreds or thousands of clients sees them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, product
from pathlib import Path

from idp.sandbox.personas import Persona

_TRADES = (
    "PADARIA",
    "DROGARIA",
    "MERCADINHO",
    "AUTO PECAS",
    "SERRARIA",
    "PEIXARIA",
    "MOVEIS",
    "TRANSPORTES FLUVIAIS",
    "MATERIAIS DE CONSTRUCAO",
    "POLPAS DE FRUTAS",
    "CONFECCOES",
    "PAPELARIA",
    "OTICA",
    "RESTAURANTE",
    "FRIGORIFICO",
    "OLARIA",
    "CLINICA VETERINARIA",
    "LIVRARIA",
    "ESTIVAS",
    "COMPONENTES ELETRONICOS",
)
_NAMES = (
    "NOSSA SENHORA DE NAZARE",
    "IRMAOS FERREIRA",
    "BOA VISTA DO RAMOS",
    "SAO JORGE",
    "VITORIA REGIA",
    "ENCONTRO DAS AGUAS",
    "DOIS AMIGOS",
    "UIRAPURU",
    "PORTO DE LENHA",
    "TRES MARIAS",
    "PARQUE DEZ",
    "BEIRA RIO",
    "ANDIRA",
    "CACHOEIRINHA",
    "FLOR DO CUPUACU",
    "MUIRAQUITA",
    "SANTA LUZIA",
    "RIO PRETO DA EVA",
    "ALMEIDA & FILHOS",
    "ESTRELA DO NORTE",
    "LAGO DO ALEIXO",
    "NOVO AIRAO",
    "CABOCLO",
    "PONTA NEGRA",
    "COSTA E SILVA",
)
_ENDINGS = (
    "LTDA",
    "ME",
    "EIRELI",
    "COMERCIO LTDA",
    "DA AMAZONIA LTDA",
    "S.A.",
    "E CIA LTDA",
    "DISTRIBUIDORA LTDA",
    "INDUSTRIA LTDA",
    "DO NORTE LTDA",
)
_PLACES = ("Manaus", "Itacoatiara", "Parintins", "Tefé", "São Gabriel da Cachoeira", "Manacapuru", "Lábrea", "Coari")
_PODERES = ("dte.consultar", "dte.consultar|nfe.consultar", "todos", "dte.consultar|dte.dar_ciencia|nfe.consultar")
_COLUMNS = (
    *("tipo", "documento", "nome", "matriz", "uf", "numero", "situacao", "municipio", "id", "outorgado"),
    *("outorgado_nome", "poderes", "escopo", "inicio", "fim", "estado", "substabelecivel"),
)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MOST = len(_TRADES) * len(_NAMES) * len(_ENDINGS)
"""How many companies have a name of their own."""


def write(destination: Path, persona: Persona, companies: int, today: date) -> None:
    """Write the CSV that ``idp cadastro import`` reads: ``companies`` (at most :data:`MOST`) of one inscrição each,
    with a procuração for the persona. Every twentieth procuração has ended, and every fiftieth inscrição is closed.

    The same company has the same documents in every file, so that a longer file only adds to a shorter one.
    """
    with destination.open("w", encoding="utf-8", newline="") as text:
        rows = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        rows.writeheader()
        for number, (cnpj, nome) in enumerate(islice(_companies(), companies)):
            company = {"documento": cnpj, "nome": nome}
            place = {"municipio": _PLACES[number % len(_PLACES)]}
            inscricao = {"uf": "AM", "numero": _am(number), "situacao": "BAIXADA" if number % 50 == 49 else "ATIVA"}
            rows.writerow({"tipo": "contribuinte", **company})
            rows.writerow({"tipo": "estabelecimento", **company, **place, "matriz": "sim"})
            rows.writerow({"tipo": "inscricao", "documento": cnpj, **place, **inscricao})
            rows.writerow({"tipo": "procuracao", **company, **_procuracao(persona, number, today)})


def _procuracao(persona: Persona, number: int, today: date) -> dict[str, str]:
    last = -10 if number % 20 == 19 else 40 + number % 700
    return {
        "id": f"prc-carteira-{persona.slug}-{number}",
        "outorgado": persona.spec.documento,
        "outorgado_nome": persona.nome,
        "poderes": _PODERES[number % len(_PODERES)],
        "escopo": "raiz",
        "inicio": str(today - timedelta(days=30 + number % 300)),
        "fim": str(today + timedelta(days=last)),
        "estado": "ATIVA",
        "substabelecivel": "nao",
    }


def _companies() -> Iterator[tuple[str, str]]:
    """CNPJ and razão social; every third CNPJ is alphanumeric."""
    # The ending changes slowest, so that a small office has no two of one name.
    for number, (ending, name, trade) in enumerate(product(_ENDINGS, _NAMES, _TRADES)):
        raiz = f"{51_000_000 + number * 37:08d}"
        if number % 3 == 1:
            raiz = f"{raiz[:2]}{_LETTERS[10 + number % 26]}{_LETTERS[number // 26 % 36]}{raiz[4:]}"
        yield _cnpj(raiz), f"{trade} {name} {ending}"


def _cnpj(raiz: str) -> str:
    """The matriz of ``raiz``: a character counts as its ASCII code less 48 (Receita Federal, Nota Técnica 49/2024)."""
    number = f"{raiz}0001"
    for _ in range(2):
        weights = [2 + place % 8 for place in range(len(number))]
        rest = sum((ord(one) - 48) * weight for one, weight in zip(reversed(number), weights, strict=True)) % 11
        number += str(0 if rest < 2 else 11 - rest)
    return number


def _am(number: int) -> str:
    """An inscrição of Amazonas: eight digits and one that checks them (weights 9 to 2, modulo 11)."""
    body = f"05{number:06d}"
    rest = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
    return f"{body}{0 if rest < 2 else 11 - rest}"
