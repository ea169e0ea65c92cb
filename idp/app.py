"""The composition root: three hosts, and which parts make each.

Each ``create_*`` makes one host's WSGI application and nothing of the others'. All of them refuse to start
(ConfigurationError, with its remedy) unless database, keys and trust list exist and belong to the realm.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from flask import Flask

from idp import logs
from idp.certificate.handshake import presented_certificate, refuse_certificate_headers
from idp.certificate.leaf import judge
from idp.domain.certificado import Verdict
from idp.flow.gateway import Gateway
from idp.flow.inscricoes import Inscricoes
from idp.flow.logout import Logout
from idp.oidc.response import authorization_response
from idp.parts import Parts
from idp.settings import Settings
from idp.web.application import Application
from idp.web.assets import assets_blueprint
from idp.web.consent import consent_blueprint
from idp.web.gateway import PresentedCertificate, gateway_blueprint
from idp.web.hop import refuse_unless
from idp.web.login import login_blueprint
from idp.web.outcome import make_responder
from idp.web.pages import Pages
from idp.web.portal import make_portal
from idp.web.screens import StepScreens
from idp.web.security import protect
from idp.web.views.portal_dados import Prazos


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


def _app(origin: str, settings: Settings, pages: Pages, *, hsts: bool = True) -> Flask:
    logs.configure(settings.log_level)
    app = Application(origin)
    protect(app, hsts=hsts and settings.realm != "sandbox")
    pages.handle_errors(app)
    return app
