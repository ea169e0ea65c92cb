"""Statements of the protocol's hot paths, made ready for the driver once.

For a statement that SQLite answers in 3 µs, SQLAlchemy's execution takes 20: an execution context, a result object and
row objects, each time. Here its compiler and its types are used once for each dialect, and a call binds, executes and
fetches. Events, wrapped errors and the end of a broken connection stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable

from idp.storage.sql.statements import Upsert

Rows = list[tuple[Any, ...]]
_Convert = Callable[[Any], Any]


class Prepared:
    """A Core statement, or one that dialects spell differently. Every call gives the same parameters."""

    def __init__(self, statement: Executable | Upsert) -> None:
        self._statement = statement
        self._plans: dict[str, _Plan] = {}

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        """All rows, as tuples of Python values; none for a statement that returns nothing."""
        return self._plan(connection, parameters).rows(connection, parameters)

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row, if there is one."""
        rows = self.rows(connection, parameters)
        return rows[0] if rows else None

    def each(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of ``values``, in that order: one trip where the driver can. Nothing comes back."""
        self._plan(connection, values[0]).each(connection, values)

    def _plan(self, connection: Connection, parameters: Mapping[str, Any]) -> _Plan:
        dialect = connection.dialect
        plan = self._plans.get(dialect.name)
        if plan is None:
            statement = self._statement.on(connection) if isinstance(self._statement, Upsert) else self._statement
            plan = self._plans[dialect.name] = _Plan(statement, dialect, parameters)
        return plan


class _Plan:
    def __init__(self, statement: Executable, dialect: Dialect, parameters: Mapping[str, Any]) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(parameters))  # type: ignore[attr-defined]
        self._sql: str = compiled.string
        self._order: list[str] | None = compiled.positiontup if dialect.positional else None
        to_driver = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
        }
        self._constants = {
            name: convert(compiled.params[name]) if (convert := to_driver[name]) else compiled.params[name]
            for name in to_driver
            if name not in parameters
        }
        self._to_driver = [(name, convert) for name, convert in to_driver.items() if name in parameters and convert]
        # Asking the cursor instead would have psycopg describe every column of every answer.
        self._returns = bool(compiled._result_columns)
        results = (column.type.dialect_impl(dialect) for column in compiled._result_columns)
        from_driver = [kind.result_processor(dialect, None) for kind in results]
        self._from_driver = [(at, convert) for at, convert in enumerate(from_driver) if convert]

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        found = self._run(connection, self._bound(parameters), many=False)
        return [self._row(row) for row in found] if self._from_driver else found

    def each(self, connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
        self._run(connection, [self._bound(parameters) for parameters in values], many=True)

    def _run(self, connection: Connection, bound: Any, *, many: bool) -> Any:
        cursor = connection.connection.cursor()
        try:
            for listener in connection.dispatch.before_cursor_execute:
                listener(connection, cursor, self._sql, bound, None, many)
            if many:
                cursor.executemany(self._sql, bound)
            else:
                cursor.execute(self._sql, bound)
            return cursor.fetchall() if self._returns else []
        except connection.dialect.loaded_dbapi.Error as error:
            connection._handle_dbapi_exception(error, self._sql, bound, cursor, None)  # raises
        finally:
            cursor.close()

    def _bound(self, parameters: Mapping[str, Any]) -> Any:
        values = {**self._constants, **parameters}
        for name, to_driver in self._to_driver:
            values[name] = to_driver(values[name])
        return values if self._order is None else tuple([values[name] for name in self._order])

    def _row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at, convert in self._from_driver:
            values[at] = convert(values[at])
        return tuple(values)
