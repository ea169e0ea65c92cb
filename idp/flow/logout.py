"""Ending a session: every grant it gave ends with it, and whoever was given one is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.domain.certificado import CertReason, Refused
from idp.domain.grant import Grant
from idp.domain.session import Session
from idp.flow import events
from idp.flow.secret import new_id
from idp.ports import Clients, Clock, Sessions, Store, UnitOfWork
from idp.ports.outbox import Notice

TRIED_AT_ONCE = timedelta(seconds=5)
"""How long a notice is left to the process that wrote it, which may try at once; after that it is the worker's."""


def notify(uow: UnitOfWork, clients: Clients, grants: Iterable[Grant], at: datetime) -> Sequence[Notice]:
    """Have the clients of revoked ``grants`` told (OpenID Connect Back-Channel Logout 1.0 §2.5): one notice for each
    client and ``sid``, durable with the revocation itself. Every flow that revokes grants because their session or
    their right has ended calls this in the same transaction. Clients without a back-channel logout URI get none."""
    meant = {(grant.client_id, grant.sid): grant for grant in grants}
    notices = [
        Notice(new_id(), grant.client_id, grant.sub, grant.sid, at)
        for grant in meant.values()
        if (client := clients.get(grant.client_id)) and client.enabled and client.backchannel_logout_uri
    ]
    uow.outbox.add(notices, at + TRIED_AT_ONCE)
    return notices


class Heard(StrEnum):
    """How the end of a session reached an application."""

    TOLD = "told"
    WAITING = "waiting"
    """It did not answer, and will be told later."""
    FRAME = "frame"
    """The person's browser tells it."""
    NOT = "not"
    """It has no address for this."""


@dataclass(frozen=True, slots=True)
class Application:
    """One that a session gave something, and what it heard of the end."""

    name: str
    heard: Heard


@dataclass(frozen=True, slots=True)
class Ended:
    """``grants``: those that were in force until now. ``notices``: what their clients are to be told."""

    grants: Sequence[Grant] = ()
    notices: Sequence[Notice] = ()


class Logout:
    def __init__(self, *, clock: Clock, store: Store, sessions: Sessions, clients: Clients) -> None:
        self.clock = clock
        self.store = store
        self.sessions = sessions
        self.clients = clients

    def gave(self, session: Session, sid: str, client_id: str) -> bool:
        """Whether it was ``session`` that gave this client what ``sid`` names."""
        with self.store.reading() as uow:
            grant = uow.grants.by_sid(sid, client_id)
        return grant is not None and grant.session_id == session.id

    def end(self, session: Session, reason: str = "logout") -> Ended:
        """End ``session`` and revoke its grants. ``reason`` is for the audit: "logout", or why its certificate no
        longer holds."""
        now = self.clock.now()
        # In this order: a consent that renews the session at this moment either finds the mark, and gives up what it
        # was given, or has put everything in place before, where it is revoked and forgotten below.
        self.sessions.ending(session)
        with self.store.begin() as uow:
            ended = uow.grants.revoke_session(session.id, now)
            notices = notify(uow, self.clients, ended, now)
            uow.audit.append(events.session_ended(now, session, len(ended), reason))
        self.sessions.end(session)
        return Ended(ended, notices)

    def end_family(self, sid: str, client_id: str) -> Ended:
        """End what a session gave this one client: for an ID token without its browser, whose session may have run out
        or may live elsewhere. What other clients were given is not this one's to end."""
        now = self.clock.now()
        with self.store.begin() as uow:
            ended = uow.grants.revoke_sid(sid, client_id, now)
            notices = notify(uow, self.clients, ended, now)
            for grant in ended:
                uow.audit.append(events.grant_revoked(now, grant, "logout"))
        return Ended(ended, notices)

    def refused(self, session: Session, refused: Refused) -> None:
        """End ``session``, whose certificate does not hold; where that is final, what it gave ends with it."""
        if refused.first.code is CertReason.LCR:
            self.sessions.delete(session.key)
        else:
            self.end(session, refused.first.detail)
