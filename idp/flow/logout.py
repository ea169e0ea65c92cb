"""Ending a session: every grant it gave ends with it."""

from __future__ import annotations

from collections.abc import Sequence

from idp.domain.certificado import CertReason, Refused
from idp.domain.grant import Grant
from idp.domain.session import Session
from idp.flow import events
from idp.ports import Clock, Sessions, Store


class Logout:
    def __init__(self, *, clock: Clock, store: Store, sessions: Sessions) -> None:
        self.clock = clock
        self.store = store
        self.sessions = sessions

    def end(self, session: Session, reason: str = "logout") -> Sequence[Grant]:
        """End ``session`` and revoke its grants; those that were in force, so that their clients can be told.
        ``reason`` is for the audit: "logout", or why its certificate no longer holds."""
        now = self.clock.now()
        # In this order: a consent that renews the session at this moment either finds the mark, and gives up what it
        # was given, or has put everything in place before, where it is revoked and forgotten below.
        self.sessions.ending(session)
        with self.store.begin() as uow:
            ended = uow.grants.revoke_session(session.id, now)
            uow.audit.append(events.session_ended(now, session, len(ended), reason))
        self.sessions.end(session)
        return ended

    def end_family(self, sid: str, client_id: str) -> None:
        """End what a session gave this one client: for an ID token without its browser, whose session may have run out
        or may live elsewhere. What other clients were given is not this one's to end."""
        now = self.clock.now()
        with self.store.begin() as uow:
            for ended in uow.grants.revoke_sid(sid, client_id, now):
                uow.audit.append(events.grant_revoked(now, ended, "logout"))

    def refused(self, session: Session, refused: Refused) -> None:
        """End ``session``, whose certificate does not hold; where that is final, what it gave ends with it."""
        if refused.first.code is CertReason.LCR:
            self.sessions.delete(session.key)
        else:
            self.end(session, refused.first.detail)
