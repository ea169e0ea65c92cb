"""Everything this package serves, put together; the composition root calls it once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint

from idp.flow.authorize import Journey
from idp.flow.logout import Logout
from idp.flow.redeem import Redemption
from idp.oidc.assertion import Assertions
from idp.oidc.backchannel import BackChannel
from idp.oidc.client_keys import ClientKeys, Nobody
from idp.oidc.cors import readable_by_all, readable_by_applications
from idp.oidc.endpoints.authorize import Responder, Writer, authorize_blueprint
from idp.oidc.endpoints.discovery import discovery_blueprint
from idp.oidc.endpoints.introspection import Introspection, introspection_blueprint
from idp.oidc.endpoints.jwks import jwks_blueprint
from idp.oidc.endpoints.logout import EndSession, logout_blueprint
from idp.oidc.endpoints.procuracao_status import procuracao_status_blueprint
from idp.oidc.endpoints.registration import registration_blueprint
from idp.oidc.endpoints.revocation import revocation_blueprint
from idp.oidc.endpoints.token import token_blueprint
from idp.oidc.endpoints.userinfo import userinfo_blueprint
from idp.oidc.keys import Keys
from idp.oidc.metadata import Paths, metadata
from idp.oidc.own_tokens import OwnTokens
from idp.oidc.pages import Pages
from idp.oidc.protection import Protection
from idp.oidc.registration import Registrar
from idp.oidc.request_object import RequestObjects
from idp.oidc.server import Server
from idp.oidc.tokens import Tokens
from idp.ports import Clients, Clock, Documents, Identifiers, Store


@dataclass(frozen=True, slots=True)
class Provider:
    """The protocol of one issuer, as blueprints. Paths are at the root of their host."""

    issuer: str
    keys: Keys
    clock: Clock
    store: Store
    clients: Clients
    identifiers: Identifiers
    redemption: Redemption
    access_token: timedelta
    id_token: timedelta
    client_documents: Documents = Nobody()
    client_keys: ClientKeys = ClientKeys(Nobody())
    registrar: Registrar | None = None
    paths: Paths = Paths()

    @property
    def protection(self) -> Protection:
        """How answers become JWTs: ``protect(claims, client, use)``."""
        return Protection(self.keys, self.client_keys)

    def tokens(self) -> Tokens:
        """What makes token responses, and the answers of the authorization endpoint."""
        return Tokens(
            issuer=self.issuer,
            keys=self.keys,
            protection=self.protection,
            redemption=self.redemption,
            access_life=self.access_token,
            id_life=self.id_token,
        )

    def back_channel(self) -> tuple[Blueprint, ...]:
        """What clients and resource servers call: at the issuer's host, and as aliases at the mTLS host."""
        token_endpoint = self.issuer + self.paths.token
        server = Server(
            token_endpoint=token_endpoint,
            clients=self.clients,
            redemption=self.redemption,
            tokens=self.tokens(),
            assertions=Assertions(
                audiences=frozenset({self.issuer, token_endpoint}),
                keys=self.client_keys,
                clock=self.clock,
                store=self.store,
            ),
        )
        return (
            *(readable_by_applications(blueprint, self.clients) for blueprint in self._of_applications(server)),
            introspection_blueprint(
                self.paths.introspection,
                server,
                Introspection(
                    issuer=self.issuer,
                    own_tokens=self._own_tokens(),
                    redemption=self.redemption,
                    clients=self.clients,
                    protection=self.protection,
                    clock=self.clock,
                ),
            ),
        )

    def _of_applications(self, server: Server) -> tuple[Blueprint, ...]:
        """What applications that live in a browser call too."""
        return (
            token_blueprint(path=self.paths.token, server=server),
            userinfo_blueprint(
                path=self.paths.userinfo,
                issuer=self.issuer,
                own_tokens=self._own_tokens(),
                redemption=self.redemption,
                protection=self.protection,
                clock=self.clock,
            ),
            revocation_blueprint(
                path=self.paths.revocation,
                server=server,
                own_tokens=self._own_tokens(),
                redemption=self.redemption,
                clock=self.clock,
            ),
            procuracao_status_blueprint(
                own_tokens=self._own_tokens(),
                clients=self.clients,
                store=self.store,
                clock=self.clock,
                timezone=self.redemption.policy.timezone,
            ),
        )

    def told(self) -> BackChannel:
        """What tells clients that a session has ended."""
        return BackChannel(
            issuer=self.issuer,
            protection=self.protection,
            clock=self.clock,
            store=self.store,
            clients=self.clients,
            documents=self.client_documents,
        )

    def documents(self) -> tuple[Blueprint, ...]:
        """Discovery and the JWK Set."""
        by_reference = not isinstance(self.client_documents, Nobody)
        registering = self.registrar is not None
        found = metadata(self.issuer, self.paths, by_reference=by_reference, registering=registering)
        documents = discovery_blueprint(metadata=found), jwks_blueprint(path=self.paths.jwks, keys=self.keys)
        return tuple(map(readable_by_all, documents))

    def registration(self) -> tuple[Blueprint, ...]:
        """Where applications register themselves; nothing where they may not."""
        if self.registrar is None:
            return ()
        return (registration_blueprint(path=self.paths.registration, registrar=self.registrar),)

    def front_channel(
        self, *, journey: Journey, logout: Logout, pages: Pages, respond: Responder, writer: Writer
    ) -> tuple[Blueprint, ...]:
        """Authorization and logout: where browsers come."""
        return (
            authorize_blueprint(
                path=self.paths.authorize,
                clients=self.clients,
                journey=journey,
                own_tokens=self._own_tokens(),
                request_objects=RequestObjects(
                    issuer=self.issuer, clock=self.clock, client_keys=self.client_keys, documents=self.client_documents
                ),
                pages=pages,
                respond=respond,
                writer=writer,
            ),
            logout_blueprint(
                EndSession(
                    path=self.paths.logout,
                    issuer=self.issuer,
                    clients=self.clients,
                    identifiers=self.identifiers,
                    journey=journey,
                    logout=logout,
                    back_channel=self.told(),
                    own_tokens=self._own_tokens(),
                    pages=pages,
                    clock=self.clock,
                )
            ),
        )

    def _own_tokens(self) -> OwnTokens:
        return OwnTokens(self.keys, self.issuer)
