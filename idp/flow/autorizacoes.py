"""What a person let applications have, and where he is logged in: to be seen, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from idp.domain.client import Client
from idp.domain.grant import Grant
from idp.domain.person import Holder
from idp.domain.representation import RepresentationRef
from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow import events
from idp.flow.issue import consenting
from idp.flow.logout import Logout, notify
from idp.flow.selecting import OURSELVES
from idp.ports import AuditTrail, Clock, Identifiers, Narrow, Remembered, Sessions, Store, UnitOfWork

CHOICES = 10
"""Of one application so many choices are named."""


@dataclass(frozen=True, slots=True)
class Autorizacao:
    """What one application has. ``desde``: since when it is remembered or held. ``ultimo``: when it was last told
    anything. ``ate``: when the person is asked again, None where nothing is remembered. ``abertos``: how many
    accesses are open now. ``em_nome``: each choice with the name of whose inscrição it is, "" where that is gone."""

    client: Client
    scopes: frozenset[str]
    desde: datetime
    ultimo: datetime | None
    ate: datetime | None
    abertos: int
    em_nome: tuple[tuple[RepresentationRef, str], ...]
    mais: int


class Autorizacoes:
    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        trail: AuditTrail,
        sessions: Sessions,
        identifiers: Identifiers,
        registered: Callable[[], Iterable[Client]],
        logout: Logout,
    ) -> None:
        """``registered``: every client there is."""
        self.clock = clock
        self.store = store
        self.trail = trail
        self.sessions = sessions
        self.identifiers = identifiers
        self.registered = registered
        self.logout = logout

    # -- applications --------------------------------------------------------------------------------------------

    def aplicacoes(self, quem: Session) -> Sequence[Autorizacao]:
        """Those that hold anything of this person or need not ask again, by name."""
        now, known = self.clock.now(), {client.client_id: client for client in self.registered()}
        subs = [self._consenting(quem.holder, client) for client in known.values()]
        with self.store.reading() as uow:
            remembered = {one.client_id: one for one in uow.consents.remembered(subs, now)}
            held: dict[str, list[Grant]] = {}
            for grant in self._live(uow, quem, now):
                held.setdefault(grant.client_id, []).append(grant)
            meant = [known[id] for id in remembered.keys() | held.keys() if id in known]
            found = [
                self._one(uow, quem, one, remembered.get(one.client_id), held.get(one.client_id, [])) for one in meant
            ]
        return sorted(found, key=lambda one: (one.client.name.casefold(), one.client.client_id))

    def retirar(self, quem: Session, client_id: str) -> int:
        """Take back everything from one application: revoke what it holds, forget what was agreed, have it told; how
        many accesses that ended. Raises NotFound where it has nothing of theirs."""
        now = self.clock.now()
        client = next((one for one in self.registered() if one.client_id == client_id), None)
        if client is None:
            raise NotFound("client")
        sub = self._consenting(quem.holder, client)
        with self.store.begin() as uow:
            meant = [grant for grant in self._live(uow, quem, now) if grant.client_id == client_id]
            known = any(one.client_id == client_id for one in uow.consents.remembered([sub], now))
            if not meant and not known:
                raise NotFound("client")
            ended = self._revoke(uow, meant, now, "withdrawn")
            uow.consents.forget(sub, client_id)
            uow.audit.append(events.consent_forgotten(now, quem.holder, client_id, len(ended)))
        return len(ended)

    def trocar(self, quem: Session, client_id: str) -> Client:
        """Have the list of choices shown at the next entry of this session into one application, whatever is
        remembered of it; until then what the application holds stays as it is. Raises NotFound where it has nothing of
        theirs."""
        client = next((one.client for one in self.aplicacoes(quem) if one.client.client_id == client_id), None)
        if client is None:
            raise NotFound("client")
        asking = replace(quem, asks=quem.asks | {client_id})
        if self.sessions.renew(quem.key, asking) and self.sessions.ended(quem.id):  # a logout at this moment counts
            self.sessions.end(asking)
        return client

    def _one(
        self, uow: UnitOfWork, quem: Session, client: Client, kept: Remembered | None, held: Sequence[Grant]
    ) -> Autorizacao:
        newest = self.trail.acts_of(
            quem.holder.documento, kinds=("token.issued",), limit=1, narrow=Narrow(client=client.client_id)
        )
        moments = [grant.rotated_at or grant.created_at for grant in held] + [act.at for act in newest]
        began = [grant.created_at for grant in held] + ([kept.since] if kept else [])
        refs = list(dict.fromkeys([grant.choice for grant in held] + list(kept.choices if kept else ())))
        scopes = frozenset(kept.scopes if kept else ()).union(*(grant.scopes for grant in held))
        return Autorizacao(
            client,
            scopes,
            min(began),
            max(moments, default=None),
            kept.until if kept else None,
            len(held),
            tuple((ref, self._name(uow, quem.holder, ref)) for ref in refs[:CHOICES]),
            max(0, len(refs) - CHOICES),
        )

    def _name(self, uow: UnitOfWork, holder: Holder, ref: RepresentationRef) -> str:
        fatos = uow.cadastro.facts(holder, ref, lock=False)
        return fatos.inscricao.razao_social if fatos else ""

    # -- sessions ------------------------------------------------------------------------------------------------

    def sessoes(self, quem: Session) -> Sequence[Session]:
        """Where this person is logged in, this session first."""
        listed = self.sessions.of(self._ourselves(quem))
        return [quem, *(one for one in listed if one.id != quem.id)]

    def encerrar(self, quem: Session, id: str) -> None:
        """End another session of theirs with all that it gave. Raises NotFound for any other."""
        for one in self.sessoes(quem)[1:]:
            if one.id == id:
                self.logout.end(one, "elsewhere")
                return
        raise NotFound("session")

    def encerrar_outras(self, quem: Session) -> int:
        """End every session of theirs but this one, and what came of sessions that ended by themselves; how many."""
        others = self.sessoes(quem)[1:]
        for one in others:
            self.logout.end(one, "elsewhere")
        now = self.clock.now()
        with self.store.begin() as uow:
            left = [grant for grant in self._live(uow, quem, now) if grant.session_id != quem.id]
            self._revoke(uow, left, now, "elsewhere")
        return len(others)

    # ------------------------------------------------------------------------------------------------------------

    def _live(self, uow: UnitOfWork, quem: Session, at: datetime) -> Sequence[Grant]:
        """Of this very person: of a company's certificate also by whom it names."""
        mine = _person(quem.holder)
        return [grant for grant in uow.grants.live(quem.holder.documento, at) if _person(grant.holder) == mine]

    def _revoke(self, uow: UnitOfWork, grants: Iterable[Grant], at: datetime, reason: str) -> Sequence[Grant]:
        ended = [grant for grant in grants if uow.grants.revoke(grant.id, at)]
        for grant in ended:
            uow.audit.append(events.grant_revoked(at, grant, reason))
        notify(uow, self.logout.clients, ended, at)
        return ended

    def _consenting(self, holder: Holder, client: Client) -> str:
        return consenting(holder, self.identifiers.subject(holder, client))

    def _ourselves(self, quem: Session) -> str:
        return self._consenting(quem.holder, OURSELVES)


def _person(holder: Holder) -> str:
    return consenting(holder, str(holder.documento))
