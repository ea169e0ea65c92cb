"""A holder's links to inscrições, searched, ordered and cut into pages by the database.

Each kind of link is a branch of one statement. A branch reads along an index in the order of the page and stops at the
page's end, so what a page costs does not grow with how many links there are. A branch says what may be available, by
what the row itself shows; whether it is, ``represent`` says of every row that comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from idp.domain.designacao import Designacao
from idp.domain.person import Holder, PessoaFisica
from idp.domain.procura import Parte, Procura
from idp.domain.procuracao import EstadoProcuracao, Procuracao
from idp.domain.representation import MAX_CADEIA, Fatos, Modo
from idp.storage.sql import rows
from idp.storage.sql.conditions import (
    AT,
    Shape,
    contains_column,
    found,
    listed,
    may_act,
    may_act_for,
    may_be_used,
    parameters,
    rank,
    reaches,
)
from idp.storage.sql.prepared import Prepared
from idp.storage.sql.statements import CADASTRO, designacao, fatos, procuracao
from idp.storage.sql.tables import contribuintes, designacoes, inscricoes, procuracoes, representantes

_HOLDER: BindParameter[str] = bindparam("holder")
_DOCUMENTO: BindParameter[str] = bindparam("documento")
_NONE: ColumnElement[str] = literal_column("''", String)
_PENDENTE = procuracoes.c.estado == literal_column(f"'{EstadoProcuracao.PENDENTE.value}'")

_RECEIVED = procuracoes.c.outorgado_contribuinte == _HOLDER
_NAMED = Prepared(select(*designacao()).where(designacoes.c.pessoa == _DOCUMENTO))

_IN_BRANCH = ("posto", "firma", "nome", "grupo", "documento", "uf", "numero")
_IN_ORDER = ("posto", "ordem", *_IN_BRANCH[1:])
"""What the page is ordered by; without a search every row has the same rank."""

_above = (
    select(procuracoes, literal(0).label("elo"))
    .where(procuracoes.c.id.in_(bindparam("ids", expanding=True)))
    .cte("acima", recursive=True)
)
_above = _above.union(
    select(procuracoes, _above.c.elo + 1).where(procuracoes.c.id == _above.c.pai, _above.c.elo < MAX_CADEIA)
)
_ABOVE = select(*procuracao(_above))


class SqlVinculos:
    """Implements :class:`idp.ports.Vinculos`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(self, holder: Holder, procura: Procura, *, limit: int, offset: int = 0) -> Sequence[tuple[Modo, Fatos]]:
        named = self._named(holder)
        shape, bound = _asked(holder, procura, named)
        if shape.words:
            statement, bound = _best(shape, limit), {**bound, "after": offset, "until": offset + limit}
        else:
            statement, bound = _page(shape, limit), {**bound, **self._skipped(shape, bound, offset)}
        found = [_row(row) for row in statement.rows(self._connection, bound)[:limit]]
        if named:
            found = [(modo, replace(fatos, designacoes=named if fatos.cadeia else ())) for modo, fatos in found]
        return self._with_chains(found)

    def count(self, holder: Holder, procura: Procura, *, cap: int) -> int:
        named = self._named(holder)
        shape, bound = _asked(holder, procura, named)
        return min(cap, sum(_sizes(shape).rows(self._connection, {**bound, "cap": cap})[0]))

    def pending(self, holder: Holder, procura: Procura, *, limit: int) -> Sequence[Procuracao]:
        bound = {"holder": rows.contribuinte_id(holder.documento), "documento": holder.documento.numero}
        found = _pending(procura.raiz, limit).rows(self._connection, {**bound, "at": procura.at})
        return [rows.procuracao(row) for row in found]

    def _skipped(self, shape: Shape, bound: dict[str, Any], offset: int) -> dict[str, int]:
        """How many of each branch come before the page."""
        skipped = dict.fromkeys((f"skip{at}" for at in range(shape.branches)), 0)
        if offset:
            sizes = _sizes(shape).rows(self._connection, {**bound, "cap": offset + 1})[0]
            for name, size in zip(skipped, sizes, strict=True):
                skipped[name], offset = min(offset, size), max(0, offset - size)
        return skipped

    def _with_chains(self, found: list[tuple[Modo, Fatos]]) -> list[tuple[Modo, Fatos]]:
        """Each procuração followed by those it descends from, read together."""
        above = {pai for _, fatos in found if fatos.cadeia and (pai := fatos.cadeia[0].pai)}
        if not above:
            return found
        known = {
            value.id: value for value in map(rows.procuracao, self._connection.execute(_ABOVE, {"ids": sorted(above)}))
        }
        return [(modo, replace(fatos, cadeia=_up(fatos.cadeia, known))) for modo, fatos in found]

    def _named(self, holder: Holder) -> tuple[Designacao, ...]:
        """Every designação of the holder. Read first: most people have none, and then there is a branch less."""
        if not isinstance(holder, PessoaFisica):
            return ()
        found = _NAMED.rows(self._connection, {"documento": holder.documento.numero})
        return tuple(map(rows.designacao, found))


def _asked(holder: Holder, procura: Procura, named: Sequence[Designacao]) -> tuple[Shape, dict[str, Any]]:
    firms = sorted({rows.contribuinte_id(one.empresa) for one in named})
    shape = Shape.of(holder, procura, len(firms))
    bound = {
        "holder": rows.contribuinte_id(holder.documento),
        "documento": holder.documento.numero,
        "at": procura.at,
        **parameters(procura, shape),
        **{f"firm{at}": firm for at, firm in enumerate(firms)},
    }
    return shape, bound


def _row(row: Sequence[Any]) -> tuple[Modo, Fatos]:
    modo, columns, granted = Modo(row[0]), row[1 : 1 + rows.FATOS_SIZE], row[1 + rows.FATOS_SIZE :]
    return modo, rows.fatos(columns, (rows.procuracao(granted),) if modo is Modo.PROCURACAO else ())


def _up(cadeia: tuple[Procuracao, ...], known: dict[str, Procuracao]) -> tuple[Procuracao, ...]:
    links = list(cadeia)
    while links and links[-1].pai in known and len(links) <= MAX_CADEIA:
        links.append(known[links[-1].pai])
    return tuple(links)


# -- statements ------------------------------------------------------------------------------------------------------


def _branches(shape: Shape, ends: Sequence[ColumnElement[int] | None]) -> list[Select[Any]]:
    """The links in the order of the page, each as keys with what they are ordered by. Of each nothing is needed beyond
    its ``ends``, None where all is."""
    if shape.pessoa:
        person = [_titular(shape), _representante(shape), _recebidas(shape, ends[2])]
        return [*person, _por_designacao(shape, ends[3])] if shape.firms else person
    own = inscricoes.c.documento == _DOCUMENTO
    if shape.raiz:
        return [_titular(shape, own), _titular(shape, not_(own)), _recebidas(shape, ends[2])]
    return [_titular(shape, own), _recebidas(shape, ends[1])]


def _titular(shape: Shape, *whose: ColumnElement[bool]) -> Select[Any]:
    keys = _keys(Modo.TITULAR, inscricoes, _NONE, _NONE, _NONE, _NONE, rank(shape, inscricoes))
    linked = (inscricoes.c.contribuinte == _HOLDER, *whose)
    return select(*keys).where(*linked, *_wanted(shape, inscricoes)).order_by(*_place(inscricoes))


def _representante(shape: Shape) -> Select[Any]:
    company = contribuintes.c
    named = (_NONE, company.busca, company.id, _NONE)
    keys = _keys(Modo.REPRESENTANTE_LEGAL, inscricoes, *named, rank(shape, inscricoes))
    tables = representantes.join(contribuintes, company.id == representantes.c.contribuinte).join(
        inscricoes, inscricoes.c.contribuinte == company.id
    )
    linked = (representantes.c.cpf == _HOLDER, *_wanted(shape, inscricoes))
    return select(*keys).select_from(tables).where(*linked).order_by(company.busca, company.id, *_place(inscricoes))


def _recebidas(shape: Shape, end: ColumnElement[int] | None) -> Select[Any]:
    """Given to the holder."""
    linked = [_RECEIVED]
    if not shape.raiz:
        linked.append(procuracoes.c.outorgado == _DOCUMENTO)
    if shape.parte is Parte.INDISPONIVEIS:
        linked.append(not_(_PENDENTE))  # told by itself, where it can be accepted
    return _by_procuracao(shape, _NONE, linked, may_act(shape), end)


def _por_designacao(shape: Shape, end: ColumnElement[int] | None) -> Select[Any]:
    """Given to a company that named the holder its employee."""
    named = designacoes.c.pessoa == _DOCUMENTO
    of_it = [named, designacoes.c.empresa_contribuinte == procuracoes.c.outorgado_contribuinte]
    if not shape.raiz:
        of_it.append(designacoes.c.empresa == procuracoes.c.outorgado)
    client = contains_column(procuracoes.c.outorgante_contribuinte)
    of_it.append(or_(designacoes.c.clientes == _NONE, listed(designacoes.c.clientes, client)))
    companies: list[BindParameter[str]] = [bindparam(f"firm{at}") for at in range(shape.firms)]
    linked = [procuracoes.c.outorgado_contribuinte.in_(companies), exists().where(*of_it)]
    available = and_(may_act(shape), exists().where(*of_it, may_act_for(shape)))
    return _by_procuracao(shape, procuracoes.c.outorgado_contribuinte, linked, available, end)


def _by_procuracao(
    shape: Shape,
    firm: ColumnElement[str],
    linked: Sequence[ColumnElement[bool]],
    may: ColumnElement[bool],
    end: ColumnElement[int] | None,
) -> Select[Any]:
    """The first procurações that reach anything wanted, along their index, no more of them than rows are needed; then
    what they reach. In one step the planner would gather everything before it sorts. No ``end``: all, in any order."""
    names = ("id", "outorgante", "outorgante_contribuinte", "outorgante_busca", "escopo", "inscricoes")
    if shape.parte is Parte.DISPONIVEIS:
        linked = [*linked, may]
    columns = (*(procuracoes.c[name] for name in names), firm.label("firma"), may.label("vale"))
    given: FromClause = select(*columns).where(*linked).subquery("dadas")
    if end is not None:
        reached = exists().where(*_reached(shape, given, inscricoes.alias("alcancada")))
        order = (given.c.outorgante_busca, given.c.id)
        first = select(given).where(reached).order_by(*(order if firm is _NONE else (given.c.firma, *order))).limit(end)
        given = first.subquery("primeiras")
    named = (given.c.firma, given.c.outorgante_busca, given.c.id, given.c.id)
    keys = _keys(Modo.PROCURACAO, inscricoes, *named, rank(shape, inscricoes, given))
    found = select(*keys).where(*_reached(shape, given, inscricoes))
    return found.order_by(given.c.firma, given.c.outorgante_busca, given.c.id, *_place(inscricoes))


def _reached(shape: Shape, given: FromClause, one: FromClause) -> list[ColumnElement[bool]]:
    """``one`` is within ``given`` and wanted."""
    return [one.c.contribuinte == given.c.outorgante_contribuinte, reaches(given, one), *_wanted(shape, one, given)]


def _wanted(shape: Shape, one: FromClause, given: FromClause | None = None) -> list[ColumnElement[bool]]:
    """Of the part that is looked for, and what was asked and typed. ``given.vale``: whether the procuração may act."""
    used = may_be_used(shape, one)
    whole = used if given is None else and_(given.c.vale, used)
    conditions = [used if shape.parte is Parte.DISPONIVEIS else not_(whole)]
    if shape.inscricao:
        conditions += [one.c.uf == bindparam("uf"), one.c.numero == bindparam("numero")]
    return conditions + found(shape, one, given)


def _place(one: FromClause) -> tuple[ColumnElement[Any], ...]:
    return one.c.documento, one.c.uf, one.c.numero


def _keys(
    modo: Modo,
    one: FromClause,
    firm: ColumnElement[str],
    name: ColumnElement[str],
    group: ColumnElement[str],
    granted: ColumnElement[str],
    ranked: ColumnElement[int],
) -> tuple[ColumnElement[Any], ...]:
    return (
        literal_column(f"'{modo.value}'").label("modo"),
        one.c.uf.label("uf"),
        one.c.numero.label("numero"),
        granted.label("procuracao"),
        firm.label("firma"),
        name.label("nome"),
        group.label("grupo"),
        one.c.documento.label("documento"),
        ranked.label("posto"),
    )


@lru_cache(maxsize=256)
def _page(shape: Shape, limit: int) -> Prepared:
    """At most ``limit`` of each branch, after what is skipped of it; in the order of the page."""
    skip: list[BindParameter[int]] = [bindparam(f"skip{at}", type_=Integer()) for at in range(shape.branches)]
    size = literal_column(str(limit), Integer())
    parts = []
    for at, branch in enumerate(_branches(shape, [skipped + size for skipped in skip])):
        cut = branch.limit(size).offset(skip[at]).subquery(f"ramo{at}")
        parts.append(select(literal_column(str(at)).label("ordem"), *cut.c))
    return _whole(union_all(*parts).subquery("chaves"))


@lru_cache(maxsize=256)
def _best(shape: Shape, limit: int) -> Prepared:
    """At most ``limit`` of what was searched for, the best first: of each branch no more than the page and what comes
    before it can hold, gathered before it is put in order."""
    after, until = bindparam("after", type_=Integer()), bindparam("until", type_=Integer())
    parts = []
    for at, branch in enumerate(_branches(shape, [None] * shape.branches)):
        cut = branch.order_by(None).order_by(*_IN_BRANCH).limit(until).subquery(f"ramo{at}")
        parts.append(select(literal_column(str(at)).label("ordem"), *cut.c))
    keys = union_all(*parts).subquery("todas")
    size = literal_column(str(limit), Integer())
    best = select(keys).order_by(*(keys.c[name] for name in _IN_ORDER)).limit(size).offset(after)
    return _whole(best.subquery("chaves"))


def _whole(keys: FromClause) -> Prepared:
    """The facts of ``keys``, in the order of the page."""
    row = and_(inscricoes.c.uf == keys.c.uf, inscricoes.c.numero == keys.c.numero)
    joined = keys.join(CADASTRO, row).outerjoin(procuracoes, procuracoes.c.id == keys.c.procuracao)
    order = (keys.c[name] for name in _IN_ORDER)
    return Prepared(select(keys.c.modo, *fatos(_HOLDER), *procuracao()).select_from(joined).order_by(*order))


@lru_cache(maxsize=256)
def _sizes(shape: Shape) -> Prepared:
    """How many each branch has, in one row, none counted beyond ``cap``."""
    cap: BindParameter[int] = bindparam("cap", type_=Integer())
    counted = []
    for at, branch in enumerate(_branches(shape, [None] * shape.branches)):
        some: Select[Any] = branch.with_only_columns(literal_column("1").label("um")).order_by(None).limit(cap)
        size = select(func.count()).select_from(some.subquery(f"ramo{at}")).scalar_subquery()
        counted.append(size.label(f"de{at}"))
    return Prepared(select(*counted))


@cache
def _pending(raiz: bool, limit: int) -> Prepared:
    waiting = [_RECEIVED, _PENDENTE, procuracoes.c.fim > AT]
    if not raiz:
        waiting.append(procuracoes.c.outorgado == _DOCUMENTO)
    return Prepared(
        select(*procuracao())
        .where(*waiting)
        .order_by(procuracoes.c.outorgante_busca, procuracoes.c.id)
        .limit(literal_column(str(limit)))
    )
