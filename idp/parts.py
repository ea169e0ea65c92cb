"""The parts of which every host takes what it needs: the settings' answer to each port of the core.

What a part is made of is said here and nowhere else; which of them make which host is :mod:`idp.app`'s to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from idp import politica
from idp.cadastro_source import cadastro_source
from idp.certificate.revocation import DIRECTORY, CrlIndex
from idp.certificate.standing import Standing
from idp.certificate.trust.current import CurrentTrust
from idp.certificate.trust.issuers import FILE
from idp.clock import SystemClock
from idp.domain.documents import Documento
from idp.domain.politica import Politica
from idp.domain.registration import Ceiling
from idp.domain.representation import Regras
from idp.fetch.documents import ClientDocuments
from idp.flow.allowance import Allowance
from idp.flow.authorize import Journey
from idp.flow.outorga import Outorga
from idp.flow.policy import Policy
from idp.flow.redeem import Redemption
from idp.keyring import KeyRing
from idp.oidc.client_keys import ClientKeys
from idp.oidc.metadata import Paths
from idp.oidc.provider import Provider
from idp.oidc.registration import Registrar
from idp.ports import CadastroSource, Ephemeral
from idp.settings import Settings
from idp.storage.ephemeral import EphemeralRascunhos, EphemeralSessions, EphemeralTransactions, open_ephemeral
from idp.storage.sql import open_store, schema
from idp.storage.sql.clients import CachedClients
from idp.storage.sql.personal import Whose, export_person
from idp.web.pages import Site
from idp.web.text import use_timezone
from idp.web.views.poderes import use_catalogue

_log = structlog.get_logger("idp.parts")


class Parts:
    """Everything a host may need, made when it is first asked for.

    Raises ConfigurationError, at once where database or policy do not allow a start, and from a part where its own
    files do not.
    """

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
        """The signing, pairwise and refresh keys of the realm."""
        return KeyRing.open(self.settings.signing_dir, self.settings.realm)

    @cached_property
    def trust(self) -> CurrentTrust:
        """The CAs that may certify a person, as the file says now."""

        def kept(problem: str) -> None:
            _log.error("trust_list_kept", problem=problem)

        return CurrentTrust(self.settings.trust_dir / FILE, self.settings.realm, kept)

    @cached_property
    def crls(self) -> CrlIndex:
        """Who of their certificates is revoked."""
        grace = timedelta(seconds=self.settings.crl_grace_seconds)
        return CrlIndex(self.settings.trust_dir / DIRECTORY, self.trust.at(self.clock.now()), grace)

    @cached_property
    def revocation(self) -> Standing:
        """Both together: whether a certificate accepted earlier still stands."""
        return Standing(self.trust, self.crls)

    @cached_property
    def policy(self) -> Policy:
        """How long each thing lives, and the rules a representation is judged by."""
        return _policy(self.settings)

    @cached_property
    def source(self) -> CadastroSource:
        """Where the cadastro's facts come from."""
        return cadastro_source(self.settings, self.store, self.clock)

    @cached_property
    def ephemeral(self) -> Ephemeral:
        """What may be lost: transactions, sessions, drafts, counters."""
        return open_ephemeral(self.settings.ephemeral_url, self.settings.database_url, self.clock)

    @cached_property
    def journey(self) -> Journey:
        """From ``/authorize`` to the code: what the front channel of the issuer does."""
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
        """The authority's policy for procurações."""
        return politica.load(self.settings.politica)

    @cached_property
    def outorga(self) -> Outorga:
        """Giving, accepting, passing on and ending power: what the portal does."""
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
        """The registered applications; a change is seen within ``cache_seconds``."""
        return self.store.clients(self.settings.cache_seconds)

    @cached_property
    def provider(self) -> Provider:
        """The protocol: its endpoints, and the redemption of what they are shown."""
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
            managing=Allowance(self.ephemeral, self.clock, self.settings.registration_per_hour, timedelta(hours=1)),
        )

    def export(
        self, documento: Documento, subs: Collection[str], quem: Collection[str], at: datetime
    ) -> Mapping[str, Any]:
        """Everything kept of a person (:class:`idp.flow.meus_dados.Export`)."""
        return export_person(self.store, Whose(documento, subs, quem, self.policy.regras.raiz), at)

    @cached_property
    def documents(self) -> ClientDocuments:
        """The one guarded way out: what relying parties publish (docs/decisions/0014)."""
        return ClientDocuments(self.settings.client_hosts, self.settings.client_ca_file)


def _policy(settings: Settings) -> Policy:
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
        timezone=ZoneInfo(settings.timezone),
    )
