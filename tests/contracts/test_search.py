"""Searching a holder's links: what is found is what an oracle in Python finds among everything available, on both
databases, and the best comes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from idp.domain.certificado import Nivel
from idp.domain.documents import CPF
from idp.domain.person import PessoaFisica
from idp.domain.procura import Procura
from idp.domain.representation import Demanda, Fatos
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql.tables import contribuintes, estabelecimentos, inscricoes, procuracoes
from tests.contracts.data import NOW
from tests.contracts.test_vinculos import DAY, HOLDERS, NAMES, PLACES, SEARCHED, draw, everything, judge, listed

PLAIN = {nome: SEARCHED[id] for id, nome in NAMES.items()}
TYPED = (
    "acai",
    "Açaí do Rio",
    "rio negro",
    "io negr",
    "neg lab",
    "100%",
    "s/a manaus",
    "99.990.001",
    "9999000100",
    "990001",
    "10002",
    "0002-13",
    "99990002 0002 13",
    "12abc345",
    "abc345",
    "04 000 0003",
    "0003",
    "900.001.022-53",
    "9000010225",
    "12",
    "nobody",
)


def rank(fatos: Fatos, typed: tuple[str, ...], whole: str) -> int | None:
    """0, 1, 2, or None where it is not found. ``typed``: the words; ``whole``: all of it, as names are searched."""
    one = fatos.inscricao
    given = [fatos.cadeia[0]] if fatos.cadeia else []
    names = [PLAIN[one.razao_social], *(PLAIN[link.outorgante_nome] for link in given)]
    texts = [*names, PLACES[one.municipio]]
    documents = [str(one.contribuinte), *(str(link.outorgante) for link in given)]

    def begins(number: str) -> bool:
        return len(number) >= 3 and (
            one.id.numero.startswith(number)
            or any(d == number or (len(d) == 14 and d.startswith(number)) for d in documents)
        )

    def within(number: str) -> bool:
        roots = [d for d in documents if len(d) == 14]
        return len(number) >= 3 and (
            number in one.id.numero or any(number in d[:8] or d[8:].startswith(number) for d in roots)
        )

    def number_of(word: str) -> str:
        return "".join(c for c in word.upper() if c.isalnum())

    if not all(
        any(word in text for text in texts) or begins(number_of(word)) or within(number_of(word)) for word in typed
    ):
        return None
    if any(name.startswith(whole) for name in names) or begins(number_of(whole)):
        return 0
    first = (any(f" {text}".find(f" {word}") >= 0 for text in texts) or begins(number_of(word)) for word in typed)
    return 1 if all(first) else 2


@pytest.fixture
def drawn(database_url: str) -> Iterator[tuple[SqlStore, Any]]:
    store, rows = open_store(database_url), draw(3)
    with store.engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
    yield store, rows
    store.close()


def test_what_is_found_is_what_is_there_and_the_best_comes_first(drawn: tuple[SqlStore, Any]) -> None:
    store, rows = drawn
    met: set[int] = set()
    for holder in (HOLDERS[0], HOLDERS[4]):
        facts = everything(store, rows, holder)
        available, _ = judge(holder, facts, Procura(Demanda(), Nivel.A3, NOW))
        known = {str(ref): fatos for ref, fatos in facts if str(ref) in available}
        for typed in TYPED:
            plain = typed.lower().replace("ç", "c").replace("í", "i")
            words = (plain.replace(" ", ""),) if not any(c.isalpha() for c in plain) else tuple(plain.split())
            ranks = {ref: rank(fatos, words, plain) for ref, fatos in known.items()}
            found = listed(store, holder, Procura(Demanda(), Nivel.A3, NOW, q=typed), limit=5)
            seen = [str(ref) for ref, _ in found if str(ref) in available]
            assert len(seen) == len(set(seen)), "one choice stands on two pages"
            assert set(seen) == {ref for ref, at in ranks.items() if at is not None}, typed
            order = [ranks[ref] or 0 for ref in seen]
            assert order == sorted(order), typed
            met |= set(order)
    assert met == {0, 1, 2}


OFFICE = PessoaFisica(CPF("90000102253"), "Francisca Chagas")
COMPANIES = {
    "10000101000116": "COMERCIO NUMERO 10000101 LTDA",
    "10001234000107": "PADARIA DO CAIS LTDA",
    "20000111000105": "ARMAZEM 10001 LTDA",
    "30000000000152": "10001 FESTAS LTDA",
    "40000000000106": "NOVA PADARIA LTDA",
    "50000000000160": "SUPERPADARIA LTDA",
}


@pytest.fixture
def office(database_url: str) -> Iterator[SqlStore]:
    """Six companies gave a procuração each."""
    store = open_store(database_url)
    with store.engine.begin() as connection:
        for at, (documento, nome) in enumerate(COMPANIES.items()):
            id, plain = documento[:8], nome.lower()
            connection.execute(insert(contribuintes), {"id": id, "nome": nome, "busca": plain})
            connection.execute(insert(estabelecimentos), {"documento": documento, "contribuinte": id, "matriz": True})
            own = {"uf": "AM", "numero": f"04900010{at}", "documento": documento, "contribuinte": id}
            place = {"situacao": "ATIVA", "municipio": "Manaus", "busca": "manaus am"}
            connection.execute(insert(inscricoes), own | place)
            given = {
                "id": f"p{at}",
                "outorgante": documento,
                "outorgante_contribuinte": id,
                "outorgante_nome": nome,
                "outorgante_busca": plain,
                "outorgado": "90000102253",
                "outorgado_contribuinte": "90000102253",
                "outorgado_nome": OFFICE.nome,
                "poderes": "todos",
                "escopo": "raiz",
                "inscricoes": "",
                "inicio": NOW - DAY,
                "fim": NOW + DAY,
                "estado": "ATIVA",
                "substabelecivel": False,
            }
            connection.execute(insert(procuracoes), given)
    yield store
    store.close()


FOUND = {
    # A CNPJ and a name that begin so, then a word of a name; never across ...1|0001.
    "10001": ["10001 FESTAS LTDA", "PADARIA DO CAIS LTDA", "ARMAZEM 10001 LTDA"],
    "padaria": ["PADARIA DO CAIS LTDA", "NOVA PADARIA LTDA", "SUPERPADARIA LTDA"],
    "20.000.111/0001-05": ["ARMAZEM 10001 LTDA"],
    "049 000 103": ["10001 FESTAS LTDA"],
    "pada cais": ["PADARIA DO CAIS LTDA"],
    "1110001": [],
}


def test_the_best_match_is_first_and_none_lies_across_root_and_branch(office: SqlStore) -> None:
    for typed, expected in FOUND.items():
        procura = Procura(Demanda(), Nivel.A3, NOW, q=typed)
        for limit in (2, 20):
            found = listed(office, OFFICE, procura, limit=limit)
            assert [fatos.inscricao.razao_social for _, fatos in found] == expected, typed
