"""A procuração with its line and its uses, written into a real store and audit as the flow writes them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from idp.domain.ato import AtoRegistrado
from idp.domain.documents import Documento
from idp.domain.grant import Authorization, Grant
from idp.domain.person import Holder
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Modo, Representation
from idp.flow import events
from idp.ports import AuditEvent
from idp.storage.sql import SqlStore
from tests.contracts.data import grant
from tests.domain.samples import (
    ADA,
    AM1,
    AM2,
    BRUCE,
    DAY,
    EVA,
    MATRIZ,
    T0,
    ada,
    bruce,
    eva,
    filha,
    inscricao,
    procuracao,
    wayne,
)

NOON = T0
TEXTO = "Outorgo a AUGUSTA ADA KING os poderes de consultar."
MAE = procuracao(id="prc_mae")
"""Wayne Enterprises to Ada; Ada passed it on to Eva."""
FILHA = filha(MAE, id="prc_filha")
OUTRA = procuracao(id="prc_outra", outorgado=BRUCE, outorgado_nome="BRUCE WAYNE")
"""Of the same company to somebody else: no part of the case."""


def _act(at: datetime, evento: str, about: Procuracao, by: Documento) -> AuditEvent:
    return events.outorga(AtoRegistrado(f"ato-{evento}-{about.id}", evento, at, str(by), "", "e-cpf"), about)


def use(
    store: SqlStore,
    at: datetime,
    holder: Holder,
    by: Procuracao | None,
    *,
    client: str = "dte",
    above: tuple[str, ...] = (),
    modo: Modo = Modo.TITULAR,
) -> None:
    """One login to a client with its code and token."""
    where = inscricao(AM1 if by else AM2)
    representation = object.__new__(Representation)
    for name, value in {
        "inscricao": where,
        "modo": Modo.PROCURACAO if by else modo,
        "procuracao": by,
        "cadeia": above,
        "ate": None,
        "designacao": None,
    }.items():
        object.__setattr__(representation, name, value)
    made: Grant = replace(grant(f"g{at.timestamp():.0f}"), holder=holder, client_id=client, choice=representation.ref)
    with store.begin() as uow:
        uow.audit.append(events.code_issued(at, made, representation, "dte.consultar" if by else None))
        uow.audit.append(events.token_issued(Authorization(made, None, representation, at)))  # type: ignore[arg-type]


def act(at: datetime, event: str, one: Procuracao, by: Documento) -> AuditEvent:
    """What befell a procuração."""
    payload = {
        "procuracao": one.id,
        "outorgante": str(one.outorgante),
        "outorgado": str(one.outorgado),
        "estado": one.estado.value,
        "por": str(by),
    }
    if (one, event) == (MAE, "outorgar"):
        payload |= {"ato": "a1", "texto_sha256": hashlib.sha256(TEXTO.encode()).hexdigest()}
    return AuditEvent(f"procuracao.{event}", at, payload)


def story(store: SqlStore) -> None:
    """Eight days: what befell three procurações, and who acted for the company. 15 rows."""
    with store.begin() as uow:
        for one in (MAE, FILHA, OUTRA):
            uow.procuracoes.add(one)
        uow.atos.add(
            AtoRegistrado("a1", "outorgar", NOON, str(MATRIZ), "W", "titular", procuracao="prc_mae", texto=TEXTO)
        )
        uow.audit.append(act(NOON, "outorgar", MAE, MATRIZ))
        uow.audit.append(act(NOON + DAY, "aceitar", MAE, ADA))
        uow.audit.append(act(NOON + 2 * DAY, "substabelecer", FILHA, ADA))
        uow.audit.append(act(NOON + 2 * DAY, "outorgar", OUTRA, MATRIZ))
    use(store, NOON + 3 * DAY, ada, MAE)
    use(store, NOON + 4 * DAY, eva, FILHA, above=("prc_mae",), client="nfe")
    use(store, NOON + 5 * DAY, bruce, OUTRA)
    use(store, NOON + 6 * DAY, bruce, None, modo=Modo.REPRESENTANTE_LEGAL)
    use(store, NOON + 7 * DAY, wayne, None)
    with store.begin() as uow:
        uow.audit.append(act(NOON + 8 * DAY + timedelta(hours=1), "revogar", MAE, MATRIZ))


__all__ = ["ADA", "BRUCE", "EVA", "FILHA", "MAE", "MATRIZ", "NOON", "OUTRA", "story", "use"]
