"""The cadastro's import: records gather in temporary tables, then one short transaction merges what differs.

While a file is read nothing is locked, on either database. The merge takes its row locks in the order that
``storage.sql.cadastro`` states, so journeys and imports do not wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union,
)

from idp.cadastro.importacao import Counts, Numbered
from idp.cadastro.registros import Contribuinte, Estabelecimento, Registro, Representante
from idp.domain.busca import busca
from idp.domain.documents import CPF
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.ports import AuditEvent
from idp.storage.sql import rows
from idp.storage.sql.audit import SqlAudit
from idp.storage.sql.engine import answering
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import Moment, contribuintes, estabelecimentos, inscricoes, procuracoes, representantes

_IN_FORCE = (EstadoProcuracao.PENDENTE, EstadoProcuracao.ATIVA, EstadoProcuracao.SUSPENSA)
_ENDED = [estado.value for estado in EstadoProcuracao if estado not in _IN_FORCE]
_AT: BindParameter[datetime] = bindparam("at", type_=Moment())
_temporary = MetaData()
_OURS = ("estado_em", "fetched_at", "sem_reserva", "cedida_a", "criada_em")
"""Columns that no file says anything about."""


def _kept(estado: ColumnElement[str]) -> ColumnElement[bool]:
    """A procuração that has ended here stays as it ended, whatever a file says."""
    return and_(procuracoes.c.estado.in_(_ENDED), procuracoes.c.estado != estado)


class _Target:
    """A table, its temporary twin and the statements between them. The twin adds ``linha``, where in the file, and
    ``removido``, which only a representante can be."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = str(table.name)
        names = [column.name for column in table.columns if column.name not in _OURS]
        self.new = Table(
            f"novos_{table.name}",
            _temporary,
            *(Column(name, table.c[name].type, primary_key=table.c[name].primary_key) for name in names),
            Column("linha", Integer, nullable=False),
            Column("removido", Boolean, nullable=False),
            prefixes=["TEMPORARY"],
        )
        key = [column.name for column in table.primary_key]
        both = self.new.outerjoin(table, and_(*(self.new.c[name] == table.c[name] for name in key)))
        absent = table.c[key[0]].is_(None)
        differs = or_(*(self.new.c[name].is_distinct_from(table.c[name]) for name in names))
        kept = and_(~absent, _kept(self.new.c.estado)) if table is procuracoes else false()
        wanted = and_(~self.new.c.removido, or_(absent, and_(differs, ~kept)))
        removed = and_(self.new.c.removido, ~absent)

        self.keys = [self.new.c[name] for name in key]
        self.touched = or_(wanted, removed)
        self.both = both
        self.counts = select(
            *(
                func.count(case((condition, 1))).label(name)
                for name, condition in (
                    ("new", and_(absent, ~self.new.c.removido)),
                    ("changed", and_(wanted, ~absent)),
                    ("kept", kept),
                    ("removed", removed),
                    ("all", true()),
                )
            )
        ).select_from(both)
        self.remove = delete(table).where(
            exists().where(self.new.c.removido, *(self.new.c[name] == table.c[name] for name in key))
        )
        self.stage = Upsert(lambda insert: _stage(insert(self.new), key))
        changes = select(*(self.new.c[name] for name in names)).select_from(both).where(wanted).order_by(*self.keys)
        self.merge = Upsert(lambda insert: _merge(insert(table).from_select(names, changes), table, names))


def _stage(statement: Any, key: list[str]) -> Any:
    values = {column.name: column for column in statement.excluded if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def _merge(statement: Any, table: Table, names: list[str]) -> Any:
    values = {name: statement.excluded[name] for name in names}
    unless = None
    if table is procuracoes:
        estado = statement.excluded.estado
        values["estado_em"] = case((procuracoes.c.estado != estado, _AT), else_=procuracoes.c.estado_em)
        unless = ~_kept(estado)  # once more, on the row as it is when we have it locked
    return statement.on_conflict_do_update(index_elements=[*table.primary_key], set_=values, where=unless)


_CONTRIBUINTES, _ESTABELECIMENTOS = _Target(contribuintes), _Target(estabelecimentos)
_INSCRICOES, _PROCURACOES, _REPRESENTANTES = _Target(inscricoes), _Target(procuracoes), _Target(representantes)
_TARGETS = (_CONTRIBUINTES, _ESTABELECIMENTOS, _INSCRICOES, _PROCURACOES, _REPRESENTANTES)
"""In the order of references and of locks."""


def _unresolved(child: _Target, column: str, parent: _Target) -> Executable:
    reference = child.new.c[column]
    key = next(iter(parent.table.primary_key)).name
    return (
        delete(child.new)
        .where(
            reference.is_not(None),
            ~exists().where(parent.table.c[key] == reference),
            ~exists().where(parent.new.alias("outros").c[key] == reference),
        )
        .returning(child.new.c.linha)
    )


_CHECKS = (
    (_unresolved(_ESTABELECIMENTOS, "contribuinte", _CONTRIBUINTES), "documento: no such contribuinte"),
    (_unresolved(_INSCRICOES, "documento", _ESTABELECIMENTOS), "documento: no such estabelecimento"),
    (_unresolved(_REPRESENTANTES, "contribuinte", _CONTRIBUINTES), "documento: no such contribuinte"),
    (_unresolved(_PROCURACOES, "pai", _PROCURACOES), "pai: no such procuracao"),
)
# Whoever changes a company's representantes holds its contribuinte first (see storage.sql.cadastro).
_LOCK = (
    select(contribuintes.c.id)
    .where(
        contribuintes.c.id.in_(
            union(
                *(
                    select(target.new.c[column]).select_from(target.both).where(target.touched)
                    for target, column in ((_CONTRIBUINTES, "id"), (_REPRESENTANTES, "contribuinte"))
                )
            )
        )
    )
    .order_by(contribuintes.c.id)
    .with_for_update(key_share=True)
)


class SqlStaging:
    """Implements :class:`idp.cadastro.importacao.Staging` on a connection in autocommit that is closed afterwards."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at

    def add(self, batch: Sequence[Numbered]) -> None:
        by_target: dict[_Target, list[dict[str, Any]]] = {}
        for line, record in batch:
            for target, values in _encode(record):
                by_target.setdefault(target, []).append({"linha": line, "removido": False, **values})
        for target, records in by_target.items():
            self._connection.execute(target.stage.on(self._connection), records)

    def drop_unresolved(self) -> Iterator[tuple[int, str]]:
        for statement, reason in _CHECKS:
            while lines := self._connection.execute(statement).scalars().all():
                for line in lines:
                    yield line, f"{reason}, here or in the file"

    def compare(self) -> Mapping[str, Counts]:
        return {target.name: self._counts(target) for target in _TARGETS}

    def merge(self, summary: Mapping[str, object]) -> Mapping[str, Counts]:
        postgresql = self._connection.dialect.name == "postgresql"
        if postgresql:
            for target in _TARGETS:
                self._connection.exec_driver_sql(f"ANALYZE {target.new.name}")
        self._connection.exec_driver_sql("BEGIN" if postgresql else "BEGIN IMMEDIATE")
        try:
            self._connection.execute(_LOCK)
            found = self.compare()
            for target in _TARGETS:
                self._connection.execute(target.merge.on(self._connection), {"at": self._at})
            self._connection.execute(_REPRESENTANTES.remove)
            tables = {name: {k: v for k, v in asdict(counts).items() if v} for name, counts in found.items()}
            event = AuditEvent("cadastro.imported", self._at, {**summary, "tables": tables})
            SqlAudit(self._connection).append(event)
        except BaseException:
            self._connection.exec_driver_sql("ROLLBACK")
            raise
        self._connection.exec_driver_sql("COMMIT")
        return found

    def _counts(self, target: _Target) -> Counts:
        row = self._connection.execute(target.counts).one()
        unchanged = row.all - row.new - row.changed - row.kept - row.removed
        return Counts(row.new, row.changed, unchanged, row.kept, row.removed)


@contextmanager
def staging(reader: Engine, at: datetime) -> Iterator[SqlStaging]:
    """A staging area for one import at the moment ``at``; ``reader`` is in autocommit."""
    with answering(), reader.connect() as connection:
        connection.detach()  # closing it drops the temporary tables
        _temporary.create_all(connection, checkfirst=False)
        yield SqlStaging(connection, at)


def _encode(record: Registro) -> Iterator[tuple[_Target, dict[str, Any]]]:
    if isinstance(record, Procuracao):
        values = rows.procuracao_values(record)
        yield _PROCURACOES, {name: value for name, value in values.items() if name not in _OURS}
    elif isinstance(record, Representante):
        empresa = rows.contribuinte_id(record.empresa)
        yield (
            _REPRESENTANTES,
            {"contribuinte": empresa, "cpf": record.cpf.numero, "nome": record.nome, "removido": not record.vigente},
        )
    else:
        documento, contribuinte = record.documento.numero, rows.contribuinte_id(record.documento)
        if isinstance(record, Contribuinte):
            yield _CONTRIBUINTES, {"id": contribuinte, "nome": record.nome, "busca": busca(record.nome)}
            if isinstance(record.documento, CPF):
                yield _ESTABELECIMENTOS, {"documento": documento, "contribuinte": contribuinte, "matriz": True}
        elif isinstance(record, Estabelecimento):
            yield (
                _ESTABELECIMENTOS,
                {"documento": documento, "contribuinte": contribuinte, "matriz": record.matriz},
            )
        else:
            yield (
                _INSCRICOES,
                {
                    "uf": record.id.uf,
                    "numero": record.id.numero,
                    "documento": documento,
                    "contribuinte": contribuinte,
                    "situacao": record.situacao.value,
                    "municipio": record.municipio,
                    "busca": busca(f"{record.municipio} {record.id.uf}"),
                },
            )
