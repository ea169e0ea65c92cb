"""The composition root: the only module that may know everything. Reads like the parts list of the product.

Each ``create_*`` makes one host's WSGI application and nothing of the others'. All of them refuse to start
(ConfigurationError, with its remedy) unless database, keys and trust list exist and belong to the realm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Flask

from idp import politica
from idp.cadastro.https import Service
from idp.cadastro.remoto import RemoteCadastro
from idp.certificate.handshake import presented_certificate, refuse_certificate_headers
from idp.certificate.leaf import judge
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.standing import Standing
from idp.certificate.trust.current import CurrentTrust
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.domain.certificado import Verdict
from idp.domain.documents import Documento
from idp.domain.politica import Politica
from idp.domain.registration import Ceiling
from idp.domain.representation import Regras
from idp.fetch.documents import ClientDocuments
from idp.flow.authorize import Journey
from idp.flow.gateway import Gateway
from idp.flow.inscricoes import Inscricoes
from idp.flow.logout import Logout
from idp.flow.outorga import Outorga
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.flow.source import OwnTables
from idp.keyring import KeyRing
from idp.oidc.client_keys import ClientKeys
from idp.oidc.metadata import Paths
from idp.oidc.provider import Provider
from idp.oidc.registration import Registrar
from idp.oidc.response import authorization_response
from idp.ports import CadastroSource, Clock, Ephemeral
from idp.settings import Settings
from idp.storage.ephemeral import EphemeralRascunhos, EphemeralSessions, EphemeralTransactions, open_ephemeral
from idp.storage.sql import SqlStore, open_store, schema
from idp.storage.sql.clients import CachedClients
from idp.storage.sql.personal import Whose, export_person
from idp.web import logs
from idp.web.application import Application
from idp.web.assets import assets_blueprint
from idp.web.consent import consent_blueprint
from idp.web.gateway import PresentedCertificate, gateway_blueprint
from idp.web.hop import refuse_unless
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.pages import Pages, Site
from idp.web.portal import make_portal
from idp.web.screens import StepScreens
from idp.web.security import protect
from idp.web.text import use_timezone
from idp.web.views.poderes import use_catalogue
from idp.web.views.portal_dados import Prazos

_log = structlog.get_logger("idp.app")


class Parts:
    """Everything a host may need, made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.store = open_store(settings.database_url)
        schema.check(self.store.engine, settings.realm)
        use_timezone(settings.timezone)
        use_catalogue(self.politica.catalogo)
        self.site = Site(
            issuer=settings.issuer,
            certificate_origin=settings.certificate_origin,
            certificate_wildcard=settings.certificate_wildcard,
            certificate_second_origin=settings.certificate_second_origin,
            authority=settings.authority,
            support=settings.support,
            sandbox=settings.realm == "sandbox",
        )

    @cached_property
    def keys(self) -> KeyRing:
        return KeyRing.open(self.settings.signing_dir, self.settings.realm)

    @cached_property
    def trust(self) -> CurrentTrust:
        def kept(problem: str) -> None:
            _log.error("trust_list_kept", problem=problem)

        return CurrentTrust(self.settings.trust_dir / FILE, self.settings.realm, kept)

    @cached_property
    def crls(self) -> CrlIndex:
        grace = timedelta(seconds=self.settings.crl_grace_seconds)
        return CrlIndex(self.settings.trust_dir / DIRECTORY, self.trust.at(self.clock.now()), grace)

    @cached_property
    def revocation(self) -> Standing:
        return Standing(self.trust, self.crls)

    @cached_property
    def policy(self) -> Policy:
        return policy(self.settings)

    @cached_property
    def source(self) -> CadastroSource:
        return cadastro_source(self.settings, self.store, self.clock)

    @cached_property
    def ephemeral(self) -> Ephemeral:
        return open_ephemeral(self.settings.ephemeral_url, self.settings.database_url, self.clock)

    @cached_property
    def journey(self) -> Journey:
        return Journey(
            clock=self.clock,
            store=self.store,
            transactions=EphemeralTransactions(self.ephemeral, self.clock),
            sessions=EphemeralSessions(self.ephemeral, self.clock),
            clients=self.clients,
            identifiers=self.keys,
            revocation=self.revocation,
            policy=self.policy,
            source=self.source,
            outorga=self.outorga,
        )

    @cached_property
    def politica(self) -> Politica:
        return politica.load(self.settings.politica)

    @cached_property
    def outorga(self) -> Outorga:
        return Outorga(
            clock=self.clock,
            store=self.store,
            clients=self.clients,
            revocation=self.revocation,
            rascunhos=EphemeralRascunhos(self.ephemeral, self.clock),
            regras=self.policy.regras,
            politica=self.politica,
            timezone=ZoneInfo(self.settings.timezone),
            source=self.source,
        )

    @cached_property
    def clients(self) -> CachedClients:
        return self.store.clients(self.settings.cache_seconds)

    @cached_property
    def provider(self) -> Provider:
        return Provider(
            issuer=self.settings.issuer,
            keys=self.keys,
            clock=self.clock,
            store=self.store,
            clients=self.clients,
            identifiers=self.keys,
            redemption=Redemption(
                clock=self.clock,
                store=self.store,
                clients=self.clients,
                identifiers=self.keys,
                revocation=self.revocation,
                policy=self.policy,
                source=self.source,
            ),
            access_token=self.policy.access_token,
            id_token=self.policy.id_token,
            client_documents=self.documents,
            client_keys=ClientKeys(self.documents),
            registrar=self.registrar,
        )

    @cached_property
    def registrar(self) -> Registrar | None:
        """Who lets applications register themselves; None while nobody may."""
        if self.settings.registration == "off":
            return None
        scopes = frozenset(self.settings.registration_scopes)
        return Registrar(
            endpoint=self.settings.issuer + Paths().registration,
            open_ceiling=Ceiling(scopes) if self.settings.registration == "open" else None,
            per_hour=self.settings.registration_per_hour,
            clock=self.clock,
            registrations=self.store.registrations(),
            registry=self.store.registry(),
            documents=self.documents,
        )

    def export(
        self, documento: Documento, subs: Collection[str], quem: Collection[str], at: datetime
    ) -> Mapping[str, Any]:
        """Everything kept of a person (:class:`idp.flow.meus_dados.Export`)."""
        return export_person(self.store, Whose(documento, subs, quem, self.policy.regras.raiz), at)

    @cached_property
    def documents(self) -> ClientDocuments:
        return ClientDocuments(self.settings.client_hosts, self.settings.client_ca_file)


def create_issuer(settings: Settings) -> Flask:
    """The main host: the protocol and the pages. Never asks for a client certificate."""
    parts = Parts(settings)
    pages = Pages(parts.site, parts.clock)
    journey = parts.journey
    writer = partial(authorization_response, issuer=settings.issuer)
    screens = StepScreens(pages, parts.clients, parts.policy)
    respond = make_responder(screens, writer, parts.provider.tokens().at_front_channel)
    app = _app(settings.issuer, settings, pages)
    refuse_unless(app, refuse_certificate_headers, pages)
    logout = Logout(clock=parts.clock, store=parts.store, sessions=journey.sessions, clients=parts.clients)
    for blueprint in (
        *parts.provider.documents(),
        *parts.provider.registration(),
        *parts.provider.back_channel(),
        *parts.provider.front_channel(journey=journey, logout=logout, pages=pages, respond=respond, writer=writer),
        login_blueprint(journey, screens, respond),
        consent_blueprint(journey, screens, respond),
        make_portal(
            journey=journey,
            outorga=parts.outorga,
            inscricoes=Inscricoes(clock=parts.clock, store=parts.store, regras=parts.policy.regras),
            trail=parts.store.trail(),
            registered=parts.store.registry().list,
            export=parts.export,
            prazos=Prazos(
                autorizacoes=settings.consent_days,
                acessos=settings.retention_access_days,
                procuracoes=settings.retention_procuracoes_days,
                registro=settings.retention_audit_days,
                sessao=-(-settings.session_seconds // 3600),
            ),
            ephemeral=parts.ephemeral,
            pages=pages,
            respond=respond,
        ),
        assets_blueprint(),
    ):
        app.register_blueprint(blueprint)
    return app


def create_gateway(settings: Settings) -> Flask:
    """The certificate host: one address, no cookie."""
    parts = Parts(settings)
    trust, crls = parts.trust, parts.crls

    def judged(der: bytes, at: datetime) -> Verdict:
        return judge(der, trust=trust.at(at), revocation=crls, at=at)

    gateway = Gateway(clock=parts.clock, store=parts.store, judge=judged, policy=parts.policy)
    pages = Pages(parts.site, parts.clock, on_certificate_host=True)
    # A fresh name for each login would leave an HSTS entry in the browser each time.
    app = _app(settings.certificate_origin, settings, pages, hsts=not settings.certificate_wildcard)
    app.register_blueprint(gateway_blueprint(gateway, _presented(settings), pages))
    return app


def create_mtls(settings: Settings) -> Flask:
    """The host for relying parties: aliases of the back-channel endpoints."""
    parts = Parts(settings)
    pages = Pages(parts.site, parts.clock)
    app = _app(settings.mtls_origin, settings, pages)
    refuse_unless(app, _presented(settings), pages)
    for blueprint in parts.provider.back_channel():
        app.register_blueprint(blueprint)
    return app


def _presented(settings: Settings) -> PresentedCertificate:
    secret = settings.proxy_secret.get_secret_value()
    return partial(presented_certificate, source=settings.certificate_source, proxy_secret=secret)


def policy(settings: Settings) -> Policy:
    """The flow's policy out of the settings."""
    return Policy(
        regras=Regras(
            raiz=settings.escopo_certificado == "raiz",
            responsavel_confere=settings.responsavel_divergente == "recusar",
            cadastro_age=timedelta(seconds=settings.cadastro_age_seconds)
            if settings.cadastro_source == "https"
            else None,
        ),
        transaction=timedelta(seconds=settings.transaction_seconds),
        return_code=timedelta(seconds=settings.return_code_seconds),
        code=timedelta(seconds=settings.code_seconds),
        access_token=timedelta(seconds=settings.access_token_seconds),
        id_token=timedelta(seconds=settings.id_token_seconds),
        refresh_token=timedelta(seconds=settings.refresh_token_seconds),
        session=timedelta(seconds=settings.session_seconds),
        consent=timedelta(days=settings.consent_days),
    )


def _cadastro_failed(token: str) -> None:
    _log.warning("cadastro_failed", why=token)


def cadastro_source(
    settings: Settings, store: SqlStore, clock: Clock, failed: Callable[[str], object] = _cadastro_failed
) -> RemoteCadastro | OwnTables:
    """Where the cadastro's facts come from; ``failed`` hears the token of each failure of a remote one. Raises
    ConfigurationError for files of the remote one that are missing."""
    if settings.cadastro_source == "local":
        return OwnTables()
    service = Service(
        settings.cadastro_url,
        clock.now,
        token=settings.cadastro_token.get_secret_value(),
        certificate=settings.cadastro_client_certificate,
        key=settings.cadastro_client_key,
        ca=settings.cadastro_ca,
        seconds=settings.cadastro_timeout_seconds,
    )
    fresh, age = timedelta(seconds=settings.cadastro_fresh_seconds), timedelta(seconds=settings.cadastro_age_seconds)
    return RemoteCadastro(service, store.fetched(), clock, fresh=fresh, age=age, failed=failed)


def _app(origin: str, settings: Settings, pages: Pages, *, hsts: bool = True) -> Flask:
    logs.configure(settings.log_level)
    app = Application(origin)
    protect(app, hsts=hsts and settings.realm != "sandbox")
    pages.handle_errors(app)
    return app
