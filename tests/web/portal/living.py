"""The portal on real tables: the flow, the audit with its index, sessions; nothing stands for anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from idp.audit import seal
from idp.domain.certificado import Nivel
from idp.domain.grant import Grant
from idp.domain.inscricao import InscricaoId
from idp.domain.representation import Modo, RepresentationRef
from idp.domain.session import Session
from idp.flow import events
from idp.flow.authorize import Journey
from idp.flow.inscricoes import Inscricoes
from idp.flow.secret import digest
from idp.ports import AuditEvent
from idp.storage.ephemeral import EphemeralSessions, EphemeralTransactions
from idp.storage.sql.personal import Whose, export_person
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.pages import Pages
from idp.web.portal import make_portal
from idp.web.screens import StepScreens
from idp.web.security import protect
from tests.contracts.data import GRANT
from tests.flow.fakes import FakeIdentifiers
from tests.flow.world import POLICY
from tests.outorga.world import AM1, BINDING, CLIENT, PEOPLE, World, certificado
from tests.web.doubles import written
from tests.web.portal.proprios import PRAZOS
from tests.web.portal.stage import SITE, MemoryEphemeral

HOUR = timedelta(hours=1)
CLIENT_NAMES = {CLIENT.client_id: CLIENT}


class Living:
    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.store, self.clock = world, world.store, world.clock
        self.directory = directory
        ephemeral = MemoryEphemeral()
        self.sessions = EphemeralSessions(ephemeral, self.clock)
        clients, identifiers = world.outorga.clients, FakeIdentifiers()
        self.journey = journey = Journey(
            clock=self.clock,
            store=self.store,
            transactions=EphemeralTransactions(ephemeral, self.clock),
            sessions=self.sessions,
            clients=clients,
            identifiers=identifiers,
            revocation=world.lists,
            policy=POLICY,
        )
        pages = Pages(SITE, self.clock)
        screens = StepScreens(pages, clients, POLICY)
        respond = make_responder(screens, written, lambda granted: {})
        self.app = Flask("portal", static_folder=None)
        protect(self.app, hsts=False)
        pages.handle_errors(self.app)
        portal = make_portal(
            journey=journey,
            outorga=world.outorga,
            inscricoes=Inscricoes(clock=self.clock, store=self.store, regras=world.outorga.regras),
            trail=self.store.trail(),
            registered=CLIENT_NAMES.values,
            export=lambda who, subs, quem, at: export_person(
                self.store, Whose(who, subs, quem, world.outorga.regras.raiz), at
            ),
            prazos=PRAZOS,
            ephemeral=ephemeral,
            pages=pages,
            respond=respond,
        )
        for blueprint in (login_blueprint(journey, screens, respond), portal):
            self.app.register_blueprint(blueprint)

    def session(self, name: str, id: str = "") -> tuple[Session, str]:
        """Somebody logged in just now, and the cookie of it."""
        cookie = (id or name).ljust(43, "_")[:43]
        made = replace(self.world.quem(name), key=digest(cookie), id=(id or f"s-{name}").ljust(22, "_"))
        self.sessions.enlist(self.journey.ourselves(made), made)
        self.sessions.put(made)
        return made, cookie

    def browser(self, name: str, id: str = "") -> FlaskClient:
        _, cookie = self.session(name, id)
        client = self.app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        for which, value in (("browser", (id or name).ljust(43, "b")[:43]), ("session", cookie)):
            client.set_cookie(f"__Host-portaria-{which}", value, domain="localhost", secure=True, path="/")
        return client

    def use(self, holder: str, procuracao: str, **changes: Any) -> Grant:
        """One login by a procuração of Açaí's, with its grant and its audit rows."""
        made = self.world.grant(holder, procuracao)
        self._record(made, **changes)
        return made

    def own(self, holder: str, inscricao: InscricaoId = AM1, *, session: str) -> Grant:
        """One login of a company for itself."""
        at, ref = self.clock.now(), RepresentationRef(inscricao, Modo.TITULAR)
        self.world.grants += 1
        id = f"grant-{self.world.grants}"
        sub = FakeIdentifiers().subject(PEOPLE[holder], CLIENT)
        held = certificado(holder, Nivel.A3)
        made = replace(
            GRANT,
            id=id,
            client_id="dte",
            sub=sub,
            sid=f"sid-{id}",
            session_id=session,
            holder=PEOPLE[holder],
            certificado=held,
            choice=ref,
            auth_time=at,
            created_at=at,
            expires_at=at + 8 * HOUR,
        )
        with self.store.begin() as uow:
            uow.grants.add(made, f"code-{id}", replace(BINDING, expires_at=at + HOUR), f"tx-{id}")
        self._record(made)
        return made

    def _record(self, made: Grant, **changes: Any) -> None:
        payload = {**events._grant(made), "representado": "99990001000198", "poderes": ["dte.consultar"], **changes}
        self.store.record(AuditEvent("code.issued", self.clock.now(), payload))
        self.store.record(AuditEvent("token.issued", self.clock.now(), payload))

    def sealed(self) -> None:
        """What the worker does every second."""
        seal(self.store.audit_log(), lambda data: b"", self.clock.now(), self.directory / "checkpoints")
        self.store.audit_log().index()
