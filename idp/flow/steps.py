"""The steps between a request and its code. Their order in STEPS is the policy."""

from __future__ import annotations

from idp.domain.transaction import Transaction
from idp.flow.choices import Choices


class Login:
    """A holder proved by certificate, recently enough for prompt and max_age."""

    name = "login"

    @staticmethod
    def pending(tx: Transaction) -> bool:
        return tx.session is None

    @staticmethod
    def error(tx: Transaction, offered: Choices | None) -> str:
        """OIDC Core §3.1.2.6."""
        return "login_required"


class Consent:
    """On whose behalf, and what the client may know of it."""

    name = "consent"

    @staticmethod
    def pending(tx: Transaction) -> bool:
        return tx.choice is None or not tx.consented

    @staticmethod
    def error(tx: Transaction, offered: Choices | None) -> str:
        """OIDC Core §3.1.2.6: there is nothing to choose, the representation is open, or only the scopes are new."""
        if offered is not None and not offered.available:
            return "interaction_required"
        return "account_selection_required" if tx.choice is None else "consent_required"


STEPS: tuple[type[Login] | type[Consent], ...] = (Login, Consent)
