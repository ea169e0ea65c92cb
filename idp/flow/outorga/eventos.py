"""What the parties do to a procuração once it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from idp.domain.documents import Documento
from idp.domain.politica import NotEntitled
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.session import Session
from idp.errors import IllegalTransition, NotFound
from idp.flow.outorga.base import Ator, parties
from idp.flow.outorga.conceder import Concessao
from idp.flow.outorga.orgao import cut
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Parte

PARTES = {
    "aceitar": ("outorgado",),
    "recusar": ("outorgado",),
    "renunciar": ("outorgado",),
    "revogar": ("outorgante", "ascendente"),
}
"""Who may cause which event. An *ascendente* passed the procuração on with reserve: he takes back what he gave, until
he passes on the rest without."""


class Eventos(Concessao):
    """What the parties do to a procuração that there is: accept, refuse, renounce, revoke."""

    @on_fresh_facts
    def act(self, quem: Session, evento: str, id: str, motivo: str = "") -> Procuracao:
        """``evento`` (aceitar, recusar, renunciar, revogar) by the party entitled to it. ``motivo``: in their own
        words, kept for both parties to read, cut at 500 characters.

        Raises NotFound where there is none or they are not that party (the same answer, ATK-131), NotEntitled where
        they are and this certificate does not do, IllegalTransition where its state has no such event.
        """
        allowed = PARTES[evento]
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.begin() as uow:
            seen = uow.procuracoes.get(id, lock=False)
            if seen is None:
                raise NotFound("procuracao")
            above = uow.procuracoes.above(id, lock=False)
            partes = uow.partes.of(parties(seen, above), lock=True)
            procuracao = uow.procuracoes.get(id, lock=True)
            if procuracao is None or (procuracao.outorgante, procuracao.outorgado) != (seen.outorgante, seen.outorgado):
                raise NotFound("procuracao")
            ator = self._entitled(quem, allowed, procuracao, above, partes, now)
            changed = self.after(procuracao, evento, now)
            if evento == "aceitar":
                self.certificate_gives(quem, now)
                self._accept(uow, changed, now)
            self.change(uow, changed, now)
            self.record(uow, ator, evento, now, changed, motivo=cut(motivo))
        return changed

    # ---------------------------------------------------------------------------------------------------------------

    def _entitled(
        self,
        quem: Session,
        papeis: Sequence[str],
        procuracao: Procuracao,
        above: Sequence[Procuracao],
        partes: Mapping[Documento, Parte],
        now: datetime,
    ) -> Ator:
        """In what quality ``quem`` takes one of ``papeis``. Raises NotEntitled where the link is there and this
        certificate does not do; NotFound to everybody else."""
        refused: NotEntitled | None = None
        for papel in papeis:
            for documento in holders_of(papel, procuracao, above):
                try:
                    return self.stands(quem, partes[documento], now, receiving=papel == "outorgado")
                except NotFound:
                    continue
                except NotEntitled as refusal:
                    refused = refusal
        raise refused or NotFound("procuracao")

    def _accept(self, uow: UnitOfWork, child: Procuracao, now: datetime) -> None:
        """Of a substabelecimento, what it descends from must still be there to be passed on."""
        if child.pai is None:
            return
        pai = uow.procuracoes.get(child.pai, lock=True)
        assert pai is not None  # a foreign key
        for link in (pai, *uow.procuracoes.above(pai.id, lock=True)):
            if link.estado is not EstadoProcuracao.ATIVA or now >= link.vigencia.fim:
                raise IllegalTransition("procuracao", f"pai {link.estado}", "aceitar")
        if pai.cedida_a is not None:
            raise IllegalTransition("procuracao", "pai cedida", "aceitar")
        self.cede(uow, child, pai, now)


def holders_of(papel: str, procuracao: Procuracao, above: Sequence[Procuracao]) -> Sequence[Documento]:
    """Who has a part in a procuração."""
    if papel == "outorgante":
        return [procuracao.outorgante]
    if papel == "outorgado":
        return [procuracao.outorgado]
    return [] if procuracao.sem_reserva else [link.outorgado for link in above if link.cedida_a is None]
