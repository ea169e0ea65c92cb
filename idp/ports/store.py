"""The durable store as a whole."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from idp.ports.audit import Audit, AuditEvent
from idp.ports.cadastro import Cadastro, Preferencias, Vinculos
from idp.ports.grants import Assertions, Consents, Grants, Perfis, ReturnCodes
from idp.ports.outbox import Outbox
from idp.ports.outorga import Atos, Designacoes, Partes, Pedidos, Procuracoes


class UnitOfWork(Protocol):
    """One database transaction: everything in it becomes durable together, or nothing does."""

    @property
    def cadastro(self) -> Cadastro: ...
    @property
    def procuracoes(self) -> Procuracoes: ...
    @property
    def partes(self) -> Partes: ...
    @property
    def designacoes(self) -> Designacoes: ...
    @property
    def pedidos(self) -> Pedidos: ...
    @property
    def atos(self) -> Atos: ...
    @property
    def vinculos(self) -> Vinculos: ...
    @property
    def preferencias(self) -> Preferencias: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def perfis(self) -> Perfis: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def return_codes(self) -> ReturnCodes: ...
    @property
    def assertions(self) -> Assertions: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> Audit: ...


class Store(Protocol):
    """The durable store. ``begin`` commits on leaving the block and rolls back on an exception. Raises
    StoreUnavailable when the database does not answer."""

    def begin(self) -> AbstractContextManager[UnitOfWork]: ...

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """Reads only, each statement on its own; nothing is locked or written."""
        ...

    def record(self, event: AuditEvent) -> None:
        """The audit row of an act that changes nothing else: durable by itself."""
        ...
