"""What the core needs from outside, as Protocols. Implementations live in the edges; ``tests/contracts`` runs one suite
on every implementation of a port. Moments are timezone-aware UTC; secrets arrive here as digests only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from idp.domain.client import Client
from idp.domain.person import Holder
from idp.ports.audit import Act, Audit, AuditEvent, AuditTrail, Narrow
from idp.ports.cadastro import Cadastro, CadastroSource, Preferencias, Vinculos
from idp.ports.certificates import Judge, Revocation
from idp.ports.clients import ClientRegistry, Clients, Document, Documents, Registrations
from idp.ports.ephemeral import Ephemeral, Sessions, Transactions
from idp.ports.grants import Assertions, Consents, Grants, Perfis, Remembered, ReturnCodes, Returned
from idp.ports.outbox import Delivery, Notice, Outbox
from idp.ports.outorga import Alvo, Atos, Consulta, Designacoes, Parte, Partes, Pedidos, Procuracoes, Rascunhos
from idp.ports.store import Store, UnitOfWork

__all__ = [
    "Act",
    "Alvo",
    "Assertions",
    "Atos",
    "Audit",
    "AuditEvent",
    "AuditTrail",
    "Cadastro",
    "CadastroSource",
    "ClientRegistry",
    "Clients",
    "Clock",
    "Consents",
    "Consulta",
    "Delivery",
    "Designacoes",
    "Document",
    "Documents",
    "Ephemeral",
    "Grants",
    "Identifiers",
    "Judge",
    "Narrow",
    "Notice",
    "Outbox",
    "Parte",
    "Partes",
    "Pedidos",
    "Perfis",
    "Preferencias",
    "Procuracoes",
    "Rascunhos",
    "Registrations",
    "Remembered",
    "ReturnCodes",
    "Returned",
    "Revocation",
    "Sessions",
    "Store",
    "Transactions",
    "UnitOfWork",
    "Vinculos",
]


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


class Identifiers(Protocol):
    """Keyed derivations. None of them is stored; all are reproducible from the backed-up keys."""

    def subject(self, holder: Holder, client: Client) -> str:
        """Pairwise (or public) ``sub`` of the holder at the client (OIDC Core §8.1). Never changes."""
        ...

    def refresh_mac(self, grant_id: str, generation: int) -> str:
        """base64url HMAC that makes the refresh token of this family and generation."""
        ...
