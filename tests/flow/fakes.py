"""The ports in memory, honest where it matters: what expires is gone, what is spent is spent, an exception undoes the
whole transaction, and ``reading`` writes nothing. tests/contracts holds the real ones to the same behaviour."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta

from idp.domain.certificado import RevocationStatus
from idp.domain.client import Client
from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.grant import CodeBinding, Grant
from idp.domain.inscricao import Inscricao, InscricaoId
from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.representation import MAX_CADEIA, Fatos, Modo, Motivo, Regras, RepresentationRef, represent
from idp.domain.session import Session
from idp.domain.transaction import Transaction
from idp.errors import AlreadySpent, NotFound, NotRepresentable
from idp.ports import AuditEvent, Remembered, Returned
from idp.ports.outbox import Notice


class FakeClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def tick(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class FakeTransactions:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.kept: dict[str, Transaction] = {}

    def put(self, tx: Transaction) -> None:
        self.kept[tx.id] = tx

    def get(self, id: str) -> Transaction | None:
        tx = self.kept.get(id)
        return tx if tx and self.clock.at < tx.expires_at else None

    def delete(self, id: str) -> None:
        self.kept.pop(id, None)


class FakeSessions:
    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.kept: dict[str, Session] = {}
        self.marked: set[str] = set()
        self.listed: dict[str, set[str]] = {}

    def put(self, session: Session) -> None:
        self.kept[session.key] = session

    def get(self, key: str) -> Session | None:
        session = self.kept.get(key)
        return session if session and self.clock.at < session.expires_at else None

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def renew(self, key: str, session: Session) -> bool:
        if self.kept.pop(key, None) is None:
            return False
        self.kept[session.key] = session
        return True

    def ending(self, session: Session) -> None:
        self.marked.add(session.id)

    def ended(self, id: str) -> bool:
        return id in self.marked

    def enlist(self, quem: str, session: Session) -> None:
        self.listed.setdefault(quem, set()).add(session.id)

    def of(self, quem: str) -> Sequence[Session]:
        live = [one for one in self.kept.values() if one.id in self.listed.get(quem, ()) and self.get(one.key)]
        return sorted(live, key=lambda one: one.auth_time, reverse=True)

    def end(self, session: Session) -> None:
        for key in [key for key, kept in self.kept.items() if kept.id == session.id]:
            del self.kept[key]


class FakeClients:
    def __init__(self, *clients: Client) -> None:
        self.kept = {client.client_id: client for client in clients}

    def get(self, client_id: str) -> Client | None:
        return self.kept.get(client_id)

    def change(self, client_id: str, **changes: object) -> Client:
        self.kept[client_id] = replace(self.kept[client_id], **changes)  # type: ignore[arg-type]
        return self.kept[client_id]


class FakeRevocation:
    """Every certificate is good until it is said not to be."""

    def __init__(self) -> None:
        self.states: dict[str, RevocationStatus] = {}

    def status(self, issuer_key: str, serial: str, at: datetime) -> RevocationStatus:
        return self.states.get(serial, RevocationStatus("good"))

    def say(self, serial: str, state: str) -> None:
        self.states[serial] = RevocationStatus(state)  # type: ignore[arg-type]


class FakeIdentifiers:
    def subject(self, holder: Holder, client: Client) -> str:
        sector = client.sector_identifier if client.subject_type == "pairwise" else ""
        return _hash(f"{holder.documento}|{sector}")

    def refresh_mac(self, grant_id: str, generation: int) -> str:
        return _hash(f"refresh|{grant_id}|{generation}")


def _hash(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Rows:
    """What the database holds."""

    inscricoes: dict[InscricaoId, Inscricao] = field(default_factory=dict)
    representantes: dict[str, frozenset[CPF]] = field(default_factory=dict)
    """By CNPJ root."""
    procuracoes: dict[str, Procuracao] = field(default_factory=dict)
    preferencias: dict[tuple[str, RepresentationRef], datetime] = field(default_factory=dict)
    consents: dict[tuple[str, str, RepresentationRef], tuple[frozenset[str], datetime]] = field(default_factory=dict)
    perfis: dict[str, Perfil] = field(default_factory=dict)
    """By document."""
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, tuple[str, CodeBinding]] = field(default_factory=dict)
    spent_codes: set[str] = field(default_factory=set)
    issued: set[str] = field(default_factory=set)
    return_codes: dict[str, tuple[Returned, datetime]] = field(default_factory=dict)
    assertions: set[tuple[str, str]] = field(default_factory=set)
    outbox: list[Notice] = field(default_factory=list)
    audit: list[AuditEvent] = field(default_factory=list)
    fetched_at: datetime | None = None
    """When a remote cadastro said all this."""

    def copy(self) -> Rows:
        """As it is now; the values are immutable."""
        return Rows(**{one.name: copy(getattr(self, one.name)) for one in fields(self)})


class FakeStore:
    def __init__(self) -> None:
        self.rows = Rows()
        self._open = False

    @contextmanager
    def begin(self) -> Iterator[FakeUnitOfWork]:
        assert not self._open, "a transaction inside a transaction would wait for itself"
        before, self._open = self.rows.copy(), True
        try:
            yield FakeUnitOfWork(self.rows)
        except BaseException:
            self.rows = before
            raise
        finally:
            self._open = False

    @contextmanager
    def reading(self) -> Iterator[FakeUnitOfWork]:
        before = self.rows.copy()
        yield FakeUnitOfWork(self.rows)
        assert self.rows == before, "reading() wrote"

    def record(self, event: AuditEvent) -> None:
        with self.begin() as uow:
            uow.audit.append(event)

    @property
    def audited(self) -> list[str]:
        return [event.kind for event in self.rows.audit]


class FakeUnitOfWork:
    def __init__(self, rows: Rows) -> None:
        self.cadastro = FakeCadastro(rows)
        self.procuracoes = FakeProcuracoes(rows)
        self.vinculos = FakeVinculos(rows)
        self.preferencias = FakePreferencias(rows)
        self.consents = FakeConsents(rows)
        self.perfis = FakePerfis(rows)
        self.grants = FakeGrants(rows)
        self.return_codes = FakeReturnCodes(rows)
        self.assertions = FakeAssertions(rows)
        self.outbox = FakeOutbox(rows)
        self.audit = FakeAudit(rows)


class FakeAudit:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def append(self, *events: AuditEvent) -> None:
        self.rows.audit.extend(events)


class FakeCadastro:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def facts(self, holder: Holder, ref: RepresentationRef, *, lock: bool) -> Fatos | None:
        inscricao = self.rows.inscricoes.get(ref.inscricao)
        if inscricao is None or (ref.procuracao is not None and ref.procuracao not in self.rows.procuracoes):
            return None
        return self._facts(holder, inscricao, ref.procuracao)

    def _facts(self, holder: Holder, inscricao: Inscricao, procuracao: str | None = None) -> Fatos:
        cadeia: list[Procuracao] = []
        while procuracao is not None and len(cadeia) <= MAX_CADEIA:
            link = self.rows.procuracoes[procuracao]
            cadeia.append(link)
            procuracao = link.pai
        return Fatos(
            inscricao,
            self._listed(inscricao.contribuinte),
            self._listed(holder.documento),
            tuple(cadeia),
            fetched_at=self.rows.fetched_at,
            holder_fetched_at=self.rows.fetched_at,
        )

    def _listed(self, documento: Documento) -> frozenset[CPF]:
        return self.rows.representantes.get(documento.raiz, frozenset()) if isinstance(documento, CNPJ) else frozenset()


def _same(one: Documento, other: Documento, raiz: bool) -> bool:
    if raiz and isinstance(one, CNPJ) and isinstance(other, CNPJ):
        return one.raiz == other.raiz
    return one == other


class FakeVinculos:
    """Everything there is, judged by ``represent``; tests/contracts/test_vinculos.py holds the database to it."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def page(self, holder: Holder, procura: Procura, *, limit: int, offset: int = 0) -> Sequence[tuple[Modo, Fatos]]:
        return self._all(holder, procura)[offset : offset + limit]

    def count(self, holder: Holder, procura: Procura, *, cap: int) -> int:
        return min(cap, len(self._all(holder, procura)))

    def pending(self, holder: Holder, procura: Procura, *, limit: int) -> Sequence[Procuracao]:
        mine, waiting = holder.documento, EstadoProcuracao.PENDENTE
        given = self.rows.procuracoes.values()
        return [p for p in given if p.estado is waiting and _same(mine, p.outorgado, procura.raiz)][:limit]

    def _all(self, holder: Holder, procura: Procura) -> list[tuple[Modo, Fatos]]:
        cadastro = FakeCadastro(self.rows)
        found: list[tuple[Modo, Fatos]] = []
        for inscricao in sorted(self.rows.inscricoes.values(), key=lambda i: (i.razao_social, i.id)):
            refs = [RepresentationRef(inscricao.id, modo) for modo in (Modo.TITULAR, Modo.REPRESENTANTE_LEGAL)]
            refs += [RepresentationRef(inscricao.id, Modo.PROCURACAO, id) for id in self.rows.procuracoes]
            for ref in refs:
                fatos = cadastro.facts(holder, ref, lock=False)
                assert fatos is not None
                motivo = _judged(holder, ref.modo, fatos, procura)
                if (
                    motivo in (Motivo.SEM_VINCULO, Motivo.INSCRICAO)
                    or procura.q.lower() not in inscricao.razao_social.lower()
                ):
                    continue
                if (motivo is None) == (procura.parte is Parte.DISPONIVEIS):
                    found.append((ref.modo, fatos))
        return found


def _judged(holder: Holder, modo: Modo, fatos: Fatos, procura: Procura) -> Motivo | None:
    regras = Regras(raiz=procura.raiz)
    try:
        represent(holder, modo, fatos, nivel=procura.nivel, demanda=procura.demanda, regras=regras, at=procura.at)
    except NotRepresentable as refusal:
        return Motivo(refusal.motivo)
    return None


class FakePreferencias:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def fixadas(self, quem: str) -> Sequence[RepresentationRef]:
        return [choice for whose, choice in self.rows.preferencias if whose == quem]

    def fixar(self, quem: str, choice: RepresentationRef, at: datetime) -> None:
        self.rows.preferencias[quem, choice] = at

    def soltar(self, quem: str, choice: RepresentationRef) -> None:
        self.rows.preferencias.pop((quem, choice), None)

    def forget(self, quem: str) -> None:
        for key in [key for key in self.rows.preferencias if key[0] == quem]:
            del self.rows.preferencias[key]


class FakeProcuracoes:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def get(self, id: str, *, lock: bool) -> Procuracao | None:
        return self.rows.procuracoes.get(id)

    def add(self, procuracao: Procuracao) -> None:
        self.rows.procuracoes[procuracao.id] = procuracao

    def update(self, procuracao: Procuracao) -> None:
        if procuracao.id not in self.rows.procuracoes:
            raise NotFound("procuracao")
        self.rows.procuracoes[procuracao.id] = procuracao


class FakeConsents:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def granted(self, sub: str, client_id: str, choice: RepresentationRef, at: datetime) -> frozenset[str]:
        scopes, until = self.rows.consents.get((sub, client_id, choice), (frozenset(), at))
        return scopes if at < until else frozenset()

    def recent(self, sub: str, client_id: str, at: datetime, *, limit: int) -> Sequence[RepresentationRef]:
        mine = [(until, key[2]) for key, (_, until) in self.rows.consents.items() if key[:2] == (sub, client_id)]
        return [choice for until, choice in sorted(mine, reverse=True) if at < until][:limit]

    def remembered(self, subs: Collection[str], at: datetime) -> Sequence[Remembered]:
        mine = [(key, kept) for key, kept in self.rows.consents.items() if key[0] in subs and at < kept[1]]
        return [
            Remembered(client_id, scopes, (choice,), until, until) for (_, client_id, choice), (scopes, until) in mine
        ]

    def remember(
        self, sub: str, client_id: str, choice: RepresentationRef, scopes: frozenset[str], at: datetime, until: datetime
    ) -> None:
        before = self.granted(sub, client_id, choice, at)
        self.rows.consents[sub, client_id, choice] = (before | scopes, until)

    def forget(self, sub: str, client_id: str) -> None:
        for key in [key for key in self.rows.consents if key[:2] == (sub, client_id)]:
            del self.rows.consents[key]


class FakePerfis:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def get(self, holder: Holder) -> Perfil | None:
        return self.rows.perfis.get(str(holder.documento))

    def put(self, holder: Holder, perfil: Perfil) -> None:
        self.rows.perfis[str(holder.documento)] = perfil

    def forget(self, holder: Holder) -> None:
        self.rows.perfis.pop(str(holder.documento), None)


class FakeGrants:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def add(self, grant: Grant, code_digest: str, binding: CodeBinding, transaction_id: str) -> None:
        if transaction_id in self.rows.issued:
            raise AlreadySpent(transaction_id)
        self.rows.issued.add(transaction_id)
        self.rows.grants[grant.id] = grant
        self.rows.codes[code_digest] = (grant.id, binding)

    def take_code(self, code_digest: str, client_id: str, at: datetime) -> tuple[Grant, CodeBinding] | None:
        if code_digest not in self.rows.codes or code_digest in self.rows.spent_codes:
            return None
        grant_id, binding = self.rows.codes[code_digest]
        grant = self.rows.grants[grant_id]
        if grant.client_id != client_id or at >= binding.expires_at or grant.revoked_at:
            return None
        self.rows.spent_codes.add(code_digest)
        return grant, binding

    def replayed(self, code_digest: str, client_id: str) -> str | None:
        if code_digest not in self.rows.spent_codes:
            return None
        grant_id, _ = self.rows.codes[code_digest]
        return grant_id if self.rows.grants[grant_id].client_id == client_id else None

    def rotate(self, grant_id: str, client_id: str, generation: int, at: datetime) -> Grant | None:
        grant = self.rows.grants.get(grant_id)
        if grant is None or (grant.client_id, grant.generation) != (client_id, generation):
            return None
        if grant.revoked_at or at >= grant.expires_at:
            return None
        self.rows.grants[grant_id] = replace(grant, generation=generation + 1, rotated_at=at)
        return self.rows.grants[grant_id]

    def get(self, grant_id: str, *, lock: bool = False) -> Grant | None:
        return self.rows.grants.get(grant_id)

    def in_use(self, grant_id: str) -> tuple[Grant, Fatos, Perfil | None] | None:
        grant = self.rows.grants.get(grant_id)
        facts = grant and FakeCadastro(self.rows).facts(grant.holder, grant.choice, lock=False)
        return (grant, facts, FakePerfis(self.rows).get(grant.holder)) if grant and facts else None

    def revoke(self, grant_id: str, at: datetime) -> bool:
        grant = self.rows.grants.get(grant_id)
        if grant is None or grant.revoked_at:
            return False
        self.rows.grants[grant_id] = replace(grant, revoked_at=at)
        return True

    def revoke_session(self, session_id: str, at: datetime) -> Sequence[Grant]:
        ended = [g for g in self.rows.grants.values() if g.session_id == session_id and self.revoke(g.id, at)]
        return [self.rows.grants[grant.id] for grant in ended]

    def revoke_others(self, grant: Grant, at: datetime) -> Sequence[Grant]:
        whose = (grant.session_id, grant.client_id)
        same = [g for g in self.rows.grants.values() if (g.session_id, g.client_id) == whose]
        meant = [g for g in same if g.choice != grant.choice and at < g.expires_at]
        return [self.rows.grants[grant.id] for grant in meant if self.revoke(grant.id, at)]

    def revoke_sid(self, sid: str, client_id: str, at: datetime) -> Sequence[Grant]:
        meant = [g for g in self.rows.grants.values() if (g.sid, g.client_id) == (sid, client_id)]
        return [self.rows.grants[grant.id] for grant in meant if self.revoke(grant.id, at)]

    def live(self, titular: Documento, at: datetime) -> Sequence[Grant]:
        mine = [g for g in self.rows.grants.values() if _same(g.holder.documento, titular, raiz=True)]
        return [g for g in reversed(mine) if g.revoked_at is None and at < g.expires_at]

    def by_sid(self, sid: str, client_id: str) -> Grant | None:
        found = [g for g in self.rows.grants.values() if (g.sid, g.client_id) == (sid, client_id)]
        return max(found, key=lambda g: g.created_at, default=None)


class FakeReturnCodes:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def add(self, digest: str, returned: Returned, expires_at: datetime) -> None:
        self.rows.return_codes[digest] = (returned, expires_at)

    def take(self, digest: str, at: datetime) -> Returned | None:
        returned, expires_at = self.rows.return_codes.pop(digest, (None, at))
        return returned if at < expires_at else None


class FakeAssertions:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def spend(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        new = (client_id, jti) not in self.rows.assertions
        self.rows.assertions.add((client_id, jti))
        return new


class FakeOutbox:
    """What the flow does with it: add."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def add(self, notices: Sequence[Notice], due: datetime) -> None:
        self.rows.outbox.extend(notices)
