"""What a row itself shows of a right, as SQL: a first sieve before ``represent``, never instead of it.

A condition may let through what ``represent`` refuses (a chain broken higher up, a responsável who has left). It must
never hold back what ``represent`` accepts; tests/contracts/test_vinculos.py compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    true,
)

from idp.domain.busca import compacto
from idp.domain.certificado import Nivel
from idp.domain.designacao import EstadoDesignacao
from idp.domain.inscricao import SituacaoCadastral
from idp.domain.person import Holder, PessoaFisica
from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import TODOS, EstadoProcuracao, TipoEscopo
from idp.storage.sql.rows import SEPARATOR
from idp.storage.sql.tables import Moment, contribuintes, designacoes, procuracoes

AT: BindParameter[Any] = bindparam("at", type_=Moment())
_SHORTEST = 3
"""Fewer digits than this are in every number."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything of a question that changes the statement's text; the rest is parameters. ``words``: of each, whether
    it may be part of a number. ``firms``: how many companies named the holder."""

    pessoa: bool
    raiz: bool
    parte: Parte
    reached: bool
    niveis: frozenset[Nivel]
    situacoes: frozenset[SituacaoCadastral]
    poderes: int
    words: tuple[bool, ...]
    inscricao: bool
    firms: int

    @property
    def branches(self) -> int:
        """How many kinds of link there are for this holder."""
        if self.pessoa:
            return 4 if self.firms else 3
        return 3 if self.raiz else 2

    @classmethod
    def of(cls, holder: Holder, procura: Procura, firms: int) -> Shape:
        demanda = procura.demanda
        return cls(
            isinstance(holder, PessoaFisica),
            procura.raiz,
            procura.parte,
            demanda.nivel_minimo is None or demanda.nivel_minimo in procura.niveis,
            procura.niveis,
            demanda.situacoes,
            len(demanda.exigidos),
            tuple(len(compacto(word)) >= _SHORTEST for word in procura.words),
            demanda.inscricao is not None,
            firms,
        )


def may_be_used(shape: Shape, one: FromClause) -> ColumnElement[bool]:
    """Of an inscrição: in a situação that is accepted, and by a certificate of the level demanded."""
    return one_of(one.c.situacao, shape.situacoes) if shape.reached else false()


def may_act(shape: Shape) -> ColumnElement[bool]:
    """Of a procuração: in force by itself and under the one above it, with the poderes and at the level."""
    above = procuracoes.alias("acima")
    granted = procuracoes.c
    return and_(
        granted.estado == _text(EstadoProcuracao.ATIVA),
        granted.inicio <= AT,
        func.coalesce(granted.fim, AT) > AT,  # no bare column: the index of what expires next is not the way in
        granted.cedida_a.is_(None),
        or_(granted.nivel_minimo.is_(None), one_of(granted.nivel_minimo, shape.niveis)),
        permits(granted.poderes, shape),
        or_(
            granted.pai.is_(None),
            exists().where(
                above.c.id == granted.pai, above.c.estado == _text(EstadoProcuracao.ATIVA), above.c.fim > AT
            ),
        ),
    )


def may_act_for(shape: Shape) -> ColumnElement[bool]:
    """Of a designação: in force, and for the poderes."""
    named = designacoes.c
    active = named.estado == _text(EstadoDesignacao.ATIVA)
    return and_(active, named.inicio <= AT, named.fim > AT, permits(named.poderes, shape))


def permits(poderes: ColumnElement[str], shape: Shape) -> ColumnElement[bool]:
    """Whether a sorted list joined by ``|`` has all that is demanded, or "todos"."""
    wanted = [listed(poderes, bindparam(f"poder{at}")) for at in range(shape.poderes)]
    return or_(listed(poderes, literal_column(f"'%|{TODOS}|%'", String)), and_(*wanted)) if wanted else true()


def listed(joined: ColumnElement[str], pattern: ColumnElement[str]) -> ColumnElement[bool]:
    """``pattern``: of :func:`contains`, around a member between its separators."""
    fence = literal_column(f"'{SEPARATOR}'", String)
    return (fence + joined + fence).like(pattern, escape="/")


def reaches(given: FromClause, one: FromClause) -> ColumnElement[bool]:
    """Whether the procuração ``given`` includes the inscrição ``one`` of its outorgante (:meth:`Escopo.reaches`)."""
    id = contains_column(one.c.uf + literal_column("':'", String) + one.c.numero)
    return or_(
        given.c.escopo == _text(TipoEscopo.RAIZ),
        and_(given.c.escopo == _text(TipoEscopo.ESTABELECIMENTO), given.c.outorgante == one.c.documento),
        and_(given.c.escopo == _text(TipoEscopo.INSCRICOES), listed(given.c.inscricoes, id)),
    )


def found(shape: Shape, one: FromClause, given: FromClause | None = None) -> list[ColumnElement[bool]]:
    """One condition a word: it is in a name or a place, or part of a number however that was masked. A person's CPF is
    found by the whole of it only. ``given``: the procuração by which the inscrição ``one`` is reached."""
    whose = contribuintes.alias("de_quem")
    conditions = []
    for at, number in enumerate(shape.words):
        word: BindParameter[str] = bindparam(f"word{at}")
        part: BindParameter[str] = bindparam(f"part{at}")
        whole: BindParameter[str] = bindparam(f"whole{at}")
        anywhere = [
            one.c.busca.like(word, escape="/"),
            exists().where(whose.c.id == one.c.contribuinte, whose.c.busca.like(word, escape="/")),
        ]
        documents = [one.c.documento]
        if given is not None:
            anywhere.append(given.c.outorgante_busca.like(word, escape="/"))
            documents.append(given.c.outorgante)
        if number:
            anywhere.append(one.c.numero.like(part, escape="/"))
            for document in documents:
                anywhere += [and_(func.length(document) == 14, document.like(part, escape="/")), document == whole]
        conditions.append(or_(*anywhere))
    return conditions


def parameters(procura: Procura, shape: Shape) -> dict[str, Any]:
    """What the conditions above are bound to."""
    bound: dict[str, Any] = {f"word{at}": contains(word) for at, word in enumerate(procura.words)}
    for at, (word, number) in enumerate(zip(procura.words, shape.words, strict=True)):
        if number:
            bound |= {f"part{at}": contains(compacto(word)), f"whole{at}": compacto(word)}
    for at, poder in enumerate(sorted(procura.demanda.exigidos)):
        bound[f"poder{at}"] = contains(f"{SEPARATOR}{poder}{SEPARATOR}")
    if procura.demanda.inscricao is not None:
        bound |= {"uf": procura.demanda.inscricao.uf, "numero": procura.demanda.inscricao.numero}
    return bound


def contains_column(member: ColumnElement[str]) -> ColumnElement[str]:
    """The LIKE pattern of a list that has ``member``, letters and digits, in it."""
    return literal_column(f"'%{SEPARATOR}'", String) + member + literal_column(f"'{SEPARATOR}%'", String)


def contains(text: str) -> str:
    """The LIKE pattern, escaped by ``/``, of what has ``text`` in it."""
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


def one_of(column: ColumnElement[Any], values: frozenset[Any]) -> ColumnElement[bool]:
    """``column`` is one of these members of an enumeration."""
    return or_(false(), *(column == _text(value) for value in sorted(values)))


def _text(value: str) -> ColumnElement[str]:
    """A member of an enumeration as a literal: as a parameter it would hide from the planner what it selects."""
    return literal_column(f"'{value}'")
