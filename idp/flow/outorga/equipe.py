"""Employees that a company names to use the procurações given to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from idp.domain.designacao import Designacao, EstadoDesignacao
from idp.domain.documents import CNPJ, CPF, Documento, parse_documento
from idp.domain.person import PessoaFisica
from idp.domain.politica import Ato, Qualidade
from idp.domain.procuracao import TODOS
from idp.domain.proposta import Nomeacao, Rascunho
from idp.domain.session import Session
from idp.errors import AlreadySpent, IllegalTransition, InvalidDocument, NotFound
from idp.flow.outorga import julgar, texto
from idp.flow.outorga.base import Ator, contribuinte_id, digest_of
from idp.flow.outorga.conceder import RASCUNHO, Concessao
from idp.flow.outorga.julgar import Achados
from idp.flow.outorga.tipos import NotFresh, Problema, Refused
from idp.flow.secret import new_id
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Alvo, Parte


class Equipe(Concessao):
    """A company's employees, named to act by the procurações it received: in two steps, as giving is."""

    @on_fresh_facts
    def equipe(self, quem: Session, em_nome_de: Documento) -> Sequence[Designacao]:
        """Everybody the company ever named. Raises NotFound, NotEntitled."""
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.reading() as uow:
            parte = uow.partes.of([em_nome_de], lock=False)[em_nome_de]
            self.stands(quem, parte, now, receiving=True)
            return uow.designacoes.by_company(self._company(parte))

    def designacoes(self, quem: Session) -> Sequence[Designacao]:
        """By whom this person was ever named."""
        self.certificate_holds(quem, self.clock.now())
        if not isinstance(quem.holder, PessoaFisica):
            return ()
        with self.store.reading() as uow:
            return uow.designacoes.of_person(quem.holder.cpf)

    @on_fresh_facts
    def rascunho_de_designacao(self, quem: Session, nomeacao: Nomeacao) -> Rascunho:
        """Judge it and make the text to be shown. Raises Refused with every problem, NotFound, NotEntitled."""
        now = self.clock.now()
        with self.store.reading() as uow:
            judged, _, shown = self._named(uow, quem, nomeacao, id=new_id(), began=now, now=now, final=False)
        draft = Rascunho(
            id=new_id(),
            session_id=quem.id,
            proposta=nomeacao,
            resultado=judged,
            texto=shown,
            texto_sha256=digest_of(shown),
            criado_em=now,
            expires_at=now + RASCUNHO,
        )
        self.rascunhos.put(draft)
        return draft

    @on_fresh_facts
    def designar(self, quem: Session, rascunho_id: str) -> Designacao:
        """Name whom the draft names. Raises NotFresh, NotFound, Refused, NotEntitled."""
        now = self.clock.now()
        draft = self.ver_rascunho(quem, rascunho_id)
        if not isinstance(draft.proposta, Nomeacao):
            raise NotFound("rascunho")
        if quem.auth_time < draft.criado_em:
            raise NotFresh(rascunho_id)
        id = draft.designacao.id
        try:
            with self.store.begin() as uow:
                made = uow.designacoes.get(id, lock=False)
                if made is not None:
                    return made
                judged, ator, shown = self._named(
                    uow, quem, draft.proposta, id=id, began=draft.criado_em, now=now, final=True
                )
                if digest_of(shown) != draft.texto_sha256:
                    raise Refused([Problema("texto", "mudou")])
                named = replace(judged, estado_em=now)
                uow.designacoes.add(named)
                self.record(uow, ator, "designar", now, named, texto=shown)
                return named
        except AlreadySpent:
            with self.store.reading() as uow:
                made = uow.designacoes.get(id, lock=False)
            assert made is not None
            return made

    @on_fresh_facts
    def encerrar(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        """The company ends it. Raises NotFound, NotEntitled, IllegalTransition."""
        return self._end(quem, id, "encerrar", motivo)

    @on_fresh_facts
    def renunciar_designacao(self, quem: Session, id: str, motivo: str = "") -> Designacao:
        """The person named ends it. Raises NotFound, IllegalTransition."""
        return self._end(quem, id, "renunciar", motivo)

    # ---------------------------------------------------------------------------------------------------------------

    def _company(self, parte: Parte) -> Alvo:
        return Alvo(contribuinte_id(parte.documento), None if self.regras.raiz else parte.documento.numero)

    def _named(
        self, uow: UnitOfWork, quem: Session, typed: Nomeacao, *, id: str, began: datetime, now: datetime, final: bool
    ) -> tuple[Designacao, Ator, str]:
        found = Achados()
        parte = uow.partes.of([typed.em_nome_de], lock=final)[typed.em_nome_de]
        ator = self.stands(quem, parte, now, receiving=True)
        self.certificate_gives(quem, now)
        pessoa = julgar.documento(found, "pessoa", typed.pessoa)
        if pessoa is not None and not isinstance(pessoa, CPF):
            found.problem("pessoa", "invalido", "length")
        cpf = pessoa if isinstance(pessoa, CPF) else None
        regra = julgar.rule(found, self.politica, Ato.DESIGNAR, ator.qualidade, cpf, quem.certificado.nivel)
        name = julgar.nome(found, "pessoa_nome", typed.pessoa_nome)
        if cpf and name and not final:
            self._agrees(found, uow, quem, cpf, name)
        poderes = frozenset({TODOS}) if TODOS in typed.poderes else typed.poderes
        if not poderes:
            found.problem("poderes", "vazio")
        for codigo in sorted(poderes - {TODOS} - set(self.politica.catalogo)):
            found.problem("poderes", "desconhecido", codigo)
        clientes = self._clientes(found, uow, typed, parte)
        prazo = regra.prazo if regra else None
        time = julgar.vigencia(found, typed.inicio, typed.fim, began, self.timezone, prazo)
        if found.problemas or cpf is None or time is None:
            raise Refused(found.problemas)
        designacao = Designacao(
            id=id,
            empresa=typed.em_nome_de,
            empresa_nome=parte.nome or quem.holder.nome,
            pessoa=cpf,
            pessoa_nome=name,
            poderes=poderes,
            vigencia=time,
            clientes=clientes,
            estado_em=began,
        )
        shown = texto.da_designacao(designacao, quem, ator.qualidade, self.politica, self.timezone)
        return designacao, ator, shown

    def _agrees(self, found: Achados, uow: UnitOfWork, quem: Session, cpf: CPF, name: str) -> None:
        if not self.may_guess(quem):
            found.problem("pessoa", "tentativas")
            return
        names = uow.partes.nomes(cpf)
        if names and not julgar.same_name(name, names):
            found.problem("pessoa_nome", "nome_nao_confere")

    def _clientes(self, found: Achados, uow: UnitOfWork, typed: Nomeacao, parte: Parte) -> frozenset[str]:
        if not typed.clientes:
            return frozenset()
        theirs = uow.procuracoes.outorgantes(self._company(parte))
        ids = set()
        for text in sorted(typed.clientes):
            try:
                id = contribuinte_id(parse_documento(text.strip()))
            except InvalidDocument:
                id = ""
            if id in theirs:
                ids.add(id)
            else:
                found.problem("clientes", "desconhecido", text[:40])
        return frozenset(ids)

    def _end(self, quem: Session, id: str, evento: str, motivo: str) -> Designacao:
        now = self.clock.now()
        self.certificate_holds(quem, now)
        with self.store.begin() as uow:
            seen = uow.designacoes.get(id, lock=False)
            if seen is None:
                raise NotFound("designacao")
            if evento == "encerrar":
                empresa: CNPJ = seen.empresa
                parte = uow.partes.of([empresa], lock=True)[empresa]
                ator = self.stands(quem, parte, now, receiving=True, about="designacao")
            elif quem.holder.documento == seen.pessoa:
                ator = Ator(quem, Qualidade.E_CPF)
            else:
                raise NotFound("designacao")
            designacao = uow.designacoes.get(id, lock=True)
            assert designacao is not None
            changed = designacao.after(evento, now)
            if now >= designacao.vigencia.fim:
                raise IllegalTransition("designacao", EstadoDesignacao.ENCERRADA, evento)
            uow.designacoes.update(changed)
            ended = uow.grants.revoke_by_designacao(changed, now)
            self.end_grants(uow, ended, now, f"designacao_{changed.estado.lower()}")
            self.record(uow, ator, evento, now, changed, motivo=" ".join(motivo.split())[: julgar.LONGEST_REASON])
        return changed
