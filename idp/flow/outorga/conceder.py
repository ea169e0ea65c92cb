"""Giving power in two steps: a draft to be read, and the act by a certificate step made for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.pedido import Pedido
from idp.domain.politica import Ato
from idp.domain.procuracao import Escopo, EstadoProcuracao, Procuracao, TipoEscopo
from idp.domain.proposta import Proposta, Rascunho
from idp.domain.representation import same_person
from idp.domain.session import Session
from idp.errors import AlreadySpent, NotFound
from idp.flow import events
from idp.flow.outorga import julgar, texto
from idp.flow.outorga.base import Ator, Base, digest_of
from idp.flow.outorga.julgar import Achados
from idp.flow.outorga.tipos import NotFresh, Problema, Refused
from idp.flow.secret import new_id
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Parte

RASCUNHO = timedelta(minutes=15)
"""How long a draft waits for its certificate step."""


@dataclass(frozen=True, slots=True)
class Julgada:
    """A proposta that may be given."""

    procuracao: Procuracao
    pai: Procuracao | None
    ator: Ator
    texto: str
    avisos: tuple[str, ...]


class Concessao(Base):
    """Giving in two steps: a draft, judged, with the exact text; then the act, judged again, once, by who saw it."""

    @on_fresh_facts
    def rascunho(self, quem: Session, proposta: Proposta) -> Rascunho:
        """Judge all of ``proposta`` and make the text to be shown. Raises Refused with every problem, NotFound where
        ``quem`` has no link to who gives, NotEntitled."""
        return self._draft(quem, proposta, None)

    @on_fresh_facts
    def rascunho_de_pedido(self, quem: Session, id: str) -> Rascunho:
        """What approving the request would give, beginning today where its beginning has gone by. Raises like
        :meth:`rascunho`; IllegalTransition where the request is closed."""
        now = self.clock.now()
        with self.store.reading() as uow:
            pedido = uow.pedidos.get(id, lock=False)
        if pedido is None:
            raise NotFound("pedido")
        proposta = self._of_pedido(pedido, now)
        with self.store.reading() as uow:  # a stranger learns nothing of its state
            parte = uow.partes.of([pedido.outorgante], lock=False)[pedido.outorgante]
            self.stands(quem, parte, now, about="pedido")
        pedido.after("aprovar", now)
        return self._draft(quem, proposta, pedido)

    def ver_rascunho(self, quem: Session, rascunho_id: str) -> Rascunho:
        """A draft again, as after the certificate step. Raises NotFound where it is gone or another session's."""
        found = self.rascunhos.get(rascunho_id)
        if found is None or found.session_id != quem.id:
            raise NotFound("rascunho")
        return found

    @on_fresh_facts
    def conceder(self, quem: Session, rascunho_id: str) -> Procuracao:
        """Give what the draft says: a procuração, a substabelecimento, or what a request asked for. Everything is
        judged again in the transaction that gives it; the text must come out as it was shown. A second call answers
        with what the first made. Raises NotFresh, NotFound, Refused, NotEntitled, IllegalTransition."""
        now = self.clock.now()
        draft = self.ver_rascunho(quem, rascunho_id)
        if not isinstance(draft.proposta, Proposta):
            raise NotFound("rascunho")
        if quem.auth_time < draft.criado_em:
            raise NotFresh(rascunho_id)
        try:
            with self.store.begin() as uow:
                made = uow.procuracoes.get(draft.procuracao.id, lock=False)
                return made or self._give(uow, quem, draft, draft.proposta, now)
        except AlreadySpent:
            with self.store.reading() as uow:
                made = uow.procuracoes.get(draft.procuracao.id, lock=False)
            assert made is not None
            return made

    # ---------------------------------------------------------------------------------------------------------------

    def _draft(self, quem: Session, proposta: Proposta, pedido: Pedido | None) -> Rascunho:
        now = self.clock.now()
        with self.store.reading() as uow:
            judged = self._judge(uow, quem, proposta, pedido, id=new_id(), began=now, now=now, final=False)
        draft = Rascunho(
            id=new_id(),
            session_id=quem.id,
            proposta=proposta,
            resultado=judged.procuracao,
            texto=judged.texto,
            texto_sha256=digest_of(judged.texto),
            criado_em=now,
            expires_at=now + RASCUNHO,
            avisos=judged.avisos,
            pedido=pedido.id if pedido else None,
        )
        self.rascunhos.put(draft)
        return draft

    def _give(self, uow: UnitOfWork, quem: Session, draft: Rascunho, proposta: Proposta, now: datetime) -> Procuracao:
        pedido = uow.pedidos.get(draft.pedido, lock=False) if draft.pedido else None
        id = draft.procuracao.id
        judged = self._judge(uow, quem, proposta, pedido, id=id, began=draft.criado_em, now=now, final=True)
        if digest_of(judged.texto) != draft.texto_sha256:
            raise Refused([Problema("texto", "mudou")])
        given = replace(judged.procuracao, estado_em=now)
        motivo = ""
        uow.procuracoes.add(given)
        if draft.pedido:
            locked = uow.pedidos.get(draft.pedido, lock=True)
            assert locked is not None
            closed = locked.after("aprovar", now, given.id)
            uow.pedidos.update(closed)
            uow.audit.append(events.pedido(now, "aprovar", closed, str(quem.holder.documento)))
            motivo = f"pedido {locked.id}"
        if given.estado is EstadoProcuracao.ATIVA and judged.pai is not None:
            self.cede(uow, given, judged.pai, now)
        evento = "substabelecer" if judged.pai else "outorgar"
        self.record(uow, judged.ator, evento, now, given, texto=judged.texto, motivo=motivo)
        return given

    def cede(self, uow: UnitOfWork, child: Procuracao, pai: Procuracao, now: datetime) -> None:
        """Once a substabelecimento without reserve is in force, who passed it on acts by the parent no more. ``pai`` is
        held locked. Raises IllegalTransition where another was first."""
        if child.sem_reserva:
            uow.procuracoes.update(pai.cedida(child))
            ended = uow.grants.revoke_by_procuracao(pai.id, now, descendants=False)
            self.end_grants(uow, ended, now, "procuracao_cedida")

    def _judge(
        self,
        uow: UnitOfWork,
        quem: Session,
        proposta: Proposta,
        pedido: Pedido | None,
        *,
        id: str,
        began: datetime,
        now: datetime,
        final: bool,
    ) -> Julgada:
        """``began``: when the draft was made, whose "today" counts. ``final``: with the rows locked, and the name not
        asked again."""
        found = Achados()
        pai = uow.procuracoes.get(proposta.pai, lock=False) if proposta.pai else None
        if proposta.pai and (pai is None or not same_person(proposta.em_nome_de, pai.outorgado, self.regras)):
            raise NotFound("procuracao")
        outorgado = julgar.documento(found, "outorgado", proposta.outorgado)
        who: list[Documento] = [proposta.em_nome_de, *([outorgado] if outorgado else [])]
        partes = uow.partes.of([*who, *([pai.outorgante] if pai else [])], lock=final)
        gives = partes[proposta.em_nome_de]
        ator = self.stands(quem, gives, now)
        self.certificate_gives(quem, now)
        if isinstance(gives.documento, CNPJ) and not gives.conhecido:
            found.problem("em_nome_de", "cadastro")
        above = []
        if pai is not None:
            if final:
                pai = uow.procuracoes.get(pai.id, lock=True)
                assert pai is not None
            above = list(uow.procuracoes.above(pai.id, lock=final))
            julgar.passing_on(found, pai, above, self.politica, quem.certificado.nivel, now)
        name = self._outorgado_nome(found, quem, proposta, pedido, outorgado, partes, uow, final)
        procuracao = self._procuracao(found, uow, ator, proposta, outorgado, name, pai, gives, id, began, pedido)
        if pai is not None and procuracao is not None and not found.problemas and not procuracao.descends_from(pai):
            found.problem("escopo_tipo", "fora_da_procuracao")
        if found.problemas or procuracao is None:
            raise Refused(found.problemas)
        if TipoEscopo.RAIZ is procuracao.escopo.tipo:
            found.avisos.append("raiz")
        shown = texto.da_procuracao(procuracao, pai, quem, ator.qualidade, self.politica, self.timezone)
        return Julgada(procuracao, pai, ator, shown, tuple(found.avisos))

    def _procuracao(
        self,
        found: Achados,
        uow: UnitOfWork,
        ator: Ator,
        proposta: Proposta,
        outorgado: Documento | None,
        name: str,
        pai: Procuracao | None,
        gives: Parte,
        id: str,
        began: datetime,
        pedido: Pedido | None,
    ) -> Procuracao | None:
        """The procuração, or None once something is wrong that leaves no whole one to show."""
        whole = pai is not None and proposta.sem_reserva
        outorgante = pai.outorgante if pai else proposta.em_nome_de
        ato = Ato.SUBSTABELECER if pai else Ato.OUTORGAR
        regra = julgar.rule(found, self.politica, ato, ator.qualidade, outorgado, ator.quem.certificado.nivel)
        if proposta.sem_reserva and pai is None:
            found.problem("sem_reserva", "nao_permitido")
        typed = pai.poderes if pai and whole else proposta.poderes
        given = julgar.poderes(found, typed, self.politica, outorgado, pai)
        minimum = julgar.nivel_minimo(found, proposta.nivel_minimo, given, self.politica)
        scope: Escopo | None = pai.escopo if pai and whole else self._scope(found, uow, proposta, outorgante, pai)
        tz = self.timezone
        fim = (pai.vigencia.fim - timedelta(microseconds=1)).astimezone(tz).date() if pai and whole else proposta.fim
        time = julgar.vigencia(found, proposta.inicio, fim, began, tz, regra.prazo if regra and not whole else None)
        if time is not None and pai is not None:
            time = julgar.within(found, replace(time, fim=pai.vigencia.fim) if whole else time, pai, tz)
        if outorgado is not None and any(
            same_person(outorgado, one, self.regras) for one in (proposta.em_nome_de, outorgante)
        ):
            found.problem("outorgado", "proprio")
            return None
        if proposta.substabelecivel and self.politica.profundidade < (2 if pai else 1):
            found.problem("substabelecivel", "profundidade", str(self.politica.profundidade))
        if outorgado is None or scope is None or time is None or not given:
            return None
        waits = self.politica.aceite and pedido is None
        return Procuracao(
            id=id,
            outorgante=outorgante,
            outorgante_nome=pai.outorgante_nome if pai else gives.nome or ator.quem.holder.nome,
            outorgado=outorgado,
            outorgado_nome=name,
            poderes=given,
            escopo=scope,
            vigencia=time,
            estado=EstadoProcuracao.PENDENTE if waits else EstadoProcuracao.ATIVA,
            substabelecivel=proposta.substabelecivel,
            pai=pai.id if pai else None,
            nivel_minimo=minimum,
            estado_em=began,
            sem_reserva=whole,
        )

    def _scope(
        self, found: Achados, uow: UnitOfWork, proposta: Proposta, outorgante: Documento, pai: Procuracao | None
    ) -> Escopo | None:
        # Of a substabelecimento the parent's own scope decides, not what its outorgado may do for himself.
        rules = None if pai else self.regras
        scope = julgar.escopo(found, proposta.escopo_tipo, proposta.inscricoes, outorgante, rules)
        if scope is not None and scope.inscricoes:
            julgar.inscricoes_of(found, scope, outorgante, uow.partes.inscricoes(scope.inscricoes), self.regras)
        return scope

    def _outorgado_nome(
        self,
        found: Achados,
        quem: Session,
        proposta: Proposta,
        pedido: Pedido | None,
        outorgado: Documento | None,
        partes: Mapping[Documento, Parte],
        uow: UnitOfWork,
        final: bool,
    ) -> str:
        """The name to keep: the cadastro's of a company, the typed one of a person once it fits. What is known is never
        shown: it only has to agree."""
        if pedido is not None:
            return pedido.outorgado_nome
        known = partes[outorgado].nome if isinstance(outorgado, CNPJ) else None
        if known:
            return known
        name = julgar.nome(found, "outorgado_nome", proposta.outorgado_nome)
        if final or not isinstance(outorgado, CPF) or not name:
            return name
        if not self.may_guess(quem):
            found.problem("outorgado", "tentativas")
            return name
        names = uow.partes.nomes(outorgado)
        if names and not julgar.same_name(name, names):
            found.problem("outorgado_nome", "nome_nao_confere")
        return name

    def _of_pedido(self, pedido: Pedido, now: datetime) -> Proposta:
        tz = self.timezone
        inicio, today = pedido.vigencia.inicio.astimezone(tz).date(), now.astimezone(tz).date()
        return Proposta(
            em_nome_de=pedido.outorgante,
            outorgado=pedido.outorgado.numero,
            outorgado_nome=pedido.outorgado_nome,
            poderes=pedido.poderes,
            escopo_tipo=pedido.escopo.tipo,
            inicio=max(inicio, today),
            fim=(pedido.vigencia.fim - timedelta(microseconds=1)).astimezone(tz).date(),
            inscricoes=frozenset(map(str, pedido.escopo.inscricoes)),
        )
