"""The list of a holder's links: the union of its pages is what judging everything gives, nothing hidden, nothing added.

The oracle asks for the facts of every inscrição on every basis there is and lets ``represent`` say; it shares no
statement with the list. The cadastro is drawn at random from few companies, so that everything meets everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from idp.domain.certificado import Nivel
from idp.domain.documents import CNPJ, CPF
from idp.domain.inscricao import InscricaoId, SituacaoCadastral
from idp.domain.person import Holder, PessoaFisica, PessoaJuridica
from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import EstadoProcuracao
from idp.domain.representation import Demanda, Fatos, Modo, Motivo, Regras, RepresentationRef, represent
from idp.errors import NotRepresentable
from idp.storage.sql import SqlStore, open_store
from idp.storage.sql.tables import (
    contribuintes,
    designacoes,
    estabelecimentos,
    inscricoes,
    procuracoes,
    representantes,
)
from tests.contracts.data import NOW

DAY = timedelta(days=1)
COMPANIES = {
    "99990001": ("99990001000198", "99990001000279"),
    "99990002": ("99990002000132", "99990002000213"),
    "12ABC345": ("12ABC34501DE35",),
}
PEOPLE = ("90000108294", "90000102253", "90000103225")
NAMES = {
    "99990001": "Açaí do Rio Negro Ltda",
    "99990002": "Castanha & Óleos S/A",
    "12ABC345": "Estaleiro 100% Águas",
    "90000108294": "Tereza Kambeba",
    "90000102253": "Francisca Chagas",
    "90000103225": "João D'Ávila",
}
SEARCHED = {
    "99990001": "acai do rio negro ltda",
    "99990002": "castanha & oleos s/a",
    "12ABC345": "estaleiro 100% aguas",
    "90000108294": "tereza kambeba",
    "90000102253": "francisca chagas",
    "90000103225": "joao d'avila",
}
PLACES = {"Lábrea": "labrea am", "Manaus": "manaus am", "São Gabriel": "sao gabriel am"}
HOLDERS: tuple[Holder, ...] = (
    *(PessoaFisica(CPF(number), NAMES[number]) for number in PEOPLE),
    PessoaJuridica(CNPJ("99990001000279"), "Açaí", PessoaFisica(CPF("90000102253"), "Francisca")),
    PessoaJuridica(CNPJ("99990002000132"), "Castanha", None),
)
DEMANDS = (
    Demanda(),
    Demanda(poder="nfe.consultar"),
    Demanda(poderes=frozenset({"nfe.consultar", "dte.consultar"})),
    Demanda(nivel_minimo=Nivel.A3),
    Demanda(situacoes=frozenset(SituacaoCadastral)),
    Demanda(inscricao=InscricaoId("AM", "040000003"), situacoes=frozenset(SituacaoCadastral)),
)


def draw(seed: int) -> dict[Any, list[dict[str, Any]]]:
    """Rows of a small cadastro in which everybody has dealings with everybody."""
    chance = random.Random(seed)
    everybody = [*((id, documents) for id, documents in COMPANIES.items()), *((id, (id,)) for id in PEOPLE)]
    rows: dict[Any, list[dict[str, Any]]] = {
        contribuintes: [{"id": id, "nome": NAMES[id], "busca": SEARCHED[id]} for id, _ in everybody],
        estabelecimentos: [
            {"documento": documento, "contribuinte": id, "matriz": at == 0}
            for id, documents in everybody
            for at, documento in enumerate(documents)
        ],
        inscricoes: [],
        representantes: [
            {"contribuinte": id, "cpf": cpf, "nome": NAMES[cpf]}
            for id in COMPANIES
            for cpf in PEOPLE
            if chance.random() < 0.4
        ],
        designacoes: [],
        procuracoes: [],
    }
    for number in range(16):
        id, documents = chance.choice(everybody)
        place = chance.choice(list(PLACES))
        rows[inscricoes].append(
            {
                "uf": "AM",
                "numero": f"{40000000 + number:09d}",
                "documento": chance.choice(documents),
                "contribuinte": id,
                "situacao": chance.choice(["ATIVA", "ATIVA", "ATIVA", "BAIXADA"]),
                "municipio": place,
                "busca": PLACES[place],
            }
        )
    for number in range(6):
        empresa = chance.choice(list(COMPANIES))
        rows[designacoes].append(
            {
                "id": f"d{number}",
                "empresa": chance.choice(COMPANIES[empresa]),
                "empresa_contribuinte": empresa,
                "empresa_nome": NAMES[empresa],
                "pessoa": chance.choice(PEOPLE),
                "pessoa_nome": "x",
                "poderes": chance.choice(["todos", "todos", "dte.consultar", "dte.consultar|nfe.consultar"]),
                "clientes": chance.choice(["", "", "99990001", "90000102253|99990002"]),
                "inicio": NOW - chance.choice([DAY, DAY, -DAY]),
                "fim": NOW + 2 * DAY,
                "estado": chance.choice(["ATIVA", "ATIVA", "ENCERRADA"]),
                "estado_em": None,
            }
        )
    for number in range(60):
        rows[procuracoes].append(_procuracao(chance, number, everybody, rows))
    return rows


def _procuracao(
    chance: random.Random, number: int, everybody: list[Any], rows: dict[Any, list[dict[str, Any]]]
) -> dict[str, Any]:
    (giver, documents), (taker, takers) = chance.sample(everybody, 2)
    parent = chance.choice(rows[procuracoes]) if rows[procuracoes] and chance.random() < 0.4 else None
    if parent is not None:
        giver, documents = parent["outorgante_contribuinte"], (parent["outorgante"],)
    named = [f"AM:{row['numero']}" for row in rows[inscricoes] if row["contribuinte"] == giver]
    escopo = chance.choice(["raiz", "raiz", "estabelecimento", "inscricoes" if named else "raiz"])
    inicio, fim = chance.choice([(-5, 5), (-5, 5), (-5, 5), (-5, -1), (1, 5), (0, 5), (-5, 0)])
    outorgado = chance.choice(takers)
    drawn = {
        "id": f"p{number}",
        "outorgante": chance.choice(documents),
        "outorgante_contribuinte": giver,
        "outorgante_nome": NAMES[giver],
        "outorgante_busca": SEARCHED[giver],
        "outorgado": outorgado,
        "outorgado_contribuinte": taker,
        "outorgado_nome": NAMES[taker],
        "poderes": chance.choice(["todos", "dte.consultar", "dte.consultar|nfe.consultar", "nfe.consultarx"]),
        "escopo": escopo,
        "inscricoes": "|".join(sorted(chance.sample(named, chance.randint(1, len(named)))))
        if escopo == "inscricoes"
        else "",
        "inicio": NOW + inicio * DAY,
        "fim": NOW + fim * DAY,
        "estado": chance.choice(["ATIVA"] * 6 + ["PENDENTE", "SUSPENSA", "REVOGADA"]),
        "substabelecivel": chance.random() < 0.8,
        "pai": parent["id"] if parent else None,
        "nivel_minimo": chance.choice([None, None, "A1", "A3", "A4"]),
        "cedida_a": chance.choice([None, None, None, None, "p0"]),
    }
    if parent is not None and chance.random() < 0.8:  # most substabelecimentos are lawful
        drawn |= {name: parent[name] for name in ("poderes", "escopo", "inscricoes", "inicio", "fim")}
        parent["substabelecivel"] = True
    if drawn["outorgante"] == drawn["outorgado"]:
        drawn |= {"outorgado": "90000107212", "outorgado_contribuinte": "90000107212"}
    return drawn


Everything = list[tuple[RepresentationRef, Fatos]]


def everything(store: SqlStore, rows: Any, holder: Holder) -> Everything:
    """The facts of every inscrição on every basis there is."""
    procuracao = [(Modo.PROCURACAO, given["id"]) for given in rows[procuracoes]]
    bases = [(Modo.TITULAR, None), (Modo.REPRESENTANTE_LEGAL, None), *procuracao]
    found: Everything = []
    with store.reading() as uow:
        for row in rows[inscricoes]:
            for modo, id in bases:
                ref = RepresentationRef(InscricaoId(row["uf"], row["numero"]), modo, id)
                fatos = uow.cadastro.facts(holder, ref, lock=False)
                assert fatos is not None
                found.append((ref, fatos))
    return found


def judge(holder: Holder, found: Everything, procura: Procura) -> tuple[set[str], dict[str, str]]:
    """What is available, and why the rest is not."""
    available: set[str] = set()
    missing: dict[str, str] = {}
    given: dict[str, Any] = {"nivel": procura.nivel, "demanda": procura.demanda, "at": procura.at}
    for ref, fatos in found:
        try:
            represent(holder, ref.modo, fatos, regras=Regras(raiz=procura.raiz), **given)
            available.add(str(ref))
        except NotRepresentable as refusal:
            missing[str(ref)] = refusal.motivo
    return available, missing


def listed(store: SqlStore, holder: Holder, procura: Procura, *, limit: int) -> Everything:
    """Every page, put together."""
    found: Everything = []
    with store.reading() as uow:
        while page := uow.vinculos.page(holder, procura, limit=limit, offset=len(found)):
            assert len(page) <= limit
            for modo, fatos in page:
                granted = fatos.cadeia[0].id if fatos.cadeia else None
                found.append((RepresentationRef(fatos.inscricao.id, modo, granted), fatos))
        assert uow.vinculos.count(holder, procura, cap=10_000) == len(found)
    return found


@pytest.fixture
def drawn(database_url: str, request: pytest.FixtureRequest) -> Iterator[tuple[SqlStore, Any]]:
    store = open_store(database_url)
    rows = draw(request.param)
    with store.engine.begin() as connection:
        for table, values in rows.items():
            if values:
                connection.execute(insert(table), values)
    yield store, rows
    store.close()


FEW, MANY = range(2), range(2, 60)
seeds = pytest.mark.parametrize(
    "drawn", [*FEW, *(pytest.param(seed, marks=pytest.mark.deep) for seed in MANY)], indirect=True
)


@seeds
@pytest.mark.attack("ATK-120")
@pytest.mark.attack("ATK-129")
def test_the_pages_together_are_what_judging_everything_gives(drawn: tuple[SqlStore, Any]) -> None:
    store, rows = drawn
    for holder in HOLDERS:
        facts = everything(store, rows, holder)
        for demanda in DEMANDS:
            compare(store, holder, facts, Procura(demanda, Nivel.A3, NOW))
        compare(store, holder, facts, Procura(Demanda(), Nivel.A1, NOW, raiz=False))


def compare(store: SqlStore, holder: Holder, facts: Everything, procura: Procura) -> None:
    available, missing = judge(holder, facts, procura)
    offered = listed(store, holder, procura, limit=4)
    seen = [str(ref) for ref, _ in offered]
    assert len(seen) == len(set(seen)), "one choice stands on two pages"
    accepted, refused = judge(holder, offered, procura)
    assert accepted == available
    assert refused.items() <= missing.items(), "the list's facts and those of one choice differ"
    rest = {str(ref) for ref, _ in listed(store, holder, replace(procura, parte=Parte.INDISPONIVEIS), limit=100)}
    assert not available & rest
    told = {str(ref) for ref, fatos in facts if _concerns(fatos, procura) and missing.get(str(ref))}
    assert told - {ref for ref, motivo in missing.items() if motivo == Motivo.SEM_VINCULO} <= rest | set(seen)


def _concerns(fatos: Fatos, procura: Procura) -> bool:
    """Asked for, within the scope, and not told by itself as what waits to be accepted."""
    asked, first = procura.demanda.inscricao, fatos.cadeia[:1]
    return asked in (None, fatos.inscricao.id) and all(
        link.escopo.reaches(link.outorgante, fatos.inscricao) and link.estado is not EstadoProcuracao.PENDENTE
        for link in first
    )
