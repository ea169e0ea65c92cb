"""What the core needs from outside, as Protocols. Implementations live in the edges; ``tests/contracts`` runs one suite
on every implementation of a port. Moments are timezone-aware UTC; secrets arrive here as digests only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from idp.domain.certificado import RevocationStatus, Verdict
from idp.domain.client import Client
from idp.domain.designacao import Designacao
from idp.domain.grant import CodeBinding, Grant
from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.domain.procura import Procura
from idp.domain.procuracao import Procuracao
from idp.domain.registration import InitialToken
from idp.domain.representation import Fatos, Modo, RepresentationRef
from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.ports_outbox import Outbox
from idp.ports_outorga import Atos, Designacoes, Partes, Pedidos, Procuracoes


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


class Ephemeral(Protocol):
    """Five verbs for what may be lost: transactions in progress, browser sessions, rate limits. Values are bytes, at
    most 64 KiB; a key is a short ASCII string. Never anything that is spent once. All raise StoreUnavailable."""

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Store or replace; gone after ``lifetime``."""
        ...

    def get(self, key: str) -> bytes | None:
        """The value, or None when absent or expired."""
        ...

    def take(self, key: str) -> bytes | None:
        """Get and delete in one step: of two takers at most one receives the value."""
        ...

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Store only when nothing (unexpired) is there; whether it did."""
        ...

    def delete(self, key: str) -> None:
        """Forget; nothing happens when absent."""
        ...


class Transactions(Protocol):
    """Authorization requests in progress, over Ephemeral."""

    def put(self, tx: Transaction) -> None: ...
    def get(self, id: str) -> Transaction | None: ...
    def delete(self, id: str) -> None: ...


class Sessions(Protocol):
    """Single sign-on sessions, over Ephemeral, by the digest of the cookie's value (``Session.key``)."""

    def put(self, session: Session) -> None: ...
    def get(self, key: str) -> Session | None: ...
    def delete(self, key: str) -> None: ...
    def renew(self, key: str, session: Session) -> bool:
        """Put ``session`` in the place of the one under ``key``. False, and nothing put, where that one is gone."""
        ...

    def ending(self, session: Session) -> None:
        """Mark the session as ending, for whoever renews it at this moment (``ended``)."""
        ...

    def ended(self, id: str) -> bool:
        """Whether the session with this ``Session.id`` was marked."""
        ...

    def end(self, session: Session) -> None:
        """Forget the session, also under the key that a renewal has given it since."""
        ...


class Clients(Protocol):
    """Registered clients, cached in the process for at most ``settings.cache_seconds``."""

    def get(self, client_id: str) -> Client | None:
        """The client, enabled or not; None when unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """What a client's host answered with 200. ``content_type`` is as sent, possibly empty."""

    body: bytes
    content_type: str


class Documents(Protocol):
    """What clients publish and receive: key sets, lists of redirect URIs, request objects, logout tokens. The only way
    in which a request may lead to another machine: https, public addresses (or hosts the operator named), no redirect,
    no proxy, and neither long nor much. Both raise DocumentUnavailable."""

    def get(self, url: str, *, limit: int = 64 * 1024, seconds: float = 3.0) -> Document:
        """The document at ``url``, of at most ``limit`` bytes, within ``seconds``."""
        ...

    def post(self, url: str, form: Mapping[str, str], *, seconds: float = 3.0) -> int:
        """Send a form; the status of the answer, whatever it is."""
        ...


class Revocation(Protocol):
    """The index of revoked certificates. Never touches the network."""

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        """State of ``serial`` (lower-case hex) under the CA whose SPKI SHA-256 is ``issuer_key``."""
        ...


class Judge(Protocol):
    """Certificate → verdict: ``idp.certificate.leaf.judge`` with its trust list and index filled in."""

    def __call__(self, der: bytes, at: datetime) -> Verdict: ...


class Identifiers(Protocol):
    """Keyed derivations. None of them is stored; all are reproducible from the backed-up keys."""

    def subject(self, holder: Holder, client: Client) -> str:
        """Pairwise (or public) ``sub`` of the holder at the client (OIDC Core §8.1). Never changes."""
        ...

    def refresh_mac(self, grant_id: str, generation: int) -> str:
        """base64url HMAC that makes the refresh token of this family and generation."""
        ...


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act for the audit chain. ``kind`` is of the vocabulary in ``idp.audit``. ``payload`` holds JSON values only;
    documents stand in it in clear (the chain is evidence), which is why reading it is itself restricted."""

    kind: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


class Audit(Protocol):
    def append(self, event: AuditEvent) -> None:
        """Write within the current database transaction: no act without its row, no row without its act."""
        ...


class Cadastro(Protocol):
    """Local rows about contribuintes, inscrições, representantes and the procurações that reach them."""

    def facts(self, holder: Holder, ref: RepresentationRef, *, lock: bool) -> Fatos | None:
        """What :func:`idp.domain.representation.represent` needs about one representation, or None where its
        inscrição or procuração does not exist. ``lock`` holds the rows (inscrição, procuração and its chain,
        representantes) against change until this transaction ends."""
        ...


class Vinculos(Protocol):
    """The links of a holder to inscrições, as many as they may be: his own, those of companies that list him as
    representante, those within the scope of procurações given to him or to a company that named him. Judged by nobody
    yet (see :mod:`idp.domain.procura`); each inscrição on each basis once, always in the same order."""

    def page(self, holder: Holder, procura: Procura, *, limit: int, offset: int = 0) -> Sequence[tuple[Modo, Fatos]]:
        """At most ``limit`` after the first ``offset``."""
        ...

    def count(self, holder: Holder, procura: Procura, *, cap: int) -> int:
        """How many there are, not counting beyond ``cap``."""
        ...

    def pending(self, holder: Holder, procura: Procura, *, limit: int) -> Sequence[Procuracao]:
        """Procurações that wait for the holder himself to accept them, by the outorgante's name."""
        ...


class Preferencias(Protocol):
    """What somebody keeps at the top of the list. ``quem``: a keyed digest of the person."""

    def fixadas(self, quem: str) -> Sequence[RepresentationRef]:
        """Oldest first."""
        ...

    def fixar(self, quem: str, choice: RepresentationRef, at: datetime) -> None: ...
    def soltar(self, quem: str, choice: RepresentationRef) -> None: ...
    def forget(self, quem: str) -> None:
        """Everything kept for this person."""
        ...


class CadastroSource(Protocol):
    """Where the rows of a remote cadastro come from. Called outside database transactions, never within: it may ask
    another machine. Where the cadastro is our own tables nothing happens (``idp.flow.source.OwnTables``)."""

    def before_choices(self, holder: Holder) -> datetime | None:
        """Have what the holder may choose from in the rows: his own, companies that list him, some outorgantes never
        fetched. None when all of it is fresh; otherwise the moment of the oldest, still young enough to rest on.
        Raises CadastroUnavailable."""
        ...

    def refresh(self, contribuintes: Sequence[str]) -> None:
        """Fetch the facts of these contribuinte ids (of a CadastroStale) into the rows. Raises CadastroUnavailable."""
        ...


class Consents(Protocol):
    """Remembered consents, per (sub, client, representation): the scopes agreed to, until when."""

    def granted(self, sub: str, client_id: str, choice: RepresentationRef, at: datetime) -> frozenset[str]: ...
    def recent(self, sub: str, client_id: str, at: datetime, *, limit: int) -> Sequence[RepresentationRef]:
        """The representations consented to and still remembered, the latest first."""
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

    def revoke_others(
        self, session_id: str, client_id: str, choice: RepresentationRef, at: datetime
    ) -> Sequence[Grant]:
        """Revoke every grant of one browser session at one client for another choice than this; those that were in
        force."""
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


class ClientRegistry(Protocol):
    """Administration of clients; bumps the version that makes caches reload. Raises NotFound."""

    def add(self, client: Client, at: datetime, actor: str) -> None: ...
    def get(self, client_id: str) -> Client: ...
    def list(self) -> Iterable[Client]: ...
    def update(self, client: Client, at: datetime, actor: str) -> None: ...
    def delete(self, client_id: str, at: datetime, actor: str) -> None: ...


class Registrations(Protocol):
    """Dynamic registration (RFC 7591): initial access tokens, and clients made with them. Each change is one database
    transaction with its audit row."""

    def add_token(self, token: InitialToken, at: datetime, actor: str) -> None: ...
    def tokens(self) -> Sequence[InitialToken]:
        """All of them, oldest first, whether or not they are still good."""
        ...

    def by_digest(self, digest: str) -> InitialToken | None: ...
    def by_id(self, id: str) -> InitialToken | None: ...
    def revoke_token(self, id: str, at: datetime, actor: str) -> None:
        """Raises NotFound where there is none or it is revoked already."""
        ...

    def register(self, client: Client, at: datetime, *, per_hour: int) -> None:
        """Add ``client``, made with the initial access token that ``registered_with`` names, of which one use is spent;
        or openly, unless ``per_hour`` clients were made within the hour. Raises AlreadySpent, TooMany and
        InvalidClient."""
        ...

    def change(self, client_id: str, change: Callable[[Client], Client], at: datetime, actor: str) -> Client:
        """Put what ``change`` makes of the registration as it now is in its place, while nobody else changes it; the
        new one. Raises NotFound, and what ``change`` raises."""
        ...
