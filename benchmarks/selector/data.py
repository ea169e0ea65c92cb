"""Procurações by the thousand for visitors of an installation, among those of many others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, text
from stdnum.br import cnpj

from idp.domain.busca import busca
from idp.storage.sql.tables import contribuintes, estabelecimentos, inscricoes, procuracoes

Rows = dict[Any, list[dict[str, Any]]]
_BATCH = 5000


def fill(engine: Engine, given: dict[str, int], others: int, now: datetime) -> None:
    """``given``: how many procurações of one inscrição each a CPF receives. ``others``: as many that people with one
    each receive, so that the planner sees a cadastro as it is. The database's statistics are brought up to date."""
    root = 10_000_000
    takers = [document for document, count in given.items() for _ in range(count)]
    takers += [f"{number:011d}" for number in range(others)]
    for batch in _batches(takers, root, now):
        with engine.begin() as connection:
            for table, values in batch.items():
                connection.execute(insert(table), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _batches(takers: list[str], root: int, now: datetime) -> Iterator[Rows]:
    for start in range(0, len(takers), _BATCH):
        rows: Rows = {contribuintes: [], estabelecimentos: [], inscricoes: [], procuracoes: []}
        for number, taker in enumerate(takers[start : start + _BATCH], start):
            _company(rows, f"{root + number}", taker, now)
        yield rows


def _company(rows: Rows, root: str, taker: str, now: datetime) -> None:
    document = f"{root}0001" + cnpj.calc_check_digits(f"{root}0001")
    name = f"COMÉRCIO NÚMERO {root} LTDA"
    rows[contribuintes].append({"id": root, "nome": name, "busca": busca(name)})
    rows[estabelecimentos].append({"documento": document, "contribuinte": root, "matriz": True})
    rows[inscricoes].append(
        {
            "uf": "AM",
            "numero": f"{root:>09}",
            "documento": document,
            "contribuinte": root,
            "situacao": "ATIVA",
            "municipio": "Manaus",
            "busca": "manaus am",
        }
    )
    rows[procuracoes].append(
        {
            "id": f"prc-{root}",
            "outorgante": document,
            "outorgante_contribuinte": root,
            "outorgante_nome": name,
            "outorgante_busca": busca(name),
            "outorgado": taker,
            "outorgado_contribuinte": taker,
            "outorgado_nome": "QUEM RECEBE",
            "poderes": "dte.consultar|dte.dar_ciencia",
            "escopo": "raiz",
            "inscricoes": "",
            "inicio": now - timedelta(days=30),
            "fim": now + timedelta(days=335),
            "estado": "ATIVA",
            "substabelecivel": False,
        }
    )
