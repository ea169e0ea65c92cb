"""What a representation must be for one request: what the client's registration demands and what was asked on top."""

from __future__ import annotations

from idp.domain.client import Client
from idp.domain.representation import Demanda
from idp.domain.transaction import Wanted


def demanded(client: Client, wanted: Wanted) -> Demanda:
    """The stricter of both. A request may ask for more than the registration, never for less."""
    return client.demanda.and_also(wanted.inscricao, wanted.poderes, wanted.nivel_minimo)


def particular(demanda: Demanda) -> bool:
    """Whether something is asked that a holder may lack though he has inscrições to choose from."""
    return bool(demanda.inscricao or demanda.exigidos or demanda.nivel_minimo)
