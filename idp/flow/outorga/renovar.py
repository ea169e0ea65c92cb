"""Asking anew for what is about to end: the same poderes and scope, of the same outorgante, for as long again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from idp.domain.politica import Ato, NotEntitled
from idp.domain.procuracao import Procuracao
from idp.domain.proposta import Solicitacao
from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow.outorga.carteira import Carteira
from idp.flow.outorga.lote import Lotes
from idp.flow.outorga.pedidos import LONGEST_LABEL
from idp.flow.outorga.tipos import Problema, Refused

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Renovacao:
    """``procuracao`` and the request that would follow it."""

    procuracao: Procuracao
    solicitacao: Solicitacao


class Renovacoes(Carteira, Lotes):
    """Asking again, with the same powers and scope, for those that end."""

    def renovacao(self, quem: Session, id: str) -> Renovacao:
        """What would be asked: from the day after the old one's last, or today, for as many days as that had, as far as
        the policy goes. Raises NotFound for what this person did not receive from the outorgante himself."""
        vista = self.ver(quem, id)
        old = vista.procuracao
        if vista.papel != "outorgado" or old.pai is not None:
            raise NotFound("procuracao")
        today = self.clock.now().astimezone(self.timezone).date()
        first = old.vigencia.inicio.astimezone(self.timezone).date()
        last = (old.vigencia.fim - timedelta(microseconds=1)).astimezone(self.timezone).date()
        inicio = max(today, last + _DAY)
        longest = max((row.prazo for row in self.politica.regras if row.ato is Ato.OUTORGAR), default=_DAY)
        return Renovacao(
            old,
            Solicitacao(
                em_nome_de=old.outorgado,
                outorgante=old.outorgante.numero,
                poderes=old.poderes,
                escopo_tipo=old.escopo.tipo,
                inicio=inicio,
                fim=max(inicio, min(inicio + (last - first), today + longest - _DAY)),
                inscricoes=frozenset(map(str, old.escopo.inscricoes)),
                rotulo=old.outorgante_nome[:LONGEST_LABEL],
            ),
        )

    def renovar(self, quem: Session, ids: Sequence[str]) -> tuple[int, Sequence[tuple[Procuracao, Problema]]]:
        """Ask for each of ``ids`` anew, each in a transaction of its own: how many were asked, and what kept the rest.
        Raises NotFound where one is not theirs to ask for, before anything is done."""
        wanted = [self.renovacao(quem, id) for id in dict.fromkeys(ids)]
        made, problems = 0, []
        for one in wanted:
            try:
                self.pedir(quem, one.solicitacao)
            except Refused as refused:
                problems += [(one.procuracao, problem) for problem in refused.problemas]
            except NotEntitled as refusal:
                problems.append((one.procuracao, Problema("certificado", "nao_pode", refusal.impedimento.value)))
            else:
                made += 1
        return made, problems
