"""What somebody may see: on whose behalf, which procurações and requests, and one of them with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from idp.domain.ato import AtoRegistrado
from idp.domain.designacao import Designacao
from idp.domain.documents import Documento
from idp.domain.masking import sem_documentos
from idp.domain.pedido import Pedido
from idp.domain.person import PessoaFisica
from idp.domain.politica import Impedimento, NotEntitled
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.representation import same_person, suffices
from idp.domain.session import Session
from idp.errors import IllegalTransition, NotFound
from idp.flow.outorga.base import parties
from idp.flow.outorga.eventos import PARTES, Eventos, holders_of
from idp.flow.outorga.tipos import EmNomeDe, Pagina, Vista
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Consulta, Parte

POR_PAGINA = 50
LONGEST_QUERY = 100
MOST_AT_ONCE = 10_000
"""Procurações in one file."""
T = TypeVar("T")


class Carteira(Eventos):
    """What somebody may see: those he gave, received or was named for, the requests, each in pages."""

    @on_fresh_facts
    def qualidades(self, quem: Session) -> Sequence[EmNomeDe]:
        """On whose behalf they may give: themself first, then the companies that list them as legal representative."""
        now = self.clock.now()
        self.certificate_holds(quem, now)
        self.source.before_choices(quem.holder)
        holder = quem.holder
        with self.store.reading() as uow:
            own = uow.partes.of([holder.documento], lock=False)[holder.documento]
            others = uow.partes.empresas(holder.cpf) if isinstance(holder, PessoaFisica) else ()
        return [self._stands_for(quem, parte, now) for parte in (own, *others)]

    @on_fresh_facts
    def acompanha(self, quem: Session) -> Sequence[EmNomeDe]:
        """Whose procurações, and who acted by them, they may read: their own, then those of companies that list them.
        Raises NotEntitled for an e-CNPJ whose responsável no longer represents the company."""
        now = self.clock.now()
        self.certificate_holds(quem, now)
        self.source.before_choices(quem.holder)
        holder = quem.holder
        with self.store.reading() as uow:
            self.alvos(uow, quem, now)
            own = uow.partes.of([holder.documento], lock=False)[holder.documento]
            others = uow.partes.empresas(holder.cpf) if isinstance(holder, PessoaFisica) else ()
        return [EmNomeDe(parte.documento, parte.nome or holder.nome) for parte in (own, *others)]

    @on_fresh_facts
    def carteira(
        self,
        quem: Session,
        *,
        papel: str,
        situacao: str = "vigentes",
        q: str = "",
        pagina: int = 1,
        ordem: str = "nome",
    ) -> Pagina[Procuracao]:
        """One page of procurações. ``papel``: concedidas (given, or passed on) or recebidas (also by a company that
        named them). ``situacao`` and ``ordem``: as in :class:`idp.ports.outorga.Consulta`. ``q``: part of a name, or
        the beginning of a document. Raises NotEntitled for an e-CNPJ whose responsável no longer represents the
        company."""
        now, consulta = self._consulta(quem, situacao, q, pagina, ordem)
        found, total = self._found(quem, papel, consulta, now)
        return _pagina(found, total, pagina)

    @on_fresh_facts
    def inteira(
        self, quem: Session, *, papel: str, situacao: str = "vigentes", q: str = "", ordem: str = "nome"
    ) -> Sequence[Procuracao]:
        """All that :meth:`carteira` shows page by page, at most :data:`MOST_AT_ONCE`."""
        now, consulta = self._consulta(quem, situacao, q, 1, ordem)
        return self._found(quem, papel, replace(consulta, limit=MOST_AT_ONCE), now)[0]

    @on_fresh_facts
    def pedidos(
        self, quem: Session, *, papel: str, situacao: str = "vigentes", q: str = "", pagina: int = 1
    ) -> Pagina[Pedido]:
        """One page of requests. ``papel``: feitos or recebidos; ``situacao``: vigentes are the open ones."""
        now, consulta = self._consulta(quem, situacao, q, pagina)
        with self.store.reading() as uow:
            alvos = self.alvos(uow, quem, now)
            find = uow.pedidos.made if papel == "feitos" else uow.pedidos.received
            found, total = find(alvos, consulta)
        return _pagina(found, total, pagina)

    @on_fresh_facts
    def ver(self, quem: Session, id: str) -> Vista:
        """One procuração, as this person may see it. Raises NotFound to strangers, NotEntitled for an e-CNPJ whose
        responsável no longer represents the company."""
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.reading() as uow:
            procuracao = uow.procuracoes.get(id, lock=False)
            if procuracao is None:
                raise NotFound("procuracao")
            above = uow.procuracoes.above(id, lock=False)
            partes = uow.partes.of(parties(procuracao, above), lock=False)
            papel, impedimento = self._papel(uow, quem, procuracao, above, partes, now)
            sees_below = papel != "designado"
            return Vista(
                procuracao=procuracao,
                papel=papel,
                eventos=() if impedimento else self._eventos(quem, papel, procuracao, above, now),
                atos=tuple(map(_masked if papel == "designado" else _whole, uow.atos.of_procuracao(id))),
                filhas=tuple(uow.procuracoes.children(id)) if sees_below else (),
                pai=above[0] if above else None,
                impedimento=impedimento,
            )

    @on_fresh_facts
    def ver_pedido(self, quem: Session, id: str) -> tuple[Pedido, str]:
        """A request and the part this person has in it: outorgante or outorgado. Raises NotFound to strangers."""
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.reading() as uow:
            pedido = uow.pedidos.get(id, lock=False)
            if pedido is None:
                raise NotFound("pedido")
            partes = uow.partes.of([pedido.outorgante, pedido.outorgado], lock=False)
            for papel, documento in (("outorgante", pedido.outorgante), ("outorgado", pedido.outorgado)):
                if self._linked(quem, partes[documento], now)[0]:
                    return pedido, papel
        raise NotFound("pedido")

    # ---------------------------------------------------------------------------------------------------------------

    def _found(self, quem: Session, papel: str, consulta: Consulta, now: datetime) -> tuple[Sequence[Procuracao], int]:
        with self.store.reading() as uow:
            alvos = self.alvos(uow, quem, now)
            if papel == "concedidas":
                return uow.procuracoes.given(alvos, consulta)
            return uow.procuracoes.received(alvos, self._in_force(uow, quem, now), consulta)

    def _consulta(
        self, quem: Session, situacao: str, q: str, pagina: int, ordem: str = "nome"
    ) -> tuple[datetime, Consulta]:
        now = self.clock.now()
        self.certificate_holds(quem, now)
        self.source.before_choices(quem.holder)
        offset = (max(1, pagina) - 1) * POR_PAGINA
        return now, Consulta(now, situacao, q[:LONGEST_QUERY], POR_PAGINA, offset, self.regras.raiz, ordem)

    def _in_force(self, uow: UnitOfWork, quem: Session, now: datetime) -> Sequence[Designacao]:
        if not isinstance(quem.holder, PessoaFisica):
            return ()
        return [one for one in uow.designacoes.of_person(quem.holder.cpf) if one.vigente(now)]

    def _stands_for(self, quem: Session, parte: Parte, now: datetime) -> EmNomeDe:
        nome = parte.nome or quem.holder.nome
        try:
            return EmNomeDe(parte.documento, nome, self.stands(quem, parte, now).qualidade)
        except NotEntitled as refusal:
            return EmNomeDe(parte.documento, nome, impedimento=refusal.impedimento)

    def _linked(
        self, quem: Session, parte: Parte, now: datetime, *, receiving: bool = True
    ) -> tuple[bool, Impedimento | None]:
        """Whether ``quem`` has a part by ``parte``, and what keeps them from acting in it. Who logs in may look; only
        an e-CNPJ whose responsável no longer represents the company may not. Raises NotEntitled for that."""
        try:
            self.stands(quem, parte, now, receiving=receiving)
        except NotFound:
            return False, None
        except NotEntitled as refusal:
            diverges = refusal.impedimento is Impedimento.RESPONSAVEL_DIVERGENTE
            if diverges and parte.representantes and self.regras.responsavel_confere:
                raise
            return True, refusal.impedimento
        return True, None

    def _papel(
        self,
        uow: UnitOfWork,
        quem: Session,
        procuracao: Procuracao,
        above: Sequence[Procuracao],
        partes: Mapping[Documento, Parte],
        now: datetime,
    ) -> tuple[str, Impedimento | None]:
        for papel in ("outorgante", "outorgado"):
            for documento in holders_of(papel, procuracao, above):
                linked, impedimento = self._linked(quem, partes[documento], now, receiving=papel == "outorgado")
                if linked:
                    return papel, impedimento
        for link in above:  # who passed it on may look, also where he kept nothing; not at what his successor passed on
            if link.cedida_a is not None and link.id != procuracao.pai:
                continue
            linked, impedimento = self._linked(quem, partes[link.outorgado], now)
            if linked:
                return "ascendente", impedimento
        for one in self._in_force(uow, quem, now):
            if same_person(one.empresa, procuracao.outorgado, self.regras) and one.reaches(procuracao.outorgante):
                return "designado", None
        raise NotFound("procuracao")

    def _eventos(
        self, quem: Session, papel: str, procuracao: Procuracao, above: Sequence[Procuracao], now: datetime
    ) -> tuple[str, ...]:
        """What this person may cause now, beginning with what is most likely wanted."""
        possible = [evento for evento, papeis in PARTES.items() if papel in papeis]
        if papel == "ascendente" and procuracao.sem_reserva:
            possible = []
        found = []
        for evento in possible:
            try:
                self.after(procuracao, evento, now)
            except IllegalTransition:
                continue
            found.append(evento)
        if papel == "outorgado" and self._may_pass_on(quem, procuracao, above, now):
            found.append("substabelecer")
        return tuple(found)

    def _may_pass_on(self, quem: Session, procuracao: Procuracao, above: Sequence[Procuracao], now: datetime) -> bool:
        return (
            procuracao.substabelecivel
            and procuracao.cedida_a is None
            and len(above) < self.politica.profundidade
            and all(one.estado is EstadoProcuracao.ATIVA and now < one.vigencia.fim for one in (procuracao, *above))
            and suffices(quem.certificado.nivel, procuracao.nivel_minimo)
        )


def _whole(ato: AtoRegistrado) -> AtoRegistrado:
    return ato


def _masked(ato: AtoRegistrado) -> AtoRegistrado:
    """For who is no party of it. The digest is of the whole text, and would not agree."""
    if ato.texto is None:
        return ato
    return replace(ato, texto=sem_documentos(ato.texto), texto_sha256=None)


def _pagina(found: Sequence[T], total: int, pagina: int) -> Pagina[T]:
    return Pagina(tuple(found), total, max(1, pagina), max(1, -(-total // POR_PAGINA)))
