"""What is kept of a person, table by table: how it is found, and that all of it is handed over (LGPD art. 18).

Every table is in :data:`PERSONAL` or in :data:`IMPERSONAL`, with the reason, and of a personal table every column goes
into the export but those it withholds. A table that is in neither fails the tests; a new column is exported by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, and_, delete, false, or_, select

from idp.audit import subjects
from idp.domain.documents import CNPJ, CPF, Documento
from idp.storage.sql.engine import answering, snapshot
from idp.storage.sql.store import SqlStore
from idp.storage.sql.tables import (
    atos,
    audit,
    consents,
    contribuintes,
    designacoes,
    estabelecimentos,
    grants,
    inscricoes,
    outbox,
    pedidos,
    perfis,
    preferencias,
    procuracoes,
    representantes,
)


@dataclass(frozen=True, slots=True)
class Whose:
    """A person, by every name that a row may have for him: the document, the ``sub`` at each client, and the keyed
    digest under which he keeps choices (``preferencias``). ``raiz``: a CNPJ means its whole company; else only this
    establishment, and of the company no more than the name that its certificate bears: who represents the others and
    what they told of themselves is not its own."""

    documento: Documento
    subs: Collection[str] = ()
    quem: Collection[str] = ()
    raiz: bool = True

    @property
    def id(self) -> str:
        """The contribuinte id."""
        return self.documento.raiz if isinstance(self.documento, CNPJ) else self.documento.numero

    @property
    def cpf(self) -> str | None:
        return self.documento.numero if isinstance(self.documento, CPF) else None

    @property
    def establishment(self) -> str | None:
        """The CNPJ, where it stands for itself alone."""
        return None if self.raiz or isinstance(self.documento, CPF) else self.documento.numero


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that names people, which of its rows are a person's, and the columns that are ours rather than his (what
    would open something, and what only finds)."""

    table: Table
    whose: Callable[[Whose], ColumnElement[bool]]
    withheld: tuple[str, ...] = ()


def _named(column: ColumnElement[Any], who: Whose) -> ColumnElement[bool]:
    """A column of CPFs names him. A company has none, and what names nobody is not therefore its own."""
    return false() if who.cpf is None else column == who.cpf


def _belongs(contribuinte: ColumnElement[str], documento: ColumnElement[str], who: Whose) -> ColumnElement[bool]:
    """By the column of the contribuinte id, and where only an establishment is meant by its own."""
    return contribuinte == who.id if who.establishment is None else documento == who.establishment


def _parties(table: Table) -> Callable[[Whose], ColumnElement[bool]]:
    c = table.c
    return lambda who: or_(
        _belongs(c.outorgante_contribuinte, c.outorgante, who), _belongs(c.outorgado_contribuinte, c.outorgado, who)
    )


def _procuracoes(who: Whose) -> ColumnElement[bool]:
    """Given, received, and what was passed on of one that he received."""
    received = procuracoes.alias("recebida")
    above = select(received.c.id).where(_belongs(received.c.outorgado_contribuinte, received.c.outorgado, who))
    return or_(_parties(procuracoes)(who), procuracoes.c.pai.in_(above))


def _under(column: ColumnElement[str], names: Collection[str]) -> ColumnElement[bool]:
    """One of ``names``, or for a company ``name.digest`` of each person who came with its certificate."""
    return or_(false(), *(or_(column == name, column.startswith(f"{name}.", autoescape=True)) for name in names))


def _company(contribuinte: ColumnElement[str], who: Whose) -> ColumnElement[bool]:
    """Rows of a whole company or of a natural person; an establishment has none."""
    return contribuinte == who.id if who.establishment is None else false()


def _designacoes(who: Whose) -> ColumnElement[bool]:
    company = _belongs(designacoes.c.empresa_contribuinte, designacoes.c.empresa, who)
    return or_(company, _named(designacoes.c.pessoa, who))


def _atos(who: Whose) -> ColumnElement[bool]:
    """His own, and those on what he gave or received: their texts name him."""
    return or_(
        atos.c.por == who.documento.numero,
        _named(atos.c.pessoa, who),
        atos.c.procuracao.in_(select(procuracoes.c.id).where(_procuracoes(who))),
        atos.c.designacao.in_(select(designacoes.c.id).where(_designacoes(who))),
    )


def _grants(who: Whose) -> ColumnElement[bool]:
    mine = grants.c.titular == who.id
    return mine if who.establishment is None else and_(mine, grants.c.holder.contains(f'"{who.establishment}"'))


PERSONAL: tuple[Kept, ...] = (
    Kept(contribuintes, lambda who: contribuintes.c.id == who.id, ("busca",)),
    Kept(estabelecimentos, lambda who: _belongs(estabelecimentos.c.contribuinte, estabelecimentos.c.documento, who)),
    Kept(inscricoes, lambda who: _belongs(inscricoes.c.contribuinte, inscricoes.c.documento, who), ("busca",)),
    Kept(
        representantes, lambda who: or_(_company(representantes.c.contribuinte, who), _named(representantes.c.cpf, who))
    ),
    Kept(procuracoes, _procuracoes, ("outorgante_busca", "outorgado_busca")),
    Kept(designacoes, _designacoes),
    Kept(pedidos, _parties(pedidos), ("rotulo", "rotulo_busca")),  # what one party calls the other is for neither copy
    Kept(atos, _atos),
    Kept(perfis, lambda who: _company(perfis.c.titular, who)),
    Kept(preferencias, lambda who: _under(preferencias.c.quem, who.quem), ("quem",)),
    Kept(consents, lambda who: _under(consents.c.sub, who.subs)),
    Kept(grants, _grants, ("code_digest", "code_challenge", "nonce")),
    Kept(outbox, lambda who: _under(outbox.c.sub, who.subs), ("last_error",)),
    Kept(audit, lambda who: false()),  # found by its subjects: see ``_acts``
)
"""Tables that name people, in the order of the export."""

IMPERSONAL: Mapping[str, str] = {
    "meta": "the installation's own facts",
    "clients": "applications; their contacts are the registrant's, who has them from idp client show",
    "registration_tokens": "of applications not registered yet",
    "return_codes": "gone within minutes, and found by no person's name",
    "assertions": "of applications, gone within minutes",
    "ephemeral": "gone with the session or the request; what came of it is in grants and audit",
    "audit_subjects": "by which names the audit's rows are found; the rows themselves are exported",
    "cadastro_fetches": "when a remote cadastro last answered; what it said is in the cadastro's tables",
}
"""Tables of which nothing is exported, and why."""


def export_person(store: SqlStore, who: Whose, at: datetime) -> dict[str, Any]:
    """Everything kept of a person as one JSON document: each personal table with the rows that are his, each member
    named as its column. Whoever calls records that it was read."""
    tables: dict[str, list[dict[str, Any]]] = {}
    with answering(), snapshot(store.reader) as connection:
        for kept in PERSONAL:
            columns = [column for column in kept.table.columns if column.name not in kept.withheld]
            found = connection.execute(
                select(*columns).where(kept.whose(who)).order_by(*kept.table.primary_key.columns)
            )
            tables[str(kept.table.name)] = [_readable(row._mapping) for row in found]
    tables[str(audit.name)] = list(_acts(store, who))
    return {"documento": str(who.documento), "at": at.isoformat(timespec="seconds"), "tables": tables}


def forget_person(store: SqlStore, who: Whose) -> dict[str, int]:
    """Delete what no legal term holds: what the person told of himself, remembered consents, choices kept at the top of
    the list. How many rows of each table."""
    with answering(), store.engine.begin() as connection:
        done = {
            str(kept.table.name): connection.execute(delete(kept.table).where(kept.whose(who))).rowcount
            for kept in PERSONAL
            if kept.table in (perfis, consents, preferencias)
        }
    return {name: count for name, count in done.items() if count}


def _acts(store: SqlStore, who: Whose) -> Sequence[dict[str, Any]]:
    """The sealed rows about him. They are found by the company: those of one establishment name it."""
    only = who.establishment
    return [
        {"at": row.at.isoformat(), "kind": row.kind, "payload": orjson.loads(row.payload)}
        for row in store.trail().search([subjects.person(who.documento)])
        if row.payload is not None and (only is None or only in row.payload)
    ]


def _readable(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value.isoformat() if isinstance(value, datetime) else _parsed(value) for name, value in row.items()
    }


def _parsed(value: Any) -> Any:
    """JSON that is kept as text becomes JSON again."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except ValueError:
            return value
    return value
