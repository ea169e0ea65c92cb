"""Asking for a procuração, one by one or by a file; answering is ``conceder`` (approve) or here (deny, withdraw)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from idp.domain.documents import CNPJ, CPF, Documento
from idp.domain.pedido import Pedido
from idp.domain.politica import Ato
from idp.domain.procuracao import TipoEscopo
from idp.domain.proposta import Solicitacao
from idp.domain.representation import same_person
from idp.domain.session import Session
from idp.errors import NotFound
from idp.flow import events
from idp.flow.outorga import julgar
from idp.flow.outorga.base import Ator, Base, contribuinte_id
from idp.flow.outorga.julgar import LONGEST_REASON, Achados
from idp.flow.outorga.tipos import Lote, Problema, Refused
from idp.flow.secret import new_id
from idp.flow.source import on_fresh_facts
from idp.ports import UnitOfWork
from idp.ports.outorga import Alvo, Parte

MOST_LINES = 2000


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
            waiting = list(uow.pedidos.open_with(self._alvo(parte), now))
            pedido = self._pedido(found, solicitacao, outorgante, ator, parte, waiting, now)
            if pedido is None:
                raise Refused(found.problemas)
            self._add(uow, pedido, ator, now)
        return pedido

    @on_fresh_facts
    def pedir_lote(self, quem: Session, linhas: str, solicitacao: Solicitacao) -> Lote:
        """One request for each line of a CSV file with the columns ``documento`` (CPF or CNPJ) and perhaps
        ``inscricoes`` (``UF:NUMERO`` joined by ``|``, which narrows that request to them); ``,`` or ``;`` between
        them. The rest is as in ``solicitacao``, whose ``outorgante`` is ignored. Good lines are asked, bad ones
        reported. Raises Refused for what concerns the whole file, NotFound, NotEntitled."""
        now = self.clock.now()
        lines = list(_lines(linhas))
        lote, made, problems = new_id(), 0, []
        seen: dict[str, int] = {}
        with self.store.begin() as uow:
            ator, parte = self._asks(uow, quem, solicitacao.em_nome_de, now)
            waiting = list(uow.pedidos.open_with(self._alvo(parte), now))
            for number, typed, inscricoes in lines:
                found = Achados()
                outorgante = julgar.documento(found, "outorgante", typed)
                key = contribuinte_id(outorgante) if outorgante else ""
                if key in seen:
                    found.problem("outorgante", "repetido", str(seen[key]))
                elif key:
                    seen[key] = number
                asked = replace(solicitacao, outorgante=typed, **inscricoes)
                if isinstance(outorgante, CPF) and asked.escopo_tipo is TipoEscopo.RAIZ:
                    asked = replace(asked, escopo_tipo=TipoEscopo.ESTABELECIMENTO)  # all that a person has
                pedido = None
                if not found.problemas:
                    pedido = self._pedido(found, asked, outorgante, ator, parte, waiting, now)
                if pedido is None:
                    problems += [(number, problem) for problem in found.problemas]
                    continue
                self._add(uow, replace(pedido, lote=lote), ator, now)
                waiting.append(key)
                made += 1
        return Lote(lote, made, tuple(problems))

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
        waiting: list[str],
        now: datetime,
    ) -> Pedido | None:
        por = asked.em_nome_de
        if len(waiting) >= self.politica.pedidos_abertos:
            found.problem("outorgante", "muitos", str(self.politica.pedidos_abertos))
        poderes = julgar.poderes(found, asked.poderes, self.politica, por, None)
        longest = max((r.prazo for r in self.politica.regras if r.ato is Ato.OUTORGAR), default=timedelta(0))
        time = julgar.vigencia(found, asked.inicio, asked.fim, now, self.timezone, longest)
        mensagem = " ".join(asked.mensagem.split())
        if len(mensagem) > LONGEST_REASON:
            found.problem("mensagem", "longo", str(LONGEST_REASON))
        elif not mensagem.isprintable():
            found.problem("mensagem", "invalido", "charset")
        if outorgante is None:
            return None
        if same_person(outorgante, por, self.regras):
            found.problem("outorgante", "proprio")
        elif contribuinte_id(outorgante) in waiting:
            found.problem("outorgante", "ja_pedido")
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
            expira_em=now + self.politica.prazo_pedido,
            mensagem=mensagem,
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


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Raises Refused where the text is no CSV."""
    try:
        yield from reader
    except csv.Error:
        raise Refused([Problema("linhas", "invalido")]) from None


def _lines(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Line number, document, and what the line changes in the request. Raises Refused."""
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header else ","
    reader = csv.reader(StringIO(text), delimiter=delimiter)
    names = [name.strip().lower() for name in next(_rows(reader), [])]
    if "documento" not in names:
        raise Refused([Problema("linhas", "colunas", "documento")])
    for count, row in enumerate(_rows(reader)):
        if count >= MOST_LINES:
            raise Refused([Problema("linhas", "muitos", str(MOST_LINES))])
        if not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(names, row, strict=False))
        inscricoes = frozenset(filter(None, map(str.strip, cells.get("inscricoes", "").split("|"))))
        narrower = {"inscricoes": inscricoes, "escopo_tipo": TipoEscopo.INSCRICOES} if inscricoes else {}
        yield reader.line_num, cells.get("documento", ""), narrower
