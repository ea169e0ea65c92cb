"""What the authority and time do to a procuração, and what ends with it whoever ended it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from idp.domain.ato import ORGAO, AtoRegistrado
from idp.domain.grant import Grant
from idp.domain.politica import DEFAULT, Politica
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.errors import IllegalTransition, NotFound
from idp.flow import events
from idp.flow.logout import notify
from idp.flow.secret import new_id
from idp.ports import Clients, Clock, Store, UnitOfWork

EVENTOS = ("suspender", "reativar", "extinguir")
LONGEST_REASON = 500


class Orgao:
    """All that the worker and an officer's command line need of this flow."""

    def __init__(self, *, clock: Clock, store: Store, clients: Clients, politica: Politica = DEFAULT) -> None:
        self.clock = clock
        self.store = store
        self.clients = clients
        self.politica = politica

    def autoridade(self, evento: str, id: str, actor: str, motivo: str) -> Procuracao:
        """``evento`` (suspender, reativar, extinguir) by the officer ``actor`` of the authority, who must say why.
        Raises NotFound, IllegalTransition; ValueError without a reason."""
        if evento not in EVENTOS or not motivo.strip():
            raise ValueError("an event of the authority, and its reason")
        now = self.clock.now()
        with self.store.begin() as uow:
            procuracao = uow.procuracoes.get(id, lock=True)
            if procuracao is None:
                raise NotFound(f"procuracao {id}")
            changed = self.after(procuracao, evento, now)
            self.change(uow, changed, now)
            self._record_orgao(uow, evento, now, changed, actor, cut(motivo))
        return changed

    def vencer(self, at: datetime, limit: int = 500) -> int:
        """End what time has ended by ``at``: procurações past their end or never accepted in time, open requests; at
        most ``limit`` of each, how many. Nobody's right waits for it: ``represent()`` looks at the dates itself."""
        with self.store.begin() as uow:
            over = uow.procuracoes.due(at, at - self.politica.prazo_aceite, limit)
            for procuracao in over:
                changed = procuracao.after("expirar", at)
                self.change(uow, changed, at)
                self._record_orgao(uow, "expirar", at, changed, "portaria", "")
        with self.store.begin() as uow:
            late = uow.pedidos.due(at, limit)
            for pedido in late:
                closed = pedido.after("expirar", at)
                uow.pedidos.update(closed)
                uow.audit.append(events.pedido(at, "expirar", closed, "portaria"))
        return len(over) + len(late)

    def after(self, procuracao: Procuracao, evento: str, at: datetime) -> Procuracao:
        """The procuração after ``evento``. What time has ended has no more events, whether or not the worker has come
        by. Raises IllegalTransition."""
        ends = procuracao.vigencia.fim
        if procuracao.estado is EstadoProcuracao.PENDENTE and procuracao.estado_em is not None:
            ends = min(ends, procuracao.estado_em + self.politica.prazo_aceite)
        changed = procuracao.after(evento, at)
        if at >= ends:
            raise IllegalTransition("procuracao", EstadoProcuracao.EXPIRADA, evento)
        return changed

    def change(self, uow: UnitOfWork, changed: Procuracao, now: datetime) -> None:
        """Store a changed procuração; what rested on it ends with it, unless it is in force."""
        uow.procuracoes.update(changed)
        if changed.estado is not EstadoProcuracao.ATIVA:
            ended = uow.grants.revoke_by_procuracao(changed.id, now)
            self.end_grants(uow, ended, now, f"procuracao_{changed.estado.lower()}")

    def end_grants(self, uow: UnitOfWork, grants: Iterable[Grant], at: datetime, reason: str) -> None:
        """Tell the clients of revoked ``grants``, and audit each."""
        ended = list(grants)
        notify(uow, self.clients, ended, at)
        for grant in ended:
            uow.audit.append(events.grant_revoked(at, grant, reason))

    def _record_orgao(
        self, uow: UnitOfWork, evento: str, at: datetime, changed: Procuracao, actor: str, motivo: str
    ) -> None:
        ato = AtoRegistrado(new_id(), evento, at, actor[:255], actor, ORGAO, procuracao=changed.id, motivo=motivo)
        uow.atos.add(ato)
        uow.audit.append(events.outorga(ato, changed))


def cut(motivo: str) -> str:
    """A reason on one line, at most LONGEST_REASON characters."""
    return " ".join(motivo.split())[:LONGEST_REASON]
