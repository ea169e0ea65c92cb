"""Companies that never were, as many as an accountant's office attends, each of which gave somebody a procuração."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path

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
_POWERS = ("dte.consultar", "dte.consultar|nfe.consultar", "todos", "dte.consultar|dte.dar_ciencia|nfe.consultar")
_COLUMNS = (
    *("tipo", "documento", "nome", "matriz", "uf", "numero", "situacao", "municipio", "id", "outorgado"),
    *("outorgado_nome", "poderes", "escopo", "inicio", "fim", "estado", "substabelecivel"),
)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def cnpj(raiz: str) -> str:
    """``raiz`` (8 characters) with order 0001 and its check digits: characters count as ASCII less 48 (Receita Federal,
    Nota Técnica 49/2024)."""
    number = f"{raiz}0001"
    for _ in range(2):
        weights = [2 + place % 8 for place in range(len(number))]
        rest = sum((ord(one) - 48) * weight for one, weight in zip(reversed(number), weights, strict=True)) % 11
        number += str(0 if rest < 2 else 11 - rest)
    return number


def companies(count: int) -> Iterator[tuple[str, str, str]]:
    """(CNPJ, razão social, municipality): at most 5,000 names, every third CNPJ alphanumeric."""
    # The ending changes slowest, so that a small office has no two of one name.
    named = ((trade, name, ending) for ending, name, trade in product(_ENDINGS, _NAMES, _TRADES))
    for number, (trade, name, ending) in enumerate(islice(named, count)):
        raiz = f"{51_000_000 + number * 37:08d}"
        if number % 3 == 1:
            raiz = f"{raiz[:2]}{_LETTERS[10 + number % 26]}{_LETTERS[number // 26 % 36]}{raiz[4:]}"
        yield cnpj(raiz), f"{trade} {name} {ending}", _PLACES[number % len(_PLACES)]


def write(file: Path, count: int, outorgado: str, nome: str, *, first: int = 0) -> None:
    """``count`` companies, with one inscrição and one procuração in force for that CPF each, as a file for
    ``idp cadastro import``. ``first``: how many companies of the sequence others have already."""
    today = datetime.now(UTC).date()
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.DictWriter(text, _COLUMNS)
        rows.writeheader()
        for number, (documento, empresa, municipio) in enumerate(companies(first + count)):
            if number < first:
                continue
            company = {"documento": documento, "nome": empresa}
            rows.writerow({"tipo": "contribuinte", **company})
            rows.writerow({"tipo": "estabelecimento", **company, "matriz": "sim", "municipio": municipio})
            state = {"uf": "AM", "numero": f"05{number:07d}", "situacao": "ATIVA", "municipio": municipio}
            rows.writerow({"tipo": "inscricao", "documento": documento, **state})
            given = {
                "id": f"prc-carteira-{number}",
                "outorgado": outorgado,
                "outorgado_nome": nome,
                "poderes": _POWERS[number % len(_POWERS)],
                "escopo": "raiz",
                "inicio": str(today - timedelta(days=30 + number % 300)),
                "fim": str(today + timedelta(days=40 + number % 700)),
                "estado": "ATIVA",
                "substabelecivel": "nao",
            }
            rows.writerow({"tipo": "procuracao", **company, **given})
