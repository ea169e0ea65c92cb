"""What the journey answers. HTTP is made of these in ``idp.web.outcome`` and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.domain.certificado import Refused
from idp.domain.grant import Authorization
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Motivo
from idp.domain.session import Session
from idp.domain.transaction import AuthorizationRequest, Transaction
from idp.flow.choices import Choices


class Pagina(StrEnum):
    """Dead ends that are shown to the person and never sent to a client."""

    TRANSACAO_EXPIRADA = "transacao_expirada"
    TRANSACAO_ENCERRADA = "transacao_encerrada"
    OUTRO_NAVEGADOR = "outro_navegador"
    RETORNO_INVALIDO = "retorno_invalido"
    FORMULARIO_INVALIDO = "formulario_invalido"


@dataclass(frozen=True, slots=True)
class AskLogin:
    """Show the page before the certificate. ``refused``: the verdict on the one just presented."""

    tx: Transaction
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Show "em nome de quem?". ``choices`` may offer nothing; None leads to the page that shows them. ``refused`` is
    why the choice just made fell through. ``known_at``: how old the remote cadastro's facts are, where it could not be
    asked just now. ``offered``: a procuração that waits for the holder, to be shown by itself."""

    tx: Transaction
    choices: Choices | None = None
    refused: Motivo | None = None
    known_at: datetime | None = None
    offered: Procuracao | None = None


@dataclass(frozen=True, slots=True)
class Redirected:
    """An OAuth error for the client, at its validated redirect URI. ``description`` is ASCII English."""

    request: AuthorizationRequest
    error: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Displayed:
    """A page for the person; the client hears nothing."""

    pagina: Pagina
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Granted:
    """The client gets what it asked for. ``code`` is the bearer value itself, it exists nowhere else; "" where the
    response type has none. ``authorization``: what the tokens in the answer are made of, where it has any."""

    request: AuthorizationRequest
    code: str
    authorization: Authorization | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """In, at ``path``, one of the provider's own pages."""

    session: Session
    path: str


@dataclass(frozen=True, slots=True)
class Left:
    """Gave up coming in: back to ``path``, one of the provider's own pages."""

    path: str


Outcome = AskLogin | AskConsent | Redirected | Displayed | Granted | Entered | Left


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session has a new bearer value, ``cookie``, after a login or a choice: to be set before ``then`` is shown."""

    session: Session
    cookie: str
    then: Outcome
