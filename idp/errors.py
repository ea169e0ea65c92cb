"""The tree of errors. They carry data; pages choose the Portuguese words and endpoints choose the OAuth code."""


class IdpError(Exception):
    """Base of every error raised on purpose."""


class InvalidDocument(IdpError, ValueError):
    """A CPF, CNPJ or IE that is not one. ``reason`` is a token: length, charset, repeated, check_digits; of an IE also
    uf (no such UF) and format (length or opening digits)."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"invalid {kind}: {reason}")
        self.kind = kind
        self.reason = reason


class NotRepresentable(IdpError):
    """The holder may not act for this inscrição on this basis. ``reason`` is one of :class:`idp.domain.Motivo`."""

    def __init__(self, motivo: str, detail: str = "") -> None:
        super().__init__(f"{motivo}: {detail}" if detail else motivo)
        self.motivo = motivo
        self.detail = detail


class InvalidProcuracao(IdpError, ValueError):
    """A procuração that breaks an invariant of its own (dates, parties, powers, scope)."""


class IllegalTransition(IdpError):
    """A state machine was asked for a step it does not have."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: no '{event}' from '{state}'")
        self.machine, self.state, self.event = machine, state, event


class InvalidClient(IdpError, ValueError):
    """Client metadata that cannot be registered; ``field`` names what is wrong, in OIDC registration terms."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field, self.detail = field, detail


class NotFound(IdpError, LookupError):
    """Nothing is stored under that key."""


class AlreadySpent(IdpError):
    """A value that may be used once was used before, has expired, or never existed."""


class TemporarilyUnavailable(IdpError):
    """Nobody's fault at either end and nothing was changed: the same request may succeed later (HTTP 503)."""


class StoreUnavailable(TemporarilyUnavailable):
    """A store did not answer."""


class RevocationUnknown(TemporarilyUnavailable):
    """The revocation list of a certificate's CA is stale or absent, so the certificate cannot be relied on now."""


class CadastroUnavailable(TemporarilyUnavailable):
    """The authority's cadastro did not answer, or with something that is no answer, and what is known is too old."""


class CadastroStale(CadastroUnavailable):
    """Facts of the cadastro that are older than the authority allows: nothing may rest on them. ``contribuintes``: the
    contribuinte ids (CNPJ root or CPF) whose facts must be fetched again."""

    def __init__(self, contribuintes: tuple[str, ...]) -> None:
        super().__init__("facts of the cadastro are too old")
        self.contribuintes = contribuintes


class TooMany(TemporarilyUnavailable):
    """More of something within a time than is allowed (HTTP 429). ``seconds``: after how many to try again."""

    def __init__(self, what: str, seconds: int = 600) -> None:
        super().__init__(what)
        self.seconds = seconds


class DocumentUnavailable(TemporarilyUnavailable):
    """Something that a client publishes could not be had. ``reason`` is a token for the log: see ``idp.fetch.tokens``
    and, of our own restraint, ``busy`` (too many at once) and ``cooling`` (it failed a moment ago)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class ConfigurationError(IdpError):
    """Settings, keys, trust or realm do not allow a start. ``remedy`` is the command or edit that cures it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}\n  -> {remedy}" if remedy else problem)
        self.problem, self.remedy = problem, remedy


class TrustError(IdpError):
    """A trust bundle or compiled list that must not be used; the previous one stays."""


class InvalidGrant(IdpError):
    """A code or refresh token that buys nothing (RFC 6749 §5.2 invalid_grant). ``reason`` is for the audit and the log;
    the client learns only the OAuth error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidToken(IdpError):
    """An access token whose grant no longer holds (RFC 6750 §3.1 invalid_token)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
