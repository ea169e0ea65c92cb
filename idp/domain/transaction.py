"""One authorization request on its way, from /authorize to its answer.

::

    STARTED ──signed_in──▶ SIGNED_IN ──consented──▶ CONSENTED ──issue──▶ (code; the Transaction is gone)
       └────────────────────────┴─────────refused────────┴─────────────▶ (error; the Transaction is gone)

Parameters are frozen at birth. A Transaction belongs to one browser (``browser`` is the digest of its cookie) and only
moves forward; ``signed_in`` may happen again (another certificate), which forgets the choice made before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idp.domain.acr import acr_of
from idp.domain.certificado import Nivel
from idp.domain.claims import ClaimsAsked
from idp.domain.inscricao import InscricaoId
from idp.domain.procuracao import Poder
from idp.domain.representation import RepresentationRef
from idp.domain.session import Session


class Prompt(StrEnum):
    """OIDC Core §3.1.2.1."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What this one request asks of the representation, beyond what the client's registration demands: a certain
    inscrição, poderes that must all be held, a certificate level. From ``claims`` or ``authorization_details``;
    ``detailed``: from the latter, whose answer goes into the token response (RFC 9396 §7)."""

    inscricao: InscricaoId | None = None
    poderes: frozenset[Poder] = frozenset()
    nivel_minimo: Nivel | None = None
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The validated parameters of one request. ``hint_sid`` and ``hint_sub`` are those of an
    id_token_hint that is ours and for this client; signing in as anybody else does not answer the request. ``acr``:
    where not empty, the login must reach one of these (an essential claim, OIDC Core §5.5.1.1)."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    response_type: str = "code"
    response_mode: str = "query"
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[Prompt] = frozenset()
    max_age: int | None = None
    login_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    hint_sid: str | None = None
    hint_sub: str | None = None
    explicit_redirect_uri: bool = True
    wanted: Wanted = Wanted()
    claims: ClaimsAsked = ClaimsAsked()
    acr: tuple[str, ...] = ()

    @property
    def code_due(self) -> bool:
        """Whether the answer carries a code."""
        return "code" in self.response_type.split()

    @property
    def id_token_due(self) -> bool:
        """Whether the answer itself carries an ID token."""
        return "id_token" in self.response_type.split()

    @property
    def access_token_due(self) -> bool:
        """Whether the answer itself carries an access token."""
        return "token" in self.response_type.split()

    @property
    def telling(self) -> frozenset[str]:
        """The scopes of everything that may be told: those asked for, and those of the claims asked for by name."""
        return self.scopes | {one.scope for one in self.claims.all}

    @property
    def disclosures(self) -> frozenset[str]:
        """What is consented to: the scopes, and each claim asked for that none of them tells (``claim:cpf``)."""
        named = {f"claim:{one.name}" for one in self.claims.all if one.scope not in self.scopes}
        return self.scopes | named


@dataclass(frozen=True, slots=True)
class Transaction:
    """``ticket`` names this Transaction to the certificate host; ``csrf`` guards its forms. ``session`` is a copy: who
    acts on it looks the session up again. ``asked``: the person chose and consented just now, nothing was recalled."""

    id: str
    request: AuthorizationRequest
    browser: str
    ticket: str
    csrf: str
    started_at: datetime
    expires_at: datetime
    session: Session | None = None
    choice: RepresentationRef | None = None
    consented: bool = False
    asked: bool = False
    search: str = ""
    """What the person looks for in a long list. Kept here because a CNPJ or CPF has no place in an address."""

    @property
    def silent(self) -> bool:
        """prompt=none: no page may be shown."""
        return Prompt.NONE in self.request.prompt

    def authenticated_enough(self, session: Session, now: datetime) -> bool:
        """Whether ``session`` answers prompt=login, max_age (OIDC Core §3.1.2.1) and an essential acr."""
        if not self.reaches(session):
            return False
        if Prompt.LOGIN in self.request.prompt and session.auth_time < self.started_at:
            return False
        max_age = self.request.max_age
        # A login made for this very Transaction is always fresh enough, or max_age=0 would ask for ever.
        if max_age is not None and session.auth_time < self.started_at:
            return (now - session.auth_time).total_seconds() <= max_age
        return True

    def reaches(self, session: Session) -> bool:
        """Whether the login of ``session`` has the assurance that the request cannot do without."""
        return not self.request.acr or acr_of(session.certificado) in self.request.acr

    def with_session(self, session: Session) -> Transaction:
        return replace(self.without_choice(), session=session)

    def without_session(self) -> Transaction:
        return replace(self.without_choice(), session=None)

    def with_choice(self, choice: RepresentationRef, *, consented: bool, asked: bool = False) -> Transaction:
        return replace(self, choice=choice, consented=consented, asked=asked)

    def without_choice(self) -> Transaction:
        return replace(self, choice=None, consented=False, asked=False)
