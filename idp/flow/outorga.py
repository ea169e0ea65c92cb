"""What the parties do to a procuração. Who may cause an event is decided here; what it leads to, in the domain."""

from __future__ import annotations

from idp.domain.documents import Documento
from idp.domain.procuracao import Procuracao
from idp.domain.representation import Regras, same_person
from idp.errors import NotFound
from idp.flow import events
from idp.ports import Clock, Store

_PARTY = {"aceitar": "outorgado", "recusar": "outorgado", "renunciar": "outorgado", "revogar": "outorgante"}


class Outorga:
    """Events of a procuração, each in one database transaction with its audit row and the row locked."""

    def __init__(self, *, clock: Clock, store: Store, regras: Regras) -> None:
        self.clock = clock
        self.store = store
        self.regras = regras

    def act(self, event: str, procuracao_id: str, by: Documento) -> Procuracao:
        """``event`` (aceitar, recusar, renunciar, revogar) by the person with document ``by``.

        Raises NotFound where there is none or ``by`` is not the party entitled to it (the same answer for both: a
        stranger learns nothing), IllegalTransition where its state has no such event.
        """
        now = self.clock.now()
        with self.store.begin() as uow:
            procuracao = uow.procuracoes.get(procuracao_id, lock=True)
            if procuracao is None:
                raise NotFound("procuracao")
            party = procuracao.outorgado if _PARTY[event] == "outorgado" else procuracao.outorgante
            if not same_person(by, party, self.regras):
                raise NotFound("procuracao")
            changed = procuracao.after(event, now)
            uow.procuracoes.update(changed)
            uow.audit.append(events.procuracao(now, event, changed, by))
        return changed
