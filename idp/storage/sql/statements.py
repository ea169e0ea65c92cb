"""SQL fragments that several ports share, and the one construct that the two dialects spell differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Select,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from idp.domain.representation import MAX_CADEIA
from idp.storage.sql.rows import SEPARATOR
from idp.storage.sql.tables import (
    cadastro_fetches,
    contribuintes,
    designacoes,
    estabelecimentos,
    inscricoes,
    procuracoes,
    representantes,
)


class Upsert:
    """An INSERT … ON CONFLICT, built once for each dialect."""

    def __init__(self, build: Callable[[Callable[..., Any]], Executable]) -> None:
        """``build`` receives the dialect's ``insert`` and returns the statement."""
        self._statements = {"sqlite": build(sqlite.insert), "postgresql": build(postgresql.insert)}

    def on(self, connection: Connection) -> Executable:
        return self._statements[connection.dialect.name]


INSCRICAO = (
    inscricoes.c.uf,
    inscricoes.c.numero,
    inscricoes.c.documento,
    inscricoes.c.contribuinte,
    inscricoes.c.situacao,
    inscricoes.c.municipio,
    estabelecimentos.c.matriz,
    contribuintes.c.nome.label("razao_social"),
)
"""What ``rows.inscricao`` needs, out of :data:`CADASTRO`."""

_PROCURACAO = (
    *("id", "outorgante", "outorgante_nome", "outorgado", "outorgado_nome", "poderes", "escopo", "inscricoes"),
    *("inicio", "fim", "estado", "estado_em", "substabelecivel", "pai", "nivel_minimo", "sem_reserva", "cedida_a"),
)
_DESIGNACAO = (
    *("id", "empresa", "empresa_nome", "pessoa", "pessoa_nome", "poderes", "clientes"),
    *("inicio", "fim", "estado", "estado_em"),
)

CADASTRO = inscricoes.join(estabelecimentos, estabelecimentos.c.documento == inscricoes.c.documento).join(
    contribuintes, contribuintes.c.id == inscricoes.c.contribuinte
)


# Literal: as a parameter SQLAlchemy would render it anew, with the whole statement, at every execution.
_SEPARATOR: Any = literal_column(f"'{SEPARATOR}'")
_listed = representantes.alias("listados")  # its own name, or a statement over representantes would correlate it


def _listed_cpfs(contribuinte: ColumnElement[str], name: str) -> ColumnElement[str]:
    """The CPFs of a contribuinte's legal representatives, as one string (see ``rows.cpfs``)."""
    return (
        select(func.aggregate_strings(_listed.c.cpf, _SEPARATOR))
        .where(_listed.c.contribuinte == contribuinte)
        .scalar_subquery()
        .label(name)
    )


def fatos(holder: ColumnElement[str]) -> tuple[ColumnElement[Any], ...]:
    """What ``rows.fatos`` needs, out of :data:`CADASTRO`; ``holder`` is the holder's contribuinte id."""
    listed = (_listed_cpfs(contribuintes.c.id, "representantes"), _listed_cpfs(holder, "representantes_titular"))
    return (*INSCRICAO, *listed, contribuintes.c.fetched_at, holder_fetched(holder))


def holder_fetched(holder: ColumnElement[str]) -> ColumnElement[Any]:
    """When a remote cadastro last spoke of the holder's own contribuinte, which it may not know."""
    asked = cadastro_fetches.c
    return (
        select(asked.fetched_at)
        .where(asked.kind == literal_column("'contribuinte'"), asked.key == holder)
        .scalar_subquery()
        .label("holder_fetched_at")
    )


def procuracao(source: FromClause = procuracoes) -> tuple[ColumnElement[Any], ...]:
    """What ``rows.procuracao`` needs, of the table or of a :func:`chain`."""
    return tuple(source.c[name].label(f"p_{name}") for name in _PROCURACAO)


def designacao(source: FromClause = designacoes) -> tuple[ColumnElement[Any], ...]:
    """What ``rows.designacao`` needs."""
    return tuple(source.c[name].label(f"d_{name}") for name in _DESIGNACAO)


def chain(start: ColumnElement[Any], *where: ColumnElement[bool]) -> CTE:
    """The procuração with id ``start`` and those it descends from. ``where`` restricts the table ``start`` is of.

    Columns of ``procuracoes`` and ``elo``, 0 for the first. Cut one link after the longest lawful chain, so that a
    longer one, or a loop, is seen to be too long and nothing more is read.
    """
    first: Select[Any] = select(procuracoes, literal(0).label("elo")).where(procuracoes.c.id == start, *where)
    links = first.cte("cadeia", recursive=True)
    return links.union_all(
        select(procuracoes, links.c.elo + 1).where(procuracoes.c.id == links.c.pai, links.c.elo < MAX_CADEIA)
    )
