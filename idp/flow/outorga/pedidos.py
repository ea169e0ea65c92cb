"""Asking for a procuração; answering is ``conceder`` (approve) or here (deny, withdraw). Many at once: ``lote``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from idp.domain.documents import CNPJ, Documento
from idp.domain.pedido import Pedido
from idp.domain.politica import Ato
from idp.domain.proposta import Solicitacao
from idp.domain.representation import same_person
from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow import events
from idp.flow.outorga import julgar
from idp.flow.outorga.base import Ator, Base, contribuinte_id
from idp.flow.outorga.julgar import LONGEST_REASON, Achados
from idp.flow.outorga.tipos import Refused
from idp.flow.secret import new_id
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Alvo, Parte

LONGEST_LABEL = 80
"""Characters of what somebody calls whom he asks."""


@dataclass(slots=True)
class Antes:
    """What was asked before by the same person, by the contribuinte ids of whom it was asked. ``waiting``: once for
    each open request. ``again``: who denied one, and the first day to ask again."""

    waiting: list[str]
    again: Mapping[str, date]


class Requests(Base):
    """A request tells its maker nothing about the company: one to a CNPJ that nobody has looks like any other."""

    @on_fresh_facts
    def pedir(self, quem: Session, solicitacao: Solicitacao) -> Pedido:
        """Ask. Whoever asks has accepted: the approval makes a procuração in force. Raises Refused, NotFound,
        NotEntitled."""
        now = self.clock.now()
        with self.store.begin() as uow:
            ator, parte = self._asks(uow, quem, solicitacao.em_nome_de, now)
            found = Achados()
            outorgante = julgar.documento(found, "outorgante", solicitacao.outorgante)
            pedido = self._pedido(found, solicitacao, outorgante, ator, parte, self._before(uow, parte, now), now)
            if pedido is None:
                raise Refused(found.problemas)
            self._add(uow, pedido, ator, now)
        return pedido

    @on_fresh_facts
    def negar(self, quem: Session, id: str) -> Pedido:
        """The outorgante says no. Raises NotFound, NotEntitled, IllegalTransition."""
        return self._close(quem, id, "negar")

    @on_fresh_facts
    def desistir(self, quem: Session, id: str) -> Pedido:
        """Who asked takes it back. Raises NotFound, NotEntitled, IllegalTransition."""
        return self._close(quem, id, "desistir")

    # ---------------------------------------------------------------------------------------------------------------

    def _asks(self, uow: UnitOfWork, quem: Session, em_nome_de: Documento, now: datetime) -> tuple[Ator, Parte]:
        parte = uow.partes.of([em_nome_de], lock=True)[em_nome_de]
        ator = self.stands(quem, parte, now, receiving=True)
        self.certificate_gives(quem, now)  # to ask is to accept
        return ator, parte

    def _before(self, uow: UnitOfWork, parte: Parte, now: datetime) -> Antes:
        """A denial holds to the end of a day, so that the day told is one on which asking works from its beginning."""
        alvo, wait = self._alvo(parte), self.politica.espera_negado
        denied = uow.pedidos.denied(alvo, now - wait - timedelta(days=1))
        days = {who: (at + wait).astimezone(self.timezone).date() for who, at in denied.items()}
        today = now.astimezone(self.timezone).date()
        again = {who: day for who, day in days.items() if today < day}
        return Antes(list(uow.pedidos.open_with(alvo, now)), again)

    def _alvo(self, parte: Parte) -> Alvo:
        documento = parte.documento
        whole = self.regras.raiz or not isinstance(documento, CNPJ)
        return Alvo(contribuinte_id(documento), None if whole else documento.numero)

    def _pedido(
        self,
        found: Achados,
        asked: Solicitacao,
        outorgante: Documento | None,
        ator: Ator,
        parte: Parte,
        before: Antes,
        now: datetime,
    ) -> Pedido | None:
        por = asked.em_nome_de
        if len(before.waiting) >= self.politica.pedidos_abertos:
            found.problem("outorgante", "muitos", str(self.politica.pedidos_abertos))
        poderes = julgar.poderes(found, asked.poderes, self.politica, por, None)
        longest = max((r.prazo for r in self.politica.regras if r.ato is Ato.OUTORGAR), default=timedelta(0))
        time = julgar.vigencia(found, asked.inicio, asked.fim, now, self.timezone, longest)
        mensagem = " ".join(asked.mensagem.split())
        if len(mensagem) > LONGEST_REASON:
            found.problem("mensagem", "longo", str(LONGEST_REASON))
        elif not mensagem.isprintable():
            found.problem("mensagem", "invalido", "charset")
        rotulo = " ".join(asked.rotulo.split())
        if len(rotulo) > LONGEST_LABEL:
            found.problem("rotulo", "longo", str(LONGEST_LABEL))
        elif not rotulo.isprintable():
            found.problem("rotulo", "invalido", "charset")
        if outorgante is None:
            return None
        if same_person(outorgante, por, self.regras):
            found.problem("outorgante", "proprio")
        elif contribuinte_id(outorgante) in before.waiting:
            found.problem("outorgante", "ja_pedido")
        elif again := before.again.get(contribuinte_id(outorgante)):
            found.problem("outorgante", "negado", again.isoformat())
        scope = julgar.escopo(found, asked.escopo_tipo, asked.inscricoes, outorgante, None)
        if found.problemas or scope is None or time is None:
            return None
        return Pedido(
            id=new_id(),
            outorgante=outorgante,
            outorgado=por,
            outorgado_nome=parte.nome or ator.quem.holder.nome,
            poderes=poderes,
            escopo=scope,
            vigencia=time,
            criado_em=now,
            expira_em=min(now + self.politica.prazo_pedido, time.fim),
            mensagem=mensagem,
            rotulo=rotulo,
        )

    def _add(self, uow: UnitOfWork, pedido: Pedido, ator: Ator, now: datetime) -> None:
        uow.pedidos.add(pedido)
        uow.audit.append(events.pedido(now, "fazer", pedido, str(ator.quem.holder.documento)))

    def _close(self, quem: Session, id: str, evento: str) -> Pedido:
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.begin() as uow:
            seen = uow.pedidos.get(id, lock=False)
            if seen is None:
                raise NotFound("pedido")
            party = seen.outorgante if evento == "negar" else seen.outorgado
            parte = uow.partes.of([party], lock=True)[party]
            self.stands(quem, parte, now, receiving=evento == "desistir", about="pedido")
            pedido = uow.pedidos.get(id, lock=True)
            assert pedido is not None
            closed = pedido.after(evento, now)
            uow.pedidos.update(closed)
            uow.audit.append(events.pedido(now, evento, closed, str(quem.holder.documento)))
        return closed
