"""The steps between a request and its code. Their order in STEPS is the policy."""

from __future__ import annotations

from idp.domain.transaction import Transaction


class Login:
    """A holder proved by certificate, recently enough for prompt and max_age."""

    name = "login"

    @staticmethod
    def pending(tx: Transaction) -> bool:
        return tx.session is None

    @staticmethod
    def error(tx: Transaction, possible: bool, particular: bool) -> str:
        """OIDC Core §3.1.2.6."""
        return "login_required"


class Consent:
    """On whose behalf, and what the client may know of it."""

    name = "consent"

    @staticmethod
    def pending(tx: Transaction) -> bool:
        return tx.choice is None or not tx.consented

    @staticmethod
    def error(tx: Transaction, possible: bool, particular: bool) -> str:
        """OIDC Core §3.1.2.6. ``possible``: there is something to choose. ``particular``: a certain right was asked
        for, and to lack it is an answer; to have nothing at all may change with a person before the page."""
        if not possible:
            return "access_denied" if particular else "interaction_required"
        return "account_selection_required" if tx.choice is None else "consent_required"


STEPS: tuple[type[Login] | type[Consent], ...] = (Login, Consent)
