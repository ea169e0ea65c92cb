"""What consents and codes produce, and what is spent once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.domain.certificado import Verdict
from idp.domain.designacao import Designacao
from idp.domain.documents import Documento
from idp.domain.grant import CodeBinding, Grant
from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.domain.representation import Fatos, RepresentationRef


@dataclass(frozen=True, slots=True)
class Remembered:
    """What somebody agreed to at one client and is not asked again: for these choices, since and until when."""

    client_id: str
    scopes: frozenset[str]
    choices: tuple[RepresentationRef, ...]
    since: datetime
    until: datetime


class Consents(Protocol):
    """Remembered consents, per (sub, client, representation): the scopes agreed to, until when."""

    def granted(self, sub: str, client_id: str, choice: RepresentationRef, at: datetime) -> frozenset[str]: ...
    def recent(self, sub: str, client_id: str, at: datetime, *, limit: int) -> Sequence[RepresentationRef]:
        """The representations consented to and still remembered, the latest first."""
        ...

    def remembered(self, subs: Collection[str], at: datetime) -> Sequence[Remembered]:
        """Everything remembered at ``at`` under any of these, one for each client, by client id."""
        ...

    def remember(
        self, sub: str, client_id: str, choice: RepresentationRef, scopes: frozenset[str], at: datetime, until: datetime
    ) -> None: ...
    def forget(self, sub: str, client_id: str) -> None: ...


class Perfis(Protocol):
    """What holders told of themselves: one for all establishments of a company, one for each person."""

    def get(self, holder: Holder) -> Perfil | None: ...
    def put(self, holder: Holder, perfil: Perfil) -> None:
        """Store or replace."""
        ...

    def forget(self, holder: Holder) -> None:
        """Leave nothing of it."""
        ...


class Grants(Protocol):
    """Token families and the codes that open them."""

    def add(self, grant: Grant, code_digest: str, binding: CodeBinding, transaction_id: str) -> None:
        """A new family with its unspent code. Raises AlreadySpent when this Transaction has issued one before."""
        ...

    def take_code(self, code_digest: str, client_id: str, at: datetime) -> tuple[Grant, CodeBinding] | None:
        """Spend the code in one conditional UPDATE. None when unknown, expired, revoked, spent or another client's."""
        ...

    def replayed(self, code_digest: str, client_id: str) -> str | None:
        """The family whose code this is, if it was spent before: its id, to be revoked (RFC 6749 §4.1.2)."""
        ...

    def rotate(self, grant_id: str, client_id: str, generation: int, at: datetime) -> Grant | None:
        """Move the family from ``generation`` to the next in one conditional UPDATE, setting ``rotated_at``; the grant
        as it is afterwards. None when it is not at that generation, revoked, expired or another client's."""
        ...

    def get(self, grant_id: str, *, lock: bool = False) -> Grant | None: ...

    def in_use(self, grant_id: str) -> tuple[Grant, Fatos, Perfil | None] | None:
        """A grant together with the facts of its representation and what its holder told of himself, read in ONE
        statement without locks: for userinfo and introspection. None when unknown. Revoked grants are returned (see
        ``revoked_at``)."""
        ...

    def revoke(self, grant_id: str, at: datetime) -> bool:
        """Whether it was in force until now."""
        ...

    def revoke_session(self, session_id: str, at: datetime) -> Sequence[Grant]:
        """Revoke every grant of one browser session; those that were in force."""
        ...

    def revoke_others(self, grant: Grant, at: datetime) -> Sequence[Grant]:
        """Revoke every grant of the same browser session at the same client for another choice, which is one with
        another ``sid``; those that were in force."""
        ...

    def revoke_sid(self, sid: str, client_id: str, at: datetime) -> Sequence[Grant]:
        """Revoke every grant of one client with that ``sid``; those that were in force."""
        ...

    def revoke_by_procuracao(self, id: str, at: datetime, *, descendants: bool = True) -> Sequence[Grant]:
        """Revoke every grant that rests on the procuração ``id``, which the caller holds locked and has changed, or on
        one that descends from it; those that were in force. A grant that is being redeemed at this moment is left to
        its redemption, which waits for the procuração and then refuses."""
        ...

    def revoke_by_designacao(self, designacao: Designacao, at: datetime) -> Sequence[Grant]:
        """Likewise every grant of the person named that rests on a procuração given to the company."""
        ...

    def live(self, titular: Documento, at: datetime) -> Sequence[Grant]:
        """The grants in force at ``at`` whose holder is this person, or of this CNPJ root: the newest first."""
        ...

    def by_sid(self, sid: str, client_id: str) -> Grant | None:
        """The newest grant with that ``sid``."""
        ...


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return code was minted for."""

    ticket: str
    transaction_id: str
    verdict: Verdict


class ReturnCodes(Protocol):
    """One-time values from the certificate host back to the issuer."""

    def add(self, digest: str, returned: Returned, expires_at: datetime) -> None: ...
    def take(self, digest: str, at: datetime) -> Returned | None:
        """Spend it. None when unknown, expired or spent."""
        ...


class Assertions(Protocol):
    def spend(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """Record a client assertion's jti (RFC 7523 §3 item 7); False when it was seen before."""
        ...
