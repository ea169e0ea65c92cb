"""The import's tables: each table of the cadastro, its temporary twin, and the statements between the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Executable,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
)

from idp.domain.procuracao import EstadoProcuracao
from idp.storage.sql.statements import Upsert
from idp.storage.sql.tables import (
    Moment,
    atos,
    contribuintes,
    estabelecimentos,
    inscricoes,
    procuracoes,
    representantes,
)

_IN_FORCE = (EstadoProcuracao.PENDENTE, EstadoProcuracao.ATIVA, EstadoProcuracao.SUSPENSA)
_ENDED = [estado.value for estado in EstadoProcuracao if estado not in _IN_FORCE]
_AT: BindParameter[datetime] = bindparam("at", type_=Moment())
temporary = MetaData()

OURS = ("estado_em", "fetched_at", "sem_reserva", "cedida_a", "criada_em")
"""Columns that no file says anything about."""


# No select of the table itself: in an upsert's condition the row is already there, and is named, not joined.
_SUSPENDED_HERE = exists().where(
    atos.c.procuracao == literal_column("procuracoes.id"),
    atos.c.evento == "suspender",
    atos.c.em == literal_column("procuracoes.estado_em"),
)


def _kept(estado: ColumnElement[str]) -> ColumnElement[bool]:
    """What has happened here stays, whatever a file says: an end, a suspension by an officer, and of one given here
    that nobody has accepted it yet. A file may end and suspend; it brings nothing into force that was not."""
    here = procuracoes.c.estado
    waiting = and_(here == EstadoProcuracao.PENDENTE.value, procuracoes.c.criada_em.is_not(None))
    suspended = and_(here == EstadoProcuracao.SUSPENSA.value, _SUSPENDED_HERE)
    into_force = and_(estado.in_([one.value for one in _IN_FORCE]), or_(waiting, suspended))
    return and_(here != estado, or_(here.in_(_ENDED), into_force))


class Target:
    """A table, its temporary twin and the statements between them. The twin adds ``linha``, where in the file, and
    ``removido``, which only a representante can be."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = str(table.name)
        names = [column.name for column in table.columns if column.name not in OURS]
        self.new = Table(
            f"novos_{table.name}",
            temporary,
            *(Column(name, table.c[name].type) for name in names),
            Column("linha", Integer, nullable=False),
            Column("removido", Boolean, nullable=False),
            prefixes=["TEMPORARY"],
        )
        key = [column.name for column in table.primary_key]
        both = self.new.outerjoin(table, and_(*(self.new.c[name] == table.c[name] for name in key)))
        absent = table.c[key[0]].is_(None)
        differs = or_(*(self.new.c[name].is_distinct_from(table.c[name]) for name in names))
        kept = and_(~absent, _kept(self.new.c.estado)) if table is procuracoes else false()
        wanted = and_(~self.new.c.removido, or_(absent, and_(differs, ~kept)))
        removed = and_(self.new.c.removido, ~absent)

        self.keys = [self.new.c[name] for name in key]
        self.touched = or_(wanted, removed)
        self.both = both
        self.counts = select(
            *(
                func.count(case((condition, 1))).label(name)
                for name, condition in (
                    ("new", and_(absent, ~self.new.c.removido)),
                    ("changed", and_(wanted, ~absent)),
                    ("kept", kept),
                    ("removed", removed),
                    ("all", true()),
                )
            )
        ).select_from(both)
        same = (self.new.c[name].is_not_distinct_from(table.c[name]) for name in names)
        self.prune = delete(self.new).where(~self.new.c.removido, exists().where(*same))
        """What is the same here needs no lock."""
        self.remove = delete(table).where(
            exists().where(self.new.c.removido, *(self.new.c[name] == table.c[name] for name in key))
        )
        self.columns = [*names, "linha", "removido"]
        self.key = key
        self._kinds = {"added": and_(absent, ~self.new.c.removido), "changed": and_(wanted, ~absent)}
        self._kinds |= {"removed": removed, "kept": kept}
        changes = select(*(self.new.c[name] for name in names)).select_from(both).where(wanted).order_by(*self.keys)
        self.merge = Upsert(lambda insert: _merge(insert(table).from_select(names, changes), table, names))

    def differences(self, kind: str) -> Select[Any]:
        """Both versions of every record that would be ``kind``: the file's columns, then ours with ``_old`` after."""
        told = [name for name in self.columns[:-2] if not name.endswith("busca")]
        old = (self.table.c[name].label(f"{name}_old") for name in told)
        return (
            select(*(self.new.c[name] for name in told), *old)
            .select_from(self.both)
            .where(self._kinds[kind])
            .order_by(*self.keys)
        )


def _merge(statement: Any, table: Table, names: list[str]) -> Any:
    values = {name: statement.excluded[name] for name in names}
    unless = None
    if table is procuracoes:
        estado = statement.excluded.estado
        values["estado_em"] = case((procuracoes.c.estado != estado, _AT), else_=procuracoes.c.estado_em)
        unless = ~_kept(estado)  # once more, on the row as it is when we have it locked
    return statement.on_conflict_do_update(index_elements=[*table.primary_key], set_=values, where=unless)


CONTRIBUINTES, ESTABELECIMENTOS = Target(contribuintes), Target(estabelecimentos)
INSCRICOES, PROCURACOES, REPRESENTANTES = Target(inscricoes), Target(procuracoes), Target(representantes)
TARGETS = (CONTRIBUINTES, ESTABELECIMENTOS, INSCRICOES, PROCURACOES, REPRESENTANTES)
"""In the order of references and of locks."""


def _unresolved(child: Target, column: str, parent: Target) -> Executable:
    reference = child.new.c[column]
    key = next(iter(parent.table.primary_key)).name
    return (
        delete(child.new)
        .where(
            reference.is_not(None),
            ~exists().where(parent.table.c[key] == reference),
            ~exists().where(parent.new.alias("outros").c[key] == reference),
        )
        .returning(child.new.c.linha)
    )


CHECKS = (
    (_unresolved(ESTABELECIMENTOS, "contribuinte", CONTRIBUINTES), "documento: no such contribuinte"),
    (_unresolved(INSCRICOES, "documento", ESTABELECIMENTOS), "documento: no such estabelecimento"),
    (_unresolved(REPRESENTANTES, "contribuinte", CONTRIBUINTES), "documento: no such contribuinte"),
    (_unresolved(PROCURACOES, "pai", PROCURACOES), "pai: no such procuracao"),
)
_n = PROCURACOES.new
_here = procuracoes.alias("aqui")
_rooted = select(_n.c.id).where(or_(_n.c.pai.is_(None), exists().where(_here.c.id == _n.c.pai))).cte(recursive=True)
_child = _n.alias("filhos")
_rooted = _rooted.union(select(_child.c.id).where(_child.c.pai == _rooted.c.id))
CIRCLES = delete(_n).where(_n.c.id.not_in(select(_rooted.c.id))).returning(_n.c.linha)
"""Procurações that descend from each other in a circle: no order of writing them exists."""
MOVED = (
    delete(_n)
    .where(exists().where(_here.c.id == _n.c.id, _here.c.pai.is_distinct_from(_n.c.pai)))
    .returning(_n.c.linha)
)
"""Procurações that are here already, under another pai."""
_TERMS = ("poderes", "escopo", "inscricoes", "inicio", "fim", "substabelecivel", "nivel_minimo")
OTHERS = (
    delete(_n)
    .where(
        exists().where(
            _here.c.id == _n.c.id,
            or_(
                _here.c.outorgante != _n.c.outorgante,
                _here.c.outorgado != _n.c.outorgado,
                and_(
                    _here.c.criada_em.is_not(None),
                    or_(*(_here.c[name].is_distinct_from(_n.c[name]) for name in _TERMS)),
                ),
            ),
        )
    )
    .returning(_n.c.linha)
)
"""Procurações that are here already between other parties, or given here on other terms: those were read and confirmed
by a certificate, and their text is kept."""
ALTERED = (
    (MOVED, "pai: it is another here"),
    (OTHERS, "outorgado, poderes, fim: it has other parties here, or was given here on other terms"),
    (CIRCLES, "pai: it descends from itself"),
)
# Whoever changes a company's representantes holds its contribuinte first (see storage.sql.cadastro).
_held = (
    select(contribuintes.c.id)
    .where(
        contribuintes.c.id.in_(
            union(
                *(
                    select(target.new.c[column]).select_from(target.both).where(target.touched)
                    for target, column in ((CONTRIBUINTES, "id"), (REPRESENTANTES, "contribuinte"))
                )
            )
        )
    )
    .order_by(contribuintes.c.id)
    .with_for_update(key_share=True)
)
LOCK = select(func.count()).select_from(_held.subquery())
