"""The durable store: one database transaction, or single reads."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from idp.ports import AuditEvent
from idp.storage.sql.atos import SqlAtos
from idp.storage.sql.audit import SqlAudit, SqlAuditLog
from idp.storage.sql.cadastro import SqlCadastro
from idp.storage.sql.clients import CachedClients, SqlClientRegistry
from idp.storage.sql.consents import SqlConsents
from idp.storage.sql.designacoes import SqlDesignacoes
from idp.storage.sql.engine import answering, autocommit, transactional
from idp.storage.sql.fetched import SqlFetched
from idp.storage.sql.grants import SqlGrants
from idp.storage.sql.kept import Kept
from idp.storage.sql.outbox import SqlOutbox
from idp.storage.sql.partes import SqlPartes
from idp.storage.sql.pedidos import SqlPedidos
from idp.storage.sql.perfis import SqlPerfis
from idp.storage.sql.preferencias import SqlPreferencias
from idp.storage.sql.procuracoes import SqlProcuracoes
from idp.storage.sql.registrations import SqlRegistrations
from idp.storage.sql.spent import PURGE, SqlAssertions, SqlReturnCodes
from idp.storage.sql.staging import SqlStaging, staging
from idp.storage.sql.trail import SqlAuditTrail
from idp.storage.sql.vinculos import SqlVinculos

_LEEWAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SqlUnitOfWork:
    """Implements :class:`idp.ports.UnitOfWork` on one connection."""

    cadastro: SqlCadastro
    procuracoes: SqlProcuracoes
    partes: SqlPartes
    designacoes: SqlDesignacoes
    pedidos: SqlPedidos
    atos: SqlAtos
    vinculos: SqlVinculos
    preferencias: SqlPreferencias
    consents: SqlConsents
    perfis: SqlPerfis
    grants: SqlGrants
    return_codes: SqlReturnCodes
    assertions: SqlAssertions
    outbox: SqlOutbox
    audit: SqlAudit

    @classmethod
    def on(cls, connection: Connection) -> SqlUnitOfWork:
        return cls(
            SqlCadastro(connection),
            SqlProcuracoes(connection),
            SqlPartes(connection),
            SqlDesignacoes(connection),
            SqlPedidos(connection),
            SqlAtos(connection),
            SqlVinculos(connection),
            SqlPreferencias(connection),
            SqlConsents(connection),
            SqlPerfis(connection),
            SqlGrants(connection),
            SqlReturnCodes(connection),
            SqlAssertions(connection),
            SqlOutbox(connection),
            SqlAudit(connection),
        )


class SqlStore:
    """Implements :class:`idp.ports.Store`, and hands out what shares its two engines."""

    def __init__(self, engine: Engine, reader: Engine) -> None:
        """``engine`` begins transactions; ``reader`` is in autocommit."""
        self.engine = engine
        self.reader = reader
        self._writing = Kept(engine, SqlUnitOfWork.on)
        self._reading = Kept(reader, SqlUnitOfWork.on)

    def begin(self) -> AbstractContextManager[SqlUnitOfWork]:
        return self._writing.begin()

    def reading(self) -> AbstractContextManager[SqlUnitOfWork]:
        return self._reading.connect()

    def record(self, event: AuditEvent) -> None:
        with self._reading.connect() as uow:
            uow.audit.append(event)

    def clients(self, cache_seconds: float) -> CachedClients:
        """The cached reader of registered clients (:class:`idp.ports.Clients`)."""
        return CachedClients(self.reader, cache_seconds)

    def registry(self) -> SqlClientRegistry:
        """Their administration (:class:`idp.ports.ClientRegistry`)."""
        return SqlClientRegistry(self.engine)

    def registrations(self) -> SqlRegistrations:
        """Dynamic registration (:class:`idp.ports.Registrations`)."""
        return SqlRegistrations(self.engine)

    def audit_log(self) -> SqlAuditLog:
        """The audit rows for sealing and verification (:class:`idp.audit.Log`)."""
        return SqlAuditLog(self.engine, self.reader)

    def trail(self) -> SqlAuditTrail:
        """The audit rows by what they are about (:class:`idp.ports.audit.AuditTrail`)."""
        return SqlAuditTrail(self.reader)

    def fetched(self) -> SqlFetched:
        """Where answers of a remote cadastro are kept (:class:`idp.cadastro.remoto.Rows`)."""
        return SqlFetched(self.engine, self.reader)

    def staging(self, at: datetime) -> AbstractContextManager[SqlStaging]:
        """Where an import gathers its records (:class:`idp.cadastro.importacao.Staging`)."""
        return staging(self.reader, at)

    def purge(self, at: datetime) -> int:
        """Delete return codes and assertion ids that expired five minutes before ``at`` (more than any clock leeway),
        spent or not; how many. Return codes name people: they are kept no longer than they are of use."""
        with answering(), self.engine.begin() as connection:
            return sum(connection.execute(statement, {"at": at - _LEEWAY}).rowcount for statement in PURGE)

    def forget_receipts(self, before: datetime) -> int:
        """Delete what the outbox has of notices written until ``before``, except those still to be delivered; how
        many."""
        with answering(), self.engine.begin() as connection:
            return SqlOutbox(connection).purge(before)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()
        self.reader.dispose()


def open_store(database_url: str) -> SqlStore:
    """The store on a database, unconnected. Raises ConfigurationError for an unusable URL; whether the schema and the
    realm are right is ``schema.check``'s to say."""
    return SqlStore(transactional(database_url), autocommit(database_url))
