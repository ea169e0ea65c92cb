"""Where a browser is sent to show a certificate.

Browsers keep the choice made in their certificate window, "none" included, for the host and port it was made for, until
they are closed. Only an address they have not met makes them ask again (docs/certificate-step.md).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.domain.transaction import Transaction

_PREPARE = "No cartão ou token, retire um e coloque o outro antes de continuar."
_CLOSE = "feche todas as janelas do navegador e abra de novo, ou use uma janela anônima, e volte ao serviço."


@dataclass(frozen=True, slots=True)
class CertificateHost:
    """``origin`` asks first; ``second``, "" for none, is its second address. ``wildcard``: both answer under any label
    below their names."""

    origin: str
    second: str = ""
    wildcard: bool = False

    def entrance(self, tx: Transaction) -> str:
        """For whoever has no reason to want another certificate."""
        return self._at(self.origin, tx)

    def another(self, tx: Transaction) -> str:
        """Where the browser asks although it remembers a choice: so far as this deployment can."""
        return self._at(self.second if self.another_elsewhere else self.origin, tx)

    def compatible(self, tx: Transaction) -> str | None:
        """The second address, for middleware that fails at the first."""
        return self._at(self.second, tx) if self.second else None

    @property
    def another_elsewhere(self) -> bool:
        """Whether ``another`` is a different address than ``entrance``."""
        return bool(self.second) and not self.wildcard

    @property
    def how_to_switch(self) -> tuple[str, ...]:
        """SES-01 in sentences: what will happen at ``another``, and what only closing the browser does."""
        if self.wildcard:
            return ("Ao continuar, o navegador pergunta de novo qual certificado usar.", _PREPARE)
        if self.another_elsewhere:
            return (
                "Ao continuar, o navegador pergunta de novo qual certificado usar, em outro endereço nosso.",
                _PREPARE,
                f"Ele lembra cada escolha até ser fechado. Se não perguntar, {_CLOSE}",
            )
        return (
            "O navegador lembra o certificado escolhido até ser fechado, e por isso pode enviar o mesmo sem perguntar.",
            f"Para escolher outro: {_CLOSE}",
            "No cartão ou token, retire um e coloque o outro antes de abrir o navegador.",
        )

    def _at(self, origin: str, tx: Transaction) -> str:
        if self.wildcard:
            # Not a secret, only new: a random name each time the page is shown, so that "none" is not remembered either
            origin = f"https://{secrets.token_hex(8)}.{urlsplit(origin).netloc}"
        return f"{origin}/entrar?ticket={tx.id}.{tx.ticket}"
