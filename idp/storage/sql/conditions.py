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
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    true,
)

from idp.domain.busca import busca, compacto
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
ROOT, CNPJ_LENGTH = 8, 14
"""Of a CNPJ, in characters."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything of a question that changes the statement's text; the rest is parameters. ``words``: of each, whether
    it may be part of a number. ``number``: whether all of them together may. ``firms``: how many companies named the
    holder."""

    pessoa: bool
    raiz: bool
    parte: Parte
    reached: bool
    niveis: frozenset[Nivel]
    situacoes: frozenset[SituacaoCadastral]
    poderes: int
    words: tuple[bool, ...]
    number: bool
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
            len(compacto(procura.q)) >= _SHORTEST,
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
    conditions = []
    for at, number in enumerate(shape.words):
        anywhere = _named(one, given, bindparam(f"word{at}"), place=True)
        if number:
            start, whole = bindparam(f"start{at}", type_=String()), bindparam(f"whole{at}", type_=String())
            part = bindparam(f"part{at}", type_=String())
            anywhere.append(one.c.numero.like(part, escape="/"))
            anywhere += _numbered(one, given, start, whole)
            for document in _documents(one, given):
                within = or_(
                    func.substr(document, 1, ROOT).like(part, escape="/"),
                    func.substr(document, ROOT + 1).like(start, escape="/"),
                )
                anywhere.append(and_(func.length(document) == CNPJ_LENGTH, within))
        conditions.append(or_(*anywhere))
    return conditions


def rank(shape: Shape, one: FromClause, given: FromClause | None = None) -> ColumnElement[int]:
    """How well what :func:`found` finds is what was meant (:class:`idp.domain.procura.Procura`): 0, 1 or 2."""
    if not shape.words:
        return literal_column("0", Integer())
    begins = _named(one, given, bindparam("typed"), place=False)
    if shape.number:
        begins += _numbered(one, given, bindparam("typed_start"), bindparam("typed_whole"))
    each = []
    for at, number in enumerate(shape.words):
        words = [*_named(one, given, bindparam(f"first{at}"), place=True)]
        words += _named(one, given, bindparam(f"later{at}"), place=True)
        if number:
            words += _numbered(one, given, bindparam(f"start{at}"), bindparam(f"whole{at}"))
        each.append(or_(*words))
    return case((or_(*begins), 0), (and_(*each), 1), else_=2)


def _named(
    one: FromClause, given: FromClause | None, pattern: BindParameter[str], *, place: bool
) -> list[ColumnElement[bool]]:
    """Ways in which ``pattern`` is met by a name, or by a place too."""
    whose = contribuintes.alias("de_quem")
    ways: list[ColumnElement[bool]] = [
        exists().where(whose.c.id == one.c.contribuinte, whose.c.busca.like(pattern, escape="/"))
    ]
    if place:
        ways.insert(0, one.c.busca.like(pattern, escape="/"))
    if given is not None:
        ways.insert(0, given.c.outorgante_busca.like(pattern, escape="/"))
    return ways


def _numbered(
    one: FromClause, given: FromClause | None, start: BindParameter[str], whole: BindParameter[str]
) -> list[ColumnElement[bool]]:
    """Ways in which a number begins so; a CPF is met as a whole."""
    ways: list[ColumnElement[bool]] = [one.c.numero.like(start, escape="/")]
    for document in _documents(one, given):
        ways += [and_(func.length(document) == CNPJ_LENGTH, document.like(start, escape="/")), document == whole]
    return ways


def _documents(one: FromClause, given: FromClause | None) -> list[ColumnElement[str]]:
    return [one.c.documento] if given is None else [one.c.documento, given.c.outorgante]


def parameters(procura: Procura, shape: Shape) -> dict[str, Any]:
    """What the conditions above are bound to."""
    bound: dict[str, Any] = {}
    if shape.words:
        plain, number = busca(procura.q), compacto(procura.q)
        bound |= {"typed": f"{escaped(plain)}%", "typed_start": f"{escaped(number)}%", "typed_whole": number}
    for at, word in enumerate(procura.words):
        plain, number = escaped(word), compacto(word)
        bound |= {f"word{at}": contains(word), f"first{at}": f"{plain}%", f"later{at}": f"% {plain}%"}
        bound |= {f"part{at}": contains(number), f"start{at}": f"{escaped(number)}%", f"whole{at}": number}
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
    return f"%{escaped(text)}%"


def escaped(text: str) -> str:
    """``text`` as itself within a LIKE pattern that ``/`` escapes."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def one_of(column: ColumnElement[Any], values: frozenset[Any]) -> ColumnElement[bool]:
    """``column`` is one of these members of an enumeration."""
    return or_(false(), *(column == _text(value) for value in sorted(values)))


def _text(value: str) -> ColumnElement[str]:
    """A member of an enumeration as a literal: as a parameter it would hide from the planner what it selects."""
    return literal_column(f"'{value}'")
