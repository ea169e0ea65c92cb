"""Ending a session: every grant it gave ends with it."""

from __future__ import annotations

from collections.abc import Sequence

from idp.domain.grant import Grant
from idp.domain.session import Session
from idp.flow import events
from idp.ports import Clock, Sessions, Store


class Logout:
    def __init__(self, *, clock: Clock, store: Store, sessions: Sessions) -> None:
        self.clock = clock
        self.store = store
        self.sessions = sessions

    def end(self, session: Session) -> Sequence[Grant]:
        """End ``session`` and revoke its grants; those that were in force, so that their clients can be told."""
        now = self.clock.now()
        with self.store.begin() as uow:
            ended = uow.grants.revoke_session(session.id, now)
            uow.audit.append(events.session_ended(now, session, len(ended)))
        self.sessions.delete(session.key)
        return ended
