"""Asking many companies at once, by a file, in parts that are each done or not."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice

from idp.domain.documents import CPF, Documento
from idp.domain.procuracao import TipoEscopo
from idp.domain.proposta import Solicitacao
from idp.domain.session import Session
from idp.flow.outorga import julgar
from idp.flow.outorga.base import contribuinte_id
from idp.flow.outorga.julgar import Achados
from idp.flow.outorga.pedidos import Requests
from idp.flow.outorga.tipos import Lote, Problema, Refused
from idp.flow.secret import new_id
from idp.flow.source import on_fresh_facts

MOST_LINES = 2000
PART = 100
"""Lines that are asked in one transaction: nobody else's act waits for a whole file."""


@dataclass(frozen=True, slots=True)
class _Linha:
    """One line of the file. ``repetida``: the number of an earlier line with the same outorgante."""

    numero: int
    digitado: str
    inscricoes: frozenset[str]
    rotulo: str
    repetida: int | None = None


class Lotes(Requests):
    """Requests to many companies by one list: each line is judged alone, and a list sent twice asks nobody twice."""

    def pedir_lote(self, quem: Session, linhas: str, solicitacao: Solicitacao, lote: str = "") -> Lote:
        """One request for each line of a CSV file with the columns ``documento`` (CPF or CNPJ) and perhaps ``nome``
        (the ``rotulo`` of its request) and ``inscricoes`` (``UF:NUMERO`` joined by ``|``, which narrows that request to
        them); ``,`` or ``;`` between them. The rest is as in ``solicitacao``, whose ``outorgante`` and ``rotulo`` are
        ignored. Good lines are asked, bad ones reported.

        A file is asked in parts of :data:`PART` lines, each one transaction that judges everything anew. Whatever stops
        it, the parts before stay asked; who comes again with the same ``lote`` goes on where it stopped, and what was
        asked then counts as made. Raises Refused for what concerns the whole file, NotFound, NotEntitled.
        """
        lote = lote or new_id()
        # Judged between the transactions, not before them all: a single writer's next in line gets its turn meanwhile.
        lines, made = _numbered(list(_lines(linhas))), 0
        problems: list[tuple[int, Problema]] = []
        while True:
            part = list(islice(lines, PART))
            some, wrong = self._part(quem, part, solicitacao, lote)
            made += some
            problems += wrong
            if len(part) < PART:
                return Lote(lote, made, tuple(problems))

    def enviados(self, quem: Session, em_nome_de: Documento, lote: str) -> int:
        """How many requests of one file were made so far."""
        with self.store.reading() as uow:
            parte = uow.partes.of([em_nome_de], lock=False)[em_nome_de]
            self.stands(quem, parte, self.clock.now(), receiving=True)
            return len(uow.pedidos.of_lote(self._alvo(parte), lote))

    @on_fresh_facts
    def _part(
        self, quem: Session, lines: Sequence[_Linha], solicitacao: Solicitacao, lote: str
    ) -> tuple[int, list[tuple[int, Problema]]]:
        now, made = self.clock.now(), 0
        problems: list[tuple[int, Problema]] = []
        with self.store.begin() as uow:
            ator, parte = self._asks(uow, quem, solicitacao.em_nome_de, now)
            before, sent = self._before(uow, parte, now), uow.pedidos.of_lote(self._alvo(parte), lote)
            for line in lines:
                found = Achados()
                outorgante = julgar.documento(found, "outorgante", line.digitado)
                if line.repetida is not None:
                    found.problem("outorgante", "repetido", str(line.repetida))
                elif outorgante and contribuinte_id(outorgante) in sent:
                    made += 1
                    continue
                pedido = None
                if not found.problemas:
                    asked = _asked(solicitacao, line, outorgante)
                    pedido = self._pedido(found, asked, outorgante, ator, parte, before, now)
                if pedido is None:
                    problems += [(line.numero, problem) for problem in found.problemas]
                    continue
                self._add(uow, replace(pedido, lote=lote), ator, now)
                before.waiting.append(contribuinte_id(pedido.outorgante))
                made += 1
        return made, problems


def _asked(solicitacao: Solicitacao, line: _Linha, outorgante: Documento | None) -> Solicitacao:
    """What one line asks."""
    asked = replace(solicitacao, outorgante=line.digitado, rotulo=line.rotulo)
    if line.inscricoes:
        asked = replace(asked, inscricoes=line.inscricoes, escopo_tipo=TipoEscopo.INSCRICOES)
    if isinstance(outorgante, CPF) and asked.escopo_tipo is TipoEscopo.RAIZ:
        asked = replace(asked, escopo_tipo=TipoEscopo.ESTABELECIMENTO)  # all that a person has
    return asked


def _numbered(lines: Iterable[_Linha]) -> Iterator[_Linha]:
    """With those marked whose outorgante stands in the file before."""
    seen: dict[str, int] = {}
    for line in lines:
        documento = julgar.documento(Achados(), "outorgante", line.digitado)
        first = seen.setdefault(contribuinte_id(documento), line.numero) if documento else line.numero
        yield line if first == line.numero else replace(line, repetida=first)


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Raises Refused where the text is no CSV."""
    try:
        yield from reader
    except csv.Error:
        raise Refused([Problema("linhas", "invalido")]) from None


def _lines(text: str) -> Iterator[_Linha]:
    """Raises Refused."""
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
        yield _Linha(reader.line_num, cells.get("documento", ""), inscricoes, cells.get("nome", ""))
