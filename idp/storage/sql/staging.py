"""The cadastro's import: records gather in temporary tables, then one transaction merges what differs.

While a file is read nothing is locked, on either database. The merge takes its row locks in the order that
``storage.sql.cadastro`` states, so journeys and imports do not wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine

from idp.cadastro.importacao import Counts, Difference, Numbered
from idp.cadastro.registros import Contribuinte, Estabelecimento, Registro, Representante
from idp.domain.busca import busca
from idp.domain.documents import CPF
from idp.domain.procuracao import Procuracao
from idp.ports import AuditEvent
from idp.storage.sql import rows
from idp.storage.sql.audit import SqlAudit
from idp.storage.sql.engine import answering
from idp.storage.sql.staged import (
    ALTERED,
    CHECKS,
    CONTRIBUINTES,
    ESTABELECIMENTOS,
    INSCRICOES,
    LOCK,
    OURS,
    PROCURACOES,
    REPRESENTANTES,
    TARGETS,
    Target,
    temporary,
)


class SqlStaging:
    """Implements :class:`idp.cadastro.importacao.Staging` on a connection in autocommit that is closed afterwards."""

    def __init__(self, connection: Connection, at: datetime) -> None:
        self._connection = connection
        self._at = at
        self._postgresql = connection.dialect.name == "postgresql"

    def add(self, batch: Sequence[Numbered]) -> None:
        by_target: dict[Target, list[tuple[Any, ...]]] = {}
        for line, record in batch:
            for target, values in _encode(record):
                values["linha"] = line
                values.setdefault("removido", False)
                by_target.setdefault(target, []).append(tuple([values[name] for name in target.columns]))
        for target, records in by_target.items():
            if self._postgresql:
                self._copy(target, records)
            else:
                self._insert(target, records)

    def _copy(self, target: Target, records: Sequence[tuple[Any, ...]]) -> None:
        driver: Any = self._connection.connection.dbapi_connection
        with driver.cursor() as cursor:
            with cursor.copy(f"COPY {target.new.name} ({', '.join(target.columns)}) FROM STDIN") as copy:
                for record in records:
                    copy.write_row(record)

    def _insert(self, target: Target, records: Sequence[tuple[Any, ...]]) -> None:
        if target is PROCURACOES:  # the only one with moments
            records = [tuple(map(_moment, record)) for record in records]
        places = ", ".join("?" * len(target.columns))
        sql = f"INSERT OR REPLACE INTO {target.new.name} ({', '.join(target.columns)}) VALUES ({places})"  # noqa: S608
        with self._transaction("BEGIN"):  # of the temporary table alone: nobody waits for it
            self._connection.exec_driver_sql(sql, list(records))

    def drop_unresolved(self) -> Iterator[tuple[int, str]]:
        if self._postgresql:
            for target in TARGETS:
                self._last_wins(target)
        for statement, reason in CHECKS:
            while lines := self._connection.execute(statement).scalars().all():
                for line in lines:
                    yield line, f"{reason}, here or in the file"
        for statement, reason in ALTERED:
            for line in self._connection.execute(statement).scalars().all():
                yield line, reason

    def _last_wins(self, target: Target) -> None:
        name, key = target.new.name, ", ".join(target.key)
        same = " AND ".join(f"later.{column} = {name}.{column}" for column in target.key)
        self._connection.exec_driver_sql(f"ANALYZE {name}")
        self._connection.exec_driver_sql(
            f"DELETE FROM {name} WHERE EXISTS (SELECT FROM {name} later WHERE {same} AND later.linha > {name}.linha)"  # noqa: S608
        )
        self._connection.exec_driver_sql(f"CREATE UNIQUE INDEX ON {name} ({key})")

    def compare(self) -> Mapping[str, Counts]:
        return {target.name: self._counts(target) for target in TARGETS}

    def differences(self, most: int | None = None) -> Iterator[Difference]:
        with self._transaction("BEGIN"):  # a cursor on the server lives in one; it only reads
            for target in TARGETS:
                for kind in ("added", "changed", "removed", "kept"):
                    statement = target.differences(kind).limit(most).execution_options(yield_per=1000)
                    for row in self._connection.execute(statement).mappings():
                        one = _difference(target, kind, row)
                        if one.fields or kind != "changed":  # the text for searching alone is nobody's difference
                            yield one

    def merge(self, summary: Mapping[str, object]) -> Mapping[str, Counts]:
        same = {target.name: self._prune(target) for target in TARGETS}
        with self._transaction("BEGIN" if self._postgresql else "BEGIN IMMEDIATE"):
            if self._postgresql:
                self._connection.execute(LOCK)
            rest = self.compare()
            found = {name: replace(counts, same=counts.same + same[name]) for name, counts in rest.items()}
            for target in TARGETS:
                self._connection.execute(target.merge.on(self._connection), {"at": self._at})
            self._connection.execute(REPRESENTANTES.remove)
            tables = {name: {k: v for k, v in asdict(counts).items() if v} for name, counts in found.items()}
            event = AuditEvent("cadastro.imported", self._at, {**summary, "tables": tables})
            SqlAudit(self._connection).append(event)
        self._analyze()
        return found

    def _analyze(self) -> None:
        """Or a database just filled is read as if it were empty: a login would read every inscrição."""
        if not self._postgresql:
            self._connection.exec_driver_sql("PRAGMA analysis_limit = 1000")  # and the writer's lock is brief
        for target in TARGETS:
            self._connection.exec_driver_sql(f"ANALYZE {target.name}")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.exec_driver_sql(begin)
        try:
            yield
        except BaseException:
            self._connection.exec_driver_sql("ROLLBACK")
            raise
        self._connection.exec_driver_sql("COMMIT")

    def _prune(self, target: Target) -> int:
        with self._transaction("BEGIN"):
            return self._connection.execute(target.prune).rowcount

    def _counts(self, target: Target) -> Counts:
        row = self._connection.execute(target.counts).one()
        unchanged = row.all - row.new - row.changed - row.kept - row.removed
        return Counts(row.new, row.changed, unchanged, row.kept, row.removed)


@contextmanager
def staging(reader: Engine, at: datetime) -> Iterator[SqlStaging]:
    """A staging area for one import at the moment ``at``; ``reader`` is in autocommit."""
    with answering(), reader.connect() as connection:
        connection.detach()  # closing it drops the temporary tables
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET temp_buffers = '64MB'")
            connection.exec_driver_sql("SET work_mem = '64MB'")
        temporary.create_all(connection, checkfirst=False)
        if connection.dialect.name == "sqlite":
            for target in TARGETS:
                key = ", ".join(target.key)
                connection.exec_driver_sql(
                    f"CREATE UNIQUE INDEX temp.uq_{target.new.name} ON {target.new.name} ({key})"
                )
        yield SqlStaging(connection, at)


def _difference(target: Target, kind: str, row: Mapping[Any, Any]) -> Difference:
    fields: dict[str, tuple[Any, Any]] = {}
    if kind in ("changed", "kept"):
        names = [name for name in row if f"{name}_old" in row]
        fields = {name: (row[f"{name}_old"], row[name]) for name in names if row[f"{name}_old"] != row[name]}
    elif kind == "added":
        fields = {name: (None, row[name]) for name in row if f"{name}_old" in row and name not in target.key}
    return Difference(target.name, kind, {name: row[name] for name in target.key}, fields)


# Municípios and the parties of procurações repeat.
_busca = lru_cache(maxsize=4096)(busca)


def _moment(value: Any) -> Any:
    """As the type Moment writes it in SQLite."""
    return (
        value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        if isinstance(value, datetime)
        else value
    )


def _encode(record: Registro) -> Iterator[tuple[Target, dict[str, Any]]]:
    if isinstance(record, Procuracao):
        values = rows.procuracao_values(record)
        yield PROCURACOES, {name: value for name, value in values.items() if name not in OURS}
    elif isinstance(record, Representante):
        empresa = rows.contribuinte_id(record.empresa)
        yield (
            REPRESENTANTES,
            {"contribuinte": empresa, "cpf": record.cpf.numero, "nome": record.nome, "removido": not record.vigente},
        )
    else:
        documento, contribuinte = record.documento.numero, rows.contribuinte_id(record.documento)
        if isinstance(record, Contribuinte):
            yield CONTRIBUINTES, {"id": contribuinte, "nome": record.nome, "busca": _busca(record.nome)}
            if isinstance(record.documento, CPF):
                yield ESTABELECIMENTOS, {"documento": documento, "contribuinte": contribuinte, "matriz": True}
        elif isinstance(record, Estabelecimento):
            yield (
                ESTABELECIMENTOS,
                {"documento": documento, "contribuinte": contribuinte, "matriz": record.matriz},
            )
        else:
            yield (
                INSCRICOES,
                {
                    "uf": record.id.uf,
                    "numero": record.id.numero,
                    "documento": documento,
                    "contribuinte": contribuinte,
                    "situacao": record.situacao.value,
                    "municipio": record.municipio,
                    "busca": _busca(f"{record.municipio} {record.id.uf}"),
                },
            )
