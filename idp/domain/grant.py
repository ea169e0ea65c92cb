"""What a consent produced: one family of code, access tokens and refresh tokens, revoked together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from idp.domain.certificado import Certificado
from idp.domain.claims import ClaimsAsked
from idp.domain.client import Client
from idp.domain.perfil import Perfil
from idp.domain.person import Holder
from idp.domain.representation import Representation, RepresentationRef
from idp.domain.transaction import Wanted


@dataclass(frozen=True, slots=True)
class Grant:
    """``sid`` is per (browser session, client, representation). ``session_id`` ends the grant with its session.
    ``generation`` counts refresh rotations: token number n is spent by moving n to n + 1. ``claims``: what the request
    asked for by name. ``wanted``: what it asked of the representation."""

    id: str
    client_id: str
    sub: str
    sid: str
    session_id: str
    holder: Holder
    certificado: Certificado
    choice: RepresentationRef
    scopes: frozenset[str]
    auth_time: datetime
    created_at: datetime
    expires_at: datetime
    nonce: str | None = None
    generation: int = 0
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None
    claims: ClaimsAsked = ClaimsAsked()
    wanted: Wanted = Wanted()


@dataclass(frozen=True, slots=True)
class CodeBinding:
    """What an authorization code is bound to besides its client (RFC 6749 §4.1.3, RFC 7636 §4.6)."""

    redirect_uri: str
    explicit_redirect_uri: bool
    code_challenge: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Authorization:
    """A grant whose representation was computed again just now: the only thing tokens are made from. ``perfil``: what
    the holder told of himself, where something of it may be handed over and he told anything. ``timezone``: the
    authority's, in which days are told."""

    grant: Grant
    client: Client
    representation: Representation
    at: datetime
    refresh_generation: int | None = None
    perfil: Perfil | None = None
    timezone: tzinfo = UTC

    def until(self, limit: datetime) -> datetime:
        """``limit``, or earlier where the certificate or the procuração ends first."""
        ends = [limit, self.grant.certificado.validade]
        if self.representation.ate is not None:
            ends.append(self.representation.ate)
        return min(ends)
